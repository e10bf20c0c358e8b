//! A reader at one end of a pipe, on a clock that jumps to the next deadline.

use std::sync::mpsc;

use protocol::FrameLimit;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{sleep, timeout};

use super::*;
use crate::clock::Clock;
use crate::slot::Slot;

const FRAME: &[u8] = b"\x04\0\0\0jpeg";

/// A reader that runs, the robot's end of its stream, and what it says.
struct Bench {
    robot: DuplexStream,
    reins: Reins,
    reading: task::JoinHandle<()>,
    inbox: Arc<Slot<Received>>,
    events: mpsc::Receiver<Event>,
}

impl Bench {
    fn start(policy: Policy, idle_ms: u64) -> Self {
        let inbox = Arc::new(Slot::new(policy));
        let (sender, events) = mpsc::channel();
        let outlets = Outlets { inbox: Arc::clone(&inbox), events: sender, clock: Clock::start() };
        let idle = Some(Duration::from_millis(idle_ms));
        let limits = Limits { frame: FrameLimit::DEFAULT, idle, allow: Vec::new() };
        let (reader, reins) = Reader::new(1, &limits, outlets);
        let (robot, stream) = duplex(READ_BYTES);
        Self { robot, reins, reading: tokio::spawn(reader.run(stream)), inbox, events }
    }

    /// Sends `bytes`, one every `pause_ms`, until the reader has gone.
    async fn dribble(&mut self, bytes: &[u8], pause_ms: u64) {
        for byte in bytes {
            if self.robot.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(pause_ms)).await;
        }
    }

    /// How the stream ended, after any frames that were dropped.
    async fn end(self) -> End {
        drop(self.robot);
        self.reading.await.unwrap();
        let mut events = self.events.try_iter();
        let end = events.find_map(|event| match event {
            Event::Disconnected { end, .. } => Some(end),
            _ => None,
        });
        end.expect("a reader tells how it ended")
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_dribbles_in_for_longer_than_the_idle_timeout_ends_the_stream() {
    let mut bench = Bench::start(Policy::NewestWins, 1800);
    bench.dribble(FRAME, 1500).await;
    let end = bench.end().await;
    assert_eq!((end.reason, end.received), (EndReason::Timeout, 0));
    let detail = "byte 2: frame 0 was not whole 1.8 s after it had begun (--idle-timeout)";
    assert_eq!(end.detail.as_deref(), Some(detail));
}

#[tokio::test(start_paused = true)]
async fn every_frame_has_the_idle_timeout_to_itself() {
    let mut bench = Bench::start(Policy::NewestWins, 1800);
    bench.dribble(&FRAME.repeat(5), 200).await;
    let end = bench.end().await;
    assert_eq!((end.reason, end.received), (EndReason::HangUp, 5));
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_begins_in_the_read_that_ends_another_has_a_deadline_of_its_own() {
    let mut bench = Bench::start(Policy::NewestWins, 1800);
    let (front, back) = FRAME.split_at(5);
    bench.robot.write_all(front).await.unwrap();
    for _ in 0..3 {
        sleep(Duration::from_millis(1500)).await;
        bench.robot.write_all(&[back, front].concat()).await.unwrap();
    }
    sleep(Duration::from_millis(1500)).await;
    bench.robot.write_all(back).await.unwrap();
    let end = bench.end().await;
    assert_eq!((end.reason, end.received), (EndReason::HangUp, 4));
}

#[tokio::test(start_paused = true)]
async fn a_robot_that_is_silent_between_frames_ends_at_the_idle_timeout() {
    let mut bench = Bench::start(Policy::NewestWins, 1800);
    bench.robot.write_all(FRAME).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    let end = bench.end().await;
    assert_eq!((end.reason, end.received), (EndReason::Timeout, 1));
    assert_eq!(end.detail.as_deref(), Some("nothing came for 1.8 s (--idle-timeout)"));
}

#[tokio::test]
async fn a_reader_that_waits_for_the_decoder_says_so_until_it_listens_again() {
    let mut bench = Bench::start(Policy::EveryOne, 60_000);
    bench.robot.write_all(&FRAME.repeat(2)).await.unwrap();
    bench.reins.activity.wait_for(|activity| *activity == Activity::HandingOn).await.unwrap();
    // The second frame waits for the first to be taken.
    let inbox = Arc::clone(&bench.inbox);
    let taken = task::spawn_blocking(move || [inbox.take(), inbox.take()].map(|frame| frame.unwrap().id.seq));
    bench.reins.activity.wait_for(|activity| matches!(activity, Activity::Quiet { .. })).await.unwrap();
    assert_eq!(taken.await.unwrap(), [0, 1]);
    assert_eq!(bench.end().await.received, 2);
}

#[tokio::test]
async fn a_reader_that_waits_for_the_decoder_leaves_at_once_and_its_frame_is_not_lost() {
    let mut bench = Bench::start(Policy::EveryOne, 60_000);
    bench.inbox.put(Received { id: FrameId { robot: 0, seq: 0 }, jpeg: jpeg(), at: Duration::ZERO }).unwrap();
    bench.robot.write_all(&FRAME.repeat(3)).await.unwrap();
    bench.reins.activity.wait_for(|activity| *activity == Activity::HandingOn).await.unwrap();
    bench.reins.leave.send(Farewell::QUIT).unwrap();
    let left = timeout(Duration::from_secs(20), &mut bench.reading).await;
    if left.is_err() {
        // The thread that still puts would hold up the end of the test.
        bench.inbox.close();
    }
    assert!(left.is_ok(), "the reader waits for the decoder");
    let ended = bench.events.try_recv().unwrap();
    let Event::Disconnected { end, .. } = ended else { unreachable!("{ended:?}") };
    assert_eq!((end.reason, end.received), (EndReason::Quit, 1));
    let taken = [bench.inbox.take(), bench.inbox.take()].map(|frame| frame.unwrap().id);
    assert_eq!(taken, [FrameId { robot: 0, seq: 0 }, FrameId { robot: 1, seq: 0 }]);
}

fn jpeg() -> protocol::Frame {
    protocol::Frame::new(*b"jpeg").unwrap()
}
