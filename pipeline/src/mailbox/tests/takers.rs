//! Two takers, of which one is kept for quick robots.

use std::sync::mpsc;
use std::time::Instant;

use super::*;

/// Mailboxes for two takers, with a robot `q` that is quick and two that are slow, as of `ms(1000)`.
fn two_takers() -> Mailboxes<char, ()> {
    let mailboxes = Mailboxes::for_several(2, SLOW);
    for robot in ['a', 'b', 'q'] {
        mailboxes.put(robot, ()).unwrap();
        let took = if robot == 'q' { NOUGHT } else { SLOW };
        assert_eq!(next(&mailboxes, 0), Some(robot));
        mailboxes.done(robot, ms(1000) - took, ms(1000));
    }
    mailboxes
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Who is taken next at this time, in milliseconds.
fn next(mailboxes: &Mailboxes<char, ()>, at: u64) -> Option<char> {
    mailboxes.lock().next(ms(at)).map(|(robot, ())| robot)
}

#[test]
fn slow_items_leave_one_of_two_takers_to_quick_robots() {
    let mailboxes = two_takers();
    ['a', 'b'].into_iter().for_each(|robot| drop(mailboxes.put(robot, ())));
    assert_eq!(next(&mailboxes, 1000), Some('a'));
    assert_eq!(next(&mailboxes, 1500), None);
    mailboxes.put('q', ()).unwrap();
    assert_eq!(next(&mailboxes, 1500), Some('q'));
    mailboxes.done('q', ms(1500), ms(1510));
    assert_eq!(next(&mailboxes, 1510), None);
    // That its next one waits for something else keeps no taker busy.
    mailboxes.worked('a', ms(1000), ms(1700));
    assert_eq!(next(&mailboxes, 1700), Some('b'));
    mailboxes.put('a', ()).unwrap();
    mailboxes.free('a');
    assert_eq!(next(&mailboxes, 1700), None);
    // The quick one has sent nothing for two seconds.
    assert_eq!(next(&mailboxes, 3509), None);
    assert_eq!(next(&mailboxes, 3510), Some('a'));
}

#[test]
fn a_robot_is_slow_before_its_first_item_and_for_ten_seconds_after_a_slow_one() {
    let mailboxes = two_takers();
    mailboxes.put('a', ()).unwrap();
    assert_eq!(next(&mailboxes, 1000), Some('a'));
    mailboxes.put('n', ()).unwrap();
    assert_eq!(next(&mailboxes, 1000), None);
    mailboxes.done('a', ms(1000), ms(1001));
    assert_eq!(next(&mailboxes, 1001), Some('n'));
    mailboxes.put('a', ()).unwrap();
    assert_eq!(next(&mailboxes, 1001), None, "its last item was quick, and that before it was not");
    mailboxes.done('n', ms(1001), ms(1002));
    assert_eq!(next(&mailboxes, 1002), Some('a'));
    let is_quick = |at| mailboxes.lock().mailboxes[&'a'].is_quick(ms(at));
    assert_eq!([10_999, 11_000].map(is_quick), [false, true]);
}

#[test]
fn a_robot_that_turns_out_to_be_quick_is_not_before_all_others_that_are() {
    let mailboxes = two_takers();
    ['a', 'b', 'f'].into_iter().for_each(|robot| drop(mailboxes.put(robot, ())));
    assert_eq!(next(&mailboxes, 1000), Some('a'));
    let work = |robot, at| mailboxes.done(robot, ms(at), ms(at + 10));
    // The slow ones wait, while the quick one uses seconds.
    for at in (1000..9000).step_by(10) {
        mailboxes.put('q', ()).unwrap();
        assert_eq!(next(&mailboxes, at), Some('q'));
        work('q', at);
    }
    mailboxes.done('a', ms(1000), ms(9000));
    assert_eq!(next(&mailboxes, 9000), Some('b'));
    mailboxes.done('b', ms(9000), ms(9000));
    // This one always has its next item before the last is done.
    assert_eq!(next(&mailboxes, 9000), Some('f'));
    mailboxes.put('f', ()).unwrap();
    work('f', 9000);
    let mut turns = String::new();
    for at in (9010..9110).step_by(10) {
        mailboxes.put('q', ()).unwrap();
        let robot = next(&mailboxes, at).unwrap();
        mailboxes.put('f', ()).unwrap();
        work(robot, at);
        turns.push(robot);
    }
    assert!(["fqfqfqfqfq", "qfqfqfqfqf"].contains(&&*turns), "{turns}");
}

#[test]
fn a_quick_robot_that_was_silent_does_not_wait_until_slow_ones_have_had_as_much() {
    let mailboxes = two_takers();
    ['a', 'b'].into_iter().for_each(|robot| drop(mailboxes.put(robot, ())));
    assert_eq!(next(&mailboxes, 1000), Some('a'));
    for at in (1000..5000).step_by(10) {
        mailboxes.put('q', ()).unwrap();
        assert_eq!(next(&mailboxes, at), Some('q'));
        mailboxes.done('q', ms(at), ms(at + 10));
    }
    assert_eq!([6999, 7000].map(|at| next(&mailboxes, at)), [None, Some('b')]);
    ['q', 'a'].into_iter().for_each(|robot| drop(mailboxes.put(robot, ())));
    mailboxes.done('a', ms(6500), ms(7500));
    assert_eq!(next(&mailboxes, 7500), Some('q'));
}

#[test]
fn new_robots_have_the_time_of_one_also_when_two_takers_work_on_them() {
    let mailboxes = two_takers();
    let before = mailboxes.lock().spent_on_new_ones;
    ['n', 'm'].into_iter().for_each(|robot| drop(mailboxes.put(robot, ())));
    assert_eq!([(); 2].map(|()| next(&mailboxes, 3000)), [Some('n'), Some('m')]);
    ['n', 'm'].into_iter().for_each(|robot| mailboxes.done(robot, ms(3000), ms(4000)));
    assert_eq!(mailboxes.lock().spent_on_new_ones, before + 2 * SLOW);
}

#[test]
fn what_becomes_of_an_item_may_go_its_way_before_the_work_is_over() {
    let mailboxes = two_takers();
    mailboxes.put('a', ()).unwrap();
    assert_eq!(next(&mailboxes, 1000), Some('a'));
    mailboxes.free('a');
    mailboxes.put('a', ()).unwrap();
    assert_eq!(next(&mailboxes, 1000), None, "it is still at work");
    mailboxes.worked('a', ms(1000), ms(1001));
    assert_eq!(next(&mailboxes, 1001), Some('a'));
    mailboxes.free('a');
    assert_eq!(mailboxes.forget('a'), None);
    assert_eq!(mailboxes.lock().slow_at_work(), 1);
    mailboxes.worked('a', ms(1001), ms(1002));
    let state = mailboxes.lock();
    assert_eq!((state.slow_at_work(), state.mailboxes.contains_key(&'a')), (0, false));
}

#[test]
fn a_taker_that_is_kept_works_again_when_no_quick_robot_sends_any_more() {
    let mailboxes = two_takers();
    ['a', 'b'].into_iter().for_each(|robot| drop(mailboxes.put(robot, ())));
    assert_eq!(next(&mailboxes, 1000), Some('a'));
    // A clock that goes on by half a second at each look.
    let looks = std::cell::Cell::new(1000);
    let clock = || ms(looks.replace(looks.get() + 500));
    assert_eq!(mailboxes.take(clock), Some(('b', ())));
    assert_eq!(looks.get(), 3500);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "somebody has to wait, and it matters for how long")]
