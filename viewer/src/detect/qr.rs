//! QR codes: two engines behind one trait, and the order in which they are asked.

mod rqrr;
mod zxing;

use super::guard::Guard;
use super::merge::merge;
use super::{DetectError, Detection, Detector, Kind, Payload, Point, Shape};
use crate::picture::Luma;

/// Which engines read a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum QrEngines {
    /// zxing, and rqrr on pictures where zxing read nothing
    #[default]
    Auto,
    /// zxing-cpp alone: the fastest
    Zxing,
    /// rqrr alone: pure Rust, for comparison
    Rqrr,
    /// both on every picture, their results merged
    Both,
}

/// Reads QR codes with one engine or several.
///
/// zxing-cpp comes first because it is both the cheaper and the better one (1.4 ms against 4.3 ms on pictures without a
/// code, 449 against 174 of 652 codes read); rqrr reads some codes that zxing-cpp misses, so it gets the pictures on
/// which zxing-cpp read nothing.
pub(crate) struct QrDetector {
    engines: Vec<(Box<dyn Engine>, Guard)>,
    ask: Ask,
}

/// Whether the next engine is asked once one has found something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    UntilFound,
    All,
}

/// One QR library.
trait Engine: Send {
    fn name(&self) -> &'static str;
    fn read(&mut self, luma: &Luma) -> Result<Vec<Code>, String>;
}

/// One code as an engine reads it.
struct Code {
    corners: [Point; 4],
    payload: Payload,
}

impl QrDetector {
    pub(crate) fn new(engines: QrEngines) -> Self {
        let zxing = || -> Box<dyn Engine> { Box::new(zxing::Zxing::new()) };
        let rqrr = || -> Box<dyn Engine> { Box::new(rqrr::Rqrr) };
        match engines {
            QrEngines::Auto => Self::with(vec![zxing(), rqrr()], Ask::UntilFound),
            QrEngines::Both => Self::with(vec![zxing(), rqrr()], Ask::All),
            QrEngines::Zxing => Self::with(vec![zxing()], Ask::All),
            QrEngines::Rqrr => Self::with(vec![rqrr()], Ask::All),
        }
    }

    fn with(engines: Vec<Box<dyn Engine>>, ask: Ask) -> Self {
        let guarded = |engine: Box<dyn Engine>| {
            let guard = Guard::new(engine.name());
            (engine, guard)
        };
        Self { engines: engines.into_iter().map(guarded).collect(), ask }
    }
}

impl Detector for QrDetector {
    fn kind(&self) -> Kind {
        Kind::Qr
    }

    /// An engine that fails does not keep the others from reading; its error counts only where none of them found anything.
    fn detect(&mut self, luma: &Luma) -> Result<Vec<Detection>, DetectError> {
        let mut found = Vec::new();
        let mut failed = None;
        for (engine, guard) in &mut self.engines {
            let name = engine.name();
            let failure =
                |message| DetectError::Failed { engine: name, width: luma.width, height: luma.height, message };
            match guard.catch(luma, || engine.read(luma)).and_then(|read| read.map_err(failure)) {
                Ok(codes) => merge(&mut found, codes.into_iter().map(|code| code.into_detection(name)).collect()),
                Err(error) => failed = Some(error),
            }
            if self.ask == Ask::UntilFound && !found.is_empty() {
                break;
            }
        }
        match failed {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }
}

impl Code {
    /// Corners that an engine extrapolated far out of the picture are pulled back to within one picture around it.
    fn new(corners: [(i32, i32); 4], payload: Payload, luma: &Luma) -> Self {
        let pull = |value: i32, size: usize| {
            let size = size as i32;
            value.clamp(-size, 2 * size)
        };
        Self { corners: corners.map(|(x, y)| Point { x: pull(x, luma.width), y: pull(y, luma.height) }), payload }
    }

    fn into_detection(self, engine: &'static str) -> Detection {
        Detection {
            kind: Kind::Qr,
            shape: Shape::Quad(self.corners),
            payload: Some(self.payload),
            score: None,
            engine,
            track: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scripted(&'static str, Vec<Result<Vec<&'static str>, &'static str>>);

    impl Engine for Scripted {
        fn name(&self) -> &'static str {
            self.0
        }

        fn read(&mut self, luma: &Luma) -> Result<Vec<Code>, String> {
            let texts = self.1.remove(0).map_err(str::to_owned)?;
            assert_ne!(texts, ["panic"], "as asked");
            let code = |(n, text): (usize, &&str)| {
                let x = 10 * n as i32;
                let corners = [(x, 0), (x + 8, 0), (x + 8, 8), (x, 8)];
                Code::new(corners, Payload::new(text.as_bytes().to_vec(), None), luma)
            };
            Ok(texts.iter().enumerate().map(code).collect())
        }
    }

    fn read(ask: Ask, engines: Vec<Scripted>) -> Result<Vec<(&'static str, String)>, DetectError> {
        let boxed = engines.into_iter().map(|engine| Box::new(engine) as Box<dyn Engine>).collect();
        let luma = Luma { width: 100, height: 100, data: vec![0; 10_000] };
        let found = QrDetector::with(boxed, ask).detect(&luma)?;
        Ok(found.into_iter().map(|d| (d.engine, d.payload.unwrap().to_string())).collect())
    }

    #[test]
    fn the_second_engine_is_asked_only_where_the_first_found_nothing() {
        let engines = || vec![Scripted("a", vec![Ok(vec!["x"])]), Scripted("b", vec![Ok(vec!["y", "z"])])];
        assert_eq!(read(Ask::UntilFound, engines()).unwrap(), [("a", "x".into())]);
        let mut none_first = engines();
        none_first[0].1 = vec![Ok(vec![])];
        assert_eq!(read(Ask::UntilFound, none_first).unwrap(), [("b", "y".into()), ("b", "z".into())]);
    }

    #[test]
    fn both_engines_together_count_a_code_once() {
        let engines = vec![Scripted("a", vec![Ok(vec!["x"])]), Scripted("b", vec![Ok(vec!["x", "z"])])];
        assert_eq!(read(Ask::All, engines).unwrap(), [("a", "x".into()), ("b", "z".into())]);
    }

    #[test]
    fn an_engine_that_panics_or_fails_leaves_the_other_one_reading() {
        for fault in [Ok(vec!["panic"]), Err("no memory")] {
            let engines = vec![Scripted("a", vec![fault]), Scripted("b", vec![Ok(vec!["y"])])];
            assert_eq!(read(Ask::UntilFound, engines).unwrap(), [("b", "y".into())]);
        }
    }

    #[test]
    fn a_failure_is_reported_where_nothing_was_found() {
        let engines = vec![Scripted("a", vec![Err("no memory")]), Scripted("b", vec![Ok(vec![])])];
        let error = read(Ask::UntilFound, engines).unwrap_err();
        assert_eq!(error.to_string(), "a: no memory on a 100×100 picture");
    }

    #[test]
    fn corners_far_outside_are_pulled_back() {
        let luma = Luma { width: 100, height: 50, data: vec![0; 5000] };
        let payload = Payload::new(b"x".to_vec(), None);
        let code = Code::new([(i32::MIN, 0), (i32::MAX, i32::MAX), (50, 25), (0, 0)], payload, &luma);
        assert_eq!(code.corners[..2], [Point { x: -100, y: 0 }, Point { x: 200, y: 100 }]);
    }
}
