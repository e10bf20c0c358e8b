//! What the report said and what the viewer took, over the whole time.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Result, ensure};
use xtask::report::Event;
use xtask::usage::{Samples, Usage};

use super::plot::Panel;
use super::robots::Counts;
use crate::rows::Row;

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    streams: u64,
    received: u64,
    shown: u64,
    corrupt: u64,
    /// Ages of pictures since the last sample, in milliseconds.
    ages: Vec<f64>,
    samples: Vec<Sample>,
    /// Pictures that the page has drawn, if there was one.
    pub(super) drawn_on_page: Option<u64>,
}

/// One sample.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Duration,
    usage: Usage,
    /// Of the pictures since the sample before: p50 and p99, in milliseconds.
    age_ms: Option<(f64, f64)>,
}

impl Tally {
    /// Takes an event; counts that do not add up are an error.
    pub(super) fn take(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Frame(frame) => self.ages.extend(frame.age_ms),
            Event::Ended(ended) if ended.reason == "refused" => {}
            Event::Ended(ended) => {
                ensure!(ended.received == ended.shown + ended.dropped + ended.corrupt, "counts differ: {ended:?}");
                self.streams += 1;
                self.received += ended.received;
                self.shown += ended.shown;
                self.corrupt += ended.corrupt;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn sample(&mut self, at: Duration, usage: Usage) {
        self.ages.sort_by(f64::total_cmp);
        let age_ms =
            (!self.ages.is_empty()).then(|| (self.ages[self.ages.len() / 2], self.ages[self.ages.len() * 99 / 100]));
        self.ages.clear();
        self.samples.push(Sample { at, usage, age_ms });
    }

    /// What it was, in a line.
    pub(super) fn title(&self) -> String {
        let minutes = self.samples.last().map_or(0, |sample| (sample.at.as_secs() + 30) / 60);
        let Self { streams, received, corrupt, .. } = self;
        format!("{minutes} min, {streams} streams, {received} frames, {corrupt} of them corrupt")
    }

    pub(super) fn rows(&self, counts: Counts, has_page: bool) -> Vec<Row> {
        let Counts { starts, kills, faults } = counts;
        let share = |count: u64| format!("{count} of {}", self.received);
        // Those that are there at the end have not ended, and one that is killed at once has not begun.
        let all_ended = self.streams + kills + 4 >= starts;
        let most_shown = self.shown > self.received / 2;
        let mut rows = vec![
            Row::noted("robots started, of which killed", format!("{starts}, {kills}")),
            Row::noted("faults planned", faults.to_string()),
            Row::judged("streams that ended", self.streams.to_string(), "one a robot", all_ended),
            Row::judged("frames shown", share(self.shown), "more than half", most_shown),
            Row::noted("frames corrupt", share(self.corrupt)),
        ];
        if has_page {
            let drawn = self.drawn_on_page.unwrap_or_default();
            rows.push(Row::judged("pictures drawn on the page", drawn.to_string(), "some", drawn > 0));
        }
        rows.extend(
            QUANTITIES.iter().flat_map(|quantity| quantity.rows(&self.of(quantity).map(|(_, value)| value).collect())),
        );
        rows
    }

    pub(super) fn panels(&self) -> Vec<Panel> {
        let minutes = |at: Duration| at.as_secs_f64() / 60.0;
        let panel = |quantity: &'static Quantity| {
            let comma = if quantity.unit.is_empty() { "" } else { "," };
            let points = self.of(quantity).map(|(at, value)| (minutes(at), value)).collect();
            Panel { title: format!("{}{comma}{}", quantity.name, quantity.unit), points }
        };
        QUANTITIES.iter().map(panel).collect()
    }

    /// Every sample, in a line each.
    pub(super) fn csv(&self) -> String {
        let mut text = "seconds,memory_mb,threads,descriptors,age_p50_ms,age_p99_ms\n".to_owned();
        for Sample { at, usage: Usage { memory_mb, threads, descriptors }, age_ms } in &self.samples {
            let age = age_ms.map_or(",".to_owned(), |(p50, p99)| format!("{p50:.1},{p99:.1}"));
            let _ = writeln!(text, "{:.0},{memory_mb:.2},{threads},{descriptors},{age}", at.as_secs_f64());
        }
        text
    }

    fn of(&self, quantity: &Quantity) -> impl Iterator<Item = (Duration, f64)> {
        self.samples.iter().filter_map(|sample| Some((sample.at, (quantity.value)(sample)?)))
    }
}

/// Something that is measured over time.
struct Quantity {
    name: &'static str,
    unit: &'static str,
    value: fn(&Sample) -> Option<f64>,
    /// By how much the last third may be above the second, if that is judged.
    most_growth: Option<f64>,
}

impl Quantity {
    fn rows(&self, samples: &Samples) -> [Row; 2] {
        let Self { name, unit, .. } = self;
        let (Some(median), Some(growth)) = (samples.median(), samples.growth()) else {
            return ["median", "growth"].map(|what| Row::judged(format!("{name}, {what}"), "not measured", "", false));
        };
        let what = format!("{name}, growth");
        let growth = match self.most_growth {
            Some(most) => Row::judged(what, format!("{growth:.1}{unit}"), format!("<= {most}{unit}"), growth <= most),
            None => Row::noted(what, format!("{growth:.1}{unit}")),
        };
        [Row::noted(format!("{name}, median"), format!("{median:.1}{unit}")), growth]
    }
}

const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "resident memory",
        unit: " MB",
        value: |sample| Some(sample.usage.memory_mb),
        most_growth: Some(5.0),
    },
    // The number of robots varies by one.
    Quantity {
        name: "threads",
        unit: "",
        value: |sample| Some(f64::from(sample.usage.threads)),
        most_growth: Some(1.0),
    },
    Quantity {
        name: "open files and sockets",
        unit: "",
        value: |sample| Some(f64::from(sample.usage.descriptors)),
        most_growth: Some(1.0),
    },
    Quantity {
        name: "age of pictures, p50",
        unit: " ms",
        value: |sample| sample.age_ms.map(|(p50, _)| p50),
        most_growth: Some(5.0),
    },
    // Stalls and slow links are among the faults, and make some pictures old.
    Quantity {
        name: "age of pictures, p99",
        unit: " ms",
        value: |sample| sample.age_ms.map(|(_, p99)| p99),
        most_growth: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Verdict;

    fn tally(memory: impl Fn(u32) -> f64) -> Tally {
        let mut tally = Tally { received: 10, shown: 9, corrupt: 1, ..Tally::default() };
        for second in 0..30 {
            let usage = Usage { memory_mb: memory(second), threads: 20, descriptors: 30 };
            tally.ages = vec![10.0, 12.0, 90.0];
            tally.sample(Duration::from_secs(second.into()), usage);
        }
        tally
    }

    fn missed(tally: &Tally) -> Vec<String> {
        let rows = tally.rows(Counts::default(), false).into_iter();
        rows.filter(|row| row.verdict == Verdict::Missed).map(|row| row.what).collect()
    }

    #[test]
    fn what_grows_at_first_and_then_stays_is_no_leak() {
        assert_eq!(missed(&tally(|second| f64::from(second.min(10)) * 20.0)), Vec::<String>::new());
        assert_eq!(missed(&tally(f64::from)), ["resident memory, growth"]);
    }

    #[test]
    fn what_was_not_measured_is_no_success() {
        let missed = missed(&Tally::default());
        assert!(
            missed.iter().any(|row| row == "frames shown") && missed.len() == 1 + 2 * QUANTITIES.len(),
            "{missed:?}"
        );
    }

    #[test]
    fn every_sample_is_a_line_and_a_point() {
        let tally = tally(|_| 100.0);
        let csv = tally.csv();
        assert_eq!((csv.lines().count(), csv.lines().last().unwrap()), (31, "29,100.00,20,30,12.0,90.0"));
        let panels = tally.panels();
        assert!(panels.len() == QUANTITIES.len() && panels.iter().all(|panel| panel.points.len() == 30));
    }

    #[test]
    fn counts_that_do_not_add_up_are_an_error() {
        let line = r#"{"event":"ended","robot":1,"reason":"hang-up","received":9,"shown":6,"dropped":1,"corrupt":1}"#;
        assert!(Tally::default().take(&Event::parse(line).unwrap()).is_err());
    }
}
