//! A reader at one end of a pipe, on a clock that jumps to the next deadline.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::task::JoinHandle;
use tokio::time::{advance, sleep};

use super::*;
use crate::server::http;

const FRAME: &[u8] = b"\x04\0\0\0jpeg";

async fn frame(reader: &mut Reader<DuplexStream>) -> Timed {
    match reader.next().await.unwrap() {
        Read::Frame(timed) => timed,
        Read::Lost(lost) => panic!("{lost}"),
    }
}

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
                    Ok(Read::Frame(_)) => frames += 1,
                    Ok(Read::Lost(lost)) => panic!("{lost}"),
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
    sleep(Duration::from_secs(3)).await;
    let detail = "nothing came for 1.8 s (--idle-timeout)".to_owned();
    assert_eq!(line.end().await, (1, EndReason::Timeout, Some(detail)));
}

#[tokio::test(start_paused = true)]
async fn a_robot_is_not_blamed_for_the_time_in_which_this_program_was_stopped() {
    let mut line = Line::open();
    let (front, back) = FRAME.split_at(5);
    for part in [front, back] {
        line.robot.write_all(part).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        advance(Duration::from_secs(60)).await;
        sleep(Duration::from_secs(1)).await;
    }
    line.robot.write_all(FRAME).await.unwrap();
    assert_eq!(line.end().await, (2, EndReason::HangUp, None));
}

#[tokio::test]
async fn a_frame_that_a_stop_held_back_has_all_its_time_again() {
    let (mut robot, stream) = duplex(READ_BYTES);
    let (clock, idle) = (Clock::start(), Some(Duration::from_millis(1800)));
    let beating = tokio::spawn(clock.beat());
    let reading = tokio::spawn(async move { frame(&mut Reader::new(stream, FrameLimit::DEFAULT, idle, clock)).await });
    robot.write_all(&FRAME[..6]).await.unwrap();
    sleep(Duration::from_millis(1000)).await;
    // The whole program is this thread. When it goes on, the deadline is hardly late.
    std::thread::sleep(Duration::from_millis(1200));
    sleep(Duration::from_millis(800)).await;
    robot.write_all(&FRAME[6..]).await.unwrap();
    reading.await.unwrap();
    beating.abort();
}

#[tokio::test(start_paused = true)]
async fn what_came_while_this_program_was_stopped_counts_however_long_that_was() {
    for late_ms in [1, 300, 900, 1500] {
        let mut line = Line::open();
        line.robot.write_all(FRAME).await.unwrap();
        sleep(Duration::from_millis(10)).await;
        // The timer fires first, and then the frame is found that has come meanwhile.
        advance(Duration::from_millis(1790 + late_ms)).await;
        sleep(Duration::from_millis(1)).await;
        line.robot.write_all(FRAME).await.unwrap();
        assert_eq!(line.end().await, (2, EndReason::HangUp, None), "{late_ms} ms late");
    }
}

#[tokio::test]
async fn a_reader_that_is_left_while_it_waits_loses_nothing() {
    let (mut robot, stream) = duplex(READ_BYTES);
    let mut reader = Reader::new(stream, FrameLimit::DEFAULT, None, Clock::start());
    for byte in FRAME {
        tokio::select! {
            biased;
            read = reader.next() => unreachable!("{read:?} is not whole yet"),
            () = task::yield_now() => {}
        }
        robot.write_all(&[*byte]).await.unwrap();
    }
    assert_eq!(frame(&mut reader).await.0.as_bytes(), b"jpeg");
}

#[tokio::test]
async fn two_frames_of_one_read_came_at_the_same_time() {
    let (mut robot, stream) = duplex(READ_BYTES);
    let mut reader = Reader::new(stream, FrameLimit::DEFAULT, None, Clock::start());
    robot.write_all(&FRAME.repeat(2)).await.unwrap();
    let first = frame(&mut reader).await.1;
    // However long the decoder makes the reader wait, the second frame is not younger for it.
    while reader.clock.now() == first {
        task::yield_now().await;
    }
    assert_eq!(frame(&mut reader).await.1, first);
}

