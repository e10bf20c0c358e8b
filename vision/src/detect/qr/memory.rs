//! What is remembered from picture to picture of a stream: where codes were, and which attempt is next.

use std::time::Duration;

use super::findings::{Findings, around, covers};
use super::plan::{AtOnce, Grids, Search, Step};
use crate::detect::{Rect, Shape};
use crate::picture::Luma;

/// Where codes were in the last pictures, and which attempts are next.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Of the last picture, across and down.
    size: (usize, usize),
    sightings: Vec<Sighting>,
    /// Regions of the last picture with candidates that were not read.
    unread: Vec<Rect>,
    /// Pictures since all of one was searched.
    since_whole: usize,
    /// How many steps on whole pictures there have been, how many on parts, and how many on regions.
    whole_turns: usize,
    part_turns: usize,
    region_turns: usize,
    /// For how many more pictures less is read at once.
    slow_for: usize,
}

/// Where a code was last read.
#[derive(Debug, Clone, Copy)]
struct Sighting {
    shape: Shape,
    /// In how many pictures it has not been read since.
    missed: usize,
}

impl Memory {
    /// Where codes were means nothing any more.
    pub(crate) fn forget_places(&mut self) {
        *self = Self { slow_for: self.slow_for, ..Self::default() };
    }

    /// How much of a picture is read at once.
    pub(super) fn at_once(&self) -> AtOnce {
        if self.slow_for > 0 { AtOnce::SlowStream } else { AtOnce::Stream }
    }

    /// What else to try on a picture that was read as it is: at most one step on regions, and one on all
    /// of it with one on the grids of candidates.
    ///
    /// The steps of `search` take turns: what one picture does not show, the next one may.
    pub(super) fn next_steps(&mut self, luma: &Luma, findings: &Findings, search: &Search) -> Vec<Step> {
        self.expect(luma);
        let regions = self.regions(luma, findings);
        let pause = if !regions.is_empty() {
            REGIONS_PAUSE
        } else if findings.is_complete() {
            COMPLETE_PAUSE
        } else {
            1
        };
        self.since_whole += 1;
        let mut steps = Vec::new();
        if !regions.is_empty() {
            steps.extend(turn(&search.regions, self.region_turns).map(|variant| Step::Regions(variant, regions)));
            self.region_turns += 1;
        }
        if self.since_whole >= pause {
            self.since_whole = 0;
            steps.extend(turn(&search.whole_picture(), self.whole_turns));
            self.whole_turns += 1;
            // Grids are followed where that has seen finder patterns.
            steps.push(Step::Grids(Grids::STREAM));
        }
        steps
    }

    /// The part of `luma` to read as it is, where that is too large to be read at once; the parts take turns.
    pub(super) fn next_part(&mut self, luma: &Luma) -> Option<Rect> {
        self.expect(luma);
        let part = turn(&self.at_once().parts(luma), self.part_turns)?;
        self.part_turns += 1;
        Some(part)
    }

    /// In a picture of another size than the last one's the places mean nothing.
    fn expect(&mut self, luma: &Luma) {
        let size = (luma.width, luma.height);
        if self.size != size {
            self.forget_places();
            self.size = size;
        }
    }

    /// Where codes were lost first of all, then where there are candidates, then where the last picture had some.
    fn regions(&self, luma: &Luma, findings: &Findings) -> Vec<Rect> {
        let lost = self.sightings.iter().filter(|sighting| !findings.has_code_at(&sighting.shape));
        let lost = lost.filter_map(|sighting| around(&sighting.shape, MOTION, luma));
        let mut regions: Vec<Rect> = Vec::new();
        for region in lost.chain(findings.regions(luma, MOST_REGIONS)).chain(self.unread.iter().copied()) {
            if regions.len() < MOST_REGIONS && !regions.iter().any(|known| covers(known, &region)) {
                regions.push(region);
            }
        }
        regions
    }

    /// The last picture of a live stream took so long.
    pub(crate) fn took(&mut self, took: Duration) {
        // A picture that is read at once has four times the pixels, and takes sixteen times as long where that is made to be so.
        let would_take = if self.slow_for > 0 { 16 * took } else { took };
        self.slow_for = if would_take > TOO_LONG { SLOW_FOR } else { self.slow_for.saturating_sub(1) };
    }

    /// Remembers what was found in the picture.
    pub(super) fn learn(&mut self, luma: &Luma, findings: &Findings) {
        self.unread = findings.regions(luma, MOST_REGIONS);
        self.sightings.retain_mut(|sighting| {
            sighting.missed += 1;
            sighting.missed <= MOST_MISSED && !findings.has_code_at(&sighting.shape)
        });
        self.sightings.extend(findings.codes.iter().map(|code| Sighting { shape: code.shape, missed: 0 }));
    }
}

/// The item whose turn it is after `turns` turns, in rotation.
fn turn<T: Clone>(items: &[T], turns: usize) -> Option<T> {
    items.get(turns.checked_rem(items.len())?).cloned()
}

/// At 30 pictures a second a robot that turns moves a code by about half its size from picture to picture.
const MOTION: f64 = 0.5;
/// The most regions of a picture that are searched.
const MOST_REGIONS: usize = 2;
/// Half a second: by then the robot has turned away.
const MOST_MISSED: usize = 15;
/// While regions are searched, the whole picture is searched in one of this many.
pub(super) const REGIONS_PAUSE: usize = 3;
/// Where every candidate is read, the whole picture is searched in one of this many, for codes too small to be candidates.
const COMPLETE_PAUSE: usize = 5;
/// Photos take some hundredths of it on average (`cargo xtask eval --qr`). Hundreds of finder patterns in each other take six seconds an attempt.
pub(super) const TOO_LONG: Duration = Duration::from_secs(1);
/// Some ten seconds at a camera's pace.
const SLOW_FOR: usize = 300;
