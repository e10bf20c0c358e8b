//! Follows what was found into the next pictures of a stream by how it looks, without the engine that found it.
//!
//! Of each object a small patch is kept as it was last found. In the next picture it is looked for around the place where the
//! object should be, by normalised cross-correlation (Lewis, 1995). That takes a fraction of a millisecond, where the
//! engine takes ten or a hundred, so that boxes keep up between two searches of their part of the picture.

use opencv::core::{Mat, Point as CvPoint, Size, no_array};
use opencv::imgproc;
use opencv::prelude::MatTraitConst as _;

use super::merge::is_same;
use super::{Detection, Kind, Rect, Searched};
use crate::picture::Luma;

/// The objects of one kind in a stream, as they looked when they were found.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    known: Vec<Known>,
}

/// An object that was found in an earlier picture.
#[derive(Debug)]
struct Known {
    /// Where it was last seen.
    detection: Detection,
    patch: Mat,
    /// Between the last two pictures, in pixels.
    motion: (i32, i32),
    /// How many searches of its part have not found it since.
    missed: u32,
}

impl Follower {
    /// The known objects that are seen in `luma` and are none of those that were `found` there.
    ///
    /// An object that a search should have found is followed once more before it is given up: an engine that is not quite
    /// sure of something finds it in one picture and misses it in the next.
    pub(crate) fn follow(
        &mut self,
        luma: &Luma,
        found: &[Detection],
        searched: &Searched,
    ) -> opencv::Result<Vec<Detection>> {
        let (mut known, mut followed) = (Vec::new(), Vec::new());
        for mut object in self.known.drain(..) {
            let again = found.iter().chain(&followed).any(|other| is_same(other, &object.detection));
            object.missed += u32::from(searched.includes(&object.detection.shape.bounds()));
            if !again && object.missed <= MOST_MISSED && object.find_in(luma)? {
                followed.push(object.detection.clone());
                known.push(object);
            }
        }
        for detection in found {
            if let Some(patch) = patch(luma, detection)? {
                known.push(Known { detection: detection.clone(), patch, motion: (0, 0), missed: 0 });
            }
        }
        self.known = known;
        Ok(followed)
    }
}

impl Known {
    /// Whether it is in `luma`; its place is then where it is.
    fn find_in(&mut self, luma: &Luma) -> opencv::Result<bool> {
        let core = core(&self.detection);
        let scale = scale(&core);
        let margin = ((f64::from(core.width.min(core.height)) * MARGIN) as i32).max(LEAST_MARGIN);
        let (dx, dy) = self.motion;
        let around = Rect {
            x: core.x + dx - margin,
            y: core.y + dy - margin,
            width: core.width + 2 * margin,
            height: core.height + 2 * margin,
        };
        let around = around.within(luma);
        let Some(area) = shrunk(luma, around, scale)? else { return Ok(false) };
        if area.cols() < self.patch.cols() || area.rows() < self.patch.rows() {
            return Ok(false);
        }
        let (mut likeness, mut best, mut place) = (Mat::default(), 0.0, CvPoint::default());
        imgproc::match_template(&area, &self.patch, &mut likeness, imgproc::TM_CCOEFF_NORMED, &no_array())?;
        opencv::core::min_max_loc(&likeness, None, Some(&mut best), None, Some(&mut place), &no_array())?;
        let back = |value: i32| (f64::from(value) / scale).round() as i32;
        self.motion = (around.x + back(place.x) - core.x, around.y + back(place.y) - core.y);
        self.detection = self.detection.clone().moved(self.motion.0, self.motion.1);
        Ok(best >= ALIKE)
    }
}

/// How `detection` looks in `luma`, if there is enough of it and it has any pattern.
fn patch(luma: &Luma, detection: &Detection) -> opencv::Result<Option<Mat>> {
    let core = core(detection);
    if core != core.within(luma) {
        // It reaches out of the picture, and the part that is visible will be another one.
        return Ok(None);
    }
    let Some(patch) = shrunk(luma, core, scale(&core))? else { return Ok(None) };
    let (mut mean, mut deviation) = (opencv::core::Scalar::default(), opencv::core::Scalar::default());
    opencv::core::mean_std_dev(&patch, &mut mean, &mut deviation, &no_array())?;
    Ok((deviation[0] >= LEAST_PATTERN).then_some(patch))
}

/// The part of an object that looks the same in the next picture: of a human neither the legs nor the background beside
/// the body, which does not move along.
fn core(detection: &Detection) -> Rect {
    let Rect { x, y, width, height } = detection.shape.bounds();
    match detection.kind {
        Kind::Human => Rect { x: x + width / 5, y: y + height / 20, width: width * 3 / 5, height: height * 11 / 20 },
        _ => Rect { x, y, width, height },
    }
}

