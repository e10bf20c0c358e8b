//! Whose turn it is where several take.

use std::sync::mpsc;
use std::time::Instant;

use super::*;

/// Mailboxes for two takers, and what is expected of items, in milliseconds.
struct Two(Mailboxes<char, Duration>);

impl Two {
    fn new() -> Self {
        Self(Mailboxes::for_several(2, SLOW))
    }

    /// With a quick robot `q` and two slow ones, as of `ms(1000)`.
    fn with_robots() -> Self {
        let two = Self::new();
        for robot in ['a', 'b', 'q'] {
            two.put(robot);
            assert_eq!(two.next(0), Some(robot));
            two.done(robot, 1000 - if robot == 'q' { 0 } else { 1000 }, 1000);
        }
        two
    }

    /// An item of a robot from `q` on is surely quick.
    fn put(&self, robot: char) {
        self.expect(robot, if robot < 'q' { 1000 } else { 999 });
    }

    fn expect(&self, robot: char, most: u64) {
        self.0.put(robot, ms(most)).unwrap();
    }

    /// Who is taken next at this time, in milliseconds.
    fn next(&self, at: u64) -> Option<char> {
        self.0.lock().next(ms(at)).map(|(robot, _)| robot)
    }

    fn done(&self, robot: char, begin: u64, end: u64) {
        self.0.done(robot, ms(begin), ms(end));
    }

