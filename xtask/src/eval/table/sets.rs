//! Labelled pictures: a row for each engine, and codes by category.

use xtask::score::Kind;

use super::{Section, Table, milliseconds, plural, remarks, share, time_cells, time_columns};
use crate::eval::results::Results;

/// All figures of a set.
pub(crate) fn section(results: &Results) -> Section {
    let tables = [by_engine(results)].into_iter().chain(by_category(results)).collect();
    Section { heading: heading(results), tables, remarks: remarks(&results.engines) }
}

fn heading(results: &Results) -> String {
    let set = &results.set;
    let (option, things, pictures) = (set.kind.option(), plural(set.kind), set.pictures.len());
    format!("{option}: {} {things} in {pictures} pictures of {}", set.labelled(), set.dir.display())
}

/// One row for each engine that was measured.
fn by_engine(results: &Results) -> Table {
    let names = ["engine", "found", "false", "missed", "again", "precision", "recall", "F1"];
    let mut header = names.map(str::to_owned).to_vec();
    header.extend(time_columns(&results.engines));
    let mut rows = vec![header];
    for judgement in &results.engines {
        let Some(figures) = judgement.figures() else { continue };
        let tally = figures.tally;
        let mut row = vec![judgement.engine.name.to_owned()];
        row.extend([tally.found, tally.false_hits, tally.missed, tally.again].map(|count| count.to_string()));
        row.extend([figures.precision(), figures.recall(), figures.f1()].map(share));
        row.extend(time_cells(&results.engines, &figures));
        rows.push(row);
    }
    Table(rows)
}

/// One row for each category of codes, with found, false and mean time by engine; `None` for the other kinds.
fn by_category(results: &Results) -> Option<Table> {
    if results.set.kind != Kind::Qr {
        return None;
    }
    let measured: Vec<_> = results.engines.iter().filter(|judgement| judgement.pictures.is_ok()).collect();
    let parts: Vec<_> = measured.iter().map(|judgement| judgement.by_category(&results.set)).collect();
    let mut header = vec!["category".to_owned(), plural(results.set.kind).to_owned()];
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
    fn codes_are_listed_by_category() {
        let table = by_category(&results(vec![vec![hit(0.0)], vec![]])).unwrap();
        assert_eq!(table.0[0], ["category", "codes", "default", "false", "ms"]);
        assert_eq!(table.0[1], ["bright", "1", "1", "0", "1.0"]);
        assert_eq!(table.0[2], ["dark", "1", "0", "0", "2.0"]);
    }
}
