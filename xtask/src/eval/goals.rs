//! What the project wants of its detectors on labelled pictures, beside what was measured.

use xtask::score::Kind;

use super::results::Results;
use super::table::Table;

/// A goal and what was measured.
#[derive(Debug, PartialEq)]
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) is_met: bool,
}

/// How well a goal was reached.
pub(crate) fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

/// All goals, as they are printed.
pub(crate) fn verdicts(goals: &[Goal]) -> Table {
    let header = ["goal", "measured", "verdict"].map(str::to_owned).to_vec();
    let row = |goal: &Goal| vec![goal.what.clone(), goal.measured.clone(), verdict(goal.is_met).to_owned()];
    Table([header].into_iter().chain(goals.iter().map(row)).collect())
}

/// On labelled codes: enough of them, none false, in time.
#[expect(clippy::cast_precision_loss, reason = "codes are few")]
pub(crate) fn on_codes(codes: &Results) -> Vec<Goal> {
    let default = codes.engines.iter().find(|judgement| judgement.engine.name == super::engines::DEFAULT);
    let Some(figures) = default.and_then(super::results::Judgement::figures) else { return Vec::new() };
    let (labelled, found, false_hits) = (codes.set.labelled(), figures.tally.found, figures.tally.false_hits);
    let least = (LEAST_CODES * labelled as f64).ceil() as usize;
    let option = Kind::Qr.option();
    let goal = |what, measured, is_met| Goal { what, measured, is_met };
    vec![
        goal(format!("{option}: of {labelled} codes at least {least}"), found.to_string(), found >= least),
        goal(format!("{option}: false ones at most 0"), false_hits.to_string(), false_hits == 0),
        goal(
            format!("{option}: mean time for a picture at most {MOST_MS} ms"),
            format!("{:.1} ms", figures.mean_ms),
            figures.mean_ms <= MOST_MS,
        ),
    ]
}

/// Of the labelled codes, as a share: 605 of 652.
const LEAST_CODES: f64 = 605.0 / 652.0;
const MOST_MS: f64 = 25.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::tests::{hit, results};

    #[test]
    fn a_missed_goal_stands_out() {
        let goal = |is_met| Goal { what: "x".into(), measured: "1".into(), is_met };
        let text = verdicts(&[goal(true), goal(false)]).text();
        assert!(text.contains("met\n") && text.contains("MISSED\n"), "{text}");
    }

    #[test]
    fn one_of_two_codes_is_not_enough_and_a_false_one_is_too_much() {
        let goals = on_codes(&results(vec![vec![hit(0.0), hit(500.0)], vec![]]));
        let verdicts: Vec<_> = goals.iter().map(|goal| (goal.measured.as_str(), goal.is_met)).collect();
        assert_eq!(verdicts, [("1", false), ("1", false), ("1.5 ms", true)]);
    }
}