fn a_taker_that_is_kept_is_woken_for_a_quick_robot() {
    let mailboxes = two_takers();
    ['a', 'b'].into_iter().for_each(|robot| drop(mailboxes.put(robot, ())));
    assert_eq!(next(&mailboxes, 1000), Some('a'));
    let (looks, looked) = mpsc::channel();
    let clock = || {
        looks.send(Instant::now()).unwrap();
        ms(1000)
    };
    let is_woken = || {
        std::thread::scope(|scope| {
            let taker = scope.spawn(|| mailboxes.take(clock));
            let first = looked.recv().unwrap();
            // The taker has the lock from its first look until it waits.
            mailboxes.put('q', ()).unwrap();
            assert_eq!(taker.join().unwrap(), Some(('q', ())));
            mailboxes.done('q', ms(1000), ms(1000));
            looked.try_iter().any(|again| again - first < A_MOMENT)
        })
    };
    // A loaded machine may delay some wake-ups, but not all. A taker that is not woken never looks again so soon.
    assert!((0..100).any(|_| is_woken()));
}

#[test]
fn a_new_robot_begins_with_the_one_that_has_had_least_time_not_with_those_that_passed_it() {
    let mailboxes = two_takers();
    // Slow ones have one taker between them, and the quick one has the other for itself.
    ['a', 'b'].into_iter().for_each(|robot| drop(mailboxes.put(robot, ())));
    assert_eq!(next(&mailboxes, 1000), Some('a'));
    for at in (1000..9000).step_by(10) {
        mailboxes.put('q', ()).unwrap();
        assert_eq!(next(&mailboxes, at), Some('q'));
        mailboxes.done('q', ms(at), ms(at + 10));
    }
    for robot in ['a', 'n'] {
        mailboxes.put(robot, ()).unwrap();
    }
    mailboxes.done('a', ms(1000), ms(2000));
    // Each has its next item before the last is done.
    let turn = |at| {
        let robot = next(&mailboxes, at).unwrap();
        mailboxes.put(robot, ()).unwrap();
        mailboxes.done(robot, ms(at), ms(at + 1000));
        robot
    };
    assert_eq!([2000, 3000, 4000].map(turn), ['b', 'n', 'a']);
    // Whoever leaves far ahead leaves no more than one of its items behind.
    mailboxes.forget('q');
    mailboxes.put('m', ()).unwrap();
    let turns = [5000, 6000, 7000, 8000].map(turn);
    assert!(turns.contains(&'m'), "{turns:?}");
}
