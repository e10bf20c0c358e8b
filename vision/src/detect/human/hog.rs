//! Humans by OpenCV's people detector: histograms of oriented gradients (Dalal and Triggs 2005) and a linear classifier.

use opencv::core::{Rect as CvRect, Size, Vector};
use opencv::objdetect::HOGDescriptor;
use opencv::prelude::{HOGDescriptorTrait as _, HOGDescriptorTraitConst as _};

use super::HumanSpeed;
use crate::detect::Rect;
use crate::detect::boxes::{BoxEngine, Hit, surest_first};
use crate::detect::matrix::Matrix;
use crate::detect::merge::overlap;
use crate::detect::opencl::Device;
use crate::picture::Picture;

/// The detector and how thoroughly it searches.
pub(super) struct Hog {
    descriptor: HOGDescriptor,
    search: Search,
}

struct Search {
    /// How much a picture is enlarged; a large one less.
    enlarge: f64,
    /// From one size to the next.
    scale: f64,
    /// The least sum of the weights of all hits on one human; wider steps mean fewer hits.
    agreement: f32,
}

impl Hog {
    pub(super) fn new(speed: HumanSpeed) -> opencv::Result<Self> {
        let mut descriptor = HOGDescriptor::default()?;
        descriptor.set_svm_detector(HOGDescriptor::get_default_people_detector()?);
        let search = match speed {
            HumanSpeed::Thorough => Search { enlarge: 2.0, scale: 1.1, agreement: 1.2 },
            HumanSpeed::Fast => Search { enlarge: 2.0, scale: 1.2, agreement: 0.9 },
        };
        Ok(Self { descriptor, search })
    }
}

impl BoxEngine for Hog {
    fn name(&self) -> &'static str {
        "hog"
    }

    fn find(&mut self, picture: &Picture) -> opencv::Result<Vec<Hit>> {
        let luma = picture.luma();
        let factor = self.search.enlarge.min(LONGEST / luma.width.max(luma.height) as f64);
        let scaled = |side: usize| (side as f64 * factor).round() as i32;
        let size = Size::new(scaled(luma.width), scaled(luma.height));
        if size.width < WINDOW.width || size.height < WINDOW.height {
            // OpenCV would read beyond the edge of the picture.
            return Ok(Vec::new());
        }
        let picture = Matrix::of(luma, Device::Cpu)?.resized(Size::new(luma.width as i32, luma.height as i32), size)?;
        let (mut found, mut weights) = (Vector::<CvRect>::new(), Vector::<f64>::new());
        self.descriptor.detect_multi_scale_weights(
            &picture,
            &mut found,
            &mut weights,
            ANY_WEIGHT,
            STRIDE,
            Size::default(),
            self.search.scale,
            UNGROUPED,
            false,
        )?;
        let hit = |(window, weight): (CvRect, f64)| Hit { bounds: body(window, factor), score: weight as f32 };
        let hits: Vec<Hit> = found.iter().zip(weights.iter()).map(hit).collect();
        let mut agreed = agreed(&hits, self.search.agreement);
        surest_first(&mut agreed);
        Ok(agreed)
    }
}

/// The hits that score enough alone and together with the hits around them: a human is hit at several places and sizes,
/// a pattern that happens to look like one usually once.
fn agreed(hits: &[Hit], agreement: f32) -> Vec<Hit> {
    let together = |hit: &Hit| -> f32 {
        let around = hits.iter().filter(|other| overlap(&hit.bounds, &other.bounds) >= AROUND);
        around.map(|other| other.score).sum()
    };
    hits.iter().filter(|hit| hit.score >= LEAST_WEIGHT && together(hit) >= agreement).copied().collect()
}

/// The human inside a window of the enlarged picture: the classifier was trained on people with a margin around them.
fn body(window: CvRect, factor: f64) -> Rect {
    let back = |value: f64| (value / factor).round() as i32;
    let (width, height) = (f64::from(window.width), f64::from(window.height));
    Rect {
        x: back(f64::from(window.x) + MARGIN_X * width),
        y: back(f64::from(window.y) + MARGIN_Y * height),
        width: back(width * (1.0 - 2.0 * MARGIN_X)),
        height: back(height * (1.0 - 2.0 * MARGIN_Y)),
    }
}

/// The size of the picture that the classifier takes, in pixels.
const WINDOW: Size = Size { width: 64, height: 128 };
/// A cell of the descriptor; smaller steps cost four times as much and bring false hits.
const STRIDE: Size = Size { width: 8, height: 8 };
/// Pictures are not enlarged beyond this many pixels on the longer side: time grows with the area.
const LONGEST: f64 = 1536.0;
/// Distance from the classifier's plane; above 0 is human.
const ANY_WEIGHT: f64 = 0.0;
/// Of the surest hit on a human.
const LEAST_WEIGHT: f32 = 0.6;
/// Common area of two hits on one human, as a share of both together.
const AROUND: f64 = 0.5;
/// Every hit is wanted: OpenCV's own grouping averages boxes and drops a human that was hit at one size only.
const UNGROUPED: f64 = 0.0;
/// Of the window's width and height, on each side.
const MARGIN_X: f64 = 0.2;
const MARGIN_Y: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(x: i32, score: f32) -> Hit {
        Hit { bounds: Rect { x, y: 0, width: 40, height: 100 }, score }
    }

    #[test]
    fn hits_around_add_up_and_those_elsewhere_do_not() {
        // Two that share 30 of 50 columns, and a lone one.
        let hits = [hit(0, 1.0), hit(10, 0.5), hit(200, 1.0)];
        assert_eq!(agreed(&hits, 1.5), [hit(0, 1.0)]);
        assert_eq!(agreed(&hits, 1.0), [hit(0, 1.0), hit(200, 1.0)]);
        assert!(agreed(&hits, 1.6).is_empty());
    }

    #[test]
    fn many_weak_hits_are_no_human() {
        assert!(agreed(&[hit(0, 0.5); 20], 2.0).is_empty());
    }

    #[test]
    fn the_human_is_inside_the_window() {
        let bounds = body(CvRect::new(20, 40, 100, 200), 2.0);
        assert_eq!(bounds, Rect { x: 20, y: 30, width: 30, height: 80 });
    }
}
