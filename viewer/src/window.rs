//! The window.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use minifb::{InputCallback, ScaleMode, Window as Minifb, WindowOptions};

use crate::app::Event;
use crate::filler::Filler;
use crate::overlay::{Overlay, STRIP_HEIGHT};
use crate::scene::{Scene, Tile, View};
use crate::screen::{Screen, ScreenError};

/// A resizable window; it stays on the thread that opened it.
pub(crate) struct Window {
    window: Minifb,
    overlay: Overlay,
    filler: Filler,
    keys: Receiver<char>,
    title: String,
}

impl Window {
    pub(crate) fn open(filler: Filler) -> Result<Self, ScreenError> {
        let options = WindowOptions { resize: true, scale_mode: ScaleMode::UpperLeft, ..WindowOptions::default() };
        let (width, height) = (FIRST_WIDTH, FIRST_HEIGHT + STRIP_HEIGHT as usize);
        let title = TITLE.to_owned();
        let mut window = Minifb::new(&title, width, height, options).map_err(ScreenError::open)?;
        // Pictures come at the robot's pace; the window must not add one of its own.
        window.set_target_fps(0);
        let (typed, keys) = mpsc::channel();
        window.set_input_callback(Box::new(Keyboard(typed)));
        Ok(Self { window, overlay: Overlay::new(), filler, keys, title })
    }

    fn set_title(&mut self, scene: &Scene) {
        let title = format!("{TITLE}: {}", summary(scene));
        if title != self.title {
            self.window.set_title(&title);
            self.title = title;
        }
    }
}

impl Screen for Window {
    fn present(&mut self, scene: &Scene, now: Duration) -> Result<(), ScreenError> {
        self.set_title(scene);
        let (width, height) = self.window.get_size();
        let size = (width.max(1), height.max(1));
        let canvas = self.overlay.draw(scene, size, &mut self.filler, now).map_err(ScreenError::Draw)?;
        let (pixels, width, height) = (canvas.pixels().data(), canvas.width(), canvas.height());
        self.window.update_with_buffer(pixels, width, height).map_err(ScreenError::update)
    }

    fn poll(&mut self) -> Vec<Event> {
        // Presenting has just taken the keys from the desktop, and happens often enough for them.
        let mut events: Vec<Event> = self.keys.try_iter().map(Event::Key).collect();
        if !self.window.is_open() {
            events.push(Event::Interrupted);
        }
        events
    }

    fn tick(&self) -> Duration {
        TICK
    }
}

/// What the title says after the program's name.
fn summary(scene: &Scene) -> String {
    let is_there = |tile: &&Tile| !matches!(tile.view, View::Gone { .. });
    let robots: Vec<&Tile> = scene.tiles.iter().filter(is_there).collect();
    match robots[..] {
        [] => "waiting".to_owned(),
        [Tile { view: View::Live(_), .. }] => "live".to_owned(),
        [Tile { view: View::Stale { .. }, .. }] => "silent".to_owned(),
        [Tile { view: View::Waiting { .. } | View::Gone { .. }, .. }] => "waiting".to_owned(),
        _ => format!("{} robots", robots.len()),
    }
}

/// Passes typed characters on, so that `?` is `?` on any keyboard layout.
struct Keyboard(Sender<char>);

impl InputCallback for Keyboard {
    fn add_char(&mut self, character: u32) {
        if let Some(key) = char::from_u32(character) {
            // The receiver lives as long as the window.
            _ = self.0.send(key.to_ascii_lowercase());
        }
    }
}

const TITLE: &str = "robot-vision";
/// The recipe's picture size.
const FIRST_WIDTH: usize = 640;
const FIRST_HEIGHT: usize = 480;
/// Thirty times a second: the filler's animation, and how soon a key is seen when no picture comes.
const TICK: Duration = Duration::from_millis(33);
