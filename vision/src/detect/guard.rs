//! Runs an engine so that its panic is an error with a count, not the end of the program and not noise on the terminal.

use super::{DetectError, Detection, Detector, Kind, Stream};
use crate::panics;
use crate::picture::Luma;

/// Counts the panics of one engine.
#[derive(Debug)]
pub struct Guard {
    engine: &'static str,
    panics: u64,
}

impl Guard {
    pub fn new(engine: &'static str) -> Self {
        Self { engine, panics: 0 }
    }

    /// Runs `work`, whose panic becomes an error; callers keep nothing that a panic could leave half changed.
    pub fn catch<T>(&mut self, luma: &Luma, work: impl FnOnce() -> T) -> Result<T, DetectError> {
        panics::caught(work).map_err(|message| {
            self.panics += 1;
            let (engine, width, height, count) = (self.engine, luma.width, luma.height, self.panics);
            DetectError::Panicked { engine, width, height, count, message }
        })
    }
}

/// A detector whose own panics, outside its engines, are errors too.
pub struct Guarded {
    detector: Box<dyn Detector>,
    guard: Guard,
}

impl Guarded {
    pub fn new(detector: Box<dyn Detector>) -> Self {
        let guard = Guard::new(detector.kind().name());
        Self { detector, guard }
    }

    pub fn kind(&self) -> Kind {
        self.detector.kind()
    }

    /// As [`Detector::detect`].
    pub fn detect(&mut self, luma: &Luma) -> Result<Vec<Detection>, DetectError> {
        self.guard.catch(luma, || self.detector.detect(luma))?
    }

    /// As [`Detector::stream`].
    pub fn stream(&self) -> Stream {
        self.detector.stream()
    }

    /// As [`Detector::detect_next`].
    pub fn detect_next(&mut self, stream: &mut Stream, luma: &Luma) -> Result<Vec<Detection>, DetectError> {
        self.guard.catch(luma, || self.detector.detect_next(stream, luma))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot() -> Luma {
        Luma { width: 1, height: 1, data: vec![0] }
    }

    #[test]
    fn a_panic_becomes_an_error_that_counts() {
        let mut guard = Guard::new("fragile");
        for expected in 1..=2 {
            let error = guard.catch::<()>(&dot(), || panic!("geometry {}", 7)).unwrap_err();
            let DetectError::Panicked { engine, count, message, .. } = error else { unreachable!("{error}") };
            assert_eq!((engine, count, message.as_str()), ("fragile", expected, "geometry 7"));
        }
    }

    #[test]
    fn what_the_engine_found_passes_through() {
        assert_eq!(Guard::new("sound").catch(&dot(), || 42).unwrap(), 42);
    }
}
