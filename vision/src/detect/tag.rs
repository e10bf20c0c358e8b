//! AprilTags: squares that say who they are and, with the camera known, where the camera is.
//!
//! ```text
//! picture ──▶ Library::search ──▶ hits ──▶ a second look at small ones ──▶ pose ──▶ Detection
//! ```

mod crowd;
mod family;
mod library;
mod pose;
mod rotation;

use std::hash::RandomState;

use opencv::core::{MatTraitConstManual as _, Size};
use opencv::imgproc;

use super::shape::Point;
use super::{Answer, DetectError, Detection, Detector, Kind, Rect, Stream};
use crate::opencv_error::reason;
use crate::picture::{Luma, Picture};
use crowd::is_crowded;
pub use family::{NoSuchFamily, TagFamily, TagPattern};
use library::{Grey, Hit, Library, Look};
pub use pose::{Camera, TagPose};

/// What is looked for, and what is needed to say where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct TagEngine {
    /// The families that are read; each costs time and lets a few more false ones through.
    pub families: Vec<TagFamily>,
    /// With it each tag has a pose.
    pub scale: Option<TagScale>,
}

/// What makes pixels metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TagScale {
    /// The length of a tag's side in metres, between the corners that are reported: of most families that of the black
    /// border on the outside, of `standard` and `circle` ones that of the border inside the outermost modules.
    pub side_m: f64,
    /// The camera of the pictures as they are searched.
    pub camera: Camera,
}

impl Default for TagEngine {
    fn default() -> Self {
        Self { families: vec![TagFamily::Tag36h11], scale: None }
    }
}

/// One tag in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    /// Which set of patterns it is from.
    pub family: TagFamily,
    /// Its number in the family.
    pub id: u32,
    /// Top-left, top-right, bottom-right, bottom-left of the upright tag; `[x, y]` in pixels, good to a tenth or so, from
    /// the top-left corner of the top-left pixel.
    pub corners: [[f64; 2]; 4],
    /// How many of its bits were read wrongly and corrected.
    pub hamming: u8,
    /// How far the brightness of its bits is from the threshold on average, 0 to 255: the higher, the surer.
    pub margin: f32,
    /// Where it is, if [`TagEngine::scale`] is known.
    pub pose: Option<TagPose>,
}

/// Finds tags with AprilTag's own library.
pub(crate) struct TagDetector {
    library: Library,
    scale: Option<TagScale>,
}

impl TagDetector {
    pub(crate) fn new(engine: &TagEngine) -> Self {
        Self { library: Library::new(&engine.families), scale: engine.scale }
    }

    fn search(&mut self, luma: &Luma, look: Look) -> Result<Vec<Detection>, DetectError> {
        let hits = self.library.search(Grey::of(luma), look);
        let sure = hits.into_iter().filter(|hit| hit.margin >= hit.family.least_margin());
        let mut hits: Vec<_> = sure.collect();
        let looks = hits.iter_mut().take(MOST_LOOKS).try_for_each(|hit| self.look_again(luma, hit, look.decimate));
        looks.map_err(|error| DetectError::failed(ENGINE, luma, reason(&error)))?;
        Ok(hits.into_iter().map(|hit| self.detection(hit)).collect())
    }

    /// A small tag once more, in its surroundings alone and with more pixels: its corners are then twice as exact. So are those
    /// of a larger one that was found in a smaller picture.
    fn look_again(&mut self, luma: &Luma, hit: &mut Hit, decimate: f32) -> opencv::Result<()> {
        let area = area(&hit.corners);
        if area >= SMALL_PX2 * f64::from(decimate).powi(2) {
            return Ok(());
        }
        let scale = if area < SMALL_PX2 { ENLARGED } else { 1 };
        let bounds = quad(&hit.corners).bounds();
        let beside = bounds.width.max(bounds.height) / 3 + 4;
        let (width, height) = (bounds.width + 2 * beside, bounds.height + 2 * beside);
        let part = Rect { x: bounds.x - beside, y: bounds.y - beside, width, height }.within(luma);
        let size = Size::new(scale * part.width, scale * part.height);
        let enlarged = luma.resized(part, size, imgproc::INTER_CUBIC)?;
        let grey = Grey { width: size.width as usize, height: size.height as usize, data: enlarged.data_bytes()? };
        let found = self.library.search(grey, Look { decimate: 1.0, contrast: LOW_CONTRAST });
        let Some(again) = found.into_iter().find(|again| (again.family, again.id) == (hit.family, hit.id)) else {
            return Ok(());
        };
        let to_picture =
            |[u, v]: [f64; 2]| [u / f64::from(scale) + f64::from(part.x), v / f64::from(scale) + f64::from(part.y)];
        *hit = Hit { corners: again.corners.map(to_picture), ..again };
        Ok(())
    }

