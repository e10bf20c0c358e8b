//! Makes one attempt after another at reading a picture.

use super::engine::{Content, Engine, Symbol};
use super::findings::{Candidate, Findings};
use super::grid::{Corners, Redrawn};
use super::plan::{AtOnce, Step};
use super::preprocess::{Input, Preprocessor};
use super::variant::{Mode, UNFILTERED, Variant};
use crate::detect::{DetectError, Detection, Point, Rect, Shape};
use crate::opencv_error::reason;
use crate::picture::Luma;

/// The engines, and what they need to read variants.
pub(super) struct Reader {
    pub(super) main: Box<dyn Engine>,
    pub(super) second: Option<Box<dyn Engine>>,
    preprocessor: Preprocessor,
}

impl Reader {
    pub(super) fn new(main: Box<dyn Engine>, second: Option<Box<dyn Engine>>) -> Self {
        Self { main, second, preprocessor: Preprocessor::default() }
    }

    /// Adds to `findings` what `step` finds in `luma`; an error leaves them as they were before the part that failed.
    pub(super) fn attempt(
        &mut self,
        step: &Step,
        at_once: AtOnce,
        luma: &Luma,
        findings: &mut Findings,
    ) -> Result<(), DetectError> {
        match step {
            Step::Native if at_once.fits(luma) => {
                add(&mut *self.main, &Input::native(luma), Mode::NATIVE, luma, findings)
            }
            Step::Native => self.read_variant(&UNFILTERED, at_once, Rect::of(luma), luma, findings),
            Step::Part(part) => self.read_variant(&UNFILTERED, at_once, *part, luma, findings),
            Step::Whole(variant) => self.read_variant(variant, at_once, Rect::of(luma), luma, findings),
            Step::Regions(variant, regions) => {
                // A region that fails does not keep the others from being read.
                let mut outcome = Ok(());
                for &region in regions {
                    outcome = self.read_variant(variant, at_once, region, luma, findings).and(outcome);
                }
                outcome
            }
            Step::Grids(grids) => {
                let mut outcome = Ok(());
                for corners in findings.unread(*grids) {
                    outcome = self.redraw(&corners, luma, findings).and(outcome);
                }
                outcome
            }
            Step::SecondEngine => match &mut self.second {
                Some(engine) => add(&mut **engine, &Input::native(luma), Mode::NATIVE, luma, findings),
                None => Ok(()),
            },
        }
    }

    /// Reads the code between `corners` from a drawing of its modules.
    fn redraw(&mut self, corners: &Corners, luma: &Luma, findings: &mut Findings) -> Result<(), DetectError> {
        let place = Shape::Quad(pull_back(*corners, luma));
        if findings.has_code_at(&place) {
            return Ok(());
        }
        let Some(redrawn) = Redrawn::sample(luma, corners) else { return Ok(()) };
        let symbols = self.main.read(&redrawn.input(), Mode::DRAWING);
        let symbols = symbols.map_err(|message| DetectError::failed(self.main.name(), luma, message))?;
        let payload = symbols.into_iter().find_map(|symbol| match symbol.content {
            Content::Read(payload) => Some(payload),
            Content::Unread(_) => None,
        });
        let corners = pull_back(redrawn.corners, luma);
        let code = payload.map(|payload| Detection::code(corners, payload, self.main.name()));
        findings.add(code.into_iter().collect(), Vec::new());
        Ok(())
    }

    fn read_variant(
        &mut self,
        variant: &Variant,
        at_once: AtOnce,
        region: Rect,
        luma: &Luma,
        findings: &mut Findings,
    ) -> Result<(), DetectError> {
        let input = self.preprocessor.prepare(luma, region, variant, at_once);
        match input.map_err(|error| DetectError::failed(self.main.name(), luma, reason(&error)))? {
            Some(input) => add(&mut *self.main, &input, variant.mode, luma, findings),
            None => Ok(()),
        }
    }
}

/// Adds what `engine` finds in `input`, which was made of `luma`, to `findings`.
fn add(
    engine: &mut dyn Engine,
    input: &Input<'_>,
    mode: Mode,
    luma: &Luma,
    findings: &mut Findings,
) -> Result<(), DetectError> {
    let symbols = engine.read(input, mode).map_err(|message| DetectError::failed(engine.name(), luma, message))?;
    let (mut codes, mut candidates) = (Vec::new(), Vec::new());
    for Symbol { corners, content } in symbols {
        let corners = corners.map(|corner| input.place.to_picture(corner));
        let rounded = pull_back(corners, luma);
        match content {
            Content::Read(payload) => codes.push(Detection::code(rounded, payload, engine.name())),
            Content::Unread(finders) => {
                candidates.push(Candidate { shape: Shape::Quad(rounded), corners, finders });
            }
        }
    }
    findings.add(codes, candidates);
    Ok(())
}

/// Rounds corners to pixels; those that an engine extrapolated far outside come back to within one picture around `luma`.
pub(super) fn pull_back(corners: [(f64, f64); 4], luma: &Luma) -> [Point; 4] {
    // A float beyond the range of i32 becomes the nearest i32, and NaN becomes 0.
    let pull = |value: f64, size: usize| (value.round() as i32).clamp(-(size as i32), 2 * size as i32);
    corners.map(|(x, y)| Point { x: pull(x, luma.width), y: pull(y, luma.height) })
}
