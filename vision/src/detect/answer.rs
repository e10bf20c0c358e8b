//! What a detector says of the next picture of a stream: what it found, and what its search could have found.

use std::ops::RangeInclusive;

use super::{Detection, Rect};

/// The answer of a detector to one picture of a stream.
///
/// A search may leave out some places or sizes, which are the turn of a later picture; give the whole answer to
/// [`Tracker::answer`](crate::Tracker::answer), which adds the objects that are known to be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What was found in this picture.
    pub found: Vec<Detection>,
    /// What was found earlier and is seen in this picture as well, by how it looks; the search left it out, or missed it
    /// for once.
    pub followed: Vec<Detection>,
    /// What would have been found if it were there.
    pub searched: Searched,
}

/// Which objects a search could find.
#[derive(Debug, Clone, PartialEq)]
pub enum Searched {
    /// All that the detector can find.
    Everything,
    /// Those that belong to one of these parts of a picture, and those that have left it.
    Parts {
        /// All of the picture.
        picture: Rect,
        /// What was searched for.
        parts: Vec<Part>,
    },
}

/// The objects of some sizes in some place.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Where their centres are.
    pub area: Rect,
    /// How high they are, in pixels.
    pub heights: RangeInclusive<i32>,
}

impl From<Vec<Detection>> for Answer {
    /// The answer of a search that left nothing out.
    fn from(found: Vec<Detection>) -> Self {
        Self { found, followed: Vec::new(), searched: Searched::Everything }
    }
}

impl Searched {
    /// Whether the search could find an object with these bounds.
    pub(crate) fn includes(&self, bounds: &Rect) -> bool {
        match self {
            Searched::Everything => true,
            Searched::Parts { picture, parts } => {
                !picture.contains(bounds.middle()) || parts.iter().any(|part| part.includes(bounds))
            }
        }
    }
}

impl Part {
    pub(crate) fn includes(&self, bounds: &Rect) -> bool {
        self.heights.contains(&bounds.height) && self.area.contains(bounds.middle())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_belongs_to_the_part_with_its_centre_and_its_height() {
        let area = Rect { x: 100, y: 0, width: 100, height: 100 };
        let picture = Rect { width: 300, ..area };
        let searched = Searched::Parts { picture, parts: vec![Part { area, heights: 40..=80 }] };
        let includes = |x, height| searched.includes(&Rect { x, y: 0, width: 20, height });
        assert!(includes(90, 40) && includes(189, 80));
        assert!(!includes(191, 40) && !includes(388, 40), "beside it");
        assert!(includes(89, 40) && includes(391, 40), "neither is in the picture any more");
        assert!(!includes(100, 39) && !includes(100, 81), "of another size");
        assert!(Searched::Everything.includes(&area) && !Searched::Parts { picture, parts: vec![] }.includes(&area));
    }
}
