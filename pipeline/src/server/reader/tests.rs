//! A reader at one end of a pipe, on a clock that jumps to the next deadline.

use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::*;

const FRAME: &[u8] = b"\x04\0\0\0jpeg";

/// The robot's end of a stream, and what becomes of what it sends.
struct Line {
    robot: DuplexStream,
    reading: JoinHandle<(u64, End)>,
}

impl Line {
    fn open() -> Self {
        let (robot, stream) = duplex(READ_BYTES);
        let idle = Some(Duration::from_millis(1800));
        let mut reader = Reader::new(stream, FrameLimit::DEFAULT, idle, Clock::start());
        let reading = tokio::spawn(async move {
            let mut frames = 0;
            loop {
                match reader.next().await {
                    Ok(_) => frames += 1,
                    Err(end) => return (frames, end),
                }
            }
        });
        Self { robot, reading }
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

    /// How many frames came, and how the stream ended.
    async fn end(self) -> (u64, EndReason, Option<String>) {
        drop(self.robot);
        let (frames, End { reason, detail }) = self.reading.await.unwrap();
        (frames, reason, detail)
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_dribbles_in_for_longer_than_the_idle_timeout_ends_the_stream() {
    let mut line = Line::open();
    line.dribble(FRAME, 1500).await;
    let detail = "byte 2: frame 0 was not whole 1.8 s after it had begun (--idle-timeout)".to_owned();
    assert_eq!(line.end().await, (0, EndReason::Timeout, Some(detail)));
}

#[tokio::test(start_paused = true)]
async fn every_frame_has_the_idle_timeout_to_itself() {
    let mut line = Line::open();
    line.dribble(&FRAME.repeat(5), 200).await;
    assert_eq!(line.end().await, (5, EndReason::HangUp, None));
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_begins_in_the_read_that_ends_another_has_a_deadline_of_its_own() {
    let mut line = Line::open();
    let (front, back) = FRAME.split_at(5);
    line.robot.write_all(front).await.unwrap();
    for _ in 0..3 {
        sleep(Duration::from_millis(1500)).await;
        line.robot.write_all(&[back, front].concat()).await.unwrap();
    }
    sleep(Duration::from_millis(1500)).await;
    line.robot.write_all(back).await.unwrap();
    assert_eq!(line.end().await, (4, EndReason::HangUp, None));
}

#[tokio::test(start_paused = true)]
async fn a_robot_that_is_silent_between_frames_ends_at_the_idle_timeout() {
    let mut line = Line::open();
    line.robot.write_all(FRAME).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    let detail = "nothing came for 1.8 s (--idle-timeout)".to_owned();
    assert_eq!(line.end().await, (1, EndReason::Timeout, Some(detail)));
}

#[tokio::test]
async fn a_reader_that_is_left_while_it_waits_loses_nothing() {
    let (mut robot, stream) = duplex(READ_BYTES);
    let mut reader = Reader::new(stream, FrameLimit::DEFAULT, None, Clock::start());
    for byte in FRAME {
        tokio::select! {
            biased;
            frame = reader.next() => unreachable!("{frame:?} is not whole yet"),
            () = task::yield_now() => {}
        }
        robot.write_all(&[*byte]).await.unwrap();
    }
    assert_eq!(reader.next().await.unwrap().0.as_bytes(), b"jpeg");
}

#[tokio::test]
async fn two_frames_of_one_read_came_at_the_same_time() {
    let (mut robot, stream) = duplex(READ_BYTES);
    let mut reader = Reader::new(stream, FrameLimit::DEFAULT, None, Clock::start());
    robot.write_all(&FRAME.repeat(2)).await.unwrap();
    let first = reader.next().await.unwrap().1;
    // However long the decoder makes the reader wait, the second frame is not younger for it.
    while reader.clock.now() == first {
        task::yield_now().await;
    }
    assert_eq!(reader.next().await.unwrap().1, first);
}
