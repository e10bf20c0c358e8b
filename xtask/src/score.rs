//! Which labelled objects were found and which hits are false: geometry alone.

use std::ops::Add;

use crate::report::Detection;

/// What is labelled and looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// QR codes.
    Qr,
    /// AprilTags.
    Tag,
    /// Faces.
    Face,
    /// Humans, from head to foot.
    Human,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Qr, Self::Tag, Self::Face, Self::Human];

    /// As in the viewer's report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Qr => "qr",
            Self::Tag => "tag",
            Self::Face => "face",
            Self::Human => "human",
        }
    }

    /// As after the viewer's `--detect`.
    pub fn option(self) -> &'static str {
        match self {
            Self::Qr => "qr",
            Self::Tag => "tags",
            Self::Face => "faces",
            Self::Human => "humans",
        }
    }

    /// Whether an object says which one it is.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Qr | Self::Tag)
    }
}

/// A labelled object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object {
    /// Where it is.
    pub outline: Outline,
    /// Counts neither as missed nor as found.
    pub difficult: bool,
}

/// Where something is, in pixels from the picture's top-left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outline {
    /// Left, top, width, height.
    Rect([f64; 4]),
    /// Four corners, in order around it.
    Quad([[f64; 2]; 4]),
}

/// The result for each object and each hit in one picture, in the given order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Of each object.
    pub objects: Vec<Fate>,
    /// Of each hit.
    pub hits: Vec<Hit>,
}

/// The result for a labelled object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A hit is on it.
    Found,
    /// No hit is on it.
    Missed,
    /// It was difficult.
    Neutral,
}

/// The result for a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// It found an object.
    Right,
    /// It lies on no object.
    False,
    /// A code that another hit has found already.
    Again,
    /// It lies on an object that was difficult.
    Neutral,
}

/// Counts over any number of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Objects that were found.
    pub found: usize,
    /// Hits on nothing.
    pub false_hits: usize,
    /// Objects that were not found.
    pub missed: usize,
    /// Hits on codes that were found already.
    pub again: usize,
}

/// Matches hits with objects, each with at most one.
///
/// A code or tag is found when the centre of a hit lies in it. A face is found by the hit with the largest overlap above 0.3,
/// a human from 0.4 on, best overlaps first; a second hit on one is false. Overlap is intersection over union.
pub fn judge(kind: Kind, objects: &[Object], hits: &[Outline]) -> Judged {
    let mut judged =
        Judged { objects: objects.iter().map(Fate::without_hit).collect(), hits: vec![Hit::False; hits.len()] };
    let touches = |object: &Object, hit: &Outline| match kind {
        Kind::Qr | Kind::Tag => object.outline.contains(hit.centre()),
        Kind::Face => object.outline.overlap(hit) > 0.3,
        Kind::Human => object.outline.overlap(hit) >= 0.4,
    };
    for (object, hit) in candidates(kind, objects, hits, touches) {
        if judged.objects[object] == Fate::Missed && judged.hits[hit] == Hit::False {
            judged.objects[object] = Fate::Found;
            judged.hits[hit] = Hit::Right;
        }
    }
    for (verdict, hit) in judged.hits.iter_mut().zip(hits).filter(|(verdict, _)| **verdict == Hit::False) {
        let mut touched = objects.iter().filter(|object| touches(object, hit));
        if touched.clone().any(|object| object.difficult) {
            *verdict = Hit::Neutral;
        } else if kind.is_read() && touched.next().is_some() {
            *verdict = Hit::Again;
        }
    }
    judged
}

/// Pairs of an object and a hit on it: codes in the order of the hits, the others by their overlap.
fn candidates(
    kind: Kind,
    objects: &[Object],
    hits: &[Outline],
    touches: impl Fn(&Object, &Outline) -> bool,
) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (at_hit, hit) in hits.iter().enumerate() {
        for (at, object) in objects.iter().enumerate() {
            if touches(object, hit) {
                let overlap = if kind.is_read() { 0.0 } else { object.outline.overlap(hit) };
                pairs.push((overlap, (at, at_hit)));
            }
        }
    }
    // The sort is stable: what overlaps alike stays in the order of the hits.
    pairs.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    pairs.into_iter().map(|(_, pair)| pair).collect()
}

