//! Fleets of more and more robots and workers: what arrives, how late, and what each part costs; and what a fleet costs beside
//! robots that dial the viewer themselves.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use xtask::cargo::Programs;
use xtask::report::Ended;

use super::course::{Course, Pace, Plan, Screen};
use super::pictures;
use crate::fleet::{Fleet, Part};
use crate::rows::Row;

/// Prints a table of the fleets, and compares one with the plain wire.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let small = pictures::make(programs, "320x240")?;
    let mut figures = Vec::new();
    for robots in ROBOTS {
        for workers in WORKERS {
            let name = &format!("fleet, {robots} robots, {workers} workers");
            let fleet = Fleet::start(programs, "bench", workers, KINDS, robots)?;
            let plan = plan(name, robots, &small[..FPS * SECONDS], FPS, &["--detect", KINDS]);
            figures.push(Figures::of(robots, workers, &plan.play_in(&fleet, programs)?)?);
        }
    }
    println!("\n{}", table(&figures));
    let mut rows: Vec<Row> = figures.iter().map(Figures::delivered_row).collect();
    for (kinds, has_goal) in [(KINDS, false), (ALL_KINDS, true)] {
        rows.extend(beside_plain_wire(programs, kinds)?.rows(kinds, has_goal));
    }
    Ok(rows)
}

fn plan<'plan>(
    name: &'plan str,
    robots: usize,
    pictures: &'plan [PathBuf],
    fps: usize,
    viewer: &'plan [&'plan str],
) -> Plan<'plan> {
    let (pace, screen) = (Pace::Stamped(fps), Screen::None);
    Plan { name, robots, pictures, passes: 1, pace, screen, viewer }
}

/// What came of one fleet.
#[derive(Clone, Copy, Debug)]
struct Figures {
    robots: usize,
    workers: usize,
    published: u64,
    delivered: u64,
    /// Frames that the viewer knows to be lost.
    lost: u64,
    /// Frames with an answer.
    searched: u64,
    p99_ms: f64,
    gateway: f64,
    router: f64,
    /// All together.
    of_workers: f64,
    viewer: f64,
}

impl Figures {
    fn of(robots: usize, workers: usize, course: &Course) -> Result<Self> {
        let sum = |count: fn(&Ended) -> u64| course.ended.iter().map(count).sum();
        let cores = |part| course.parts.get(&part).copied().unwrap_or_default();
        Ok(Self {
            robots,
            workers,
            published: course.sent_by_all(),
            delivered: sum(|ended| ended.received),
            lost: sum(|ended| ended.undelivered),
            searched: course.answers_about(KINDS),
            p99_ms: course.worst_age_p99_ms()?,
            gateway: cores(Part::Gateway),
            router: cores(Part::Router),
            of_workers: cores(Part::Worker),
            viewer: course.cores,
        })
    }

    /// A stream's first frames come before the viewer has asked for them, and are none that were lost.
    fn delivered_row(&self) -> Row {
        let Self { robots, workers, published, delivered, lost, .. } = *self;
        let is_whole = lost == 0 && delivered + FIRST_ONES * robots as u64 >= published;
        let figure = format!("{delivered} of {published}, {lost} lost");
        Row::judged(
            format!("fleet, {robots} robots, {workers} workers: delivered"),
            figure,
            "all but the first",
            is_whole,
        )
    }
}

fn table(all: &[Figures]) -> String {
    let mut text = format!(
        "320x240, {FPS} frames a second from each robot for {SECONDS} s, {KINDS}; the viewer is headless\n\
         {:>6} {:>7} | {:>9} {:>9} {:>5} {:>8} {:>10} | {:>7} {:>6} {:>7} {:>6} cores\n",
        "robots",
        "workers",
        "published",
        "delivered",
        "lost",
        "searched",
        "age p99 ms",
        "gateway",
        "router",
        "workers",
        "viewer"
    );
    for figures in all {
        let Figures { robots, workers, published, delivered, lost, searched, p99_ms, .. } = figures;
        let Figures { gateway, router, of_workers, viewer, .. } = figures;
        let _ = writeln!(
            text,
            "{robots:>6} {workers:>7} | {published:>9} {delivered:>9} {lost:>5} {searched:>8} {p99_ms:>10.1} | \
             {gateway:>7.3} {router:>6.3} {of_workers:>7.3} {viewer:>6.3}"
        );
    }
    text
}

