//! Wire format between the robot's camera and the viewer, and what other senders of JPEGs use instead.
//!
//! ```text
//! ┌─ len: u32 LE ─┬─ JPEG: len bytes ─┐ … ┌─ 0: u32 LE ─┐      Decoder           ┐
//! ┌─ JPEG ─┬─ JPEG ─┐ …                                         BareDecoder       ├ StreamDecoder
//! ┌─ --boundary, headers ─┬─ JPEG ─┐ … ┌─ --boundary-- ─┐      MultipartDecoder  ┘
//! ```
//!
//! A frame is its length and then that many bytes; a length of zero ends the stream. It is what Python's
//! `struct.pack("<L", n)` writes, as in picamera's recipe for capturing to a network stream. `rpicam-vid --codec mjpeg`,
//! FFmpeg and GStreamer send one of the other two; [`StreamDecoder`] tells all three apart by their first bytes, and names
//! what is none of them ([`Foreign`]).
//!
//! Bytes go in, [`Event`]s come out. Sockets, clocks and logs belong to the caller:
//!
//! ```
//! use protocol::{Decoder, Event, Frame, FrameLimit};
//!
//! // What a robot sends ...
//! let mut wire = Vec::new();
//! protocol::encode(&Frame::new(*b"first")?, &mut wire);
//! protocol::encode(&Frame::new(*b"second")?, &mut wire);
//! wire.extend_from_slice(&protocol::END_OF_STREAM);
//!
//! // ... comes back, however the network cuts it.
//! let mut decoder = Decoder::new(FrameLimit::DEFAULT);
//! let mut events = Vec::new();
//! for mut chunk in wire.chunks(7) {
//!     while let Some(event) = decoder.decode(&mut chunk)? {
//!         events.push(event);
//!     }
//! }
//! decoder.finish()?; // the peer has closed: was that between two frames?
//!
//! let expected = [Event::Frame(Frame::new(*b"first")?), Event::Frame(Frame::new(*b"second")?), Event::EndOfStream];
//! assert_eq!(events, expected);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is not here
//!
//! - No socket, thread, clock or log. With the feature `codec`, `FrameCodec` puts the same decoder and encoder behind
//!   tokio-util's traits, still without a socket.
//! - No look at a payload behind its length, but for a [`Stamp`] at its front. Without a length the end of a picture is found
//!   by its markers, and no further look is taken. Whether it is a whole JPEG is for a JPEG decoder to decide.
//! - No checksum: the wire carries none, so a bit that flips inside a payload goes unseen here.
//! - No resynchronising where frames have lengths. Once a length is wrong, nothing marks where the next frame starts, so
//!   every error is final and the connection has to be closed. Bare pictures and parts are found again: what was lost on
//!   the way is an event ([`Event::Lost`]).
//! - No HTTP. [`MultipartDecoder`] takes the body of an answer, once chunks are undone.
//!
//! The crate is `no_std` with `alloc`; only the feature `codec` brings in `std`.

#![no_std]

extern crate alloc;
#[cfg(any(test, feature = "codec"))]
extern crate std;

pub mod age;
mod bare;
#[cfg(feature = "codec")]
mod codec;
mod decode;
mod encode;
mod error;
mod foreign;
mod frame;
mod jpeg;
mod loss;
mod multipart;
mod progress;
mod skipped;
mod sniff;
mod stamp;
mod stream;
mod tape;

pub use age::{Age, AgeMeter};
pub use bare::BareDecoder;
#[cfg(feature = "codec")]
pub use codec::{CodecError, FrameCodec};
pub use decode::{Decoder, Event};
pub use encode::{END_OF_STREAM, encode, header};
pub use error::{DecodeError, FrameError, StampError};
pub use foreign::Foreign;
pub use frame::{Frame, FrameLimit};
pub use loss::{Damage, Lost};
pub use multipart::{Boundary, ContentLength, MultipartDecoder, PART_END, close_parts, part_header};
pub use progress::Progress;
pub use stamp::Stamp;
pub use stream::{Framing, StreamDecoder};

/// Runs the examples of the README, which shows the feature `codec` too.
#[cfg(all(doctest, feature = "codec"))]
#[doc = include_str!("../README.md")]
struct Readme;
