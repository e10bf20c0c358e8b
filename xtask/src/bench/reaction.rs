//! How soon something new is drawn, how old what is drawn is, and how far it is off: what users see of the detectors' pace.
//!
//! The project's videos of drawn drives are played at the camera's size and pace with all detectors on. Once as they are, for
//! ages and places; and once cut into pieces with an empty room in between, so that everything comes into view again and
//! again.

use std::iter;

use anyhow::Result;
use xtask::cargo::Programs;
use xtask::report::Drawn;
use xtask::score::{Kind, Outline};
use xtask::truth::{Sight, Truth};

use super::course::{Course, Pace, Plan, Screen};
use super::{Row, detectors, pictures};

pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let room = fixtures::dir().join("jpeg").join("no-code.jpg");
    let room = pictures::scaled(programs, "room", &[&room], SIZE)?.remove(0);
    let viewer: Vec<&str> = detectors::ALL.iter().copied().chain(["--report-drawn"]).collect();
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        let truth = Truth::load(kind)?;
        let frames = pictures::of_video(programs, &format!("{}.mp4", kind.option()), SIZE)?;
        let play = |name: &str, scenes: &[Option<usize>]| -> Result<Course> {
            let pictures: Vec<_> = scenes.iter().map(|scene| scene.map_or(&room, |at| &frames[at]).clone()).collect();
            let (pace, screen) = (Pace::Fps(FPS), Screen::window()?);
            Plan { name, robots: 1, pictures: &pictures, passes: 1, pace, screen, viewer: &viewer }.play(programs)
        };
        let name = kind.name();
        let drive = drive(frames.len(), FPS / truth.rate);
        rows.extend(drawn_rows(kind, &Played::of(&truth, &drive, &play(&format!("{name} drive"), &drive)?)));
        let cuts = cuts(frames.len(), FPS / truth.rate);
        let course = play(&format!("{name} coming into view"), &cuts)?;
        rows.push(sooner_row(kind, &Played::of(&truth, &cuts, &course)));
    }
    Ok(rows)
}

/// Each frame of a video so often that it has its own pace, twice over.
fn drive(frames: usize, times: usize) -> Vec<Option<usize>> {
    let once = (0..frames).flat_map(|frame| iter::repeat_n(Some(frame), times.max(1)));
    once.clone().chain(once).collect()
}

/// Pieces of a second that begin anywhere in the video, with the empty room before each.
fn cuts(frames: usize, times: usize) -> Vec<Option<usize>> {
    let times = times.max(1);
    let piece = FPS / times;
    let starts = (0..PIECES).map(|n| n * 7919 % (frames - piece).max(1));
    let scene = |(n, start): (usize, usize)| {
        // Of varying length, so that it does not matter whose turn it is.
        let empty = iter::repeat_n(None, 15 + n % 7);
        empty.chain((start..start + piece).flat_map(move |frame| iter::repeat_n(Some(frame), times)))
    };
    starts.enumerate().flat_map(scene).collect()
}

/// What was there and what was drawn, picture by picture.
struct Played<'truth> {
    there: Vec<&'truth [Sight]>,
    drawn: Vec<Vec<(Outline, f64)>>,
}

impl<'truth> Played<'truth> {
    fn of(truth: &'truth Truth, scenes: &[Option<usize>], course: &Course) -> Self {
        let there: Vec<&[Sight]> =
            scenes.iter().map(|scene| scene.map_or(&[][..], |frame| truth.frames[frame].as_slice())).collect();
        let mut drawn = vec![Vec::new(); there.len()];
        for frame in &course.drawn {
            let Some(place) = usize::try_from(frame.seq).ok().and_then(|seq| drawn.get_mut(seq)) else { continue };
            let scale = truth.size.0 / frame.size.0.max(1) as f64;
            let outline =
                |Drawn { area, age_ms, .. }: &Drawn| (Outline::Rect(area.map(|value| value * scale)), *age_ms);
            let of_kind = frame.drawn.iter().filter(|drawn| drawn.kind == truth.kind.name());
            *place = of_kind.map(outline).collect();
        }
        Self { there, drawn }
    }
}

/// The ages of what is drawn where something is, and how far off that is, in widths of the object.
fn drawn_rows(kind: Kind, played: &Played<'_>) -> Vec<Row> {
    let (mut ages, mut off) = (Vec::new(), Vec::new());
    for (there, drawn) in played.there.iter().zip(&played.drawn) {
        for sight in there.iter().filter(|sight| !sight.object.difficult) {
            let ([x, y], width) = (sight.object.outline.centre(), sight.object.outline.width());
            let distance = |(outline, _): &&(Outline, f64)| {
                let [other_x, other_y] = outline.centre();
                (x - other_x).hypot(y - other_y)
            };
            let Some(nearest) = drawn.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))) else { continue };
            // Farther away it is another object, or none.
            if distance(&nearest) <= 2.0 * width {
                ages.push(nearest.1);
                off.push(distance(&nearest) / width);
            }
        }
    }
    let name = kind.name();
    vec![
        Row::at_most(format!("{name}, drawn: age, p90"), percentile(&mut ages, 0.9), 100.0, "ms"),
        Row::at_most(format!("{name}, drawn: off by, p90"), percentile(&mut off, 0.9), 1.0, "widths"),
    ]
}