/// A picture as far as the stream's decoder looks: its markers.
const JPEG: &[u8] = b"\xFF\xD8\xFF\xC0\0\x04ab\xFF\xDA\0\x08abcdef12\xFF\xD9";

async fn sent(bytes: &[u8]) -> (u64, EndReason, Option<String>) {
    let mut line = Line::open();
    line.robot.write_all(bytes).await.unwrap();
    line.end().await
}

#[tokio::test(start_paused = true)]
async fn bare_pictures_and_parts_are_frames_and_a_close_between_them_is_a_hang_up() {
    assert_eq!(sent(&JPEG.repeat(3)).await, (3, EndReason::HangUp, None));
    let part = [b"--b\r\n\r\n", JPEG, b"\r\n"].concat();
    assert_eq!(sent(&part.repeat(2)).await, (2, EndReason::HangUp, None));
    assert_eq!(sent(&[&part[..], b"--b--"].concat()).await, (1, EndReason::EndOfStream, None));
}

#[tokio::test(start_paused = true)]
async fn a_close_inside_a_bare_picture_is_a_cut() {
    let (frames, reason, detail) = sent(&[JPEG, &JPEG[..9]].concat()).await;
    assert_eq!((frames, reason), (1, EndReason::Truncated));
    assert!(detail.unwrap().starts_with("byte 22: stream ends inside a picture, 9 bytes of it arrived; "));
}

#[tokio::test(start_paused = true)]
async fn a_bare_picture_that_dribbles_in_for_longer_than_the_idle_timeout_ends_the_stream() {
    for beginning in [JPEG, b"--b\r\n\r\n"] {
        let mut line = Line::open();
        line.dribble(&[beginning, JPEG].concat(), 400).await;
        let (frames, reason, detail) = line.end().await;
        assert_eq!((frames, reason), (0, EndReason::Timeout));
        assert!(detail.unwrap().contains("frame 0 was not whole 1.8 s after it had begun"));
    }
}

#[tokio::test(start_paused = true)]
async fn padding_that_dribbles_in_is_no_picture_either() {
    let mut line = Line::open();
    line.robot.write_all(JPEG).await.unwrap();
    line.dribble(&[0; 20], 400).await;
    let (frames, reason, _) = line.end().await;
    assert_eq!((frames, reason), (1, EndReason::Timeout));
}

#[tokio::test(start_paused = true)]
async fn a_foreign_sender_is_unsupported_and_told_what_to_do() {
    let (frames, reason, detail) = sent(b"\0\0\0\x01\x67\x64\0\x28").await;
    assert_eq!((frames, reason), (0, EndReason::Unsupported));
    assert!(detail.unwrap().ends_with("; add `--codec mjpeg` to rpicam-vid, or `-c:v mjpeg -f mjpeg` to ffmpeg"));
    assert_eq!(sent(b"\0\0\x27\x4a\xFF\xD8").await.1, EndReason::Oversize);
}

#[tokio::test(start_paused = true)]
async fn a_browser_gets_an_answer_that_says_what_this_port_is() {
    let (mut browser, stream) = duplex(READ_BYTES);
    let mut reader = Reader::new(stream, FrameLimit::DEFAULT, None, Clock::start());
    browser.write_all(b"GET / HTTP/1.1\r\nHost: viewer\r\n\r\n").await.unwrap();
    assert_eq!(reader.next().await.unwrap_err().reason, EndReason::Unsupported);
    let (mut answer, closing) = (String::new(), tokio::spawn(reader.close()));
    browser.read_to_string(&mut answer).await.unwrap();
    drop(browser);
    closing.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("takes pictures from robots"), "{answer}");
}

