//! A screen without a window: it accepts scenes and draws nothing.

use std::time::Duration;

use crate::app::Event;
use crate::scene::Scene;
use crate::screen::{Screen, ScreenError};

/// Takes every scene and has no keys.
pub(crate) struct Headless;

impl Screen for Headless {
    fn present(&mut self, _scene: &Scene, _now: Duration) -> Result<(), ScreenError> {
        Ok(())
    }

    fn poll(&mut self) -> Vec<Event> {
        Vec::new()
    }

    /// No animation depends on it.
    fn tick(&self) -> Duration {
        Duration::from_millis(500)
    }
}
