//! Who has a turn when, and what becomes of what is put in.

use super::*;

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
        let robot = self.mailboxes.lock().next(Duration::from_millis(self.now))?;
        self.mailboxes.lock().mailboxes.get_mut(&robot)?.item = None;
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
    let taken: String = (0..12).filter_map(|_| worker.work("sa", took)).collect();
    assert_eq!(taken, "saaaaasaaaaa");
    // One that comes now has no claim to the time before.
    let next: String = (0..2).filter_map(|_| worker.work("san", took)).collect();
    assert!(next.contains('n'), "{next:?}");
}

#[test]
fn after_an_item_that_took_long_the_quick_ones_have_as_much_time_also_in_their_pauses_and_before_newcomers() {
    let took = |robot: char| if robot.is_uppercase() { 2000 } else { 20 };
    let mut worker = Worker::new();
    assert_eq!(worker.work("a", took), Some('a'));
    assert_eq!((worker.work("aS", took), worker.now), (Some('S'), 2020));
    assert_eq!((worker.work("aS", took), worker.now), (Some('a'), 2040));
    // The same one again, as it may be, by another connection.
    assert_eq!(worker.work("SN", took), None);
    assert_eq!((worker.work("aSN", took), worker.now), (Some('a'), 2060));
    worker.now = 4019;
    assert_eq!(worker.work("SN", took), None);
    worker.now = 4020;
    assert_eq!(worker.work("SN", took), Some('N'));
    // Nobody else waited.
    assert_eq!(worker.work("SN", took), Some('S'));
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
