//! The window.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use minifb::{InputCallback, ScaleMode, Window as Minifb, WindowOptions};

use crate::app::Event;
use crate::canvas::Canvas;
use crate::filler::Filler;
use crate::overlay::{Overlay, STATUS_HEIGHT};
use crate::scene::{Scene, View};
use crate::screen::{Screen, ScreenError};

/// A resizable window; it stays on the thread that opened it.
pub(crate) struct Window {
    window: Minifb,
    canvas: Canvas,
    overlay: Overlay,
    filler: Filler,
    keys: Receiver<char>,
    title: String,
}

impl Window {
    pub(crate) fn open(filler: Filler) -> Result<Self, ScreenError> {
        let options = WindowOptions { resize: true, scale_mode: ScaleMode::UpperLeft, ..WindowOptions::default() };
        let (width, height) = (FIRST_WIDTH, FIRST_HEIGHT + STATUS_HEIGHT as usize);
        let title = TITLE.to_owned();
        let mut window = Minifb::new(&title, width, height, options).map_err(ScreenError::open)?;
        // Pictures come at the robot's pace; the window must not add one of its own.
        window.set_target_fps(0);
        let (typed, keys) = mpsc::channel();
        window.set_input_callback(Box::new(Keyboard(typed)));
        Ok(Self { window, canvas: Canvas::default(), overlay: Overlay::new(), filler, keys, title })
    }

    fn set_title(&mut self, scene: &Scene) {
        let title = match scene.view {
            View::Filler => format!("{TITLE}: waiting"),
            View::Live(_) => format!("{TITLE}: live"),
            View::Stale { .. } => format!("{TITLE}: silent"),
        };
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
        self.canvas.resize(width.max(1), height.max(1));
        self.overlay.draw(&mut self.canvas, scene, &mut self.filler, now).map_err(ScreenError::Draw)?;
        let (pixels, width, height) = (self.canvas.pixels().data(), self.canvas.width(), self.canvas.height());
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