/// How many of the objects that came into view were drawn within 0.3 s.
fn sooner_row(kind: Kind, played: &Played<'_>) -> Row {
    let mut delays = Vec::new();
    for at in 1..played.there.len() {
        if !played.there[at - 1].is_empty() {
            continue;
        }
        for sight in played.there[at].iter().filter(|sight| !sight.object.difficult) {
            delays.push(delay(kind, sight, &played.there[at..], &played.drawn[at..]));
        }
    }
    let soon = delays.iter().filter(|delay| delay.is_some_and(|frames| frames * 1000 <= 300 * FPS)).count();
    let never = delays.iter().filter(|delay| delay.is_none()).count();
    let share = 100.0 * soon as f64 / delays.len().max(1) as f64;
    let figure = format!("{share:.0} % of {}, {never} never", delays.len());
    Row::judged(format!("{}, into view: drawn within 0.3 s", kind.name()), figure, ">= 95 %", share >= 95.0)
}

/// After how many pictures the object that is first in view as `sight` is drawn, while it is in view.
fn delay(kind: Kind, sight: &Sight, there: &[&[Sight]], drawn: &[Vec<(Outline, f64)>]) -> Option<usize> {
    let mut object = sight.object;
    for (after, (there, drawn)) in there.iter().zip(drawn).enumerate() {
        let [x, y] = object.outline.centre();
        let distance = |sight: &&Sight| {
            let [other_x, other_y] = sight.object.outline.centre();
            (x - other_x).hypot(y - other_y)
        };
        let moved = there.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        if distance(&moved) > object.outline.width() {
            return None;
        }
        object = moved.object;
        let outlines: Vec<Outline> = drawn.iter().map(|(outline, _)| *outline).collect();
        if xtask::score::judge(kind, &[object], &outlines).objects == [xtask::score::Fate::Found] {
            return Some(after);
        }
    }
    None
}

/// The value below which this share of `values` is; 0 of none.
fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share).ceil() as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or_default()
}

/// The camera's pictures, and how many of them it takes a second.
const SIZE: &str = "640x480";
const FPS: usize = 30;
const PIECES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use xtask::score::Object;

    fn sight(x: f64) -> Sight {
        let outline = Outline::Rect([x, 0.0, 10.0, 20.0]);
        Sight { object: Object { outline, difficult: false }, payload: String::new(), place: None }
    }

    fn drawn(x: f64, age_ms: f64) -> (Outline, f64) {
        (Outline::Rect([x, 0.0, 10.0, 20.0]), age_ms)
    }

    fn figures(rows: &[Row]) -> Vec<&str> {
        rows.iter().map(|row| row.figure.as_str()).collect()
    }

    #[test]
    fn what_is_drawn_is_compared_with_the_object_that_is_there() {
        let (one, two) = ([sight(0.0), sight(100.0)], [sight(5.0)]);
        let there: Vec<&[Sight]> = vec![&one, &two, &[]];
        let far_away = drawn(300.0, 900.0);
        let drawn = vec![vec![drawn(5.0, 40.0), far_away], vec![drawn(5.0, 60.0)], vec![far_away]];
        assert_eq!(figures(&drawn_rows(Kind::Human, &Played { there, drawn })), ["60.00 ms", "0.50 widths"]);
    }

    #[test]
    fn an_object_that_comes_into_view_is_followed_until_it_is_drawn() {
        // It moves by half its width each time, and is drawn in the fourth picture; the second one never.
        let frames: Vec<Vec<Sight>> =
            (0..20).map(|n| if n < 2 { vec![] } else { vec![sight(5.0 * n as f64), sight(500.0)] }).collect();
        let there: Vec<&[Sight]> = frames.iter().map(Vec::as_slice).collect();
        let mut shown = vec![Vec::new(); 20];
        shown[5] = vec![drawn(25.0, 0.0)];
        let row = sooner_row(Kind::Human, &Played { there, drawn: shown });
        assert_eq!(row.figure, "50 % of 2, 1 never");
    }

    #[test]
    fn pieces_have_an_empty_room_before_them_and_end_within_the_video() {
        let cuts = cuts(60, 2);
        assert_eq!(cuts[0], None);
        let first = cuts.iter().position(Option::is_some).unwrap();
        assert_eq!(cuts[first..first + 4], [Some(0), Some(0), Some(1), Some(1)]);
        assert!(cuts.iter().flatten().all(|&frame| frame < 60));
        assert_eq!(drive(2, 2), [0, 0, 1, 1, 0, 0, 1, 1].map(Some));
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        assert_eq!(percentile(&mut [3.0, 1.0, 2.0], 0.9), 3.0);
        assert_eq!(percentile(&mut [5.0; 4], 0.5), 5.0);
        assert_eq!(percentile(&mut [], 0.9), 0.0);
    }
}
