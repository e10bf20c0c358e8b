//! What the desktop says of its display: how large it is, and how large things are to be drawn on it.

use vision::panics;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _};

/// The display that `DISPLAY` names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Desktop {
    /// 1 for a display of 96 dots an inch.
    pub(super) scale: f64,
    /// Width and height in pixels.
    pub(super) screen: (usize, usize),
}

impl Desktop {
    /// Asks the X server; a desktop that does not answer has an ordinary display.
    ///
    /// The scale is that of `Xft.dpi`, an X resource that desktops keep up to date with their display settings, or else of the
    /// environment's `GDK_SCALE`. minifb itself knows neither.
    pub(super) fn ask() -> Self {
        // x11rb 0.14 panics on a `DISPLAY` whose number is no TCP port above 6000; minifb then says what is wrong with it.
        let answer = panics::caught(asked).ok().and_then(Result::ok).flatten();
        let dpi = answer.as_ref().and_then(|(_, resources)| dpi_of(resources));
        let gdk = std::env::var("GDK_SCALE").ok().and_then(|scale| scale.trim().parse().ok());
        let scale = dpi.map(|dpi| dpi / 96.0).or(gdk).unwrap_or(1.0);
        Self { scale: honest(scale), screen: answer.map_or(ORDINARY, |(screen, _)| screen) }
    }

    /// Width and height of the first window's picture: 640×480 on an ordinary display, in the shape of most cameras'
    /// pictures, and never so large that the desktop has no room left.
    pub(super) fn first_picture(self) -> (usize, usize) {
        let (width, height) = (self.screen.0 as f64 * MOST, self.screen.1 as f64 * MOST);
        let width = (FIRST_WIDTH * self.scale).min(width).min(height * 4.0 / 3.0).max(1.0);
        (width.round() as usize, (width * 3.0 / 4.0).round() as usize)
    }
}

type Answer = ((usize, usize), String);

fn asked() -> Result<Option<Answer>, x11rb::errors::ReplyOrIdError> {
    let Ok((connection, number)) = x11rb::connect(None) else { return Ok(None) };
    let Some(screen) = connection.setup().roots.get(number) else { return Ok(None) };
    let size = (screen.width_in_pixels.into(), screen.height_in_pixels.into());
    let (property, kind) = (AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING);
    let resources = connection.get_property(false, screen.root, property, kind, 0, MOST_WORDS)?.reply()?.value;
    Ok(Some((size, String::from_utf8_lossy(&resources).into_owned())))
}

/// The number behind `Xft.dpi:`.
fn dpi_of(resources: &str) -> Option<f64> {
    let value = resources.lines().find_map(|line| line.strip_prefix("Xft.dpi:"))?;
    value.trim().parse().ok().filter(|dpi: &f64| dpi.is_finite())
}

/// A scale that somebody can have meant: from 1 to 4, in quarters.
fn honest(scale: f64) -> f64 {
    if scale.is_finite() { (scale.clamp(1.0, 4.0) * 4.0).round() / 4.0 } else { 1.0 }
}

/// The usual camera's picture, pixel for pixel. A picture that has to be scaled is shown later: with all detectors on, 99 of
/// 100 pictures were shown within 12 ms at 800×600.
const FIRST_WIDTH: f64 = 640.0;
/// Share of the screen: a panel and the window's title need some as well.
const MOST: f64 = 0.8;
/// Pixels.
const ORDINARY: (usize, usize) = (1920, 1080);
/// Four bytes each; resources are a few lines.
const MOST_WORDS: u32 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dots_an_inch_are_read_from_the_resources() {
        assert_eq!(dpi_of("Xcursor.size:\t48\nXft.dpi:\t192\nXft.hinting:\t1\n"), Some(192.0));
        assert_eq!([dpi_of(""), dpi_of("Xft.dpi:\t\n"), dpi_of("Xft.dpi: inf"), dpi_of("*Xft.dpix: 96")], [None; 4]);
    }

    #[test]
    fn a_scale_that_nobody_can_have_meant_is_brought_near() {
        assert_eq!([0.0, 0.75, 1.0, 1.26, 2.0, 99.0, f64::NAN].map(honest), [1.0, 1.0, 1.0, 1.25, 2.0, 4.0, 1.0]);
    }

    #[test]
    fn the_first_window_fits_the_screen_with_room_to_spare() {
        let first = |scale, screen| Desktop { scale, screen }.first_picture();
        assert_eq!(first(1.0, (1920, 1080)), (640, 480));
        assert_eq!(first(2.0, (3840, 2160)), (1280, 960));
        assert_eq!(first(1.0, (1366, 768)), (640, 480));
        assert_eq!(first(2.0, (1366, 768)), (819, 614));
        assert_eq!(first(1.0, (480, 800)), (384, 288));
        assert_eq!(first(1.0, (0, 0)), (1, 1));
    }
}
