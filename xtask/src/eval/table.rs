//! The figures as rows and columns, for the terminal and for the page alike.

mod sets;
mod videos;

use std::fmt::Write as _;

pub(crate) use sets::section as of_set;
pub(crate) use videos::section as of_video;

use xtask::score::Kind;

use super::results::{Figures, Judgement, original_ms};

/// All figures of a set or a video.
#[derive(Debug)]
pub(crate) struct Section {
    /// What was looked at, in a line.
    pub(crate) heading: String,
    pub(crate) tables: Vec<Table>,
    /// What the tables cannot show.
    pub(crate) remarks: Vec<String>,
}

/// A table: its first row names the columns, its first column the rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table(pub(crate) Vec<Vec<String>>);

impl Section {
    /// As it is printed.
    pub(crate) fn text(&self) -> String {
        let tables: Vec<String> = self.tables.iter().map(Table::text).collect();
        let mut text = format!("{}\n{}", self.heading, tables.join("\n"));
        for remark in &self.remarks {
            let _ = writeln!(text, "  {remark}");
        }
        text
    }
}

impl Table {
    /// Aligned text: names to the left, numbers to the right.
    pub(crate) fn text(&self) -> String {
        let columns = self.0.first().map_or(0, Vec::len);
        let width = |column: usize| self.0.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.0 {
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                text += &if column == 0 { format!("  {cell:<width$}") } else { format!("  {cell:>width$}") };
            }
            text.push('\n');
        }
        text
    }
}

/// Engines that were unusable, pictures that one gave up on, and what the original's time is.
fn remarks(engines: &[Judgement]) -> Vec<String> {
    let remark = |judgement: &Judgement| {
        let name = judgement.engine.name;
        match (&judgement.pictures, judgement.figures()) {
            (Err(reason), _) => Some(format!("{name}: not measured: {reason}")),
            (_, Some(figures)) if figures.failed > 0 => {
                Some(format!("{name}: gave up on {} of {} pictures", figures.failed, figures.pictures))
            }
            _ => None,
        }
    };
    let original = |judgement: &&Judgement| judgement.engine.is_original() && judgement.pictures.is_ok();
    let original = engines.iter().find(original).map(|judgement| {
        format!("{}: the original's cascades and parameters, for its time; {BETTER_HERE}", judgement.engine.name)
    });
    engines.iter().filter_map(remark).chain(original).collect()
}

/// The columns of the time; the last is there only for kinds that the original looked for in the same way.
fn time_columns(engines: &[Judgement]) -> Vec<String> {
    let mut columns = ["mean ms", "p99 ms"].map(str::to_owned).to_vec();
    columns.extend(comparable(engines).then(|| "of the original's time".to_owned()));
    columns
}

fn time_cells(engines: &[Judgement], figures: &Figures) -> Vec<String> {
    let mut cells = [figures.mean_ms, figures.p99_ms].map(milliseconds).to_vec();
    let part = || original_ms(engines).map_or_else(|| "-".to_owned(), |ms| format!("{:.2}", figures.mean_ms / ms));
    cells.extend(comparable(engines).then(part));
    cells
}

/// Whether the original is among the engines, measured or not.
fn comparable(engines: &[Judgement]) -> bool {
    engines.iter().any(|judgement| judgement.engine.is_original())
}

/// As people call many of a kind.
fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::Qr => "codes",
        Kind::Tag => "tags",
        Kind::Face => "faces",
        Kind::Human => "humans",
    }
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn milliseconds(value: f64) -> String {
    format!("{value:.1}")
}

const BETTER_HERE: &str = "its boxes are mapped and merged better here";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::tests::{results, timed};

    /// The last column, from top to bottom.
    fn last_column(engines: &[Judgement]) -> Vec<String> {
        let cells = engines.iter().filter_map(|judgement| Some(time_cells(engines, &judgement.figures()?)));
        [time_columns(engines)].into_iter().chain(cells).map(|mut row| row.pop().unwrap()).collect()
    }

    #[test]
    fn an_engine_that_was_unusable_is_remarked_on() {
        let results = results(vec![vec![], vec![]]);
        assert_eq!(remarks(&results.engines), ["zxing: not measured: error: no such engine"]);
    }

    #[test]
    fn times_are_compared_with_the_original_s() {
        let engines = timed(Kind::Face, &[("default", Some(1.0)), ("haar", Some(4.0))]);
        assert_eq!(last_column(&engines), ["of the original's time", "0.25", "1.00"]);
        assert!(remarks(&engines)[0].starts_with("haar: the original's"), "{:?}", remarks(&engines));
    }

    #[test]
    fn without_the_original_s_time_there_is_no_comparison() {
        let engines = timed(Kind::Human, &[("default", Some(1.0)), ("original", None)]);
        assert_eq!(last_column(&engines), ["of the original's time", "-"]);
        assert_eq!(remarks(&engines), ["original: not measured: error: no such engine"]);
        assert_eq!(last_column(&timed(Kind::Qr, &[("default", Some(1.0))])), ["p99 ms", "1.0"]);
    }
}