impl Outline {
    /// Where the viewer found something: a code by its corners, the rest by their boxes.
    pub fn of(found: &Detection) -> Self {
        match *found.corners.as_slice() {
            [a, b, c, d] => Self::Quad([a, b, c, d]),
            _ => Self::Rect(found.area),
        }
    }

    /// The mean of the corners.
    pub fn centre(&self) -> [f64; 2] {
        let corners = self.corners();
        [0, 1].map(|axis| corners.iter().map(|corner| corner[axis]).sum::<f64>() / 4.0)
    }

    /// Of the upright rectangle around it.
    pub fn width(&self) -> f64 {
        let [left, _, right, _] = self.bounds();
        right - left
    }

    /// Around it: top-left, top-right, bottom-right, bottom-left where it is a rectangle.
    pub fn corners(&self) -> [[f64; 2]; 4] {
        match *self {
            Self::Quad(corners) => corners,
            Self::Rect([x, y, width, height]) => [[x, y], [x + width, y], [x + width, y + height], [x, y + height]],
        }
    }

    /// Whether a ray from the point crosses the outline an odd number of times.
    fn contains(&self, [x, y]: [f64; 2]) -> bool {
        let corners = self.corners();
        let crosses = |at: usize| {
            let ([x1, y1], [x2, y2]) = (corners[at], corners[(at + 1) % 4]);
            (y1 > y) != (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
        };
        (0..4).filter(|&at| crosses(at)).count() % 2 == 1
    }

    /// Intersection over union of the upright rectangles around the two.
    pub fn overlap(&self, other: &Self) -> f64 {
        let ([left, top, right, bottom], other) = (self.bounds(), other.bounds());
        let width = right.min(other[2]) - left.max(other[0]);
        let height = bottom.min(other[3]) - top.max(other[1]);
        if width <= 0.0 || height <= 0.0 {
            return 0.0;
        }
        let both = width * height;
        both / ((right - left) * (bottom - top) + (other[2] - other[0]) * (other[3] - other[1]) - both)
    }

    /// Left, top, right, bottom.
    fn bounds(&self) -> [f64; 4] {
        let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        self.corners()
            .iter()
            .fold(start, |[left, top, right, bottom], &[x, y]| [left.min(x), top.min(y), right.max(x), bottom.max(y)])
    }
}

impl Fate {
    /// Of an object on which there is no hit.
    pub(crate) fn without_hit(object: &Object) -> Self {
        if object.difficult { Self::Neutral } else { Self::Missed }
    }
}

impl Judged {
    /// The counts of this picture.
    pub fn tally(&self) -> Tally {
        let fates = |wanted| self.objects.iter().filter(|&&fate| fate == wanted).count();
        let hits = |wanted| self.hits.iter().filter(|&&hit| hit == wanted).count();
        Tally {
            found: fates(Fate::Found),
            false_hits: hits(Hit::False),
            missed: fates(Fate::Missed),
            again: hits(Hit::Again),
        }
    }
}

/// The counts of each second of a video, from those of its frames, `rate` of them a second; the last may be shorter.
pub fn per_second(rate: usize, frames: &[Tally]) -> Vec<Tally> {
    frames.chunks(rate.max(1)).map(|second| second.iter().copied().sum()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "no set has 2^52 pictures")]
impl Tally {
    /// The share of objects that were found; `None` where there is no object.
    pub fn recall(self) -> Option<f64> {
        let objects = self.found + self.missed;
        (objects > 0).then(|| self.found as f64 / objects as f64)
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            found: self.found + other.found,
            false_hits: self.false_hits + other.false_hits,
            missed: self.missed + other.missed,
            again: self.again + other.again,
        }
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests;
