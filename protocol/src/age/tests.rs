use std::vec::Vec;

use super::*;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;
/// Some moment in 2026.
const START: u64 = 1_795_000_000 * SECOND;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A sender of 30 pictures a second, whose clock shows what `clock` makes of the true time since the start.
struct Sender<C> {
    meter: AgeMeter,
    seq: u64,
    clock: C,
}

impl<C: Fn(u64) -> u64> Sender<C> {
    fn new(clock: C) -> Self {
        Self { meter: AgeMeter::new(), seq: 0, clock }
    }

    /// A picture that is taken at `true_ns` after the start and travels for `took_ns`.
    fn send(&mut self, true_ns: u64, took_ns: u64) -> Age {
        let stamp = Stamp { seq: self.seq, time_ns: (self.clock)(true_ns) };
        self.seq += 1;
        self.meter.arrived(stamp, START + true_ns + took_ns)
    }

    /// Some seconds of pictures, each of which takes what `took_ns` says at its time.
    fn stream(&mut self, from: u64, seconds: u64, took_ns: impl Fn(u64) -> u64) -> Vec<(u64, Age)> {
        let frames = (0..seconds * 30).map(|n| from + n * SECOND / 30);
        frames.map(|at| (at, self.send(at, took_ns(at)))).collect()
    }
}

fn over(age: Age) -> Duration {
    match age {
        Age::OverBest(over) => over,
        Age::SinceTaken(age) => panic!("clocks agree: {age:?}"),
    }
}

#[test]
fn with_the_right_clock_the_age_is_what_the_picture_took() {
    let mut sender = Sender::new(|t| START + t);
    for (_, age) in sender.stream(0, 60, |_| 12 * MS) {
        assert_eq!(age, Age::SinceTaken(ms(12)));
    }
    assert_eq!(sender.send(60 * SECOND, 250 * MS), Age::SinceTaken(ms(250)));
}

#[test]
fn one_picture_alone_has_an_age_only_if_its_delay_can_be_one() {
    for (delay_ms, age) in [
        (0, Age::SinceTaken(ms(0))),
        (100, Age::SinceTaken(ms(100))),
        (101, Age::OverBest(ms(0))),
        (-1, Age::OverBest(ms(0))),
    ] {
        let at = START.checked_add_signed(delay_ms * MS as i64).unwrap();
        assert_eq!(AgeMeter::new().arrived(Stamp { seq: 0, time_ns: START }, at), age, "{delay_ms} ms");
    }
}

#[test]
fn a_clock_that_is_an_hour_off_shows_a_queue_that_builds_up_and_drains() {
    for off in [3600 * SECOND, 7200 * SECOND] {
        let mut sender = Sender::new(move |t| START + t + off - 5400 * SECOND);
        // Ten seconds without, ten while it grows to two seconds, ten while it drains.
        let queue = |at: u64| match at / SECOND {
            0..10 => 0,
            10..20 => (at - 10 * SECOND) / 5,
            20..30 => (30 * SECOND - at) / 5,
            _ => 0,
        };
        for (at, age) in sender.stream(0, 40, |at| 20 * MS + queue(at)) {
            let shown = over(age).as_nanos() as u64;
            assert!(shown <= queue(at) && shown + 20 * MS >= queue(at), "{shown} for {} at {at}", queue(at));
        }
    }
}

#[test]
fn a_queue_that_stands_for_minutes_still_shows() {
    let mut sender = Sender::new(|t| START + t - 3600 * SECOND);
    sender.send(0, 20 * MS);
    let (_, last) = *sender.stream(SECOND, 300, |_| 2020 * MS).last().unwrap();
    assert!(over(last) > ms(1800), "{last:?}");
    // The age of a clock that agrees is known for as long as the drift leaves no doubt.
    let mut sender = Sender::new(|t| START + t);
    sender.send(0, 20 * MS);
    for (_, age) in sender.stream(SECOND, 150, |_| 320 * MS) {
        assert_eq!(age, Age::SinceTaken(ms(320)));
    }
}

#[test]
fn a_queue_that_grows_for_ever_shows_all_of_its_growth() {
    // A link that takes nine pictures of ten: after five minutes the picture is half a minute old.
    let mut sender = Sender::new(|t| START + t + 3600 * SECOND);
    let (_, last) = *sender.stream(0, 300, |at| 20 * MS + at / 10).last().unwrap();
    assert!(over(last) > Duration::from_secs(29), "{last:?}");
}

#[test]
fn an_hour_of_drift_looks_like_no_queue() {
    for (ahead, behind) in [(1, 0), (0, 1)] {
        // 0.1 ms a second.
        let mut sender = Sender::new(move |t| START + t + ahead * t / 10_000 - behind * t / 10_000);
        for (at, age) in sender.stream(0, 3600, |at| 20 * MS + at % 7 * MS) {
            let (Age::SinceTaken(shown) | Age::OverBest(shown)) = age;
            // While the clocks agree they are off by less than the least delay allows; later only what is over shows.
            let most = if matches!(age, Age::SinceTaken(_)) { ms(26 + 100) } else { ms(7) };
            assert!(shown <= most, "{age:?} after {} s", at / SECOND);
        }
    }
}

