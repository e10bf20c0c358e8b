//! The strip below a picture: which robot it is, and how its stream is doing.

use std::time::Duration;

use super::palette::{AMBER, BRIGHT, DARK, GREY, RED, STATUS_GROUND};
use super::pen::{Line, Pen, Style};
use crate::canvas::{Colour, Surface};
use crate::scene::{Numbers, Rising, Tile, View};
use pipeline::PictureAge;
use vision::detect::Rect;

/// What a tile's strip says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Strip {
    key: Option<char>,
    name: String,
    /// `None` where the picture itself says it.
    state: Option<&'static str>,
    /// Whether to point out the list of keys.
    hint: bool,
    pace: Option<Pace>,
    /// How many frames were dropped, and how many were corrupt.
    losses: Option<[u64; 2]>,
    rising: Rising,
    /// What is wrong with the detectors.
    troubles: Vec<String>,
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
        let state = match &tile.view {
            View::Waiting { .. } => Some("waiting"),
            View::Live(_) => Some("live"),
            View::Stale { .. } => None,
            View::Gone { .. } => Some("gone"),
        };
        // Without new pictures there is no rate, and the age is how long it has been silent.
        let numbers = tile.numbers.as_ref().filter(|_| matches!(tile.view, View::Live(_)));
        let pace = |numbers: &Numbers| Pace { fps: format!("{:.0} fps", numbers.fps), age: age_in_words(numbers.age) };
        Self {
            key: tile.key,
            name: tile.name.clone(),
            state,
            hint: false,
            pace: numbers.map(pace),
            losses: tile.numbers.as_ref().map(|numbers| [numbers.dropped, numbers.corrupt]),
            rising: tile.rising,
            troubles: if matches!(tile.view, View::Live(_)) { tile.troubles.clone() } else { Vec::new() },
        }
    }

    /// For the only tile, whose strip is the window's status line.
    pub(super) fn of_only(tile: &Tile) -> Self {
        Self { hint: true, ..Self::of(tile) }
    }

    /// The same, with the rate and the age that `before` has.
    ///
    /// They change at every moment. While a picture stays on the screen they stay as they were when it was first drawn;
    /// otherwise every strip would be drawn again whenever any robot sends a picture.
    pub(super) fn at_the_pace_of(self, before: &Strip) -> Self {
        Self { pace: before.pace.clone(), ..self }
    }

    /// Draws it all over `surface`, as much of it as fits.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, pen: &mut Pen<'_>) {
        let area = surface.area();
        surface.fill(area, STATUS_GROUND);
        let padding = pen.sizes.padding();
        let mut room = Rect { x: padding, width: area.width - 2 * padding, ..area };
        if let Some(key) = self.key {
            badge(surface, pen, key, &mut room);
        }
        let (gap, right) = (2 * padding, room.x + room.width);
        let segments = self.segments();
        let (name, kept) = self.fitting(&segments, pen, room.width, gap);
        let Some(name) = name else { return };
        let y = (area.height - name.height as i32) / 2;
        surface.bitmap(&name, room.x, y);
        let mut x = room.x + name.width as i32 + gap;
        for (segment, line) in kept {
            let width = line.width as i32;
            let at = if segment.text == HINT { right - width } else { x };
            if let Some(ground) = segment.ground {
                let around = Rect { x: at - padding / 2, y: 1, width: width + padding, height: area.height - 2 };
                surface.fill(around, ground);
            }
            surface.bitmap(&line, at, y);
            x += width + gap;
        }
    }

    /// The name, and what of the rest there is room for behind it. A name is cut only where it leaves no room for what the stream
    /// does, and to no less than half of the strip; beside losses that rise to no less than a quarter.
    fn fitting<'a>(
        &self,
        segments: &'a [Segment],
        pen: &mut Pen<'_>,
        room: i32,
        gap: i32,
    ) -> (Option<Line>, Vec<(&'a Segment, Line)>) {
        let style = Style::plain(BRIGHT);
        let lines: Vec<(&Segment, Line)> = segments
            .iter()
            .filter_map(|segment| Some((segment, pen.line(&segment.text, room, segment.style)?)))
            .collect();
        // What is left for the name.
        let left = |most: u8| {
            let kept = lines.iter().filter(|(segment, _)| segment.rank <= most);
            room - kept.map(|(_, line)| line.width as i32 + gap).sum::<i32>()
        };
        let whole = pen.whole_line(&self.name, room, style).map_or(i32::MAX, |line| line.width as i32);
        let ranks = (1..=LEAST_IMPORTANT).rev();
        let fits = ranks.clone().find(|&most| left(most) >= whole);
        let most = fits.or_else(|| ranks.into_iter().find(|&most| left(most) >= room / 2));
        let has_rising = left(0) < room;
        let most = most.or_else(|| (has_rising && left(0) >= whole.min(room / 4)).then_some(0));
        let room = most.map_or(room, left);
        let kept = lines.into_iter().filter(|(segment, _)| most.is_some_and(|most| segment.rank <= most));
        let kept = kept.collect();
        (pen.line(&self.name, room, style), kept)
    }

    /// What follows the name.
    fn segments(&self) -> Vec<Segment> {
        let plain = |text: String, rank| Segment { text, style: Style::plain(GREY), ground: None, rank };
        let mut segments: Vec<Segment> = self.state.map(|state| plain(state.to_owned(), 1)).into_iter().collect();
        if let Some(pace) = &self.pace {
            segments.extend([plain(pace.fps.clone(), 2), plain(pace.age.clone(), 3)]);
        }
        if let Some([dropped, corrupt]) = self.losses {
            let rises = [
                ("dropped", dropped, self.rising.dropped, AMBER, DARK),
                ("corrupt", corrupt, self.rising.corrupt, RED, BRIGHT),
            ];
            // Where there is room for one word only, it is the worst.
            let rank_of = |what| u8::from(what == "dropped" && self.rising.corrupt);
            for (what, count, is_rising, ground, colour) in rises {
                let text = format!("{what} {count}");
                segments.push(match is_rising {
                    true => Segment { text, style: Style::bold(colour), ground: Some(ground), rank: rank_of(what) },
                    false => plain(text, if count > 0 { 4 } else { 5 }),
                });
            }
        }
        // Behind what the stream does, and gone only after what is no loss.
        let trouble = |text: &String| Segment { text: text.clone(), style: Style::plain(AMBER), ground: None, rank: 2 };
        segments.extend(self.troubles.iter().map(trouble));
        if self.hint {
            segments.push(plain(HINT.to_owned(), LEAST_IMPORTANT));
        }
        segments
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

/// A part of the strip.
struct Segment {
    text: String,
    style: Style,
    ground: Option<Colour>,
    /// What is left out first where room is short has the largest.
    rank: u8,
}

/// The window's status line while there is no tile.
pub(super) fn status(surface: &mut Surface<'_>, pen: &mut Pen<'_>, text: &str) {
    let area = surface.area();
    surface.fill(area, STATUS_GROUND);
    let padding = pen.sizes.padding();
    let mut room = area.width - 2 * padding;
    let Some(line) = pen.line(text, room, Style::plain(GREY)) else { return };
    let y = (area.height - line.height as i32) / 2;
    surface.bitmap(&line, padding, y);
    room -= line.width as i32 + 2 * padding;
    if let Some(hint) = pen.whole_line(HINT, room, Style::plain(GREY)) {
        surface.bitmap(&hint, area.width - padding - hint.width as i32, y);
    }
}

/// The key that shows the robot large, in a square at the left of `room`, which becomes narrower by that.
fn badge(surface: &mut Surface<'_>, pen: &mut Pen<'_>, key: char, room: &mut Rect) {
    let side = pen.sizes.row() - 2;
    let line = pen.whole_line(&key.to_string(), side, Style::bold(DARK));
    let Some(line) = line.filter(|_| side <= room.width) else { return };
    let square = Rect { x: room.x, y: (room.height - side) / 2, width: side, height: side };
    surface.fill(square, BRIGHT);
    surface.bitmap(&line, square.x + (side - line.width as i32) / 2, (room.height - line.height as i32) / 2);
    let taken = side + pen.sizes.padding();
    (room.x, room.width) = (room.x + taken, room.width - taken);
}

const LEAST_IMPORTANT: u8 = 6;
const HINT: &str = "? keys";

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a live robot where everything with a larger rank than `most` is left out.
    fn said(losses: [u64; 2], rising: Rising, most: u8) -> String {
        let pace = Some(Pace { fps: "30 fps".into(), age: "age 40 ms".into() });
        let name = "robot 3".into();
        let strip = Strip {
            key: None,
            name,
            state: Some("live"),
            hint: true,
            pace,
            losses: Some(losses),
            rising,
            troubles: Vec::new(),
        };
        let segments = strip.segments();
        let kept = segments.iter().filter(|segment| segment.rank <= most);
        kept.map(|segment| segment.text.as_str()).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn what_matters_least_goes_first() {
        let want = [
            "live | 30 fps | age 40 ms | dropped 2 | corrupt 0 | ? keys",
            "live | 30 fps | age 40 ms | dropped 2 | corrupt 0",
            "live | 30 fps | age 40 ms | dropped 2",
            "live | 30 fps | age 40 ms",
            "live | 30 fps",
            "live",
        ];
        assert_eq!([6, 5, 4, 3, 2, 1].map(|most| said([2, 0], Rising::default(), most)), want);
    }

    #[test]
    fn what_is_wrong_with_detectors_is_named_and_outlasts_the_age() {
        let troubles = vec!["faces failing".to_owned(), "humans 1.4 s".to_owned()];
        let pace = Some(Pace { fps: "30 fps".into(), age: "age 40 ms".into() });
        let strip = Strip {
            key: None,
            name: "robot 3".into(),
            state: Some("live"),
            hint: false,
            pace,
            losses: None,
            rising: Rising::default(),
            troubles,
        };
        let segments = strip.segments();
        let kept: Vec<&str> =
            segments.iter().filter(|segment| segment.rank <= 2).map(|segment| &*segment.text).collect();
        assert_eq!(kept, ["live", "30 fps", "faces failing", "humans 1.4 s"]);
    }

    #[test]
    fn an_age_says_what_it_is_counted_from() {
        let time = Duration::from_micros(45_200);
        let words = [PictureAge::SinceTaken(time), PictureAge::OverBest(time), PictureAge::SinceArrival(time)];
        assert_eq!(words.map(age_in_words), ["age 45 ms", "+45 ms over best", "45 ms after arrival"]);
    }

    #[test]
    fn a_loss_that_rises_stays_longest_and_corrupt_longer_than_dropped() {
        let said = |rising| [2, 1, 0].map(|most| said([2, 7], rising, most));
        let one = said(Rising { dropped: true, corrupt: false });
        assert_eq!(one, ["live | 30 fps | dropped 2", "live | dropped 2", "dropped 2"]);
        let both = said(Rising { dropped: true, corrupt: true });
        assert_eq!(both, ["live | 30 fps | dropped 2 | corrupt 7", "live | dropped 2 | corrupt 7", "corrupt 7"]);
    }
}
