//! QR codes: two engines behind one trait, the ways they are made to look at a picture, and when that ends.

mod darkroom;
mod evidence;
mod look;
mod memory;
mod rqrr;
mod zxing;

use super::guard::Guard;
use super::{DetectError, Detection, Detector, Kind, Payload, Rect, Stream};
use crate::opencv_error::reason;
use crate::picture::Luma;
use darkroom::{Darkroom, View};
use evidence::{Evidence, Pattern, Suspect, quad};
use look::{CLOSE, Effort, Look, NATIVE, WHOLE};
use memory::Chance;
pub(crate) use memory::Memory;

/// Which engines read a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum QrEngines {
    /// zxing in one way after another until all that looks like a code is read; rqrr where that is nothing
    #[default]
    Auto,
    /// zxing-cpp on the picture as it is: the fastest
    Zxing,
    /// rqrr on the picture as it is: pure Rust, for comparison
    Rqrr,
    /// both on every picture as it is, their results merged
    Both,
}

/// Reads QR codes with one engine or several.
///
/// The first look is at the picture as it is. zxing-cpp also says where it saw finder patterns without reading a code;
/// where it read something and nothing is left of that, the picture is done. Two pictures in three end there. The
/// others are enlarged and changed, whole and then in the parts that look like codes, until the same holds.
///
/// In a stream one of these looks is tried on each frame, in turn, and where a code was lost from sight first of all.
pub(crate) struct QrDetector {
    engines: Vec<(Box<dyn Engine>, Guard)>,
    plan: Plan,
    /// Looks at the whole picture and at parts of it, in the order in which they are tried.
    whole: Vec<Look>,
    close: Vec<Look>,
    darkroom: Darkroom,
}

/// How much is made of the engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// The first engine with every look, the others on the picture as it is where that has read nothing.
    Search,
    /// Each engine on the picture as it is.
    AsItIs,
}

/// One QR library.
trait Engine: Send {
    fn name(&self) -> &'static str;

    /// Every code and suspect, in the view's pixels.
    fn read(&mut self, view: &View<'_>, effort: Effort) -> Result<Vec<Sighted>, String>;
}

/// What an engine saw at one place.
struct Sighted {
    corners: [(f64, f64); 4],
    says: Says,
}

enum Says {
    /// It passed the code's own error correction.
    Payload(Payload),
    Nothing(Pattern),
}

impl QrDetector {
    pub(crate) fn new(engines: QrEngines) -> Self {
        let zxing = || -> Box<dyn Engine> { Box::new(zxing::Zxing::new()) };
        let rqrr = || -> Box<dyn Engine> { Box::new(rqrr::Rqrr) };
        match engines {
            QrEngines::Auto => Self::with(vec![zxing(), rqrr()], Plan::Search),
            QrEngines::Both => Self::with(vec![zxing(), rqrr()], Plan::AsItIs),
            QrEngines::Zxing => Self::with(vec![zxing()], Plan::AsItIs),
            QrEngines::Rqrr => Self::with(vec![rqrr()], Plan::AsItIs),
        }
    }

    fn with(engines: Vec<Box<dyn Engine>>, plan: Plan) -> Self {
        let guarded = |engine: Box<dyn Engine>| {
            let guard = Guard::new(engine.name());
            (engine, guard)
        };
        let engines = engines.into_iter().map(guarded).collect();
        Self { engines, plan, whole: WHOLE.to_vec(), close: CLOSE.to_vec(), darkroom: Darkroom::default() }
    }