/// Two robots whose pictures are shown and searched, by a viewer alone and by a fleet with one worker, in turns.
fn beside_plain_wire(programs: &Programs, kinds: &str) -> Result<Beside> {
    let pictures = pictures::make(programs, "640x480")?;
    let play = |name: &str, fleet: Option<&Fleet>| {
        let viewer = &["--detect", kinds];
        let plan = plan(name, BESIDE_ROBOTS, &pictures[..BESIDE_FPS * SECONDS], BESIDE_FPS, viewer);
        fleet.map_or_else(|| plan.play(programs), |fleet| plan.play_in(fleet, programs))
    };
    let (mut costs, mut delays) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let plain = play(&format!("{kinds} by the viewer"), None)?;
        let fleet = Fleet::start(programs, "bench", 1, kinds, BESIDE_ROBOTS)?;
        let joined = play(&format!("{kinds} in a fleet"), Some(&fleet))?;
        let all = joined.cores + joined.parts.values().sum::<f64>();
        costs.push(all / plain.cores.max(f64::EPSILON));
        delays.push(joined.worst_age_p99_ms()? - plain.worst_age_p99_ms()?);
        eprintln!(
            "bench: {:.3} cores, and in a fleet {all:.3}: {:.3} of the viewer, {:.3?} of others",
            plain.cores, joined.cores, joined.parts
        );
    }
    let median = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().context("there was at least one pair")
    };
    Ok(Beside { cost: median(costs)?, delay_ms: median(delays)? })
}

/// A fleet beside a viewer that does all by itself; medians.
struct Beside {
    /// The processor time of all parts to that of the viewer alone.
    cost: f64,
    /// By how much the p99 of the age is larger.
    delay_ms: f64,
}

impl Beside {
    /// The fewer kinds are searched for, the more weighs that pictures are decoded twice, so that not all have a goal.
    fn rows(&self, kinds: &str, has_goal: bool) -> [Row; 2] {
        let (cost, delay) =
            (format!("fleet, {kinds}: CPU to the viewer's alone"), format!("fleet, {kinds}: age p99 over plain wire"));
        let Self { cost: times, delay_ms } = *self;
        let delay = Row::at_most(delay, delay_ms, 3.0, "ms");
        if has_goal {
            [Row::at_most(cost, times, 1.25, "times"), delay]
        } else {
            [Row::noted(cost, format!("{times:.2} times")), delay]
        }
    }
}

const ROBOTS: [usize; 4] = [1, 4, 16, 64];
const WORKERS: [usize; 3] = [1, 2, 4];
const KINDS: &str = "qr";
const FPS: usize = 5;
const SECONDS: usize = 10;
/// Of a stream, in half a second.
const FIRST_ONES: u64 = 3;
/// What fleets are for.
const ALL_KINDS: &str = "qr,faces,humans";
const BESIDE_ROBOTS: usize = 2;
const BESIDE_FPS: usize = 15;
const PAIRS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Verdict;

    fn figures(lost: u64) -> Figures {
        let (published, delivered, searched) = (200, 196 - lost, 190);
        let [gateway, router, of_workers, viewer] = [0.01, 0.02, 0.5, 0.1];
        let (robots, workers, p99_ms) = (4, 2, 3.0);
        Figures { robots, workers, published, delivered, lost, searched, p99_ms, gateway, router, of_workers, viewer }
    }

    #[test]
    fn each_fleet_has_a_line() {
        let text = table(&[figures(0), figures(7)]);
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(text.contains("     4       2 |       200       189     7"), "{text}");
    }

    #[test]
    fn frames_that_are_lost_are_missed_and_those_before_the_first_are_not() {
        let verdict = |lost| figures(lost).delivered_row().verdict;
        assert_eq!([verdict(0), verdict(1)], [Verdict::Met, Verdict::Missed]);
        let few = Figures { delivered: 100, ..figures(0) };
        assert_eq!(few.delivered_row().verdict, Verdict::Missed);
    }

    #[test]
    fn a_fleet_may_cost_a_quarter_more() {
        let verdicts = |cost, has_goal| Beside { cost, delay_ms: 3.0 }.rows("qr", has_goal).map(|row| row.verdict);
        assert_eq!(verdicts(1.25, true), [Verdict::Met, Verdict::Met]);
        assert_eq!(verdicts(1.26, true), [Verdict::Missed, Verdict::Met]);
        assert_eq!(verdicts(1.5, false), [Verdict::Note, Verdict::Met]);
    }
}
