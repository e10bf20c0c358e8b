//! Detectors: pictures in, detections out. They do not draw, count over time or know about the network.

mod answer;
pub(crate) mod boxes;
pub(crate) mod cascade;
mod detection;
pub mod engines;
pub mod face;
mod follow;
pub mod human;
pub(crate) mod matrix;
pub(crate) mod merge;
pub mod opencl;
mod payload;
pub mod qr;
mod shape;
pub mod tag;
mod tiles;
mod turns;

pub use answer::{Answer, Part, Searched};
pub use detection::{Detection, KEYPOINTS, Kind};
pub use payload::Payload;
pub use shape::{Point, Rect, Shape};
pub use tag::Tag;

use std::time::Duration;

use crate::picture::{Luma, Picture};

/// Finds objects of one kind in pictures.
///
/// [`Engines::load`](crate::Engines::load) makes detectors. A library underneath may panic on a picture: run a detector
/// inside [`panics::caught`](crate::panics::caught) where that must not end the thread. After a panic it can be used for
/// the next picture.
pub trait Detector: Send {
    /// What it looks for.
    fn kind(&self) -> Kind;

    /// Everything found in a still, in the picture's pixels, as thoroughly as possible.
    ///
    /// # Errors
    /// Fails where the engine does; the detector can be used for the next picture.
    fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, DetectError>;

    /// The memory for a new stream.
    fn stream(&self) -> Stream {
        Stream::default()
    }

    /// What is found in the next picture of a stream: less time is spent per picture, because another follows, and a
    /// search may leave out what is the turn of another picture.
    ///
    /// # Errors
    /// As [`Detector::detect`].
    fn detect_next(&mut self, _stream: &mut Stream, picture: &Picture) -> Result<Answer, DetectError> {
        self.detect(picture).map(Answer::from)
    }
}

/// What a detector remembers of one stream; streams share nothing.
///
/// [`Detector::stream`] makes one; give it to the same detector with each picture of the stream, in order.
#[derive(Debug, Default)]
pub struct Stream {
    /// Pictures do not wait to be searched.
    pub(crate) is_live: bool,
    pub(crate) qr: qr::Memory,
    pub(crate) turns: turns::Turns,
    pub(crate) human: human::movenet::Memory,
}

impl Stream {
    /// Says how much time passes from one picture to the next, before a picture is searched.
    ///
    /// Where pictures are few and far between, each is searched whole. Without a word about it the first one is, and
    /// later ones in part.
    ///
    /// From then on the pictures are those of a live stream, which do not wait: less is looked for in those that are made to
    /// take long. Without a word about it, what is found depends on the pictures alone.
    pub fn arriving_every(&mut self, interval: Duration) {
        self.is_live = true;
        self.turns.arriving_every(interval);
    }

    /// A thread has worked for so long on the last picture of a live stream.
    pub fn took(&mut self, worked: Duration) {
        self.qr.took(worked);
    }

    /// Pictures have another size from now on, or are turned: where something was means nothing any more.
    pub fn forget_places(&mut self) {
        self.qr.forget_places();
        self.turns.forget_places();
        self.human = Default::default();
    }
}

/// Why a detector has no answer for a picture: a library's fault or ours, not the picture's.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DetectError {
    /// It panicked. Made by callers that run a detector inside [`panics::caught`](crate::panics::caught).
    #[error("{engine}: panicked on a {width}×{height} picture (panic {count} of this engine): {message}")]
    Panicked {
        /// The engine, or the kind of the detector.
        engine: &'static str,
        /// Width of the picture in pixels.
        width: usize,
        /// Height of the picture in pixels.
        height: usize,
        /// How many times it has panicked, this time included.
        count: u64,
        /// The first line of the panic message.
        message: String,
    },
    /// Its library returned an error.
    #[error("{engine}: {message} on a {width}×{height} picture")]
    Failed {
        /// The engine.
        engine: &'static str,
        /// Width of the picture in pixels.
        width: usize,
        /// Height of the picture in pixels.
        height: usize,
        /// The error as the library words it.
        message: String,
    },
}

impl DetectError {
    /// The error of `engine`, whose library said `message` about `luma`.
    pub(crate) fn failed(engine: &'static str, luma: &Luma, message: String) -> Self {
        DetectError::Failed { engine, width: luma.width, height: luma.height, message }
    }
}
