//! Who has a turn when, and what becomes of what is put in.

use super::*;

mod takers;

impl Item for () {}

impl Item for i32 {}

/// What is expected of it.
impl Item for Duration {
    fn expected(&self) -> Duration {
        *self
    }
}

const NOUGHT: Duration = Duration::ZERO;
const SLOW: Duration = Duration::from_secs(1);

fn at_once() -> Duration {
    NOUGHT
}

#[test]
fn the_newest_wins_and_what_it_replaced_comes_back() {
    let mailboxes = Mailboxes::new(SLOW);
    assert_eq!(mailboxes.put('a', 1), Ok(None));
    assert_eq!(mailboxes.put('a', 2), Ok(Some(1)));
    assert_eq!(mailboxes.take(at_once), Some(('a', 2)));
    assert!(mailboxes.has_room('a'));
}

#[test]
fn who_has_waited_longest_is_next_however_much_the_others_put_in() {
    let mailboxes = Mailboxes::new(SLOW);
    let mut taken = String::new();
    for n in 0..9 {
        for robot in ['f', 'f', 'f', 'a', 'b'] {
            mailboxes.put(robot, n).unwrap();
        }
        let (robot, _) = mailboxes.take(at_once).unwrap();
        mailboxes.done(robot, NOUGHT, NOUGHT);
        taken.push(robot);
    }
    assert_eq!(taken, "fabfabfab");
}

/// Mailboxes, and what a clock shows, in milliseconds.
struct Worker {
    mailboxes: Mailboxes<char, ()>,
    now: u64,
}

impl Worker {
    fn new() -> Self {
        Self { mailboxes: Mailboxes::new(SLOW), now: 0 }
    }

    /// Those of `robots` whose mailbox is empty put something in. The one whose turn it is is worked on for `took(robot)`.
    fn work(&mut self, robots: &str, took: impl Fn(char) -> u64) -> Option<char> {
        robots.chars().for_each(|robot| drop(self.mailboxes.put(robot, ())));
        let (robot, ()) = self.mailboxes.lock().next(Duration::from_millis(self.now))?;
        let begin = Duration::from_millis(self.now);
        self.now += took(robot);
        self.mailboxes.done(robot, begin, Duration::from_millis(self.now));
        Some(robot)
    }
}

#[test]
fn one_whose_items_take_long_has_no_more_time_than_the_others() {
    let mut worker = Worker::new();
    let took = |robot| if robot == 's' { 500 } else { 100 };
    let known: String = (0..2).filter_map(|_| worker.work("sa", |_| 0)).collect();
    assert_eq!(known, "sa");
    let taken: String = (0..12).filter_map(|_| worker.work("sa", took)).collect();
    assert_eq!(taken, "saaaaasaaaaa");
}

#[test]
fn all_who_are_new_have_the_time_of_one_robot() {
    let mut worker = Worker::new();
    worker.work("a", |_| 0);
    // Each brings one item, and goes.
    let mut taken = String::new();
    for new in 'A'..'M' {
        worker.mailboxes.put(new, ()).unwrap();
        let robot = worker.work("a", |_| 100).unwrap();
        taken.push(robot);
        if robot != 'a' {
            worker.mailboxes.forget(robot);
        }
    }
    assert_eq!(taken, "AaBaCaDaEaFa");
}

#[test]
fn who_comes_has_no_claim_to_the_time_before() {
    let mut worker = Worker::new();
    (0..10).for_each(|_| assert!(worker.work("a", |_| 100).is_some()));
    let taken: String = (0..4).filter_map(|_| worker.work("ab", |_| 100)).collect();
    assert_eq!(taken, "baba");
}

#[test]
fn after_a_slow_item_the_quick_ones_have_as_much_time_also_in_their_pauses() {
    let took = |robot: char| if robot.is_uppercase() { 2000 } else { 20 };
    let mut worker = Worker::new();
    assert_eq!(worker.work("a", took), Some('a'));
    assert_eq!((worker.work("Sa", took), worker.now), (Some('S'), 2020));
    assert_eq!((worker.work("Sa", took), worker.now), (Some('a'), 2040));
    // The same one again, as it may be, by another connection.
    assert_eq!(worker.work("SN", took), None);
    assert_eq!((worker.work("SNa", took), worker.now), (Some('a'), 2060));
    worker.now = 4019;
    assert_eq!(worker.work("SN", took), None);
    worker.now = 4020;
    assert!(worker.work("SN", took).is_some());
    // Nobody else waited.
    assert!(worker.work("SN", took).is_some());
}

#[test]
fn a_slow_item_in_the_time_for_quick_ones_takes_nothing_of_that() {
    // Both have been quick.
    let mut worker = Worker::new();
    assert_eq!((worker.work("a", |_| 0), worker.work("s", |_| 0)), (Some('a'), Some('s')));
    let slow = |robot: char| if robot == 'a' { 20 } else { 1000 };
    assert_eq!((worker.work("Sas", slow), worker.now), (Some('S'), 1000));
    assert_eq!((worker.work("as", slow), worker.now), (Some('a'), 1020));
    assert_eq!((worker.work("as", slow), worker.now), (Some('s'), 2020));
    // Of the time for the two that waited after the first one 1980 ms were left, and one has waited after the second one.
    assert_eq!((worker.work("", slow), worker.now), (Some('a'), 2040));
    for now in [2900, 3700, 4500, 4979] {
        worker.now = now;
        assert_eq!(worker.work("as", slow), Some('a'), "{now}");
    }
    assert_eq!((worker.work("s", slow), worker.now), (None, 2020 + 1980 + 999));
    worker.now += 1;
    assert_eq!(worker.work("s", slow), Some('s'));
}