/// What comes behind `chunks` of an HTTP answer, which is one picture.
async fn behind_a_picture_in(chunks: &[u8]) -> End {
    let (mut camera, here) = duplex(READ_BYTES);
    let url = "http://camera".parse().unwrap();
    let answer = async {
        camera.read_exact(&mut [0]).await.unwrap();
        camera.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
        camera.write_all(chunks).await.unwrap();
        camera.shutdown().await.unwrap();
    };
    let (asked, ()) = tokio::join!(http::ask(here, &url, Clock::start()), answer);
    let (_, body) = asked.unwrap();
    let mut reader = Reader::of_http(body, None, FrameLimit::DEFAULT, None, Clock::start());
    assert!(matches!(reader.next().await, Ok(Read::Frame(_))));
    reader.next().await.unwrap_err()
}

#[tokio::test]
async fn an_http_answer_that_makes_no_sense_is_no_ordinary_end() {
    let chunk = [format!("{:x}\r\n", JPEG.len()).as_bytes(), JPEG, b"\r\n"].concat();
    let End { reason, detail } = behind_a_picture_in(&[&chunk, &b"xyz\r\n"[..]].concat()).await;
    assert_eq!(reason, EndReason::Truncated);
    let detail = detail.unwrap();
    assert!(
        detail.starts_with("byte 22: the connection broke between two frames (") && detail.contains("chunk size"),
        "{detail}"
    );
    // Switched off, before the answer was over.
    assert_eq!(behind_a_picture_in(&chunk).await.reason, EndReason::HangUp);
}

/// A connection that fails with this kind of error behind its bytes.
struct Fails(&'static [u8], io::ErrorKind);

impl AsyncRead for Fails {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let sent = std::mem::take(&mut self.0);
        buf.put_slice(sent);
        Poll::Ready(if sent.is_empty() { Err(self.1.into()) } else { Ok(()) })
    }
}

/// How a stream ends that breaks with this error behind a frame.
async fn broken(of: fn(Fails, FrameLimit, Option<Duration>, Clock) -> Reader<Fails>, kind: io::ErrorKind) -> End {
    let mut reader = of(Fails(FRAME, kind), FrameLimit::DEFAULT, None, Clock::start());
    assert!(matches!(reader.next().await, Ok(Read::Frame(_))));
    reader.next().await.unwrap_err()
}

#[tokio::test]
async fn a_reset_between_two_frames_is_a_hang_up_and_what_makes_no_sense_is_none() {
    assert_eq!(broken(Reader::new, io::ErrorKind::ConnectionReset).await.reason, EndReason::HangUp);
    assert_eq!(broken(Reader::new, io::ErrorKind::InvalidData).await.reason, EndReason::Truncated);
}

#[tokio::test]
async fn tls_that_breaks_between_two_frames_may_have_been_cut() {
    for kind in [io::ErrorKind::ConnectionReset, io::ErrorKind::UnexpectedEof, io::ErrorKind::InvalidData] {
        assert_eq!(broken(Reader::of_tls, kind).await.reason, EndReason::Truncated, "{kind}");
    }
    let detail = broken(Reader::of_tls, io::ErrorKind::UnexpectedEof).await.detail.unwrap();
    assert!(detail.ends_with("(closed without TLS's close_notify, so that more may have been on its way)"), "{detail}");
}

/// The beginning of a part, and line ends for ever.
struct Padding(bool);

impl AsyncRead for Padding {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let has_begun = std::mem::replace(&mut self.0, true);
        buf.put_slice(if has_begun { b"\r\n\r\n\r\n" } else { b"--b\r\n\r\n" });
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_flood_of_what_is_no_frame_does_not_keep_the_idle_timeout_from_ending_it() {
    let idle = Some(Duration::from_millis(20));
    let mut reader = Reader::new(Padding(false), FrameLimit::DEFAULT, idle, Clock::start());
    let end = timeout(Duration::from_secs(20), reader.next()).await.expect("it ends").unwrap_err();
    assert_eq!(end.reason, EndReason::Timeout);
}
