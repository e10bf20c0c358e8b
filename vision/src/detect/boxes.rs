//! Engines that answer with boxes, and the detector that they share: boxes cut to the picture, each object once.

use super::merge::merge;
use super::{Answer, DetectError, Detection, Detector, Kind, Rect, Searched, Stream};
use crate::opencv_error::reason;
use crate::picture::{Luma, Picture};

/// One way to find faces or humans.
pub(crate) trait BoxEngine: Send {
    fn name(&self) -> &'static str;

    /// Everything found; one object may be found several times, and the first hit on it is the one that stays.
    fn find(&mut self, picture: &Picture) -> opencv::Result<Vec<Hit>>;

    /// Into how many shares the search of a stream's picture of this size is divided: one at the camera's pace.
    fn shares(&self, _width: usize, _height: usize) -> usize {
        1
    }

    /// What a share, counted from 0, finds of a picture, and what it could find.
    fn find_share(&mut self, picture: &Picture, _share: usize) -> opencv::Result<(Vec<Hit>, Searched)> {
        Ok((self.find(picture)?, Searched::Everything))
    }
}

/// A box and how sure the engine is of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    pub(crate) bounds: Rect,
    pub(crate) score: f32,
}

/// Finds faces, or humans, with one engine.
pub(crate) struct BoxDetector {
    kind: Kind,
    /// Makes a detection of that kind from a box, a score and the engine's name.
    object: fn(Rect, f32, &'static str) -> Detection,
    engine: Box<dyn BoxEngine>,
}

impl BoxDetector {
    pub(crate) fn faces(engine: Box<dyn BoxEngine>) -> Self {
        Self { kind: Kind::Face, object: Detection::face, engine }
    }

    pub(crate) fn humans(engine: Box<dyn BoxEngine>) -> Self {
        Self { kind: Kind::Human, object: Detection::human, engine }
    }

    fn failed(&self, picture: &Picture, error: &opencv::Error) -> DetectError {
        DetectError::failed(self.engine.name(), picture.luma(), reason(error))
    }

    /// The hits inside the picture, each object once.
    fn objects(&self, hits: Vec<Hit>, luma: &Luma) -> Vec<Detection> {
        let mut found = Vec::new();
        let inside = hits.into_iter().map(|hit| Hit { bounds: hit.bounds.within(luma), ..hit });
        let inside = inside.filter(|hit| hit.bounds.area() > 0);
        merge(&mut found, inside.map(|Hit { bounds, score }| (self.object)(bounds, score, self.engine.name())));
        found
    }
}

impl Detector for BoxDetector {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, DetectError> {
        let hits = self.engine.find(picture).map_err(|error| self.failed(picture, &error))?;
        Ok(self.objects(hits, picture.luma()))
    }

    /// Searches all of a picture where there is time for it, and a share otherwise.
    fn detect_next(&mut self, stream: &mut Stream, picture: &Picture) -> Result<Answer, DetectError> {
        let luma = picture.luma();
        let shares = self.engine.shares(luma.width, luma.height);
        if shares == 1 {
            return self.detect(picture).map(Answer::from);
        }
        let answer = stream.turns.search(luma, shares, |share| {
            let (hits, searched) = match share {
                Some(share) => self.engine.find_share(picture, share)?,
                None => (self.engine.find(picture)?, Searched::Everything),
            };
            Ok((self.objects(hits, luma), searched))
        });
        answer.map_err(|error| self.failed(picture, &error))
    }
}

/// Puts the surest first; equals keep an order that does not depend on which thread found them first.
pub(crate) fn surest_first(hits: &mut [Hit]) {
    hits.sort_by(|a, b| {
        let place = |hit: &Hit| (hit.bounds.y, hit.bounds.x, hit.bounds.width, hit.bounds.height);
        b.score.total_cmp(&a.score).then_with(|| place(a).cmp(&place(b)))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scripted(Result<Vec<Hit>, String>);

    impl BoxEngine for Scripted {
        fn name(&self) -> &'static str {
            "scripted"
        }

        fn find(&mut self, _: &Picture) -> opencv::Result<Vec<Hit>> {
            self.0.clone().map_err(|message| opencv::Error::new(0, message))
        }
    }

    fn hit(x: i32, y: i32, size: i32, score: f32) -> Hit {
        Hit { bounds: Rect { x, y, width: size, height: size }, score }
    }

    fn detect(outcome: Result<Vec<Hit>, String>) -> Result<Vec<(Rect, f32)>, DetectError> {
        let luma = Luma { width: 100, height: 50, data: vec![0; 5000] };
        let found = BoxDetector::faces(Box::new(Scripted(outcome))).detect(&luma.into())?;
        Ok(found.into_iter().map(|d| (d.shape.bounds(), d.score.unwrap())).collect())
    }

    #[test]
    fn boxes_end_at_the_edges_and_those_outside_are_gone() {
        let found = detect(Ok(vec![hit(90, -5, 20, 2.0), hit(200, 0, 20, 1.0)])).unwrap();
        assert_eq!(found, [(Rect { x: 90, y: 0, width: 10, height: 15 }, 2.0)]);
    }

    #[test]
    fn a_box_of_no_sensible_size_is_cut_and_no_panic() {
        let beyond = Rect { x: i32::MAX - 1, y: 10, width: i32::MAX, height: i32::MAX };
        let around = Rect { x: 0, y: 0, width: i32::MAX, height: i32::MAX };
        let hits = [beyond, around].map(|bounds| Hit { bounds, score: 1.0 });
        assert_eq!(detect(Ok(hits.into())).unwrap(), [(Rect { x: 0, y: 0, width: 100, height: 50 }, 1.0)]);
    }

    #[test]
    fn an_object_hit_twice_is_found_once_with_its_first_score() {
        let found = detect(Ok(vec![hit(10, 10, 20, 5.0), hit(12, 11, 20, 4.0), hit(60, 10, 20, 3.0)])).unwrap();
        assert_eq!(found.iter().map(|f| f.1).collect::<Vec<_>>(), [5.0, 3.0]);
    }

    #[test]
    fn a_failure_is_an_error_that_names_the_engine_and_the_picture() {
        let failed = detect(Err("no memory".into())).unwrap_err().to_string();
        assert_eq!(failed, "scripted: no memory on a 100×50 picture");
    }

    #[test]
    fn the_surest_comes_first_and_equals_in_reading_order() {
        let mut hits = [hit(5, 9, 1, 1.0), hit(5, 2, 1, 1.0), hit(0, 0, 1, 3.0)];
        surest_first(&mut hits);
        assert_eq!(hits.map(|h| h.bounds.y), [0, 2, 9]);
    }
}
