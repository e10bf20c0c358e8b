//! A robot's frame, before and after it is decoded.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::{Age, Frame};
use vision::Orientation;
use vision::jpeg::{JpegError, PixelLimit};
use vision::picture::{Picture, Pixels};

/// The number of a robot: connections that were let in, counted from 1 for as long as the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RobotId(pub u32);

impl fmt::Display for RobotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "robot {}", self.0)
    }
}

/// Which frame of which robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId {
    /// Whose it is.
    pub robot: RobotId,
    /// That robot's frames count from 0.
    pub seq: u64,
}

/// A frame as it came off the wire.
#[derive(Debug)]
pub struct Received {
    /// Which frame it is.
    pub id: FrameId,
    /// Its bytes.
    pub frame: Arc<Frame>,
    /// When its last byte had been read, on the program's clock.
    pub at: Duration,
    /// How old it was then, by its stamp; `None` without one.
    pub age: Option<Age>,
}

/// A frame that decoded without a fault: the picture beside the bytes it came from.
#[derive(Debug)]
pub struct StreamPicture {
    /// Which frame it is.
    pub id: FrameId,
    /// Its bytes, as they came.
    pub frame: Arc<Frame>,
    /// When the frame's last byte had been read, on the program's clock.
    pub received_at: Duration,
    /// How old the picture was then, by its stamp; `None` without one.
    pub age: Option<Age>,
    orientation: Orientation,
    picture: Option<Picture>,
    pool: Option<PixelPool>,
}

/// How a picture lies and how large it is: a place in it is somewhere else in one that lies otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) orientation: Orientation,
    width: usize,
    height: usize,
}

impl Layout {
    /// That of a picture as the robot sent it, in pixels.
    pub(crate) fn upright(width: usize, height: usize) -> Self {
        Self { orientation: Orientation::UPRIGHT, width, height }
    }
}

impl StreamPicture {
    /// Decodes a frame of up to the limit of `pool` and gives the picture `orientation`.
    ///
    /// It takes memory of `pool`, to which it returns when nobody needs the picture any more; a quarter turn exchanges it with
    /// that of `spare`.
    ///
    /// # Errors
    /// Fails as [`Picture::from_jpeg`] does.
    pub(crate) fn decode(
        received: Received,
        orientation: Orientation,
        pool: &PixelPool,
        spare: &mut Pixels,
    ) -> Result<Self, JpegError> {
        match Picture::from_jpeg_into(received.frame.as_bytes(), pool.limit(), orientation, pool.take(), spare) {
            Ok(picture) => {
                let mut decoded = Self::new(received, picture);
                (decoded.orientation, decoded.pool) = (orientation, Some(pool.clone()));
                Ok(decoded)
            }
            Err((error, pixels)) => {
                pool.give(pixels);
                Err(error)
            }
        }
    }

    /// A picture that was decoded elsewhere, as the robot sent it.
    pub fn new(received: Received, picture: Picture) -> Self {
        let Received { id, frame, at, age } = received;
        let orientation = Orientation::UPRIGHT;
        Self { id, frame, received_at: at, age, orientation, picture: Some(picture), pool: None }
    }

    /// A copy in another orientation than it has now.
    pub(crate) fn turned_to(&self, orientation: Orientation) -> Self {
        let picture = self.picture().turned(self.orientation.inverse().then(orientation));
        let (id, frame, received_at, age) = (self.id, Arc::clone(&self.frame), self.received_at, self.age);
        Self { id, frame, received_at, age, orientation, picture: Some(picture), pool: None }
    }

    /// How the user wants this robot's pictures to be turned, as this one is.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// What places in it relate to.
    pub(crate) fn layout(&self) -> Layout {
        Layout { orientation: self.orientation, width: self.pixels().width(), height: self.pixels().height() }
    }

    /// What the detectors take.
    pub fn picture(&self) -> &Picture {
        self.picture.as_ref().expect("a picture is taken out only when it is dropped")
    }

    /// What the screen takes.
    pub fn pixels(&self) -> &Pixels {
        self.picture().pixels()
    }
}

impl Drop for StreamPicture {
    fn drop(&mut self) {
        if let (Some(pool), Some(picture)) = (&self.pool, self.picture.take()) {
            pool.give(picture.into_pixels());
        }
    }
}

/// Memory of pictures that nobody needs any more, for the next ones; shared by the decoders.
#[derive(Debug, Clone)]
pub(crate) struct PixelPool {
    spare: Arc<Mutex<Vec<Pixels>>>,
    limit: PixelLimit,
}

impl PixelPool {
    pub(crate) fn new(limit: PixelLimit) -> Self {
        Self { spare: Arc::default(), limit }
    }

    /// How large a picture may be.
    pub(crate) fn limit(&self) -> PixelLimit {
        self.limit
    }

    pub(crate) fn take(&self) -> Pixels {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(crate) fn give(&self, pixels: Pixels) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < MOST_SPARE {
            spare.push(pixels);
        }
    }
}

/// One for each decoder and one for each picture that was replaced meanwhile; more would only lie about.
const MOST_SPARE: usize = 4;

#[cfg(test)]
mod tests {
    use protocol::Stamp;

    use super::*;

    #[test]
    fn a_stamp_changes_no_pixel() {
        let mut pixels = Pixels::new(32, 16);
        pixels.data_mut().iter_mut().zip((0..).step_by(1237)).for_each(|(pixel, value)| *pixel = value);
        let plain = Frame::new(pixels.to_jpeg(90).unwrap()).unwrap();
        let stamped = Stamp { seq: 3, time_ns: 1_795_000_000_123_456_789 }.write(plain.clone()).unwrap();
        assert_ne!(plain, stamped);
        let decoded = |frame: Frame| Picture::from_jpeg(frame.as_bytes()).unwrap().pixels().data().to_vec();
        assert_eq!(decoded(plain), decoded(stamped));
    }

    #[test]
    fn the_memory_of_a_picture_serves_the_next_one() {
        let pool = PixelPool::new(PixelLimit::DEFAULT);
        let received = |seq| {
            let jpeg = Pixels::new(32, 16).to_jpeg(90).unwrap();
            Received {
                id: FrameId { robot: RobotId(1), seq },
                frame: Arc::new(Frame::new(jpeg).unwrap()),
                at: Duration::ZERO,
                age: None,
            }
        };
        let (upright, spare) = (Orientation::UPRIGHT, &mut Pixels::default());
        let first = StreamPicture::decode(received(0), upright, &pool, spare).unwrap();
        let memory = first.pixels().data().as_ptr();
        drop(first);
        let second = StreamPicture::decode(received(1), upright, &pool, spare).unwrap();
        assert_eq!(second.pixels().data().as_ptr(), memory);
    }
}
