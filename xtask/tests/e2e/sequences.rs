//! Hundreds of faults one after the other, at random but the same each time: what comes of them is what was planned, and the
//! viewer has afterwards what it had before.

#![expect(clippy::disallowed_methods, reason = "threads may end a moment after the line that says so")]

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use xtask::mishaps::Sequence;
use xtask::process::Running;
use xtask::report::{Event, Frame};
use xtask::usage::Usage;

use crate::programs::{PATIENCE, Stream, Viewer, exit_code, fixture, robot};

#[test]
fn hundreds_of_faults_of_one_robot_cost_what_was_planned() {
    let mut viewer = Viewer::start(&[]);
    let plan = Sequence::random(11, FRAMES, EVERY);
    assert!(plan.faults.len() > 200, "{plan:?}");
    let mut robot = start(&viewer, 11, &plan);
    let streams = streams(&mut viewer, plan.reconnects.len() + 1);
    assert_eq!(exit_code(&mut robot), Some(0));

    assert_eq!(streams.iter().map(outcome).collect::<Vec<_>>(), planned(&plan, FRAMES));
    let (last, before) = streams.split_last().expect("there is one");
    assert!(before.iter().all(|stream| stream.ended.reason == "hang-up"), "{before:?}");
    assert_eq!(last.ended.reason, "end-of-stream");
    viewer.interrupt();
    assert_eq!(viewer.exit_code(), Some(0));
}

#[test]
fn four_robots_with_hundreds_of_faults_each_leave_the_viewer_as_it_was() {
    let mut viewer = Viewer::start(&["--robots", "4"]);
    let mut afterwards: Vec<Usage> = Vec::new();
    for round in 0..ROUNDS {
        let seeds: Vec<u64> = (0..4).map(|robot| 100 * round + robot).collect();
        let plan = |&seed| Sequence::random(seed, FRAMES, EVERY).ending(seed, FRAMES - 1);
        let plans: Vec<Sequence> = seeds.iter().map(plan).collect();
        let mut robots: Vec<Running> =
            seeds.iter().zip(&plans).map(|(&seed, plan)| start(&viewer, seed, plan)).collect();
        let streams = streams(&mut viewer, plans.iter().map(|plan| plan.reconnects.len() + 1).sum());
        robots.iter_mut().for_each(|robot| assert_eq!(exit_code(robot), Some(0)));

        let mut planned: Vec<Outcome> = plans.iter().flat_map(|plan| planned(plan, FRAMES - 1)).collect();
        let mut outcomes: Vec<Outcome> = streams.iter().map(outcome).collect();
        planned.sort();
        outcomes.sort();
        assert_eq!(outcomes, planned, "round {round}");
        // In the first round it starts what it keeps.
        let before = afterwards.first().copied();
        afterwards.push(settled(viewer.running.id(), before));
    }
    let (first, last) = (afterwards[0], afterwards[afterwards.len() - 1]);
    println!("after the first round {first:?}, after the last {last:?}");
    assert!(last.memory_mb <= first.memory_mb + MOST_GROWTH_MB, "{afterwards:?}");
    viewer.interrupt();
    assert_eq!(viewer.exit_code(), Some(0));
    assert!(!viewer.stderr().contains("panicked"), "{}", viewer.stderr());
}

/// The frames of one connection, counted from its first one: those that were shown, and those that were corrupt.
type Outcome = (Vec<u64>, Vec<u64>);

fn outcome(stream: &Stream) -> Outcome {
    (stream.frames.iter().map(|frame| frame.seq).collect(), stream.corrupt.clone())
}

/// What has to come of each connection of a robot that sends so many frames.
fn planned(plan: &Sequence, frames: u64) -> Vec<Outcome> {
    let firsts = [0].into_iter().chain(plan.reconnects.iter().copied());
    let ends = plan.reconnects.iter().copied().chain([frames]);
    let connection = |(first, end): (u64, u64)| {
        let (corrupt, shown) = (first..end).partition(|frame| plan.damaged.contains(frame));
        let from_first = |frames: Vec<u64>| frames.into_iter().map(|frame| frame - first).collect();
        (from_first(shown), from_first(corrupt))
    };
    firsts.zip(ends).map(connection).collect()
}

/// So many streams, in the order in which they began; while one is still looked at, the robot's next may be there.
fn streams(viewer: &mut Viewer, count: usize) -> Vec<Stream> {
    let mut open: BTreeMap<u64, (Vec<Frame>, Vec<u64>)> = BTreeMap::new();
    let mut whole: BTreeMap<u64, Stream> = BTreeMap::new();
    while whole.len() < count {
        match viewer.event() {
            Event::Connected { robot } => _ = open.insert(robot, Default::default()),
            Event::Frame(frame) => open.get_mut(&frame.robot).expect("it is connected").0.push(frame),
            Event::Corrupt { robot, seq, .. } => open.get_mut(&robot).expect("it is connected").1.push(seq),
            Event::Ended(ended) => {
                let (frames, corrupt) = open.remove(&ended.robot).expect("it is connected");
                assert_eq!((ended.shown, ended.corrupt), (frames.len() as u64, corrupt.len() as u64), "{ended:?}");
                assert_eq!(ended.received, ended.shown + ended.corrupt, "{ended:?}");
                let reasons = ["hang-up", "end-of-stream", "truncated"];
                assert!(reasons.contains(&ended.reason.as_str()), "{ended:?}");
                whole.insert(ended.robot, Stream { frames, corrupt, ended });
            }
            other => panic!("{other:?}"),
        }
    }
    whole.into_values().collect()
}

fn start(viewer: &Viewer, seed: u64, sequence: &Sequence) -> Running {
    let (small, frames, seed) = (fixture("jpeg/small.jpg"), FRAMES.to_string(), seed.to_string());
    let fixed = ["--images", &small, "--loop", &frames, "--fps", "0", "--connect-timeout", "1", "--seed", &seed];
    let faults = sequence.faults.iter().flat_map(|fault| ["--fault", fault]);
    robot(&viewer.addr, fixed.into_iter().chain(faults))
}

/// What the process has once that has not changed for half a second, and is no more threads and open files than `before`.
fn settled(id: u32, before: Option<Usage>) -> Usage {
    let deadline = Instant::now() + PATIENCE;
    let now = || Usage::of(id).expect("it is there").expect("it runs");
    let (mut usage, mut since) = (now(), Instant::now());
    loop {
        let latest = now();
        if (latest.threads, latest.descriptors) != (usage.threads, usage.descriptors) {
            since = Instant::now();
        }
        usage = latest;
        let is_back = |before: Usage| usage.threads <= before.threads && usage.descriptors <= before.descriptors;
        if since.elapsed() > Duration::from_millis(500) && before.is_none_or(is_back) {
            return usage;
        }
        assert!(Instant::now() < deadline, "{usage:?} with no robot, and it was {before:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

const FRAMES: u64 = 900;
/// A fault on one frame of so many.
const EVERY: u64 = 4;
const ROUNDS: u64 = 4;
/// The allocator keeps some of what was freed.
const MOST_GROWTH_MB: f64 = 4.0;
