//! What a picture costs the original and the viewer, and what each finds: the table, and the verdicts.

use std::fmt::Write as _;

use xtask::score::{Kind, Tally};

use super::searched::{KINDS, Task};
use crate::rows::Row;

/// One task on one sort of pictures.
#[derive(Clone, Debug)]
pub(super) struct Cost {
    pub(super) task: Task,
    pub(super) pictures: usize,
    /// Processor time for a picture, in milliseconds.
    pub(super) original_ms: f64,
    pub(super) viewer_ms: f64,
    /// What was found of the kind that the task is about, where the pictures are labelled for it.
    pub(super) found: Option<Found>,
}

/// What each of the two found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) original: Tally,
    pub(super) viewer: Tally,
}

impl Cost {
    /// How many times as much the original takes.
    pub(super) fn ratio(&self) -> f64 {
        self.original_ms / self.viewer_ms.max(f64::EPSILON)
    }
}

/// Costs and findings under a `heading`.
pub(super) fn table(heading: &str, costs: &[Cost]) -> String {
    let mut text = format!("{heading}\n");
    let _ = writeln!(
        text,
        "{:>9} {:>8} {:>12} {:>10} {:>8} {:>15} {:>13} {:>14} {:>12}",
        "",
        "pictures",
        "original ms",
        "viewer ms",
        "times",
        "original found",
        "viewer found",
        "original false",
        "viewer false"
    );
    for cost in costs {
        let of = |pick: fn(&Found) -> String| cost.found.as_ref().map_or_else(|| "-".to_owned(), pick);
        let _ = writeln!(
            text,
            "{:>9} {:>8} {:>12.2} {:>10.2} {:>8.1} {:>15} {:>13} {:>14} {:>12}",
            cost.task.name(),
            cost.pictures,
            cost.original_ms,
            cost.viewer_ms,
            cost.ratio(),
            of(|found| share(found.original)),
            of(|found| share(found.viewer)),
            of(|found| found.original.false_hits.to_string()),
            of(|found| found.viewer.false_hits.to_string()),
        );
    }
    text
}

/// The verdicts on what was measured on `pictures`, such as videos: what all kinds cost, and whether each is found as well.
pub(super) fn rows(pictures: &str, costs: &[Cost]) -> Vec<Row> {
    let mut rows = Vec::new();
    for cost in costs.iter().filter(|cost| cost.task == Task::All) {
        let what = format!("original: {pictures}: CPU to the viewer's, all");
        rows.push(Row::at_least(what, cost.ratio(), TIMES, "times"));
    }
    for kind in KINDS {
        rows.extend(
            costs.iter().filter(|cost| cost.task == Task::One(kind)).filter_map(|cost| recall(pictures, kind, cost)),
        );
    }
    rows
}

fn recall(pictures: &str, kind: Kind, cost: &Cost) -> Option<Row> {
    let found = cost.found?;
    let (original, viewer) = (found.original.recall()?, found.viewer.recall()?);
    let what = format!("original: {pictures}: recall of {}", kind.option());
    Some(Row::judged(what, format!("{viewer:.2}"), format!(">= {original:.2}, the original's"), viewer >= original))
}

fn share(tally: Tally) -> String {
    format!("{} of {}", tally.found, tally.found + tally.missed)
}

/// An eighth of the original's processor time, with faces, humans and codes all answered.
const TIMES: f64 = 8.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Verdict;

    fn tally(found: usize, missed: usize) -> Tally {
        Tally { found, missed, false_hits: 3, again: 0 }
    }

    fn costs(viewer_ms: f64, viewer: Tally) -> [Cost; 2] {
        let found = Some(Found { original: tally(5, 5), viewer });
        [
            Cost { task: Task::One(Kind::Qr), pictures: 10, original_ms: 10.0, viewer_ms, found },
            Cost { task: Task::All, pictures: 10, original_ms: 400.0, viewer_ms: viewer_ms * 10.0, found: None },
        ]
    }

    #[test]
    fn an_eighth_of_the_time_at_equal_recall_is_enough() {
        let verdicts = |ms, found| rows("videos", &costs(ms, found)).iter().map(|row| row.verdict).collect::<Vec<_>>();
        assert_eq!(verdicts(5.0, tally(5, 5)), [Verdict::Met, Verdict::Met]);
        assert_eq!(verdicts(5.1, tally(4, 6)), [Verdict::Missed, Verdict::Missed]);
    }

    #[test]
    fn the_table_has_recall_beside_each_ratio() {
        let text = table("videos", &costs(5.0, tally(8, 2)));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[2].contains("2.0") && lines[2].contains("5 of 10") && lines[2].contains("8 of 10"), "{text}");
        assert!(lines[3].contains("8.0") && lines[3].contains('-'), "{text}");
    }
}
