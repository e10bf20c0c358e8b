//! What is known of one picture so far: the codes read, and the candidates that were not.

use super::grid::Corners;
use super::plan::Grids;
use crate::detect::merge::{is_same_place, merge};
use crate::detect::{Detection, Rect, Shape};
use crate::picture::Luma;

/// Grows while a picture is read in one way after another.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) codes: Vec<Detection>,
    candidates: Vec<Candidate>,
}

/// Something that looks like a code and was not read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) shape: Shape,
    /// Those of the shape, not rounded to pixels.
    pub(super) corners: Corners,
    pub(super) finders: Finders,
}

/// How many finder patterns of a candidate were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finders {
    /// Three that may belong together: they say where the code is.
    Three,
    /// One: a hint that there is a code, but not where.
    One,
}

impl Findings {
    pub(super) fn add(&mut self, codes: Vec<Detection>, candidates: Vec<Candidate>) {
        merge(&mut self.codes, codes);
        self.candidates.extend(candidates);
    }

    /// Whether another attempt promises nothing: something was read, and each candidate is where a code was read.
    pub(super) fn is_complete(&self) -> bool {
        !self.codes.is_empty() && self.candidates.iter().all(|candidate| self.has_code_at(&candidate.shape))
    }

    /// Whether a code was read where `shape` is.
    pub(super) fn has_code_at(&self, shape: &Shape) -> bool {
        self.codes.iter().any(|code| is_same_place(&code.shape, shape))
    }

    /// The corners of candidates that were not read, for so many grids.
    pub(super) fn unread(&self, grids: Grids) -> Vec<Corners> {
        let mut unread: Vec<&Candidate> = Vec::new();
        for candidate in self.candidates.iter() {
            if candidate.finders == Finders::One || self.has_code_at(&candidate.shape) {
                continue;
            }
            let mut here = unread.iter().filter(|known| is_same_place(&known.shape, &candidate.shape));
            if here.clone().count() < grids.each && !here.any(|known| is_near(&known.corners, &candidate.corners)) {
                unread.push(candidate);
            }
        }
        unread.into_iter().take(grids.all).map(|candidate| candidate.corners).collect()
    }

    /// Up to `most` regions of the picture with unread candidates, those with the most candidates first.
    pub(super) fn regions(&self, luma: &Luma, most: usize) -> Vec<Rect> {
        let mut regions: Vec<(Rect, usize)> = Vec::new();
        for candidate in &self.candidates {
            if candidate.finders == Finders::One || self.has_code_at(&candidate.shape) {
                continue;
            }
            let Some(area) = around(&candidate.shape, MARGIN, luma) else { continue };
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

/// The region with `shape` and `margin` of its size on each side; `None` where too little of that is in the picture.
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
    2 * a.intersection(b).area() > a.area().min(b.area())
}

fn union(a: &Rect, b: &Rect) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = (a.x + a.width).max(b.x + b.width);
    let bottom = (a.y + a.height).max(b.y + b.height);
    Rect { x, y, width: right - x, height: bottom - y }
}

/// Whether corners are the same but for what a pixel's rounding changes.
fn is_near(a: &Corners, b: &Corners) -> bool {
    a.iter().zip(b).all(|(a, b)| (a.0 - b.0).abs().max((a.1 - b.1).abs()) < 1.5)
}

/// Room for the quiet zone, and for finder patterns whose place is not exact.
const MARGIN: f64 = 0.3;
/// Less than a pixel a module for the smallest code.
const LEAST_SIDE: i32 = 12;
