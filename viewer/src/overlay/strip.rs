//! The strip below a picture: which robot it is, and how its stream is doing.

use std::time::Duration;

use super::palette::{BRIGHT, DARK, STATUS_GROUND};
use super::panel::PADDING;
use super::text_line::TextLine;
use crate::canvas::{Surface, printable, text_size};
use crate::scene::{Numbers, Tile, View};
use crate::text::TextRenderer;
use pipeline::PictureAge;
use vision::detect::Rect;

/// What a tile's strip says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Strip {
    key: Option<char>,
    name: String,
    state: String,
    /// The state in a word.
    short_state: &'static str,
    /// Whether to point out the list of keys.
    hint: bool,
    pace: Option<Pace>,
    /// How many frames were dropped, and how many were corrupt.
    losses: Option<[u64; 2]>,
}

/// How fast and how old the pictures are.
#[derive(Debug, Clone, PartialEq)]
struct Pace {
    fps: String,
    age: String,
}

impl Strip {
    /// For one of several tiles; it does not repeat the message in the tile.
    pub(super) fn of(tile: &Tile) -> Self {
        let short_state = match &tile.view {
            View::Waiting { .. } => "waiting",
            View::Live(_) => "live",
            View::Stale { .. } => "silent",
            View::Gone { .. } => "gone",
        };
        let state = match &tile.view {
            View::Stale { silent_for, .. } => format!("silent for {} s", silent_for.as_secs()),
            _ => short_state.to_owned(),
        };
        // Without new pictures there is no rate, and the age is how long it has been silent.
        let numbers = tile.numbers.as_ref().filter(|_| matches!(tile.view, View::Live(_)));
        let pace = |numbers: &Numbers| Pace { fps: format!("{:.0} fps", numbers.fps), age: age_in_words(numbers.age) };
        Self {
            key: tile.key,
            name: tile.name.clone(),
            state,
            short_state,
            hint: false,
            pace: numbers.map(pace),
            losses: tile.numbers.as_ref().map(|numbers| [numbers.dropped, numbers.corrupt]),
        }
    }

    /// For the only tile, whose strip is the window's status line.
    pub(super) fn of_only(tile: &Tile) -> Self {
        let strip = Self::of(tile);
        match &tile.view {
            View::Waiting { why } => Self { state: printable(why), hint: true, ..strip },
            _ => strip,
        }
    }

    /// The same, with the rate and the age that `before` has.
    ///
    /// They change at every moment. While a picture stays on the screen they stay as they were when it was first drawn;
    /// otherwise every strip would be drawn again whenever any robot sends a picture.
    pub(super) fn at_the_pace_of(self, before: &Strip) -> Self {
        Self { pace: before.pace.clone(), ..self }
    }

    /// Draws it all over `surface`, as much of it as fits.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, text: &mut TextRenderer) -> opencv::Result<()> {
        let area = surface.area();
        surface.fill(area, STATUS_GROUND);
        let mut room = Rect { x: PADDING, width: area.width - 2 * PADDING, ..area };
        if let Some(key) = self.key {
            badge(surface, key, &mut room)?;
        }
        let is_plain = printable(&self.name) == self.name;
        let name = if is_plain {
            TextLine::plain(&self.name, room.width, SMALL)?
        } else {
            TextLine::rendered(text, &self.name, room.width, BRIGHT)?
        };
        let Some(name) = name else { return Ok(()) };
        let (width, height) = name.size()?;
        let top = if is_plain { TOP } else { (area.height - height) / 2 };
        name.draw(surface, room.x, top, BRIGHT)?;
        let left = room.width - width;
        let mut versions = self.versions();
        if left < READABLE {
            versions.push(format!(" | {}", self.short_state));
        }
        for version in versions {
            if text_size(&version, SMALL)?.0 <= left {
                return surface.text(&version, room.x + width, TOP, BRIGHT, SMALL);
            }
        }
        let cut = TextLine::plain(&format!(" | {}", self.state), left, SMALL)?.filter(|_| left >= READABLE);
        cut.map_or(Ok(()), |line| line.draw(surface, room.x + width, TOP, BRIGHT))
    }

    /// What follows the name, from the longest version to the shortest: what matters least goes first.
    fn versions(&self) -> Vec<String> {
        let state = format!(" | {}", self.state);
        let hint = if self.hint { HINT } else { "" };
        let (mut fps, mut age) = (String::new(), String::new());
        if let Some(pace) = &self.pace {
            (fps, age) = (format!(" | {}", pace.fps), format!(" | {}", pace.age));
        }
        let (mut all, mut some) = (String::new(), String::new());
        if let Some([dropped, corrupt]) = self.losses {
            let (dropped_text, corrupt_text) = (format!(" | dropped {dropped}"), format!(" | corrupt {corrupt}"));
            all = format!("{dropped_text}{corrupt_text}");
            some.push_str(if dropped > 0 { &dropped_text } else { "" });
            some.push_str(if corrupt > 0 { &corrupt_text } else { "" });
        }
        vec![
            format!("{state}{fps}{age}{all}{hint}"),
            format!("{state}{fps}{age}{some}"),
            format!("{state}{fps}{age}"),
            format!("{state}{fps}"),
            state,
        ]
    }
}

