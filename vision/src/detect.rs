//! What detectors are: pixels in, detections out; they do not draw, count over time or know about the network.

pub mod boxes;
pub mod cascade;
#[cfg(test)]
pub mod drawn;
pub mod face;
pub mod guard;
pub mod human;
pub mod matrix;
pub mod merge;
pub mod opencl;
pub mod qr;
pub mod settings;

use std::fmt;

use crate::picture::Luma;

/// Finds things of one kind in one grey picture.
pub trait Detector: Send {
    fn kind(&self) -> Kind;

    /// Everything found in a still, in the picture's pixels, as thoroughly as possible.
    ///
    /// # Errors
    /// Fails where the engine does; the next picture may be searched all the same.
    fn detect(&mut self, luma: &Luma) -> Result<Vec<Detection>, DetectError>;

    /// The memory for a stream that begins.
    fn stream(&self) -> Stream {
        Stream::default()
    }

    /// Everything found in the next picture of a stream: less time is spent per picture, because another follows.
    ///
    /// # Errors
    /// As [`Detector::detect`].
    fn detect_next(&mut self, _stream: &mut Stream, luma: &Luma) -> Result<Vec<Detection>, DetectError> {
        self.detect(luma)
    }
}

/// What a detector remembers of one stream, so that two streams neither share nor wipe each other's memory.
///
/// [`Detector::stream`] makes one; give it to the same detector with each picture of the stream, in order.
#[derive(Debug, Default)]
pub struct Stream {
    pub(crate) qr: qr::Memory,
}

/// The kinds of things that can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Qr,
    Face,
    Human,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Qr, Kind::Face, Kind::Human];

    /// As in the report.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Qr => "qr",
            Kind::Face => "face",
            Kind::Human => "human",
        }
    }

    /// As people read it on the picture.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Qr => "QR codes",
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

/// One thing found in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    pub kind: Kind,
    pub shape: Shape,
    pub payload: Option<Payload>,
    /// How sure the engine is, higher is surer; scores of two engines cannot be compared.
    pub score: Option<f32>,
    /// Which engine found it.
    pub engine: &'static str,
    /// The number that stays with the object from picture to picture; detectors leave it out.
    pub track: Option<u32>,
}

/// Where a thing is, in pixels; the origin is the top-left corner of the top-left pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Four corners in the thing's own order: top-left, top-right, bottom-right, bottom-left of an upright code.
    Quad([Point; 4]),
    /// An upright rectangle: faces and humans.
    Rect(Rect),
}

impl Shape {
    /// Its four corners; a rectangle's start at the top left and run clockwise.
    pub fn corners(&self) -> [Point; 4] {
        match *self {
            Shape::Quad(corners) => corners,
            Shape::Rect(Rect { x, y, width, height }) => {
                [(x, y), (x + width, y), (x + width, y + height), (x, y + height)].map(|(x, y)| Point { x, y })
            }
        }
    }

    /// The smallest upright rectangle around it.
    pub fn bounds(&self) -> Rect {
        let corners = self.corners();
        let (xs, ys) = (corners.map(|p| p.x), corners.map(|p| p.y));
        let low = |values: [i32; 4]| values.into_iter().min().unwrap_or(0);
        let high = |values: [i32; 4]| values.into_iter().max().unwrap_or(0);
        Rect { x: low(xs), y: low(ys), width: high(xs) - low(xs), height: high(ys) - low(ys) }
    }

    /// The same shape elsewhere.
    pub fn moved(&self, dx: i32, dy: i32) -> Self {
        let moved = |x: i32, y: i32| (x.saturating_add(dx), y.saturating_add(dy));
        match *self {
            Shape::Quad(corners) => Shape::Quad(corners.map(|p| {
                let (x, y) = moved(p.x, p.y);
                Point { x, y }
            })),
            Shape::Rect(rect) => {
                let (x, y) = moved(rect.x, rect.y);
                Shape::Rect(Rect { x, y, ..rect })
            }
        }
    }

