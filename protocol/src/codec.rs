//! The same decoder and encoder behind tokio-util's traits, for `Framed`, `FramedRead` and `FramedWrite`.

use std::io;

use thiserror::Error;
use tokio_util::bytes::{Buf, BufMut, BytesMut};
use tokio_util::codec;

use crate::{DecodeError, Decoder, END_OF_STREAM, Event, Frame, FrameLimit, header};

/// Turns an `AsyncRead` into a stream of [`Event`]s and an `AsyncWrite` into a sink of frames.
///
/// **Reading** gives [`Event`]s, not bare frames: tokio-util ends a stream only when the peer closes, and a robot may send
/// the end marker and keep its socket. So stop at [`Event::EndOfStream`]. A stream that ends without it was closed between two
/// frames, as many robots do; closed anywhere else it ends with a `Truncated…` error. Every payload is copied once, from
/// the read buffer into its frame. Bytes leave the read buffer as they arrive, so it stays small whatever a header announces.
///
/// **Writing** takes a [`Frame`] or a `&Frame`, copied once into the write buffer, and an [`Event`], so that the marker
/// can be sent too. To send without a copy, write [`header`] and [`Frame::as_bytes`] with a vectored write instead.
///
/// A codec serves one connection: errors are final, as they are for [`Decoder`].
#[derive(Debug)]
pub struct FrameCodec {
    decoder: Decoder,
}

impl FrameCodec {
    /// Starts at the beginning of a stream whose payloads have at most `limit` bytes.
    ///
    /// The limit guards what is read. Writing sends any frame, since only the peer knows what it accepts.
    #[must_use]
    pub fn new(limit: FrameLimit) -> FrameCodec {
        FrameCodec { decoder: Decoder::new(limit) }
    }
}

impl codec::Decoder for FrameCodec {
    type Item = Event;
    type Error = CodecError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Event>, CodecError> {
        let mut input = &src[..];
        let decoded = self.decoder.decode(&mut input);
        // Nothing after an error can be understood. Dropping it keeps a caller that reads on from filling its memory.
        let unread = if decoded.is_ok() { input.len() } else { 0 };
        src.advance(src.len() - unread);
        Ok(decoded?)
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Event>, CodecError> {
        let event = self.decode(src)?;
        if event.is_none() {
            self.decoder.finish()?;
        }
        Ok(event)
    }
}

impl codec::Encoder<&Frame> for FrameCodec {
    type Error = io::Error;

    fn encode(&mut self, frame: &Frame, dst: &mut BytesMut) -> Result<(), io::Error> {
        let header = header(frame);
        dst.reserve(header.len() + frame.as_bytes().len());
        dst.put_slice(&header);
        dst.put_slice(frame.as_bytes());
        Ok(())
    }
}

impl codec::Encoder<Frame> for FrameCodec {
    type Error = io::Error;

    fn encode(&mut self, frame: Frame, dst: &mut BytesMut) -> Result<(), io::Error> {
        codec::Encoder::encode(self, &frame, dst)
    }
}

impl codec::Encoder<Event> for FrameCodec {
    type Error = io::Error;

    fn encode(&mut self, event: Event, dst: &mut BytesMut) -> Result<(), io::Error> {
        match event {
            Event::Frame(frame) => codec::Encoder::encode(self, frame, dst),
            Event::EndOfStream => {
                dst.extend_from_slice(&END_OF_STREAM);
                Ok(())
            }
            // What was lost cannot be sent again.
            Event::Lost(_) => Ok(()),
        }
    }
}

/// A connection ended neither with the end marker nor with a close between two frames.
#[derive(Debug, Error)]
pub enum CodecError {
    /// The connection failed, which is the network's fault or this machine's.
    #[error("reading from the connection failed; check the network and whether the peer still runs")]
    Io(#[from] io::Error),
    /// The peer sent something that is no stream of frames, or stopped in the middle of one.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}
