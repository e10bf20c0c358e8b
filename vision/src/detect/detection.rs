//! What a detector answers: objects, each with its kind, its place and what else is known of it.

use std::fmt;

use super::{Payload, Point, Rect, Shape, Tag};

/// The kinds of objects that can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// QR codes, micro QR codes and rectangular ones included.
    Qr,
    /// AprilTags.
    Tag,
    /// Human faces.
    Face,
    /// Humans from head to foot.
    Human,
}

impl Kind {
    /// Every kind, in the order in which they are listed to people.
    pub const ALL: [Kind; 4] = [Kind::Qr, Kind::Tag, Kind::Face, Kind::Human];

    /// The name in reports: one lowercase word, in the singular.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Qr => "qr",
            Kind::Tag => "tag",
            Kind::Face => "face",
            Kind::Human => "human",
        }
    }

    /// The name for people, in the plural.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Qr => "QR codes",
            Kind::Tag => "tags",
            Kind::Face => "faces",
            Kind::Human => "humans",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One object in one picture.
///
/// Make one with [`Detection::code`], [`Detection::tag`], [`Detection::face`] or [`Detection::human`]: a code has a payload
/// and no score, a tag what is read of it, a face or a human a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub shape: Shape,
    /// The content, of codes only.
    pub payload: Option<Payload>,
    /// What is read and measured of it, of tags only.
    pub tag: Option<Box<Tag>>,
    /// How sure the engine is, of faces and humans only: higher is surer, and two engines have different scales.
    pub score: Option<f32>,
    /// Where the parts of the body are, of humans only and only from engines that know; see [`KEYPOINTS`].
    pub keypoints: Option<[Point; KEYPOINTS]>,
    /// The engine that found it.
    pub engine: &'static str,
    /// The frame in which its engine last found it, if that is an earlier one: the search of this frame left its place or
    /// its size out. Its shape is then where it was followed to, or where it should be; [`Tracker::answer`](crate::Tracker::answer) sets both.
    pub last_found: Option<u64>,
    /// The number that the object keeps from picture to picture; [`Tracker::answer`](crate::Tracker::answer) sets it.
    pub track: Option<u32>,
}

impl Detection {
    /// An object of which nothing but its place is known.
    pub fn new(kind: Kind, shape: Shape, engine: &'static str) -> Self {
        Self {
            kind,
            shape,
            payload: None,
            tag: None,
            score: None,
            keypoints: None,
            engine,
            last_found: None,
            track: None,
        }
    }

    /// A QR code that was read; corners as in [`Shape::Quad`].
    pub fn code(corners: [Point; 4], payload: Payload, engine: &'static str) -> Self {
        Self { payload: Some(payload), ..Self::new(Kind::Qr, Shape::Quad(corners), engine) }
    }

    /// A tag that was read.
    pub fn tag(tag: Tag, engine: &'static str) -> Self {
        Self { tag: Some(Box::new(tag.clone())), ..Self::new(Kind::Tag, tag.shape(), engine) }
    }

    /// A face.
    pub fn face(bounds: Rect, score: f32, engine: &'static str) -> Self {
        Self { score: Some(score), ..Self::new(Kind::Face, Shape::Rect(bounds), engine) }
    }

    /// A human.
    pub fn human(bounds: Rect, score: f32, engine: &'static str) -> Self {
        Self { kind: Kind::Human, ..Self::face(bounds, score, engine) }
    }

    /// The same object, `dx` pixels to the right and `dy` pixels down.
    pub fn moved(mut self, dx: i32, dy: i32) -> Self {
        self.shape = self.shape.moved(dx, dy);
        self.keypoints = self.keypoints.map(|points| points.map(|point| point.moved(dx, dy)));
        self
    }
}

/// How many key points a human has: those of the data set COCO in its order, which are the nose, the eyes, ears, shoulders,
/// elbows, wrists, hips, knees and ankles, of each pair the human's own left one first.
///
/// Points that are hidden or outside the picture are guessed.
pub const KEYPOINTS: usize = 17;
