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
    refresh: Refresh,
}

impl Window {
    pub(crate) fn open(filler: Filler) -> Result<Self, ScreenError> {
        let options = WindowOptions { resize: true, scale_mode: ScaleMode::UpperLeft, ..WindowOptions::default() };
        let (width, height) = (FIRST_WIDTH, FIRST_HEIGHT + STRIP_HEIGHT as usize);
        let title = TITLE.to_owned();
        let mut window = Minifb::new(&title, width, height, options).map_err(ScreenError::open)?;
        // Pictures arrive at the robots' pace; minifb must not wait for a rate of its own.
        window.set_target_fps(0);
        let (typed, keys) = mpsc::channel();
        window.set_input_callback(Box::new(Keyboard(typed)));
        Ok(Self { window, overlay: Overlay::new(), filler, keys, title, refresh: Refresh::default() })
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
        if !self.refresh.is_due(now) {
            // Takes keys from the desktop without drawing.
            self.window.update();
            return Ok(());
        }
        let (width, height) = self.window.get_size();
        let size = (width.max(1), height.max(1));
        let canvas = self.overlay.draw(scene, size, &mut self.filler, now).map_err(ScreenError::Draw)?;
        let (pixels, width, height) = (canvas.pixels().data(), canvas.width(), canvas.height());
        self.window.update_with_buffer(pixels, width, height).map_err(ScreenError::update)
    }

    fn poll(&mut self) -> Vec<Event> {
        // Each call of `present` takes the keys from the desktop; that is often enough.
        let mut events: Vec<Event> = self.keys.try_iter().map(Event::Key).collect();
        if !self.window.is_open() {
            events.push(Event::Interrupted);
        }
        events
    }

    fn tick(&self) -> Duration {
        if self.refresh.is_behind { REFRESH } else { TICK }
    }
}

/// Limits how often the window is drawn.
///
/// Copying 1280×984 pixels to the desktop takes 4 ms, ten times as long as drawing one tile of nine, and no monitor shows
/// hundreds of pictures a second.
#[derive(Debug, Default)]
struct Refresh {
    /// When the window was last drawn.
    at: Option<Duration>,
    /// Whether there has been a scene since then.
    is_behind: bool,
}

impl Refresh {
    /// Whether to draw the window now.
    fn is_due(&mut self, now: Duration) -> bool {
        let is_due = self.at.is_none_or(|at| now.saturating_sub(at) >= REFRESH);
        if is_due {
            self.at = Some(now);
        }
        self.is_behind = !is_due;
        is_due
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
/// A little less than a monitor's 1/60 s: one robot at 60 frames a second is never held back.
const REFRESH: Duration = Duration::from_millis(15);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{FrameId, Picture, Pixels, Received};
    use std::sync::Arc;

    fn tile(view: View) -> Tile {
        Tile { key: None, name: "robot 1".into(), view, marks: Vec::new(), counts: Vec::new(), numbers: None }
    }

    #[test]
    fn the_title_says_how_many_robots_there_are_or_how_the_only_one_is_doing() {
        let jpeg = protocol::Frame::new(vec![0]).unwrap();
        let received = Received { id: FrameId { robot: 1, seq: 0 }, jpeg, at: Duration::ZERO };
        let picture = Arc::new(Picture::new(received, Pixels::new(4, 3).into()));
        let live = || tile(View::Live(Arc::clone(&picture)));
        let silent = || tile(View::Stale { picture: Arc::clone(&picture), silent_for: Duration::from_secs(2) });
        let waiting = || tile(View::Waiting { why: "no JPEG yet".into() });
        let gone = || tile(View::Gone { why: "hung up".into(), ago: Duration::ZERO });
        let said = |tiles| summary(&Scene { tiles, waiting: String::new(), toast: None, help: false });
        assert_eq!([said(vec![]), said(vec![waiting()]), said(vec![gone()])], ["waiting"; 3]);
        assert_eq!([said(vec![live()]), said(vec![live(), gone()])], ["live"; 2]);
        assert_eq!(said(vec![silent()]), "silent");
        assert_eq!(said(vec![live(), waiting(), silent(), gone()]), "3 robots");
    }

    #[test]
    fn the_desktop_is_given_no_more_pictures_than_it_can_show_and_always_the_last() {
        let mut refresh = Refresh::default();
        let due: Vec<u64> = (0..1000).step_by(4).filter(|ms| refresh.is_due(Duration::from_millis(*ms))).collect();
        assert!((55..=67).contains(&due.len()) && due[..3] == [0, 16, 32], "{due:?}");
        assert!(refresh.is_behind, "the scene at 996 ms is not shown");
        assert!(refresh.is_due(Duration::from_millis(1020)));
        assert!(!refresh.is_behind);
        // At a robot's pace nothing is held back.
        assert!((0..60).all(|n| refresh.is_due(Duration::from_millis(2000) + Duration::from_secs(n) / 60)));
    }
}
