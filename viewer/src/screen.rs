//! What shows scenes: a window, or nothing at all.

use std::time::Duration;

use crate::app::Event;
use crate::scene::Scene;

/// Something that shows scenes and takes keys.
pub(crate) trait Screen {
    /// Shows `scene`, or takes note of it: a screen may leave out scenes that come faster than it can show them.
    fn present(&mut self, scene: &Scene, now: Duration) -> Result<(), ScreenError>;

    /// Keys and the like since the last call.
    fn poll(&mut self) -> Vec<Event>;

    /// After what time to present again when nothing happens; shorter while the last scene has not been shown.
    fn tick(&self) -> Duration;
}

/// Why nothing can be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScreenError {
    #[error(
        "no window could be opened ({reason}); start it where a desktop is (DISPLAY is {display}), or use --headless"
    )]
    Open { reason: String, display: String },
    #[error("the window cannot be drawn to any more ({0}); start the viewer again, or use --headless")]
    Update(String),
    #[error("the picture cannot be drawn; start the viewer again, or use --headless")]
    Draw(#[source] opencv::Error),
}

impl ScreenError {
    pub(crate) fn open(error: minifb::Error) -> Self {
        let display = std::env::var("DISPLAY").map_or_else(|_| "not set".to_owned(), |name| format!("{name:?}"));
        ScreenError::Open { reason: error.to_string(), display }
    }

    pub(crate) fn update(error: minifb::Error) -> Self {
        ScreenError::Update(error.to_string())
    }
}
