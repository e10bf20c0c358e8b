//! What is known of one picture so far: the codes read, and where something looks like a code.

use crate::detect::merge::{is_same_place, merge};
use crate::detect::{DetectError, Detection, Point, Rect, Shape};
use crate::picture::Luma;

/// Grows while a picture is looked at in one way after another.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) found: Vec<Detection>,
    suspects: Vec<Suspect>,
    pub(super) failed: Option<DetectError>,
}

/// Something that looks like a code and did not decode.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suspect {
    pub(super) shape: Shape,
    pub(super) pattern: Pattern,
}

/// How much of a code was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Three finder patterns that may belong together.
    Square,
    /// One finder pattern: a hint that there is more, but not where.
    Lone,
}

impl Evidence {
    pub(super) fn add(&mut self, codes: Vec<Detection>, suspects: Vec<Suspect>) {
        merge(&mut self.found, codes);
        self.suspects.extend(suspects);
    }

    /// Whether looking on promises nothing: something was read, and nothing else looks like a code.
    pub(super) fn is_settled(&self) -> bool {
        !self.found.is_empty() && self.suspects.iter().all(|suspect| self.explains(&suspect.shape))
    }

    /// Whether a code was read where `shape` is.
    pub(super) fn explains(&self, shape: &Shape) -> bool {
        self.found.iter().any(|code| is_same_place(&code.shape, shape))
    }

    /// What was found; an error counts only where that is nothing.
    pub(super) fn into_outcome(self) -> Result<Vec<Detection>, DetectError> {
        match self.failed {
            Some(error) if self.found.is_empty() => Err(error),
            _ => Ok(self.found),
        }
    }

    /// Up to `most` parts of the picture to look at closely, those that were suspected most often first.
    pub(super) fn regions(&self, luma: &Luma, most: usize) -> Vec<Rect> {
        let mut regions: Vec<(Rect, usize)> = Vec::new();
        for suspect in &self.suspects {
            if suspect.pattern == Pattern::Lone || self.explains(&suspect.shape) {
                continue;
            }
            let Some(area) = around(&suspect.shape, MARGIN, luma) else { continue };
            match regions.iter_mut().find(|(known, _)| covers(known, &area)) {
                Some((known, hits)) => {
                    *known = union(known, &area);
                    *hits += 1;
                }
                None => regions.push((area, 1)),
            }
        }
        regions.sort_by_key(|(_, hits)| std::cmp::Reverse(*hits));
        regions.into_iter().take(most).map(|(area, _)| area).collect()
    }
}

/// The part of the picture that holds `shape` and `margin` of its size on each side; `None` where that is too little.
pub(super) fn around(shape: &Shape, margin: f64, luma: &Luma) -> Option<Rect> {
    let bounds = shape.bounds();
    let margin = (f64::from(bounds.width.max(bounds.height)) * margin).round() as i32;
    let clip = |from: i32, size: i32, end: usize| {
        let low = (from - margin).clamp(0, end as i32);
        (low, (from + size + margin).clamp(0, end as i32) - low)
    };
    let (x, width) = clip(bounds.x, bounds.width, luma.width);
    let (y, height) = clip(bounds.y, bounds.height, luma.height);
    (width >= LEAST_SIDE && height >= LEAST_SIDE).then_some(Rect { x, y, width, height })
}

/// Whether more than half of the smaller one lies in the other.
pub(super) fn covers(a: &Rect, b: &Rect) -> bool {
    let shared = |a: i32, a_size: i32, b: i32, b_size: i32| i64::from(((a + a_size).min(b + b_size) - a.max(b)).max(0));
    let area = |r: &Rect| i64::from(r.width) * i64::from(r.height);
    let overlap = shared(a.x, a.width, b.x, b.width) * shared(a.y, a.height, b.y, b.height);
    2 * overlap > area(a).min(area(b))
}

fn union(a: &Rect, b: &Rect) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = (a.x + a.width).max(b.x + b.width);
    let bottom = (a.y + a.height).max(b.y + b.height);
    Rect { x, y, width: right - x, height: bottom - y }
}

/// Corners in the picture; those that an engine extrapolated far out of it are pulled back to within one picture around it.
pub(super) fn quad(corners: [(f64, f64); 4], luma: &Luma) -> Shape {
    // A float beyond the range of i32 becomes the nearest i32, and no number becomes 0.
    let pull = |value: f64, size: usize| (value.round() as i32).clamp(-(size as i32), 2 * size as i32);
    Shape::Quad(corners.map(|(x, y)| Point { x: pull(x, luma.width), y: pull(y, luma.height) }))
}

/// Room for the quiet zone and for finder patterns that were guessed a little off.
const MARGIN: f64 = 0.3;
/// Less than a pixel a module for the smallest code.
const LEAST_SIDE: i32 = 12;