    fn detection(&self, Hit { family, id, corners, hamming, margin }: Hit) -> Detection {
        let pose = self.scale.and_then(|TagScale { side_m, camera }| pose::estimate(&corners, side_m, &camera));
        Detection::tag(Tag { family, id, corners, hamming, margin, pose }, ENGINE)
    }
}

impl Detector for TagDetector {
    fn kind(&self) -> Kind {
        Kind::Tag
    }

    fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, DetectError> {
        let luma = picture.luma();
        let found = self.search(luma, Look { decimate: 1.0, contrast: USUAL_CONTRAST })?;
        if found.is_empty() { self.search(luma, Look { decimate: 1.0, contrast: LOW_CONTRAST }) } else { Ok(found) }
    }

    fn detect_next(&mut self, stream: &mut Stream, picture: &Picture) -> Result<Answer, DetectError> {
        let luma = picture.luma();
        let decimate = decimation(luma.width * luma.height);
        let chance = RandomState::new();
        // Where there are far too many, the larger ones are looked for.
        let mut looks = COARSER.map(|by| Look { decimate: by * decimate, contrast: USUAL_CONTRAST }).into_iter();
        let look = looks.find(|&look| !stream.is_live || !is_crowded(&mut self.library, luma, look, &chance));
        let look = look.ok_or_else(|| DetectError::failed(ENGINE, luma, TOO_MANY.to_owned()))?;
        self.search(luma, look).map(Answer::from)
    }
}

impl Tag {
    /// The corners in whole pixels.
    pub fn shape(&self) -> super::Shape {
        quad(&self.corners)
    }
}

/// By how much a stream's picture is made smaller to look for squares; their bits and edges are read at full size.
fn decimation(pixels: usize) -> f32 {
    let fits = |by: &&f32| pixels as f32 / (*by * *by) <= STREAM_PIXELS;
    DECIMATIONS.iter().find(fits).copied().unwrap_or(LAST_DECIMATION)
}

fn quad(corners: &[[f64; 2]; 4]) -> super::Shape {
    super::Shape::Quad(corners.map(|[x, y]| Point { x: x.round() as i32, y: y.round() as i32 }))
}

fn area(corners: &[[f64; 2]; 4]) -> f64 {
    let part = |n: usize| {
        let ([x, y], [u, v]) = (corners[n], corners[(n + 1) % 4]);
        x * v - u * y
    };
    (0..4).map(part).sum::<f64>().abs() / 2.0
}

const ENGINE: &str = "apriltag";
/// A tag that covers fewer pixels of the searched picture is looked at twice. Of tags of 24 pixels that are tilted by 60° the
/// worst corner is then 0.3 pixels off instead of 0.9.
const SMALL_PX2: f64 = 28.0 * 28.0;
/// Twice as large it is 0.5 pixels off, four times as large no less than three times.
const ENLARGED: i32 = 3;
/// Each takes up to half a millisecond, and a picture of 16 megapixels has room for 17,000 tags. Boards have up to 200.
const MOST_LOOKS: usize = 256;
/// Grey levels between black and white around an edge, for files in which nothing else is found: the library's own choice,
/// which takes three times as long as [`USUAL_CONTRAST`].
const LOW_CONTRAST: i32 = 5;
/// Half of what a tag in the shade has at least, and more than a camera's noise.
const USUAL_CONTRAST: i32 = 20;
/// The library takes 1.5 and whole numbers. A larger one loses tags of 60 pixels that are tilted by 60°.
const DECIMATIONS: [f32; 2] = [1.0, 1.5];
const LAST_DECIMATION: f32 = 2.0;
/// By how much coarser pictures of live streams are searched, until there are not too many tags.
const COARSER: [f32; 3] = [1.0, 2.0, 4.0];
const TOO_MANY: &str = "thousands of tags are in view, which takes minutes; bring fewer into view";
/// About 800 × 600: 640 × 480 are searched as they are, 1280 × 720 at two thirds, 1920 × 1080 and more at half their size.
const STREAM_PIXELS: f32 = 520_000.0;

#[cfg(test)]
mod tests;
