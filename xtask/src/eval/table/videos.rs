//! The project's videos: a row for each engine, and below it what it found in each second.

use xtask::score::Kind;
use xtask::truth;

use super::{Section, Table, plural, remarks, share, time_cells, time_columns};
use crate::eval::results::{Figures, Judgement};
use crate::eval::tags;
use crate::eval::video::{Course, Watched};

/// All figures of a video.
pub(crate) fn section(watched: &Watched) -> Section {
    let mut tables = vec![by_engine(watched), by_second(watched)];
    if watched.truth.kind == Kind::Tag {
        tables.extend(watched.engines.iter().filter_map(|judgement| tags::table(watched, judgement)));
    }
    Section { heading: heading(watched), tables, remarks: remarks(&watched.engines) }
}

fn heading(watched: &Watched) -> String {
    let truth = &watched.truth;
    let (option, frames, rate) = (truth.kind.option(), truth.frames.len(), truth.rate);
    let things = if truth.kind == Kind::Qr { "readable codes" } else { plural(truth.kind) };
    let video = truth::video(truth.kind);
    let name = video.file_name().unwrap_or_default().display();
    format!("{option}: {} {things} in {frames} frames of {name}, {rate} a second", truth.wanted())
}

/// One row for each engine that was measured.
fn by_engine(watched: &Watched) -> Table {
    let columns = match watched.truth.kind {
        Kind::Qr | Kind::Tag => ["engine", "read", "false", "extra", "renumbered"],
        Kind::Face | Kind::Human => ["engine", "found", "false", "missed", "F1"],
    };
    let mut header = columns.map(str::to_owned).to_vec();
    header.extend(time_columns(&watched.engines));
    let row = |(judgement, figures, course): (&Judgement, Figures, Course)| {
        let tally = figures.tally;
        let mut row = vec![judgement.engine.name.to_owned()];
        row.extend(match course.renumbered {
            Some(renumbered) => [
                format!("{} of {}", tally.found, tally.found + tally.missed),
                tally.false_hits.to_string(),
                course.extra.to_string(),
                renumbered.to_string(),
            ],
            None => {
                [tally.found.to_string(), tally.false_hits.to_string(), tally.missed.to_string(), share(figures.f1())]
            }
        });
        row.extend(time_cells(&watched.engines, &figures));
        row
    };
    Table([header].into_iter().chain(measured(watched).map(row)).collect())
}

/// What share of a second's objects each engine found, in percent.
fn by_second(watched: &Watched) -> Table {
    let seconds = watched.truth.frames.len().div_ceil(watched.truth.rate.max(1));
    let mut header = vec!["% in second".to_owned()];
    header.extend((1..=seconds).map(|second| second.to_string()));
    let row = |(judgement, _, course): (&Judgement, Figures, Course)| {
        let percent = |part: &Option<f64>| part.map_or_else(|| "-".to_owned(), |part| format!("{:.0}", part * 100.0));
        [judgement.engine.name.to_owned()].into_iter().chain(course.recall.iter().map(percent)).collect()
    };
    Table([header].into_iter().chain(measured(watched).map(row)).collect())
}

fn measured(watched: &Watched) -> impl Iterator<Item = (&Judgement, Figures, Course)> {
    let figures = |judgement| Some((judgement, Judgement::figures(judgement)?, watched.course(judgement)?));
    watched.engines.iter().filter_map(figures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::tests::watched;

    #[test]
    fn codes_are_listed_with_extra_and_renumbered_ones() {
        let watched = watched(Kind::Qr);
        let table = by_engine(&watched);
        assert_eq!(table.0[0], ["engine", "read", "false", "extra", "renumbered", "mean ms", "p99 ms"]);
        assert_eq!(table.0[1], ["default", "2 of 3", "1", "1", "1", "3.0", "5.0"]);
        assert_eq!(table.0.len(), 2, "an engine without figures has no row");
        assert_eq!(heading(&watched), "qr: 3 readable codes in 5 frames of qr.mp4, 2 a second");
    }

    #[test]
    fn faces_are_listed_with_those_missed() {
        let table = by_engine(&watched(Kind::Face));
        let header = ["engine", "found", "false", "missed", "F1", "mean ms", "p99 ms", "of the original's time"];
        assert_eq!(table.0[0], header);
        assert_eq!(table.0[1], ["default", "0", "4", "3", "0.000", "3.0", "5.0", "-"]);
    }

    #[test]
    fn each_second_says_what_share_was_found() {
        let table = by_second(&watched(Kind::Qr));
        assert_eq!(table.0, [["% in second", "1", "2", "3"], ["default", "100", "-", "0"]]);
    }
}
