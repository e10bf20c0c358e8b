//! The project's own videos, and how each engine fared from second to second.

use xtask::score::{Hit, Tally, per_second};
use xtask::truth::Truth;

use super::results::{Judgement, Scored};

/// A video and each engine's result on it.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) truth: Truth,
    pub(crate) engines: Vec<Judgement>,
}

/// The figures of a video beyond those that pictures have as well.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Course {
    /// What was found although the truth calls it difficult.
    pub(crate) extra: usize,
    /// How often a code got another number; `None` where the truth does not identify objects.
    pub(crate) renumbered: Option<usize>,
    /// The share that was found in each second; `None` where there was nothing to find.
    pub(crate) recall: Vec<Option<f64>>,
}

impl Watched {
    /// How the engine fared; `None` where it was not measured.
    pub(crate) fn course(&self, judgement: &Judgement) -> Option<Course> {
        let frames = judgement.pictures.as_ref().ok()?;
        let found = || frames.iter().map(|frame| frame.reading.detections.as_slice());
        let tallies: Vec<Tally> = frames.iter().map(|frame| frame.judged.tally()).collect();
        let extra = |frame: &Scored| frame.judged.hits.iter().filter(|&&hit| hit == Hit::Neutral).count();
        Some(Course {
            extra: frames.iter().map(extra).sum(),
            renumbered: self.truth.kind.is_read().then(|| self.truth.renumbered(found())),
            recall: per_second(self.truth.rate, &tallies).into_iter().map(Tally::recall).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use xtask::score::Kind;

    use super::*;
    use crate::eval::tests::watched;

    #[test]
    fn a_course_holds_what_is_extra_renumbered_and_found_in_each_second() {
        let watched = watched(Kind::Qr);
        let course = watched.course(&watched.engines[0]).unwrap();
        let recall = vec![Some(1.0), None, Some(0.0)];
        assert_eq!(course, Course { extra: 1, renumbered: Some(1), recall });
        assert_eq!(watched.course(&watched.engines[1]), None, "it was not measured");
    }

    #[test]
    fn faces_and_humans_have_no_identity_to_keep() {
        let watched = watched(Kind::Face);
        assert_eq!(watched.course(&watched.engines[0]).unwrap().renumbered, None);
    }
}
