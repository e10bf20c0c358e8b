//! The figures as rows and columns, for the terminal and for the page alike.

use super::results::Results;
use xtask::score::Kind;

/// A table: its first row names the columns, its first column the rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table(pub(crate) Vec<Vec<String>>);

/// One row for each engine that was measured.
pub(crate) fn by_engine(results: &Results) -> Table {
    let names = ["engine", "found", "false", "missed", "again", "precision", "recall", "F1", "mean ms", "p99 ms"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    for judgement in &results.engines {
        let Some(figures) = judgement.figures() else { continue };
        let tally = figures.tally;
        let mut row = vec![judgement.engine.name.to_owned()];
        row.extend([tally.found, tally.false_hits, tally.missed, tally.again].map(|count| count.to_string()));
        row.extend([tally.precision(), tally.recall(), tally.f1()].map(share));
        row.extend([figures.mean_ms, figures.p99_ms].map(milliseconds));
        rows.push(row);
    }
    Table(rows)
}

/// One row for each category of codes, with found, false and mean time by engine; `None` for the other kinds.
pub(crate) fn by_category(results: &Results) -> Option<Table> {
    if results.set.kind != Kind::Qr {
        return None;
    }
    let measured: Vec<_> = results.engines.iter().filter(|judgement| judgement.pictures.is_ok()).collect();
    let parts: Vec<_> = measured.iter().map(|judgement| judgement.by_category(&results.set)).collect();
    let mut header = vec!["category".to_owned(), results.set.kind.plural().to_owned()];
    header.extend(measured.iter().flat_map(|judgement| [judgement.engine.name, "false", "ms"].map(str::to_owned)));
    let mut rows = vec![header];
    for (category, labelled) in results.categories() {
        let mut row = vec![category.to_owned(), labelled.to_string()];
        for figures in parts.iter().filter_map(|parts| parts.get(category)) {
            let tally = figures.tally;
            row.extend([tally.found.to_string(), tally.false_hits.to_string(), milliseconds(figures.mean_ms)]);
        }
        rows.push(row);
    }
    Some(Table(rows))
}

/// What the tables cannot show: engines that were of no use, and pictures that one gave up on.
pub(crate) fn remarks(results: &Results) -> Vec<String> {
    let remark = |judgement: &super::results::Judgement| {
        let name = judgement.engine.name;
        match (&judgement.pictures, judgement.figures()) {
            (Err(reason), _) => Some(format!("{name}: not measured: {reason}")),
            (_, Some(figures)) if figures.failed > 0 => {
                Some(format!("{name}: gave up on {} of {} pictures", figures.failed, figures.pictures))
            }
            _ => None,
        }
    };
    results.engines.iter().filter_map(remark).collect()
}

/// What the set is, in a line.
pub(crate) fn heading(results: &Results) -> String {
    let set = &results.set;
    let kind = set.kind;
    format!(
        "{}: {} {} in {} pictures of {}",
        kind.option(),
        set.labelled(),
        kind.plural(),
        set.pictures.len(),
        set.dir.display()
    )
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

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn milliseconds(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::tests::{hit, results};

    #[test]
    fn an_engine_s_row_holds_its_figures() {
        let table = by_engine(&results(vec![vec![hit(0.0), hit(500.0)], vec![]])).text();
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1], ["default", "1", "1", "1", "0", "0.500", "0.500", "0.500", "1.5", "2.0"]);
        assert_eq!(rows.len(), 2, "an engine without figures has no row: {table}");
        let lengths: Vec<usize> = table.lines().map(str::len).collect();
        assert_eq!(lengths[0], lengths[1], "columns are aligned: {table}");
    }

    #[test]
    fn codes_are_told_by_category() {
        let table = by_category(&results(vec![vec![hit(0.0)], vec![]])).unwrap();
        assert_eq!(table.0[0], ["category", "codes", "default", "false", "ms"]);
        assert_eq!(table.0[1], ["bright", "1", "1", "0", "1.0"]);
        assert_eq!(table.0[2], ["dark", "1", "0", "0", "2.0"]);
    }

    #[test]
    fn an_engine_that_was_of_no_use_is_remarked_on() {
        let remarks = remarks(&results(vec![vec![], vec![]]));
        assert_eq!(remarks, ["zxing: not measured: error: no such engine"]);
    }
}
