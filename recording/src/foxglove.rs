//! The messages of Foxglove that recordings hold, in protobuf, with the field numbers of Foxglove's schemas.

mod descriptor;

use prost::{Enumeration, Message};
use prost_types::Timestamp;

pub(crate) use self::descriptor::image_annotations as describe_image_annotations;
use crate::annotations::{Annotations, Circle, Colour, Label, Outline, OutlineShape};
use crate::image::stamp;
use crate::time::seconds_and_nanos;

/// `foxglove.ImageAnnotations`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ImageAnnotations {
    #[prost(message, repeated, tag = "1")]
    circles: Vec<CircleAnnotation>,
    #[prost(message, repeated, tag = "2")]
    points: Vec<PointsAnnotation>,
    #[prost(message, repeated, tag = "3")]
    texts: Vec<TextAnnotation>,
    #[prost(message, optional, tag = "5")]
    timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
struct CircleAnnotation {
    #[prost(message, optional, tag = "1")]
    timestamp: Option<Timestamp>,
    #[prost(message, optional, tag = "2")]
    position: Option<Point2>,
    #[prost(double, tag = "3")]
    diameter: f64,
    #[prost(double, tag = "4")]
    thickness: f64,
    #[prost(message, optional, tag = "6")]
    outline_color: Option<Color>,
}

#[derive(Clone, PartialEq, Message)]
struct PointsAnnotation {
    #[prost(message, optional, tag = "1")]
    timestamp: Option<Timestamp>,
    #[prost(enumeration = "PointsType", tag = "2")]
    r#type: i32,
    #[prost(message, repeated, tag = "3")]
    points: Vec<Point2>,
    #[prost(message, optional, tag = "4")]
    outline_color: Option<Color>,
    #[prost(double, tag = "7")]
    thickness: f64,
}

/// `foxglove.PointsAnnotation.Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
enum PointsType {
    Unknown = 0,
    Points = 1,
    LineLoop = 2,
    LineStrip = 3,
    LineList = 4,
}

#[derive(Clone, PartialEq, Message)]
struct TextAnnotation {
    #[prost(message, optional, tag = "1")]
    timestamp: Option<Timestamp>,
    #[prost(message, optional, tag = "2")]
    position: Option<Point2>,
    #[prost(string, tag = "3")]
    text: String,
    #[prost(double, tag = "4")]
    font_size: f64,
    #[prost(message, optional, tag = "5")]
    text_color: Option<Color>,
    #[prost(message, optional, tag = "6")]
    background_color: Option<Color>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Point2 {
    #[prost(double, tag = "1")]
    x: f64,
    #[prost(double, tag = "2")]
    y: f64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Color {
    #[prost(double, tag = "1")]
    r: f64,
    #[prost(double, tag = "2")]
    g: f64,
    #[prost(double, tag = "3")]
    b: f64,
    #[prost(double, tag = "4")]
    a: f64,
}

/// `foxglove.CompressedImage`.
#[derive(Clone, PartialEq, Message)]
struct CompressedImage {
    #[prost(message, optional, tag = "1")]
    timestamp: Option<Timestamp>,
    #[prost(bytes = "vec", tag = "2")]
    data: Vec<u8>,
    #[prost(string, tag = "3")]
    format: String,
}

/// Reads a picture: when it was taken, its format and its bytes; `None` if the message is not one.
pub(crate) fn decode_image(message: &[u8]) -> Option<(Option<u64>, String, Vec<u8>)> {
    let CompressedImage { timestamp, data, format } = CompressedImage::decode(message).ok()?;
    let taken_ns = timestamp
        .and_then(|Timestamp { seconds, nanos }| stamp(u32::try_from(seconds).ok()?, u32::try_from(nanos).ok()?));
    Some((taken_ns, format, data))
}

impl ImageAnnotations {
    /// Turns annotations into a message about the picture with this stamp.
    pub(crate) fn new(stamp_ns: u64, annotations: &Annotations) -> Self {
        let (seconds, nanos) = seconds_and_nanos(stamp_ns);
        let nanos = i32::try_from(nanos).expect("less than a second");
        let stamp = Timestamp { seconds: i64::from(seconds), nanos };
        Self {
            circles: annotations.circles.iter().map(|circle| CircleAnnotation::new(stamp, circle)).collect(),
            points: annotations.outlines.iter().map(|outline| PointsAnnotation::new(stamp, outline)).collect(),
            texts: annotations.labels.iter().map(|label| TextAnnotation::new(stamp, label)).collect(),
            timestamp: Some(stamp),
        }
    }
}

impl CircleAnnotation {
    fn new(stamp: Timestamp, circle: &Circle) -> Self {
        Self {
            timestamp: Some(stamp),
            position: Some(circle.centre.into()),
            diameter: circle.diameter,
            thickness: circle.thickness,
            outline_color: Some(circle.colour.into()),
        }
    }
}

impl PointsAnnotation {
    fn new(stamp: Timestamp, outline: &Outline) -> Self {
        Self {
            timestamp: Some(stamp),
            r#type: PointsType::from(outline.shape).into(),
            points: outline.points.iter().map(|&point| point.into()).collect(),
            outline_color: Some(outline.colour.into()),
            thickness: outline.thickness,
        }
    }
}

impl TextAnnotation {
    fn new(stamp: Timestamp, label: &Label) -> Self {
        Self {
            timestamp: Some(stamp),
            position: Some(label.at.into()),
            text: label.text.clone(),
            font_size: label.font_size,
            text_color: Some(label.colour.into()),
            background_color: Some(BEHIND_TEXT),
        }
    }
}

impl From<OutlineShape> for PointsType {
    fn from(shape: OutlineShape) -> Self {
        match shape {
            OutlineShape::Closed => PointsType::LineLoop,
            OutlineShape::Segments => PointsType::LineList,
            OutlineShape::Points => PointsType::Points,
        }
    }
}

impl From<[f64; 2]> for Point2 {
    fn from([x, y]: [f64; 2]) -> Self {
        Self { x, y }
    }
}

impl From<Colour> for Color {
    fn from(Colour { r, g, b, a }: Colour) -> Self {
        Self { r, g, b, a }
    }
}

/// Dark enough to read on any picture.
const BEHIND_TEXT: Color = Color { r: 0.0, g: 0.0, b: 0.0, a: 0.6 };