#[test]
fn robots_that_were_quick_for_a_while_do_not_pass_one_after_another_with_slow_items() {
    let mut worker = Worker::new();
    let (mut answered_at, mut longest) = (0, 0);
    while worker.now < 300_000 {
        // Five come after 30 seconds. For 12 of 60 seconds they send now and then, and for the rest as much as they can.
        let are_slow = worker.now % 60_000 >= 12_000;
        let send = worker.now >= 30_000 && (are_slow || worker.now % 200 < 20);
        let robots = if send { "ABCDEa" } else { "a" };
        let took = |robot: char| if robot == 'a' || !are_slow { 20 } else { 4000 };
        match worker.work(robots, took) {
            Some('a') => {
                longest = longest.max(worker.now - answered_at);
                answered_at = worker.now;
            }
            Some(_) => {}
            None => worker.now += 10,
        }
    }
    // The first one is bad luck, and the second one no more.
    assert!(longest < 8500, "{longest}");
}

#[test]
fn a_taker_has_nothing_to_do_for_no_longer_than_the_slow_item_took() {
    let took = |robot: char| if robot == 's' { 2000 } else { 0 };
    let mut worker = Worker::new();
    assert_eq!((0..6).filter_map(|_| worker.work("abcdef", took)).collect::<String>(), "abcdef");
    while worker.work("abcdefs", took) != Some('s') {}
    worker.now += 100;
    let taken: String = std::iter::from_fn(|| worker.work("s", took)).collect();
    assert_eq!(taken.len(), 6);
    worker.now += 1999;
    assert_eq!(worker.work("s", took), None);
    worker.now += 1;
    assert_eq!(worker.work("s", took), Some('s'));
}

#[test]
fn nobody_waits_for_quick_ones_for_longer_than_ten_seconds() {
    let took = |robot: char| if robot == 's' { 2000 } else { 0 };
    let mut worker = Worker::new();
    assert_eq!((0..6).filter_map(|_| worker.work("abcdef", took)).collect::<String>(), "abcdef");
    while worker.work("abcdefs", took) != Some('s') {}
    worker.now += 9_999;
    let taken: String = std::iter::from_fn(|| worker.work("", took)).collect();
    assert!(taken.len() == 6 && worker.work("s", took).is_none(), "{taken}");
    worker.now += 1;
    assert_eq!(worker.work("s", took), Some('s'));
}

#[test]
fn the_end_of_a_wait_for_quick_ones_is_waited_for() {
    let mailboxes = Mailboxes::new(SLOW);
    let put = |robot| drop(mailboxes.put(robot, ()));
    let work = |took| {
        let (robot, ()) = mailboxes.take(at_once).unwrap();
        mailboxes.done(robot, NOUGHT, took);
    };
    put('a');
    work(NOUGHT);
    put('s');
    let (robot, ()) = mailboxes.take(at_once).unwrap();
    put('a');
    put('s');
    mailboxes.done(robot, NOUGHT, SLOW);
    work(NOUGHT);
    // Two milliseconds are left at the first look.
    let looks = std::cell::Cell::new(2 * SLOW - Duration::from_millis(2));
    let later = || looks.replace(looks.get() + Duration::from_millis(2));
    assert_eq!(mailboxes.take(later), Some(('s', ())));
}

#[test]
fn a_robot_that_is_worked_on_waits_with_its_next_item() {
    let mailboxes = Mailboxes::new(SLOW);
    mailboxes.put('a', 1).unwrap();
    assert_eq!(mailboxes.take(at_once), Some(('a', 1)));
    mailboxes.put('a', 2).unwrap();
    mailboxes.put('b', 1).unwrap();
    assert_eq!(mailboxes.take(at_once), Some(('b', 1)));
    mailboxes.done('a', NOUGHT, NOUGHT);
    assert_eq!(mailboxes.take(at_once), Some(('a', 2)));
}

#[test]
fn what_waits_of_a_robot_that_is_forgotten_comes_back_and_is_not_taken() {
    let mailboxes = Mailboxes::new(SLOW);
    mailboxes.put('a', 1).unwrap();
    mailboxes.put('b', 2).unwrap();
    assert_eq!(mailboxes.forget('a'), Some(1));
    assert_eq!(mailboxes.take(at_once), Some(('b', 2)));
}

#[test]
fn nothing_is_put_in_or_taken_after_closing() {
    let mailboxes = Mailboxes::new(SLOW);
    mailboxes.put('a', 1).unwrap();
    mailboxes.close();
    assert_eq!((mailboxes.put('a', 2), mailboxes.take(at_once)), (Err(Closed), None));
}

#[tokio::test]
async fn every_item_passes_in_order_when_the_giver_waits() {
    let mailboxes = Mailboxes::new(SLOW);
    let give = async {
        for n in 0..1000 {
            mailboxes.put_when_empty('a', n).await.unwrap();
        }
    };
    let take = async {
        let mut taken = Vec::new();
        while taken.len() < 1000 {
            while mailboxes.has_room('a') {
                tokio::task::yield_now().await;
            }
            let (_, n) = mailboxes.take(at_once).unwrap();
            mailboxes.done('a', NOUGHT, NOUGHT);
            taken.push(n);
        }
        taken
    };
    let ((), taken) = tokio::join!(give, take);
    assert_eq!(taken, (0..1000).collect::<Vec<_>>());
}

#[tokio::test]
async fn closing_frees_a_giver_who_waits() {
    let mailboxes = Mailboxes::new(SLOW);
    mailboxes.put('a', 1).unwrap();
    let give = mailboxes.put_when_empty('a', 2);
    let close = async { mailboxes.close() };
    let (given, ()) = tokio::join!(give, close);
    assert_eq!(given, Err(Closed));
}