    /// Has engine `nth` look at `area`; a failure of what others only add to leaves their answer as it is.
    fn look(&mut self, nth: usize, luma: &Luma, area: Rect, look: Look, evidence: &mut Evidence) {
        let (engine, guard) = &mut self.engines[nth];
        let name = engine.name();
        let seen = guard.catch(luma, || {
            let view = self.darkroom.develop(luma, area, &look).map_err(|error| reason(&error))?;
            let Some(view) = view else { return Ok((Vec::new(), Vec::new())) };
            let (mut codes, mut suspects) = (Vec::new(), Vec::new());
            for Sighted { corners, says } in engine.read(&view, look.effort)? {
                let shape = quad(corners.map(|corner| view.origin.to_picture(corner)), luma);
                match says {
                    Says::Payload(payload) => {
                        codes.push(Detection {
                            kind: Kind::Qr,
                            shape,
                            payload: Some(payload),
                            score: None,
                            engine: name,
                            track: None,
                        });
                    }
                    Says::Nothing(pattern) => suspects.push(Suspect { shape, pattern }),
                }
            }
            Ok((codes, suspects))
        });
        let failure = |message| DetectError::Failed { engine: name, width: luma.width, height: luma.height, message };
        match seen.and_then(|seen| seen.map_err(failure)) {
            Ok((codes, suspects)) => evidence.add(codes, suspects),
            Err(error) if self.plan == Plan::AsItIs || (nth, look) == (0, NATIVE) => evidence.failed = Some(error),
            // The picture has been read without this look; the guard has counted it if it was a panic.
            Err(_) => {}
        }
    }

    fn as_it_is(&mut self, luma: &Luma, evidence: &mut Evidence) {
        for nth in 0..self.engines.len() {
            self.look(nth, luma, whole(luma), NATIVE, evidence);
        }
    }

    fn search(&mut self, luma: &Luma, evidence: &mut Evidence) {
        self.look(0, luma, whole(luma), NATIVE, evidence);
        for nth in 0..self.whole.len() {
            if evidence.is_settled() {
                return;
            }
            self.look(0, luma, whole(luma), self.whole[nth], evidence);
        }
        for nth in 0..self.close.len() {
            for area in evidence.regions(luma, MOST_REGIONS) {
                self.look(0, luma, area, self.close[nth], evidence);
            }
        }
        for nth in 1..self.engines.len() {
            if !evidence.found.is_empty() {
                return;
            }
            self.look(nth, luma, whole(luma), NATIVE, evidence);
        }
    }

    fn take_chance(&mut self, memory: &mut Memory, luma: &Luma, evidence: &mut Evidence) {
        self.look(0, luma, whole(luma), NATIVE, evidence);
        // The other engines are among the ways to look at all of it.
        let ways = self.whole.len() + self.engines.len() - 1;
        let Chance { close, whole: nth } = memory.chance(luma, evidence, ways, self.close.len());
        if let Some((nth, areas)) = close {
            for area in areas {
                self.look(0, luma, area, self.close[nth], evidence);
            }
        }
        if let Some(nth) = nth {
            match self.whole.get(nth) {
                Some(look) => self.look(0, luma, whole(luma), *look, evidence),
                None => self.look(nth - self.whole.len() + 1, luma, whole(luma), NATIVE, evidence),
            }
        }
        memory.learn(luma, evidence);
    }
}

impl Detector for QrDetector {
    fn kind(&self) -> Kind {
        Kind::Qr
    }

    /// A look that fails does not keep the others from reading; only where the picture as it is was not read and nothing
    /// was found is there no answer.
    fn detect(&mut self, luma: &Luma) -> Result<Vec<Detection>, DetectError> {
        let mut evidence = Evidence::default();
        match self.plan {
            Plan::Search => self.search(luma, &mut evidence),
            Plan::AsItIs => self.as_it_is(luma, &mut evidence),
        }
        evidence.into_outcome()
    }

    fn detect_next(&mut self, stream: &mut Stream, luma: &Luma) -> Result<Vec<Detection>, DetectError> {
        let mut evidence = Evidence::default();
        match self.plan {
            Plan::Search => self.take_chance(&mut stream.qr, luma, &mut evidence),
            Plan::AsItIs => self.as_it_is(luma, &mut evidence),
        }
        evidence.into_outcome()
    }
}

fn whole(luma: &Luma) -> Rect {
    Rect { x: 0, y: 0, width: luma.width as i32, height: luma.height as i32 }
}

/// Parts of a still that are looked at closely.
const MOST_REGIONS: usize = 8;

#[cfg(test)]
mod tests;
