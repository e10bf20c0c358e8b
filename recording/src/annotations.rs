//! What was found in a picture, in the words of this program.

/// What is drawn on one picture, in its pixels: `[0.0, 0.0]` is its upper left corner.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Annotations {
    /// Lines and points.
    pub outlines: Vec<Outline>,
    /// Circles.
    pub circles: Vec<Circle>,
    /// Text.
    pub labels: Vec<Label>,
}

/// Points, with lines between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// The points, x before y.
    pub points: Vec<[f64; 2]>,
    /// How they are connected.
    pub shape: OutlineShape,
    /// The colour of the lines.
    pub colour: Colour,
    /// The thickness of the lines in pixels.
    pub thickness: f64,
}

/// How points are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlineShape {
    /// Each with the next, and the last with the first.
    Closed,
    /// The first with the second, the third with the fourth.
    Segments,
    /// Not at all.
    Points,
}

/// A circle.
#[derive(Debug, Clone, PartialEq)]
pub struct Circle {
    /// Its centre, x before y.
    pub centre: [f64; 2],
    /// Its diameter in pixels.
    pub diameter: f64,
    /// The colour of its line.
    pub colour: Colour,
    /// The thickness of its line in pixels.
    pub thickness: f64,
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Its lower left corner, x before y.
    pub at: [f64; 2],
    /// What it says.
    pub text: String,
    /// The colour of the letters; what is behind them is dark.
    pub colour: Colour,
    /// The height of a line in pixels.
    pub font_size: f64,
}

/// A colour; each part is from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    /// Red.
    pub r: f64,
    /// Green.
    pub g: f64,
    /// Blue.
    pub b: f64,
    /// 1 is opaque.
    pub a: f64,
}
