//! The codec in its natural place, inside tokio-util's `Framed`, with nothing but memory under it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{SinkExt, StreamExt};
use protocol::{CodecError, DecodeError, Event, Frame, FrameCodec, FrameLimit};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Decoder as _, Framed, FramedRead, FramedWrite};

#[tokio::test]
async fn frames_and_the_marker_cross_a_connection() {
    let (robot, viewer) = tokio::io::duplex(7);
    let mut robot = Framed::new(robot, codec());
    let mut viewer = Framed::new(viewer, codec());

    let send = async {
        robot.send(frame(b"moved")).await.unwrap();
        robot.send(&frame(b"borrowed")).await.unwrap();
        robot.send(Event::Frame(frame(b"event"))).await.unwrap();
        robot.send(Event::EndOfStream).await.unwrap();
    };
    let receive = async {
        let mut events = Vec::new();
        while events.last() != Some(&Event::EndOfStream) {
            events.push(viewer.next().await.unwrap().unwrap());
        }
        events
    };

    let ((), events) = tokio::join!(send, receive);
    let frames = [frame(b"moved"), frame(b"borrowed"), frame(b"event")];
    assert_eq!(events, Vec::from_iter(frames.map(Event::Frame).into_iter().chain([Event::EndOfStream])));
}

#[tokio::test]
async fn what_is_written_is_what_the_encoder_of_the_core_writes() {
    let mut expected = Vec::new();
    protocol::encode(&frame(b"jpeg"), &mut expected);
    expected.extend_from_slice(&protocol::END_OF_STREAM);

    let mut sink = FramedWrite::new(Vec::new(), codec());
    sink.send(frame(b"jpeg")).await.unwrap();
    sink.send(Event::EndOfStream).await.unwrap();
    assert_eq!(*sink.get_ref(), expected);
}

#[tokio::test]
async fn closing_between_frames_ends_the_stream_without_an_error() {
    let mut stream = FramedRead::new(&b"\x04\0\0\0jpeg"[..], codec());
    assert_eq!(stream.next().await.unwrap().unwrap(), Event::Frame(frame(b"jpeg")));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn closing_inside_a_frame_is_told_from_closing_between_frames() {
    let mut stream = FramedRead::new(&b"\x04\0\0\0jpe"[..], codec());
    let error = stream.next().await.unwrap().unwrap_err();
    let CodecError::Decode(error) = error else { panic!("not a decoding error: {error:?}") };
    assert_eq!(error, DecodeError::TruncatedPayload { at: 4, arrived: 3, len: 4 });
}

#[tokio::test]
async fn a_failing_connection_is_told_from_a_bad_stream() {
    let mut stream = FramedRead::new(Reset, codec());
    let error = stream.next().await.unwrap().unwrap_err();
    let CodecError::Io(error) = error else { panic!("not an error of the connection: {error:?}") };
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[test]
fn a_caller_that_reads_on_after_an_error_hoards_nothing() {
    let mut codec = codec();
    let mut buffer = BytesMut::from(&b"\xFF\xFF\xFF\xFFthis was never a frame"[..]);
    for _ in 0..3 {
        assert!(codec.decode(&mut buffer).is_err());
        assert!(buffer.is_empty());
        buffer.extend_from_slice(b"more of the same");
    }
}

#[test]
fn part_of_a_payload_leaves_the_read_buffer_at_once() {
    let mut codec = codec();
    let mut buffer = BytesMut::from(&b"\x04\0\0\0jpe"[..]);
    assert_eq!(codec.decode(&mut buffer).unwrap(), None);
    assert!(buffer.is_empty());
}

#[test]
fn bytes_of_the_next_frame_stay_in_the_read_buffer() {
    let mut codec = codec();
    let mut buffer = BytesMut::from(&b"\x04\0\0\0jpeg\x05\0"[..]);
    assert_eq!(codec.decode(&mut buffer).unwrap(), Some(Event::Frame(frame(b"jpeg"))));
    assert_eq!(buffer, b"\x05\0"[..]);
}

/// A connection that the peer has reset.
struct Reset;

impl AsyncRead for Reset {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

fn codec() -> FrameCodec {
    FrameCodec::new(FrameLimit::DEFAULT)
}

fn frame(payload: &[u8]) -> Frame {
    Frame::new(payload).expect("tests send no empty frame")
}
