//! Humans by OpenCV's Haar cascades for the whole, the upper and the lower body, each hit mapped to the whole body.

use super::HumanSpeed;
use crate::detect::Rect;
use crate::detect::boxes::{BoxEngine, Hit};
use crate::detect::cascade::{Cascade, Search, Shrunk};
use crate::detect::engines::SetupError;
use crate::detect::opencl::Device;
use crate::picture::Picture;

/// The cascades in the order of trust: where two see one human, the first one's box stays.
pub(super) struct Haar {
    parts: Vec<(Cascade, Part)>,
    search: Search,
    device: Device,
}

impl Haar {
    pub(super) fn load(speed: HumanSpeed, neighbours: u32, device: Device) -> Result<Self, SetupError> {
        let parts = match speed {
            HumanSpeed::Thorough => &[FULL, LOWER, UPPER][..],
            HumanSpeed::Fast => &[FULL],
        };
        let load = |part: &Part| Ok((Cascade::load(part.cascade)?, *part));
        let search = Search { scale: SCALE, neighbours, min_size: 0 };
        Ok(Self { parts: parts.iter().map(load).collect::<Result<_, SetupError>>()?, search, device })
    }
}

impl BoxEngine for Haar {
    fn name(&self) -> &'static str {
        "haar"
    }

    fn find(&mut self, picture: &Picture) -> opencv::Result<Vec<Hit>> {
        let picture = Shrunk::of(picture.luma(), self.device)?;
        let mut hits = Vec::new();
        for (cascade, part) in &mut self.parts {
            let found = cascade.find(&picture, &self.search)?;
            hits.extend(found.into_iter().map(|hit| Hit { bounds: part.body(hit.bounds), ..hit }));
        }
        Ok(hits)
    }
}

/// A cascade, and where the whole body is in relation to its box, in widths and heights of that box.
#[derive(Clone, Copy)]
struct Part {
    cascade: &'static str,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl Part {
    fn body(&self, hit: Rect) -> Rect {
        let (width, height) = (f64::from(hit.width), f64::from(hit.height));
        Rect {
            x: hit.x + (self.left * width).round() as i32,
            y: hit.y + (self.top * height).round() as i32,
            width: (self.width * width).round() as i32,
            height: (self.height * height).round() as i32,
        }
    }
}

/// All three cascades were trained with a margin around the body. The numbers are rounded medians of 15 to 29 hits on
/// people in a street.
const FULL: Part = Part { cascade: "fullbody", left: 0.2, top: 0.1, width: 0.6, height: 0.8 };
/// From above the head to the waist.
const UPPER: Part = Part { cascade: "upperbody", left: 0.2, top: 0.3, width: 0.6, height: 2.1 };
/// From the shoulders to below the feet.
const LOWER: Part = Part { cascade: "lowerbody", left: 0.25, top: -0.4, width: 0.5, height: 1.3 };

/// From one size to the next: OpenCV's default.
const SCALE: f64 = 1.1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_body_is_mapped_to_the_whole() {
        let hit = Rect { x: 100, y: 100, width: 40, height: 40 };
        assert_eq!(UPPER.body(hit), Rect { x: 108, y: 112, width: 24, height: 84 });
        assert_eq!(LOWER.body(hit), Rect { x: 110, y: 84, width: 20, height: 52 });
        assert_eq!(FULL.body(Rect { height: 80, ..hit }), Rect { x: 108, y: 108, width: 24, height: 64 });
    }
}
