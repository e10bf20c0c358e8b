//! QR codes: two engines behind one trait, and the attempts that are made on a picture until all its codes are read.
#![expect(
    clippy::disallowed_methods,
    reason = "a picture that is made to take long must not keep other robots' pictures waiting"
)]

mod engine;
mod findings;
mod grid;
mod memory;
mod plan;
mod preprocess;
mod reader;
mod rqrr;
mod variant;
mod zxing;

use std::time::Instant;

use super::{Answer, DetectError, Detection, Detector, Kind, Stream};
use crate::picture::{Luma, Picture};
use engine::{CatchPanics, Engine};
use findings::Findings;
pub(crate) use memory::Memory;
use memory::TOO_LONG;
use plan::{AtOnce, Grids, Plan, Search, Step};
use reader::Reader;

/// The engines that read QR codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum QrEngine {
    /// zxing-cpp on variants of the picture until every candidate is read; rqrr where it reads nothing.
    #[default]
    Auto,
    /// zxing-cpp on the picture as it is: the fastest.
    Zxing,
    /// rqrr, in pure Rust, on the picture as it is.
    Rqrr,
    /// Both on the picture as it is, their results merged.
    Both,
}

/// Reads QR codes with one engine or two.
///
/// The first attempt is on the picture as it is. zxing-cpp also reports finder patterns without a code that it can read;
/// where it has read something and none of those is left, the picture is done, which is so for two pictures in three. Of
/// the others it reads variants: of the whole picture, then of the regions that look like codes. Last it follows the
/// grid of each candidate, for codes that are bent or creased.
///
/// In a stream each picture gets a few of these attempts, in turn, and first of all where a code was lost. After a second
/// there is no further attempt on a picture of a live stream, and less is read at once of the pictures that follow.
pub(crate) struct QrDetector {
    reader: Reader,
    plan: Plan,
}

impl QrDetector {
    pub(crate) fn new(engine: QrEngine) -> Self {
        let zxing = || -> Box<dyn Engine> { Box::new(zxing::Zxing::new()) };
        // It panicked on one of 137 ordinary photos, on an assertion in its geometry.
        let rqrr = || -> Box<dyn Engine> { Box::new(CatchPanics(rqrr::Rqrr)) };
        match engine {
            QrEngine::Auto => Self::with(zxing(), Some(rqrr()), Plan::Search(Search::default())),
            QrEngine::Both => Self::with(zxing(), Some(rqrr()), Plan::Native),
            QrEngine::Zxing => Self::with(zxing(), None, Plan::Native),
            QrEngine::Rqrr => Self::with(rqrr(), None, Plan::Native),
        }
    }

    fn with(main: Box<dyn Engine>, second: Option<Box<dyn Engine>>, plan: Plan) -> Self {
        Self { reader: Reader::new(main, second), plan }
    }

    /// Reads a picture, with the memory of its stream if it belongs to one; once it `is_late`, there is no further attempt.
    ///
    /// An error counts only where nothing was read.
    fn read(
        &mut self,
        memory: Option<&mut Memory>,
        luma: &Luma,
        is_late: &dyn Fn() -> bool,
    ) -> Result<Vec<Detection>, DetectError> {
        let mut findings = Findings::default();
        let reader = &mut self.reader;
        let outcome = match (&self.plan, memory) {
            (Plan::Native, memory) => read_once(reader, memory, luma, &mut findings, is_late),
            (Plan::Search(search), None) => read_still(reader, search, luma, &mut findings),
            (Plan::Search(search), Some(memory)) => read_next(reader, search, memory, luma, &mut findings, is_late),
        };
        match outcome {
            Err(error) if findings.codes.is_empty() => Err(error),
            _ => Ok(findings.codes),
        }
    }
}

impl Detector for QrDetector {
    fn kind(&self) -> Kind {
        Kind::Qr
    }

    fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, DetectError> {
        self.read(None, picture.luma(), &|| false)
    }

    fn detect_next(&mut self, stream: &mut Stream, picture: &Picture) -> Result<Answer, DetectError> {
        let started = Instant::now();
        let Stream { is_live, qr: memory, .. } = stream;
        let found = self.read(Some(memory), picture.luma(), &|| *is_live && started.elapsed() > TOO_LONG);
        found.map(Answer::from)
    }
}

/// Every engine on the picture as it is.
fn read_once(
    reader: &mut Reader,
    memory: Option<&mut Memory>,
    luma: &Luma,
    findings: &mut Findings,
    is_late: &dyn Fn() -> bool,
) -> Result<(), DetectError> {
    let main = match memory {
        None => reader.attempt(&Step::Native, AtOnce::Still, luma, findings),
        Some(memory) => read_unfiltered(reader, memory, luma, findings, is_late),
    };
    if is_late() { main } else { reader.attempt(&Step::SecondEngine, AtOnce::Still, luma, findings).and(main) }
}

/// The main engine on a picture of a stream; on a large one made smaller, and on the part of it whose turn it is.
fn read_unfiltered(
    reader: &mut Reader,
    memory: &mut Memory,
    luma: &Luma,
    findings: &mut Findings,
    is_late: &dyn Fn() -> bool,
) -> Result<(), DetectError> {
    let at_once = memory.at_once();
    let outcome = reader.attempt(&Step::Native, at_once, luma, findings);
    if let Some(part) = memory.next_part(luma).filter(|_| !is_late()) {
        _ = reader.attempt(&Step::Part(part), at_once, luma, findings);
    }
    outcome
}

/// A still, until nothing is left to try.
///
/// Only an error on the picture as it is counts: a picture that was read needs none of the other attempts.
fn read_still(reader: &mut Reader, search: &Search, luma: &Luma, findings: &mut Findings) -> Result<(), DetectError> {
    let mut attempt = |step, findings: &mut Findings| reader.attempt(&step, AtOnce::Still, luma, findings);
    let outcome = attempt(Step::Native, findings);
    for &variant in &search.whole {
        if findings.is_complete() {
            return outcome;
        }
        _ = attempt(Step::Whole(variant), findings);
    }
    for &variant in &search.regions {
        let regions = findings.regions(luma, MOST_REGIONS);
        _ = attempt(Step::Regions(variant, regions), findings);
    }
    _ = attempt(Step::Grids(Grids::STILL), findings);
    if findings.codes.is_empty() {
        _ = attempt(Step::SecondEngine, findings);
    }
    outcome
}

/// The next picture of a stream; errors count as in [`read_still`].
fn read_next(
    reader: &mut Reader,
    search: &Search,
    memory: &mut Memory,
    luma: &Luma,
    findings: &mut Findings,
    is_late: &dyn Fn() -> bool,
) -> Result<(), DetectError> {
    let outcome = read_unfiltered(reader, memory, luma, findings, is_late);
    for step in memory.next_steps(luma, findings, search) {
        if !is_late() {
            _ = reader.attempt(&step, memory.at_once(), luma, findings);
        }
    }
    memory.learn(luma, findings);
    outcome
}

/// The most regions of a still that are searched with each variant.
const MOST_REGIONS: usize = 8;

#[cfg(test)]
mod tests;
