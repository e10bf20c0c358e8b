//! Figures beside their goals, in a table.

use anyhow::{Result, bail};

/// Prints the table; a figure that misses its goal is an error.
pub(crate) fn print(rows: &[Row]) -> Result<()> {
    if !rows.is_empty() {
        println!("\n{:<48} {:>22} {:>22}", "measured", "figure", "goal");
    }
    for row in rows {
        println!("{:<48} {:>22} {:>22}  {}", row.what, row.figure, row.goal, row.verdict.word());
    }
    match rows.iter().filter(|row| row.verdict == Verdict::Missed).count() {
        0 => Ok(()),
        missed => bail!("{missed} of {} figures miss their goals; is the machine doing something else?", rows.len()),
    }
}

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) figure: String,
    pub(crate) goal: String,
    pub(crate) verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Met,
    Missed,
    /// It has no goal and only helps to read the others.
    Note,
}

impl Row {
    pub(crate) fn judged(
        what: impl Into<String>,
        figure: impl Into<String>,
        goal: impl Into<String>,
        met: bool,
    ) -> Self {
        let verdict = if met { Verdict::Met } else { Verdict::Missed };
        Self { what: what.into(), figure: figure.into(), goal: goal.into(), verdict }
    }

    /// A figure in `unit` that must not exceed `limit`.
    pub(crate) fn at_most(what: impl Into<String>, figure: f64, limit: f64, unit: &str) -> Self {
        Self::judged(what, format!("{figure:.2} {unit}"), format!("<= {limit} {unit}"), figure <= limit)
    }

    /// A figure in `unit` that must reach `limit`.
    pub(crate) fn at_least(what: impl Into<String>, figure: f64, limit: f64, unit: &str) -> Self {
        Self::judged(what, format!("{figure:.2} {unit}"), format!(">= {limit} {unit}"), figure >= limit)
    }

    pub(crate) fn noted(what: impl Into<String>, figure: impl Into<String>) -> Self {
        Self { what: what.into(), figure: figure.into(), goal: String::new(), verdict: Verdict::Note }
    }
}

impl Verdict {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::Note => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_meets_its_limit_when_it_is_equal_to_it() {
        let verdict = |row: Row| row.verdict;
        assert_eq!(verdict(Row::at_most("a", 8.0, 8.0, "ms")), Verdict::Met);
        assert_eq!(verdict(Row::at_most("a", 8.01, 8.0, "ms")), Verdict::Missed);
        assert_eq!(verdict(Row::at_least("a", 0.7, 0.7, "")), Verdict::Met);
        assert_eq!(verdict(Row::at_least("a", 0.69, 0.7, "")), Verdict::Missed);
        assert_eq!(Row::at_most("a", 1.0, 8.0, "ms").goal, "<= 8 ms");
    }
}
