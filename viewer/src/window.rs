//! The window.

mod desktop;
mod display;
mod full_screen;
mod standstill;

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use minifb::{InputCallback, Key, ScaleMode, Window as Minifb, WindowOptions};

use crate::filler::Filler;
use crate::overlay::{Overlay, Sizes};
use crate::scene::{Scene, Tile, View};
use desktop::Desktop;
use full_screen::{FullScreen, NoFullScreen};
use pipeline::Observer;
use standstill::Standstill;
use vision::Pixels;

/// A resizable window; it stays on the thread that opened it.
pub(crate) struct Window {
    window: Minifb,
    overlay: Overlay,
    filler: Filler,
    keys: Receiver<char>,
    title: String,
    full_screen: FullScreen,
    standstill: Option<Standstill>,
}

impl Window {
    pub(crate) fn open(filler: Filler) -> Result<Self, WindowError> {
        let options = WindowOptions { resize: true, scale_mode: ScaleMode::UpperLeft, ..WindowOptions::default() };
        let desktop = Desktop::ask();
        let (width, height) = desktop.first_picture();
        let height = height + Sizes::of(width as i32, height as i32, desktop.scale).strip() as usize;
        let title = TITLE.to_owned();
        let mut window = Minifb::new(&title, width, height, options).map_err(WindowError::open)?;
        // Pictures come at the robot's pace; the window must not add one of its own.
        window.set_target_fps(0);
        display::watch(&window);
        let (typed, keys) = mpsc::channel();
        window.set_input_callback(Box::new(Keyboard(typed)));
        // An X window's number; on other systems it is none, and full screen says so.
        let full_screen = FullScreen::new(window.get_window_handle() as usize as u32);
        Ok(Self {
            window,
            overlay: Overlay::for_display(desktop.scale),
            filler,
            keys,
            title,
            full_screen,
            standstill: None,
        })
    }

    /// From now on it is said when the display does not answer, and given up if the program is to end.
    ///
    /// # Errors
    /// Fails where the system has no room for a thread.
    pub(crate) fn watch_for_standstill(&mut self, observer: Observer) -> io::Result<()> {
        self.standstill = Some(Standstill::watch(observer)?);
        Ok(())
    }

    fn set_title(&mut self, scene: &Scene) {
        let title = format!("{TITLE}: {}", summary(scene));
        if title != self.title {
            self.window.set_title(&title);
            self.title = title;
        }
    }

    /// Shows `scene` at `now`.
    pub(crate) fn present(&mut self, scene: &Scene, now: Duration) -> Result<(), WindowError> {
        self.standstill.iter().for_each(|standstill| standstill.set_drawing(Some(now)));
        let presented = self.put_on_the_display(scene, now);
        self.standstill.iter().for_each(|standstill| standstill.set_drawing(None));
        presented
    }

    fn put_on_the_display(&mut self, scene: &Scene, now: Duration) -> Result<(), WindowError> {
        self.set_title(scene);
        let (width, height) = self.window.get_size();
        let size = (width.max(1), height.max(1));
        let canvas = self.overlay.draw(scene, size, &mut self.filler, now).map_err(WindowError::Draw)?;
        let (pixels, width, height) = (canvas.pixels().data(), canvas.width(), canvas.height());
        let updated = self.window.update_with_buffer(pixels, width, height).map_err(WindowError::update);
        if display::is_lost() { Err(WindowError::DisplayLost) } else { updated }
    }

    /// What the window would show of `scene` at `now`.
    pub(crate) fn draw(&mut self, scene: &Scene, now: Duration) -> Result<Pixels, WindowError> {
        let (width, height) = self.window.get_size();
        let size = (width.max(1), height.max(1));
        let canvas = self.overlay.draw(scene, size, &mut self.filler, now).map_err(WindowError::Draw)?;
        Ok(canvas.pixels().clone())
    }

    /// Closes it, unless it has gone already: then there is nothing to close, and Xlib must not be asked to.
    pub(crate) fn close(self) {
        if display::is_lost() {
            std::mem::forget(self);
        }
    }

    /// Fills the screen, or no longer; the error says what the user can do instead.
    pub(crate) fn toggle_full_screen(&mut self) -> Result<(), NoFullScreen> {
        self.full_screen.toggle()
    }

    /// Keys and the like since the last call.
    pub(crate) fn poll(&mut self) -> Vec<Input> {
        // Presenting has just taken the keys from the desktop, and happens often enough for them.
        let mut events = Vec::new();
        for key in self.keys.try_iter() {
            match key {
                ESCAPE if self.full_screen.is_on() => events.push(Input::Key(FULL_SCREEN)),
                ESCAPE => {}
                key => events.push(Input::Key(key)),
            }
        }
        if !self.window.is_open() {
            events.push(Input::Close);
        }
        events
    }
}

/// What the title says after the program's name.
fn summary(scene: &Scene) -> String {
    let is_there = |tile: &&Tile| !matches!(tile.view, View::Gone { .. });
    let robots: Vec<&Tile> = scene.tiles.iter().filter(is_there).collect();
    match robots[..] {
        [] => "waiting".to_owned(),
        [Tile { view: View::Live(_), .. }] => "live".to_owned(),
        [Tile { view: View::Stale { .. }, .. }] => "no picture".to_owned(),
        [Tile { view: View::Waiting { .. } | View::Gone { .. }, .. }] => "waiting".to_owned(),
        _ => format!("{} robots", robots.len()),
    }
}

/// What the user does in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    Key(char),
    /// The window was closed.
    Close,
}

/// Why nothing can be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WindowError {
    #[error(
        "no window could be opened ({reason}); start it where a desktop is (DISPLAY is {display}), or use --headless"
    )]
    Open { reason: String, display: String },
    #[error("the window cannot be drawn to any more ({0}); start the viewer again, or use --headless")]
    Update(String),
    #[error(
        "the window has gone, or the display with it; start the viewer again, or use --headless where no display stays"
    )]
    DisplayLost,
    #[error("the picture cannot be drawn; start the viewer again, or use --headless")]
    Draw(#[source] opencv::Error),
}

impl WindowError {
    pub(crate) fn open(error: minifb::Error) -> Self {
        let display = std::env::var("DISPLAY").map_or_else(|_| "not set".to_owned(), |name| format!("{name:?}"));
        WindowError::Open { reason: error.to_string(), display }
    }

    pub(crate) fn update(error: minifb::Error) -> Self {
        WindowError::Update(error.to_string())
    }
}

/// Passes typed characters on, so that `?` is `?` on any keyboard layout.
struct Keyboard(Sender<char>);

impl InputCallback for Keyboard {
    fn add_char(&mut self, character: u32) {
        if let Some(key) = char::from_u32(character).filter(|key| !key.is_control()) {
            // The receiver lives as long as the window.
            // Caps lock changes nothing but these.
            _ = self.0.send(if key == FULL_SCREEN || key == TURN { key } else { key.to_ascii_lowercase() });
        }
    }

    /// For keys that give no character; asked later which keys are down, minifb forgets one that was tapped.
    fn set_key_state(&mut self, key: Key, is_down: bool) {
        let character = match key {
            Key::F11 => FULL_SCREEN,
            Key::Escape => ESCAPE,
            _ => return,
        };
        if is_down {
            _ = self.0.send(character);
        }
    }
}

/// What F11 does as well.
const FULL_SCREEN: char = 'F';
/// Where the letter without shift means something else.
const TURN: char = 'T';
/// Leaves full screen.
const ESCAPE: char = '\u{1B}';
const TITLE: &str = "robot-vision";
