//! Readings compared with the labels, and the figures that result.

use std::collections::BTreeMap;

use anyhow::Result;
use xtask::score::{self, Judged, Outline, Tally};

use super::engines::Engine;
use super::measure::{Reading, Readings};
use super::sets::{Labelled, Set};

/// A set and each engine's result on it.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) set: Set,
    pub(crate) engines: Vec<Judgement>,
}

/// One engine's result.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) engine: &'static Engine,
    /// One for each picture of the set, or why there is none.
    pub(crate) pictures: Result<Vec<Scored>, String>,
}

/// One picture, read and judged.
#[derive(Debug)]
pub(crate) struct Scored {
    pub(crate) reading: Reading,
    pub(crate) judged: Judged,
}

/// The figures of a number of pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figures {
    pub(crate) pictures: usize,
    pub(crate) tally: Tally,
    /// Pictures on which the engine gave up.
    pub(crate) failed: usize,
    pub(crate) mean_ms: f64,
    /// The time that 99 of 100 pictures stay within; of fewer, the longest.
    pub(crate) p99_ms: f64,
}

/// The mean time of the original's engine, where it is among these and was measured.
pub(crate) fn original_ms(engines: &[Judgement]) -> Option<f64> {
    let original = engines.iter().find(|judgement| judgement.engine.is_original())?;
    Some(original.figures()?.mean_ms)
}

impl Judgement {
    /// Judges the readings, where there are any.
    pub(crate) fn new(
        engine: &'static Engine,
        readings: Readings,
        judge: impl FnOnce(&[Reading]) -> Result<Vec<Judged>>,
    ) -> Result<Self> {
        let pictures = match readings {
            Ok(readings) => {
                let judged = judge(&readings)?;
                Ok(readings.into_iter().zip(judged).map(|(reading, judged)| Scored { reading, judged }).collect())
            }
            Err(reason) => Err(reason),
        };
        Ok(Self { engine, pictures })
    }

    /// The figures of all pictures; `None` where nothing was measured.
    pub(crate) fn figures(&self) -> Option<Figures> {
        Some(Figures::of(&self.pictures.as_ref().ok()?.iter().collect::<Vec<_>>()))
    }

    /// The figures by category; empty where nothing was measured.
    pub(crate) fn by_category<'set>(&self, set: &'set Set) -> BTreeMap<&'set str, Figures> {
        let mut parts: BTreeMap<&str, Vec<&Scored>> = BTreeMap::new();
        for (picture, scored) in set.pictures.iter().zip(self.pictures.iter().flatten()) {
            parts.entry(picture.category()).or_default().push(scored);
        }
        parts.into_iter().map(|(category, scored)| (category, Figures::of(&scored))).collect()
    }
}

impl Results {
    /// The categories and what is labelled in each.
    pub(crate) fn categories(&self) -> BTreeMap<&str, usize> {
        let mut labelled = BTreeMap::new();
        for picture in &self.set.pictures {
            *labelled.entry(picture.category()).or_default() += picture.labelled();
        }
        labelled
    }
}

impl Reading {
    /// Where the hits are: codes by their corners, the rest by their boxes.
    pub(crate) fn outlines(&self) -> Vec<Outline> {
        self.detections.iter().map(Outline::of).collect()
    }
}

impl Set {
    /// Judges by place: labels do not hold the payloads of codes.
    pub(crate) fn judge(&self, readings: &[Reading]) -> Vec<Judged> {
        let judge =
            |(picture, reading): (&Labelled, &Reading)| score::judge(self.kind, &picture.objects, &reading.outlines());
        self.pictures.iter().zip(readings).map(judge).collect()
    }
}

impl Labelled {
    fn labelled(&self) -> usize {
        self.objects.iter().filter(|object| !object.difficult).count()
    }
}

impl Figures {
    #[expect(clippy::cast_precision_loss, reason = "no set has 2^52 pictures")]
    fn of(scored: &[&Scored]) -> Self {
        let mut times: Vec<f64> = scored.iter().map(|scored| scored.reading.elapsed_ms).collect();
        times.sort_by(f64::total_cmp);
        // The nearest rank: the smallest time that at least 99 of 100 do not exceed.
        let rank = (times.len() * 99).div_ceil(100);
        Self {
            pictures: times.len(),
            tally: scored.iter().map(|scored| scored.judged.tally()).sum(),
            failed: scored.iter().filter(|scored| scored.reading.failed).count(),
            mean_ms: times.iter().sum::<f64>() / times.len().max(1) as f64,
            p99_ms: rank.checked_sub(1).map_or(0.0, |at| times[at]),
        }
    }

    /// The share of hits that are right; `None` where there is no hit.
    pub(crate) fn precision(&self) -> Option<f64> {
        share(self.tally.found, self.tally.found + self.tally.false_hits)
    }

    /// The share of objects that were found; `None` where there is no object.
    pub(crate) fn recall(&self) -> Option<f64> {
        self.tally.recall()
    }

    /// The harmonic mean of precision and recall; `None` where there is neither hit nor object.
    pub(crate) fn f1(&self) -> Option<f64> {
        let twice = 2 * self.tally.found;
        share(twice, twice + self.tally.false_hits + self.tally.missed)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no set has 2^52 objects")]
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::tests::{hit, results};

    #[test]
    fn figures_add_up_over_pictures_and_categories() {
        let results = results(vec![vec![hit(0.0), hit(500.0)], vec![]]);
        let figures = results.engines[0].figures().unwrap();
        assert_eq!(figures.tally, Tally { found: 1, false_hits: 1, missed: 1, again: 0 });
        assert_eq!((figures.pictures, figures.failed, figures.mean_ms, figures.p99_ms), (2, 0, 1.5, 2.0));
        let parts = results.engines[0].by_category(&results.set);
        assert_eq!(parts["bright"].tally, Tally { found: 1, false_hits: 1, missed: 0, again: 0 });
        assert_eq!((parts["dark"].tally.missed, parts["dark"].mean_ms), (1, 2.0));
        assert_eq!(results.categories(), BTreeMap::from([("bright", 1), ("dark", 1)]));
    }

    #[test]
    fn shares_are_exact_and_missing_where_nothing_was_there() {
        let shares = |found, false_hits, missed| {
            let tally = Tally { found, false_hits, missed, again: 9 };
            let figures = Figures { tally, ..Figures::of(&[]) };
            (figures.precision(), figures.recall(), figures.f1())
        };
        assert_eq!(shares(6, 2, 4), (Some(0.75), Some(0.6), Some(12.0 / 18.0)));
        assert_eq!(shares(0, 0, 0), (None, None, None));
        assert_eq!(shares(0, 0, 3), (None, Some(0.0), Some(0.0)));
    }

    #[test]
    fn the_99th_percentile_leaves_out_one_of_a_hundred() {
        let scored: Vec<Scored> = (1..=200).rev().map(|ms| crate::eval::tests::scored(f64::from(ms))).collect();
        let p99 = |count: usize| Figures::of(&scored[200 - count..].iter().collect::<Vec<_>>()).p99_ms;
        assert_eq!((p99(200), p99(100), p99(99), p99(1)), (198.0, 99.0, 99.0, 1.0));
    }
}