/// How old a picture was when it was drawn, in words that say what that is counted from.
fn age_in_words(age: PictureAge) -> String {
    let ms = |time: Duration| time.as_millis();
    match age {
        PictureAge::SinceTaken(time) => format!("age {} ms", ms(time)),
        PictureAge::OverBest(time) => format!("+{} ms over best", ms(time)),
        PictureAge::SinceArrival(time) => format!("{} ms after arrival", ms(time)),
    }
}

/// The window's status line while there is no tile.
pub(super) fn status(surface: &mut Surface<'_>, text: &str) -> opencv::Result<()> {
    let area = surface.area();
    surface.fill(area, STATUS_GROUND);
    let line = TextLine::plain(&format!("{text}{HINT}"), area.width - 2 * PADDING, SMALL)?;
    line.map_or(Ok(()), |line| line.draw(surface, PADDING, TOP, BRIGHT))
}

/// The key that shows the robot large, in a square at the left of `room`, which becomes narrower by that.
fn badge(surface: &mut Surface<'_>, key: char, room: &mut Rect) -> opencv::Result<()> {
    let key = key.to_string();
    if room.width < BADGE {
        return Ok(());
    }
    let square = Rect { x: room.x, y: (room.height - BADGE) / 2, width: BADGE, height: BADGE };
    surface.fill(square, BRIGHT);
    let (width, _) = text_size(&key, SMALL)?;
    surface.text(&key, square.x + (BADGE - width) / 2, TOP, DARK, SMALL)?;
    (room.x, room.width) = (room.x + BADGE + PADDING, room.width - BADGE - PADDING);
    Ok(())
}

/// Size of OpenCV's letters.
const SMALL: f64 = 0.45;
/// Pixels from the strip's upper edge to its text.
const TOP: i32 = 6;
/// Pixels.
const BADGE: i32 = 16;
/// Pixels; with less room, a state is given in a word and not cut.
const READABLE: i32 = 120;
const HINT: &str = "   ? keys";

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(losses: [u64; 2]) -> Strip {
        let pace = Some(Pace { fps: "30 fps".into(), age: "age 40 ms".into() });
        Strip {
            key: None,
            name: "robot 3".into(),
            state: "live".into(),
            short_state: "live",
            hint: false,
            pace,
            losses: Some(losses),
        }
    }

    #[test]
    fn what_matters_least_goes_first() {
        let versions = strip([2, 0]).versions();
        let want = [
            " | live | 30 fps | age 40 ms | dropped 2 | corrupt 0",
            " | live | 30 fps | age 40 ms | dropped 2",
            " | live | 30 fps | age 40 ms",
            " | live | 30 fps",
            " | live",
        ];
        assert_eq!(versions, want);
    }

    #[test]
    fn an_age_says_what_it_is_counted_from() {
        let time = Duration::from_micros(45_200);
        let words = [PictureAge::SinceTaken(time), PictureAge::OverBest(time), PictureAge::SinceArrival(time)];
        assert_eq!(words.map(age_in_words), ["age 45 ms", "+45 ms over best", "45 ms after arrival"]);
    }

    #[test]
    fn each_version_is_shorter_than_the_one_before_or_the_same() {
        for strip in [strip([0, 0]), strip([0, 7]), Strip { pace: None, losses: None, hint: true, ..strip([0, 0]) }] {
            let versions = strip.versions();
            assert!(versions.windows(2).all(|two| two[1].len() <= two[0].len()), "{versions:?}");
        }
    }
}