    /// An item of this robot comes and is worked on at once.
    fn work(&self, robot: char, begin: u64, end: u64) {
        self.put(robot);
        assert_eq!(self.next(begin), Some(robot));
        self.done(robot, begin, end);
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn items_that_may_be_slow_leave_one_of_two_takers_to_quick_ones() {
    let two = Two::with_robots();
    ['a', 'b'].into_iter().for_each(|robot| two.put(robot));
    assert_eq!(two.next(1000), Some('a'));
    assert_eq!(two.next(1500), None);
    two.work('q', 1500, 1510);
    assert_eq!(two.next(1510), None);
    // That its next one waits for something else keeps no taker busy.
    two.0.worked('a', ms(1000), ms(1700));
    assert_eq!(two.next(1700), Some('b'));
    two.put('a');
    two.0.free('a');
    assert_eq!(two.next(1700), None);
    // The quick one has sent nothing for two seconds.
    assert_eq!(two.next(3509), None);
    assert_eq!(two.next(3510), Some('a'));
}

#[test]
fn what_is_surely_quick_has_the_kept_taker_whoever_sends_it() {
    let two = Two::new();
    // Six robots that stay have shown a slow item each, and one is at work.
    "abcdef".chars().zip((0..).step_by(1000)).for_each(|(robot, at)| two.work(robot, at, at + 1000));
    "abcdef".chars().for_each(|robot| two.put(robot));
    assert_eq!(two.next(6000), Some('a'));
    // A new one is before those that wait, and nobody takes the taker from it meanwhile.
    two.work('r', 6000, 6010);
    assert_eq!(two.next(6010), None);
    // One of them that sends something small has it as well.
    two.expect('b', 10);
    assert_eq!(two.next(6010), Some('b'));
}

#[test]
fn small_items_do_not_wait_for_all_larger_ones_that_are_there() {
    let two = Two::new();
    let work = |robot, most, took| {
        two.expect(robot, most);
        assert_eq!(two.next(0), Some(robot));
        two.done(robot, 0, took);
    };
    // All have had as much.
    ('r'..='v').for_each(|robot| work(robot, 300, 100));
    (0..10).for_each(|_| work('q', 10, 10));
    ('r'..='v').for_each(|robot| two.expect(robot, 300));
    two.expect('q', 10);
    assert_eq!(two.next(1000), Some('q'));
    two.done('q', 1000, 1010);
    // And larger ones have as much time as before: as many small ones go first as one of them takes.
    let mut turns = String::new();
    for at in (1010..).step_by(100).take(20) {
        two.expect('q', 10);
        let robot = two.next(at).unwrap();
        two.done(robot, at, at + if robot == 'q' { 10 } else { 100 });
        turns.push(robot);
    }
    assert_eq!(turns, "qqqqqqqrstuvqqqqqqqq");
}

#[test]
fn a_robot_whose_surely_quick_item_was_slow_has_none_for_ten_seconds() {
    let two = Two::with_robots();
    two.work('x', 1000, 2000);
    let is_ahead = |at| {
        two.put('a');
        assert_eq!(two.next(at), Some('a'));
        two.work('q', at, at);
        two.put('x');
        let is_ahead = two.next(at) == Some('x');
        two.done('a', at, at);
        two.0.forget('x');
        is_ahead
    };
    assert!(!is_ahead(11_999));
    two.work('x', 12_000, 12_000);
    assert!(is_ahead(12_000));
}

#[test]
fn new_ones_whose_items_are_surely_quick_have_the_time_of_one_robot_among_those() {
    let two = Two::with_robots();
    // Each comes before the last one is done, and leaves.
    let news: Vec<char> = ('r'..='z').collect();
    two.expect(news[0], 100);
    let (mut turns, mut at) = (String::new(), 1000);
    for n in 1..60 {
        two.expect(news[n % news.len()], 100);
        two.expect('q', 100);
        let robot = two.next(at).unwrap();
        at += 100;
        two.done(robot, at - 100, at);
        if robot != 'q' {
            two.0.forget(robot);
        }
        turns.push(robot);
    }
    let of_q = turns.matches('q').count();
    assert!((28..=32).contains(&of_q), "{turns}");
    // And they cost those nothing whose items may be slow.
    assert_eq!(two.0.lock().spent_on_new_ones[Lane::Slow as usize], 2 * SLOW);
}

#[test]
fn a_quick_robot_that_was_silent_does_not_wait_until_slow_ones_have_had_as_much() {
    let two = Two::with_robots();
    ['a', 'b'].into_iter().for_each(|robot| two.put(robot));
    assert_eq!(two.next(1000), Some('a'));
    (1000..5000).step_by(10).for_each(|at| two.work('q', at, at + 10));
    assert_eq!([6999, 7000].map(|at| two.next(at)), [None, Some('b')]);
    ['q', 'a'].into_iter().for_each(|robot| two.put(robot));
    two.done('a', 6500, 7500);
    assert_eq!(two.next(7500), Some('q'));
}

#[test]
fn a_robot_with_another_kind_of_item_begins_with_those_that_send_such() {
    let two = Two::with_robots();
    ['a', 'b'].into_iter().for_each(|robot| two.put(robot));
    assert_eq!(two.next(1000), Some('a'));
    // The slow ones wait, while the quick one uses seconds.
    (1000..9000).step_by(10).for_each(|at| two.work('q', at, at + 10));
    // Then it sends one that may be slow: it is behind one of them at most, and not behind all that they have had less.
    two.expect('q', 5000);
    two.done('a', 1000, 9000);
    two.put('a');
    let turns = [9000, 9010].map(|at| {
        let robot = two.next(at).unwrap();
        two.done(robot, at, at + 10);
        robot
    });
    assert_eq!(turns, ['b', 'q']);
}

#[test]
fn new_robots_have_the_time_of_one_also_when_two_takers_work_on_them() {
    let two = Two::with_robots();
    let spent = || two.0.lock().spent_on_new_ones[Lane::Slow as usize];
    let before = spent();
    ['n', 'm'].into_iter().for_each(|robot| two.put(robot));
    assert_eq!([(); 2].map(|()| two.next(3000)), [Some('n'), Some('m')]);
    ['n', 'm'].into_iter().for_each(|robot| two.done(robot, 3000, 4000));
    assert_eq!(spent(), before + 2 * SLOW);
}

#[test]
fn robots_that_were_new_and_stay_do_not_make_the_next_one_wait() {
    let waits_after = |rounds: u64| {
        let (two, mut at) = (Two::with_robots(), 1000);
        // Of the slow ones each has its next item before the last is done; the quick one has one taker for itself.
        let mut turn = || {
            two.put('q');
            let taken = [(); 2].map(|()| two.next(at).unwrap());
            let slow = taken[usize::from(taken[0] == 'q')];
            assert!(taken.contains(&'q') && slow != 'q');
            two.put(slow);
            two.done('q', at, at);
            at += 1000;
            two.done(slow, at - 1000, at);
            slow
        };
        "cdef".chars().for_each(|robot| two.put(robot));
        (0..4 * rounds).for_each(|_| assert!("cdef".contains(turn())));
        two.put('n');
        (1..30).find(|_| turn() == 'n').unwrap()
    };
    // Where none has stayed yet, all of them have the time of one.
    assert_eq!([1, 2, 3].map(waits_after), [5, 1, 1]);
}

#[test]
fn what_becomes_of_an_item_may_go_its_way_before_the_work_is_over() {
    let two = Two::with_robots();
    two.put('a');
    assert_eq!(two.next(1000), Some('a'));
    two.0.free('a');
    two.put('a');
    assert_eq!(two.next(1000), None, "it is still at work");
    two.0.worked('a', ms(1000), ms(1001));
    assert_eq!(two.next(1001), Some('a'));
    two.0.free('a');
    assert_eq!(two.0.forget('a'), None);
    assert_eq!(two.0.lock().slow_at_work(), 1);
    two.0.worked('a', ms(1001), ms(1002));
    let state = two.0.lock();
    assert_eq!((state.slow_at_work(), state.mailboxes.contains_key(&'a')), (0, false));
}

#[test]
fn a_taker_that_is_kept_works_again_when_no_quick_robot_sends_any_more() {
    let two = Two::with_robots();
    ['a', 'b'].into_iter().for_each(|robot| two.put(robot));
    assert_eq!(two.next(1000), Some('a'));
    // A clock that goes on by half a second at each look.
    let looks = std::cell::Cell::new(1000);
    let clock = || ms(looks.replace(looks.get() + 500));
    assert_eq!(two.0.take(clock).map(|(robot, _)| robot), Some('b'));
    assert_eq!(looks.get(), 3500);
}

/// Whether a taker that is kept, while a slow item is at work and others wait, has what `put` puts in without waiting to look again.
#[expect(clippy::disallowed_methods, reason = "somebody has to wait, and it matters for how long")]
fn is_woken(robot: char, put: impl Fn(&Two)) -> bool {
    let two = Two::with_robots();
    ['a', 'b'].into_iter().for_each(|robot| two.put(robot));
    assert_eq!(two.next(1000), Some('a'));
    let (looks, looked) = mpsc::channel();
    let clock = || {
        looks.send(Instant::now()).unwrap();
        ms(1000)
    };
    std::thread::scope(|scope| {
        let taker = scope.spawn(|| two.0.take(clock).map(|(robot, _)| robot));
        let first = looked.recv().unwrap();
        // The taker has the lock from its first look until it waits.
        put(&two);
        assert_eq!(taker.join().unwrap(), Some(robot));
        looked.try_iter().any(|again| again - first < A_MOMENT)
    })
}

#[test]
fn a_taker_that_is_kept_is_woken_for_a_quick_item() {
    // A loaded machine may delay some wake-ups, but not all. A taker that is not woken never looks again so soon.
    assert!((0..100).any(|_| is_woken('q', |two| two.put('q'))));
    assert!((0..100).any(|_| is_woken('b', |two| two.expect('b', 10))), "in the place of a slow one");
}

#[test]
fn a_new_robot_begins_with_the_one_that_has_had_least_time_not_with_those_that_passed_it() {
    let two = Two::with_robots();
    // Slow ones have one taker between them, and the quick one has the other for itself.
    ['a', 'b'].into_iter().for_each(|robot| two.put(robot));
    assert_eq!(two.next(1000), Some('a'));
    (1000..9000).step_by(10).for_each(|at| two.work('q', at, at + 10));
    ['a', 'n'].into_iter().for_each(|robot| two.put(robot));
    two.done('a', 1000, 2000);
    // Each has its next item before the last is done.
    let turn = |at| {
        let robot = two.next(at).unwrap();
        two.put(robot);
        two.done(robot, at, at + 1000);
        robot
    };
    assert_eq!([2000, 3000, 4000].map(turn), ['n', 'b', 'a']);
    // Whoever leaves far ahead leaves no more than one of its items behind.
    two.0.forget('q');
    two.put('m');
    let turns = [5000, 6000, 7000, 8000].map(turn);
    assert!(turns.contains(&'m'), "{turns:?}");
}