#[test]
fn a_clock_that_is_set_forward_gives_no_age_and_no_queue() {
    let mut sender = Sender::new(|t| if t < 10 * SECOND { START + t } else { START + t + 300 * MS });
    assert!(sender.stream(0, 10, |_| 20 * MS).iter().all(|(_, age)| *age == Age::SinceTaken(ms(20))));
    assert!(sender.stream(10 * SECOND, 10, |_| 20 * MS).iter().all(|(_, age)| *age == Age::OverBest(ms(0))));
}

#[test]
fn a_clock_that_is_set_back_is_noticed_at_once() {
    let mut sender = Sender::new(|t| if t < 10 * SECOND { START + t } else { START + t - 5 * SECOND });
    assert!(sender.stream(0, 10, |_| 20 * MS).iter().all(|(_, age)| *age == Age::SinceTaken(ms(20))));
    assert!(sender.stream(10 * SECOND, 10, |_| 20 * MS).iter().all(|(_, age)| *age == Age::OverBest(ms(0))));
}

#[test]
fn a_clock_that_was_ahead_and_is_set_right_agrees_at_once() {
    let mut sender = Sender::new(|t| if t < 10 * SECOND { START + t + SECOND } else { START + t });
    assert!(sender.stream(0, 10, |_| 20 * MS).iter().all(|(_, age)| *age == Age::OverBest(ms(0))));
    assert!(sender.stream(10 * SECOND, 10, |_| 20 * MS).iter().all(|(_, age)| *age == Age::SinceTaken(ms(20))));
}

#[test]
fn a_picture_that_arrives_before_it_was_taken_refutes_the_clocks_for_half_a_minute() {
    let mut sender = Sender::new(|t| START + t + 10 * MS);
    assert_eq!(sender.send(0, 9 * MS), Age::OverBest(ms(0)));
    // It arrives a second after the first.
    assert_eq!(sender.send(SECOND - 21 * MS, 30 * MS).after(ms(1)), Age::OverBest(Duration::from_micros(21_500)));
    assert!(matches!(sender.send(29 * SECOND, 30 * MS), Age::OverBest(_)));
    assert_eq!(sender.send(31 * SECOND, 30 * MS), Age::SinceTaken(ms(20)));
    // Half a minute is no drift of a second.
    let mut sender = Sender::new(|t| START + t + SECOND);
    sender.send(0, 20 * MS);
    assert!(over(sender.send(60 * SECOND, 1500 * MS)) > ms(1400));
}

#[test]
fn late_and_repeated_pictures_change_nothing_for_those_in_order() {
    let stamp = |seq| Stamp { seq, time_ns: START + seq * 33 * MS };
    let mut meter = AgeMeter::new();
    let mut ages = Vec::new();
    for seq in [0, 1, 3, 2, 2, 4, 3, 5] {
        ages.push(meter.arrived(stamp(seq), START + 5 * 33 * MS + 20 * MS));
    }
    let expected = [185, 152, 86, 119, 119, 53, 86, 20].map(|age| Age::SinceTaken(ms(age)));
    assert_eq!(ages[2..], expected[2..]);
}

#[test]
fn a_sender_that_counts_from_the_start_is_seen_anew() {
    // Another robot behind a relay, whose clock is ten seconds ahead, and then one whose clock is ten seconds behind.
    let mut meter = AgeMeter::new();
    for (from, off) in [(0, 20 * SECOND), (100, 30 * SECOND), (200, 10 * SECOND)] {
        let mut shown = Vec::new();
        for seq in 0..100 {
            let true_ns = START + (from + seq) * 33 * MS;
            // Every other picture takes 10 ms more than the fastest.
            let took_ns = 20 * MS + seq % 2 * 10 * MS;
            let age = meter.arrived(Stamp { seq, time_ns: true_ns + off }, true_ns + took_ns);
            shown.push(over(age).as_secs_f64() * 1e3);
        }
        // Older times could be late pictures of the robot before, but not so many of them.
        let doubtful = if off == 10 * SECOND { 16 } else { 0 };
        let is_right = |(n, shown): (usize, &f64)| (*shown - [0.0, 10.0][n % 2]).abs() < 0.1;
        assert!(shown.iter().enumerate().skip(doubtful).all(is_right), "{shown:?}");
    }
}

#[test]
fn the_ends_of_the_numbers_are_times_like_others() {
    let mut meter = AgeMeter::new();
    let most = Duration::from_nanos(u64::MAX);
    for (seq, time_ns, at_ns, over) in [
        (0, u64::MAX, 0, ms(0)),
        (1, u64::MAX, u64::MAX, most - most / 2000),
        (u64::MAX, 0, u64::MAX, ms(0)),
        // A receiver's clock must not run backwards; if it does, nothing is over the best.
        (0, 0, 0, ms(0)),
    ] {
        assert_eq!(meter.arrived(Stamp { seq, time_ns }, at_ns), Age::OverBest(over));
    }
}
