//! How the search of a stream's picture is divided: one look at all of it for those who are near, and one at each strip for
//! everybody else.

use super::decode::{Seen, join};
use super::{CLOSE, Movenet, NAME, Pass, STEP, all_of};
use crate::detect::tiles::{Tile, strips};
use crate::detect::{Answer, Part, Rect, Searched, Stream};
use crate::picture::Picture;

/// What is remembered of a stream beside whose turn it is.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// What the last look at those who are near has seen: without a trace in it hardly anybody is there.
    close: Option<Seen>,
}

/// One look.
#[derive(Debug, Clone, PartialEq)]
struct Share {
    pass: Pass,
    part: Part,
    scope: Scope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Close,
    Strip,
}

impl Movenet {
    /// Searches all of a picture where there is time for it, and a share otherwise.
    pub(super) fn find_next(&mut self, stream: &mut Stream, picture: &Picture) -> opencv::Result<Answer> {
        let (width, height) = (picture.pixels().width(), picture.pixels().height());
        if width == 0 || height == 0 {
            return Ok(Vec::new().into());
        }
        let shares = shares(width, height, self.whole);
        let Stream { turns, human: Memory { close }, .. } = stream;
        turns.search(picture.luma(), shares.len(), |share| {
            let Some(Share { pass, part, scope }) = share.map(|share| &shares[share]) else {
                let (people, seen) = self.all_people(picture)?;
                *close = Some(seen);
                return Ok((join(people, NAME), Searched::Everything));
            };
            let seen = self.look(picture, *pass)?;
            let people = match (scope, &close) {
                (Scope::Close, _) => seen.people.clone(),
                (Scope::Strip, Some(close)) => seen.confirmed(close).cloned().collect(),
                (Scope::Strip, None) => Vec::new(),
            };
            if *scope == Scope::Close {
                *close = Some(seen);
            }
            let searched = Searched::Parts { picture: all_of(picture), parts: vec![part.clone()] };
            Ok((join(people, NAME), searched))
        })
    }
}

/// The shares of a picture of `width`×`height` pixels, of which `whole` are left on the longer side; the close look comes
/// first.
fn shares(width: usize, height: usize, whole: i32) -> Vec<Share> {
    let area = Rect { x: 0, y: 0, width: width as i32, height: height as i32 };
    let near = (f64::from(area.height) * NEAR) as i32;
    let close = Share {
        pass: Pass { area, long_side: CLOSE },
        part: Part { area, heights: near + 1..=i32::MAX },
        scope: Scope::Close,
    };
    // A small picture is not enlarged: in a stream people come nearer, or a camera sends more.
    let scale = (f64::from(whole) / f64::from(area.width.max(area.height))).min(1.0);
    let pixels = f64::from(area.width) * f64::from(area.height) * scale * scale;
    let count = (pixels / MOST_PIXELS).ceil().max(LEAST_STRIPS);
    let strips = strips(width, height, count as usize, (f64::from(near) * HALF_WIDTH) as i32);
    let strip = |tile: Tile| {
        let longer = f64::from(tile.area.width.max(tile.area.height)) * scale;
        let long_side = ((longer / f64::from(STEP)) as i32).max(1) * STEP;
        let pass = Pass { area: tile.area, long_side };
        Share { pass, part: Part { area: tile.zone, heights: 0..=near }, scope: Scope::Strip }
    };
    std::iter::once(close).chain(strips.into_iter().map(strip)).collect()
}

/// Whoever is higher than this, as a share of the picture's height, is seen best by the look at all of it.
const NEAR: f64 = 0.45;
/// Half the width of somebody upright, arms included, as a share of the height: as much of the neighbouring strip is looked
/// at as well.
const HALF_WIDTH: f64 = 0.25;
/// The most pixels of the network's input without what is looked at beside a strip: 30 ms.
const MOST_PIXELS: f64 = 75e3;
/// Small pictures are divided as well, so that other detectors have their turn.
const LEAST_STRIPS: f64 = 2.0;

#[cfg(test)]
mod tests {
    use fixtures::drawn::{self, Drawn};

    use super::*;
    use crate::Tracker;
    use crate::detect::human::HumanSpeed;
    use crate::detect::{Detector as _, Kind};
    use crate::picture::Luma;

    #[test]
    fn somebody_of_any_size_and_place_belongs_to_one_share() {
        for (width, height) in [(320, 240), (640, 480), (1920, 1080), (480, 640)] {
            let shares = shares(width, height, 512);
            for tall in [20, 100, 108, 109, 215, 216, 217, 239] {
                for x in [0, width as i32 / 2 - 5, width as i32 - 10] {
                    let person = Rect { x, y: 0, width: 10, height: tall };
                    let of = shares.iter().filter(|share| share.part.includes(&person)).count();
                    assert_eq!(of, 1, "{person:?} of {width}×{height}");
                }
            }
        }
    }

    #[test]
    fn the_usual_picture_has_four_shares_and_no_input_is_large() {
        let inputs = |width, height| -> Vec<(Rect, i32)> {
            shares(width, height, 512).iter().map(|share| (share.pass.area, share.pass.long_side)).collect()
        };
        let strip = |x, width| (Rect { x, y: 0, width, height: 480 }, 384);
        let all = Rect { x: 0, y: 0, width: 640, height: 480 };
        assert_eq!(inputs(640, 480), [(all, 192), strip(0, 267), strip(159, 321), strip(372, 268)]);
        assert!(inputs(1920, 1080)[1..].iter().all(|&(_, long_side)| long_side <= 384));
        assert_eq!(inputs(320, 240)[1..].iter().map(|&(_, long_side)| long_side).collect::<Vec<_>>(), [224, 224]);
    }

    #[test]
    fn everybody_is_known_while_the_shares_take_turns() {
        let Drawn { width, height, data, truth } = drawn::humans();
        let picture = Luma { width, height, data }.into();
        let mut movenet = Movenet::new(HumanSpeed::Fast).unwrap();
        let (mut stream, mut tracker) = (movenet.stream(), Tracker::default());
        for n in 0..7 {
            let answer = movenet.detect_next(&mut stream, &picture).unwrap();
            let known = tracker.answer(Kind::Human, n, answer);
            let numbers: Vec<_> = known.iter().filter_map(|human| human.track).collect();
            assert_eq!(numbers.len(), truth.len(), "picture {n}: {known:?}");
            assert!(numbers.iter().all(|&number| number <= 2), "picture {n} has others: {numbers:?}");
        }
    }
}