/// How much a patch is shrunk: what is left of it is enough to tell it from its surroundings.
fn scale(core: &Rect) -> f64 {
    (PATCH / f64::from(core.width.min(core.height).max(1))).min(1.0)
}

/// A part of `luma`, shrunk; `None` if less than 4×4 pixels are left.
fn shrunk(luma: &Luma, part: Rect, scale: f64) -> opencv::Result<Option<Mat>> {
    let size =
        Size::new((f64::from(part.width) * scale).round() as i32, (f64::from(part.height) * scale).round() as i32);
    if size.width.min(size.height) < 4 {
        return Ok(None);
    }
    luma.resized(part, size, imgproc::INTER_AREA).map(Some)
}

/// The shorter side of a patch in pixels.
const PATCH: f64 = 20.0;
/// The least correlation, from -1 to 1, of a patch and the object that it shows.
const ALIKE: f64 = 0.7;
/// How far an object is looked for around its expected place, as a share of the shorter side of its core.
const MARGIN: f64 = 0.5;
/// As [`MARGIN`], in pixels: a camera that turns moves small objects by this much between two pictures.
const LEAST_MARGIN: i32 = 16;
/// The least standard deviation of a patch: less than this is noise.
const LEAST_PATTERN: f64 = 6.0;
/// For how many searches without it an object is followed.
const MOST_MISSED: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Part;

    const ALL: Rect = Rect { x: 0, y: 0, width: 1000, height: 1000 };

    /// A picture of noise with an object of other noise at `x`, 40 pixels on each side.
    fn scene(x: usize) -> Luma {
        let noise = |n: usize| ((n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8;
        let mut luma = Luma { width: 320, height: 100, data: (0..32_000).map(|n| noise(n) / 8).collect() };
        for (row, column) in (0..40).flat_map(|row| (0..40).map(move |column| (row, column))) {
            // Squares of four pixels, so that the pattern outlives being shrunk.
            luma.data[(30 + row) * 320 + x + column] = noise(1_000_000 + row / 4 * 100 + column / 4);
        }
        luma
    }

    fn face(x: i32) -> Detection {
        Detection::face(Rect { x, y: 30, width: 40, height: 40 }, 9.0, "test")
    }

    /// A search that leaves everything out.
    fn nothing() -> Searched {
        Searched::Parts { picture: ALL, parts: Vec::new() }
    }

    fn lefts(objects: &[Detection]) -> Vec<i32> {
        objects.iter().map(|object| object.shape.bounds().x).collect()
    }

    #[test]
    fn an_object_is_followed_while_it_moves_faster_and_faster() {
        let mut follower = Follower::default();
        follower.follow(&scene(20), &[face(20)], &Searched::Everything).unwrap();
        for x in [28, 40, 60, 90] {
            let seen = lefts(&follower.follow(&scene(x), &[], &nothing()).unwrap());
            assert!(matches!(seen[..], [left] if left.abs_diff(x as i32) <= 2), "{seen:?}, not {x}");
        }
    }

    #[test]
    fn what_is_covered_is_not_followed() {
        let mut follower = Follower::default();
        follower.follow(&scene(20), &[face(20)], &Searched::Everything).unwrap();
        assert_eq!(follower.follow(&scene(200), &[], &nothing()).unwrap(), []);
        assert_eq!(follower.follow(&scene(20), &[], &nothing()).unwrap(), [], "it was given up");
    }

    #[test]
    fn what_is_found_again_is_not_followed_as_well() {
        let mut follower = Follower::default();
        follower.follow(&scene(20), &[face(20)], &Searched::Everything).unwrap();
        assert_eq!(follower.follow(&scene(24), &[face(24)], &Searched::Everything).unwrap(), []);
        assert_eq!(lefts(&follower.follow(&scene(30), &[], &nothing()).unwrap()), [30]);
    }

    #[test]
    fn an_object_that_is_searched_for_and_missed_is_followed_once() {
        let mut follower = Follower::default();
        follower.follow(&scene(20), &[face(20)], &Searched::Everything).unwrap();
        let elsewhere = Rect { x: 200, y: 0, width: 100, height: 100 };
        let elsewhere = Searched::Parts { picture: ALL, parts: vec![Part { area: elsewhere, heights: 0..=100 }] };
        for (searched, want) in [(&Searched::Everything, 1), (&elsewhere, 1), (&Searched::Everything, 0)] {
            assert_eq!(follower.follow(&scene(20), &[], searched).unwrap().len(), want);
        }
    }

    #[test]
    fn an_object_at_the_edge_or_without_a_pattern_has_no_patch() {
        let flat = Luma { width: 320, height: 100, data: vec![90; 32_000] };
        assert!(patch(&flat, &face(20)).unwrap().is_none());
        assert!(patch(&scene(20), &face(-1)).unwrap().is_none() && patch(&scene(20), &face(300)).unwrap().is_none());
        assert!(patch(&scene(20), &face(20)).unwrap().is_some());
    }
}