    /// The mean of the corners.
    pub fn centre(&self) -> Point {
        let corners = self.corners();
        let mean = |value: fn(&Point) -> i32| (corners.iter().map(|p| i64::from(value(p))).sum::<i64>() / 4) as i32;
        Point { x: mean(|p| p.x), y: mean(|p| p.y) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Rect {
    pub fn area(&self) -> i64 {
        i64::from(self.width.max(0)) * i64::from(self.height.max(0))
    }

    /// What both cover; of no size where they do not meet.
    pub fn intersection(&self, other: &Rect) -> Rect {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = self.x.saturating_add(self.width).min(other.x.saturating_add(other.width));
        let bottom = self.y.saturating_add(self.height).min(other.y.saturating_add(other.height));
        Rect { x, y, width: right.saturating_sub(x).max(0), height: bottom.saturating_sub(y).max(0) }
    }

    /// The part that lies in a picture of this size.
    pub fn within(&self, luma: &Luma) -> Rect {
        self.intersection(&Rect { x: 0, y: 0, width: luma.width as i32, height: luma.height as i32 })
    }
}

/// What a code says: the bytes it carries, and how they read as text if they do.
///
/// A QR code carries bytes; only some say in which alphabet. So the bytes are kept, and text is what they mean when
/// they are UTF-8, or when the engine knows their alphabet (ECI, Kanji mode, ISO 8859-1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Payload {
    bytes: Vec<u8>,
    text: Option<String>,
}

impl Payload {
    /// `reading` is the engine's idea of the text, used where the bytes are not UTF-8.
    pub fn new(bytes: Vec<u8>, reading: Option<String>) -> Self {
        let text = std::str::from_utf8(&bytes).map(str::to_owned).ok().or(reading);
        Self { bytes, text }
    }

    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the text, written as UTF-8, is exactly the bytes.
    pub fn is_utf8(&self) -> bool {
        self.text.as_ref().is_some_and(|text| text.as_bytes() == self.bytes)
    }
}

impl fmt::Display for Payload {
    /// On one line and harmless to a terminal: a payload comes from whoever printed the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => text.chars().try_for_each(|c| match c {
                c if c.is_control() || is_invisible(c) => write!(f, "{}", c.escape_default()),
                c => write!(f, "{c}"),
            }),
            None => {
                let shown = &self.bytes[..self.bytes.len().min(16)];
                write!(f, "{} bytes: {}", self.bytes.len(), shown.escape_ascii())?;
                if shown.len() < self.bytes.len() { f.write_str("...") } else { Ok(()) }
            }
        }
    }
}

/// Characters that change how their neighbours are shown: a web address could pass for another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Why a detector has no answer for a picture; ours or a library's fault, and never the end of the viewer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DetectError {
    #[error("{engine}: panicked on a {width}×{height} picture (panic {count} of this engine): {message}")]
    Panicked { engine: &'static str, width: usize, height: usize, count: u64, message: String },
    #[error("{engine}: {message} on a {width}×{height} picture")]
    Failed { engine: &'static str, width: usize, height: usize, message: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_keeps_bytes_that_are_not_utf8() {
        let payload = Payload::new(vec![0xFF, 0x00], None);
        assert_eq!((payload.text(), payload.bytes(), payload.is_utf8()), (None, &[0xFF, 0x00][..], false));
        assert_eq!(payload.to_string(), r"2 bytes: \xff\x00");
    }

    #[test]
    fn a_payload_in_another_alphabet_has_both_text_and_bytes() {
        let payload = Payload::new(vec![0xFC], Some("ü".into()));
        assert_eq!((payload.text(), payload.is_utf8()), (Some("ü"), false));
    }

    #[test]
    fn a_payload_cannot_steer_the_terminal() {
        let payload = Payload::new(b"a\x1b[2Jb\xE2\x80\xAEc".to_vec(), None);
        assert_eq!(payload.to_string(), r"a\u{1b}[2Jb\u{202e}c");
    }

    #[test]
    fn bounds_and_centre_follow_the_corners() {
        let quad = Shape::Quad([(10, 0), (20, 10), (10, 20), (0, 10)].map(|(x, y)| Point { x, y }));
        assert_eq!(quad.bounds(), Rect { x: 0, y: 0, width: 20, height: 20 });
        assert_eq!(quad.centre(), Point { x: 10, y: 10 });
        let rect = Rect { x: -3, y: 4, width: 10, height: 20 };
        assert_eq!((Shape::Rect(rect).bounds(), Shape::Rect(rect).centre()), (rect, Point { x: 2, y: 14 }));
    }

    #[test]
    fn a_rectangle_is_cut_at_the_edges_of_the_picture() {
        let luma = Luma { width: 10, height: 10, data: vec![0; 100] };
        let cut = Rect { x: -3, y: 4, width: 10, height: 20 }.within(&luma);
        assert_eq!(cut, Rect { x: 0, y: 4, width: 7, height: 6 });
        assert_eq!(Rect { x: 10, y: 0, width: 5, height: 5 }.within(&luma).area(), 0);
        let boundless = Rect { x: i32::MIN, y: 5, width: i32::MAX, height: i32::MAX };
        assert_eq!(boundless.within(&luma).area(), 0);
        assert_eq!(Rect { x: 9, ..boundless }.within(&luma), Rect { x: 9, y: 5, width: 1, height: 5 });
    }
}
