//! Writes recordings, and says once why it cannot.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use mcap::records::MessageHeader;
use mcap::{McapError, WriteOptions};
use prost::Message as _;

use crate::annotations::Annotations;
use crate::foxglove::{self, ImageAnnotations};
use crate::schemas::Schema;
use crate::sink::{Sink, Status};
use crate::time::Times;
use crate::{cdr, schemas};

/// Writes a recording.
///
/// What is written is kept in memory until 4 MB are together or [`flush`](Self::flush) is called, and then goes to the sink as a
/// whole, so that a recording that is cut off can be read up to there. Each such chunk costs some 200 bytes of memory until the
/// end, for the index.
///
/// The first error says what went wrong and gives up the sink; everything after it fails with [`WriteError::Stopped`]. A writer
/// that is dropped writes nothing more: call [`finish`](Self::finish).
pub struct Writer<W: io::Write> {
    /// `None` once a write has failed.
    inner: Option<mcap::Writer<Sink<W>>>,
    status: Arc<Status>,
    channels: HashMap<(Content, String), Channel>,
    /// The message that is made, so that its memory is used again.
    message: Vec<u8>,
    /// Bytes of the messages that wait for their chunk.
    waiting: u64,
}

/// A recording that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The sink does not take more.
    #[error("byte {at} of the recording cannot be written; make room on its disk, or choose another place")]
    Sink {
        /// How many bytes it has taken.
        at: u64,
        /// Why; of the kind [`StorageFull`](io::ErrorKind::StorageFull) if the disk is full.
        #[source]
        source: io::Error,
    },
    /// A frame or a name that the format has no room for.
    #[error("{what} has {len} bytes, and {limit} are allowed; leave it out")]
    TooLong {
        /// What has so many.
        what: &'static str,
        /// How many it has.
        len: usize,
        /// How many may be.
        limit: usize,
    },
    /// More robots than the format can hold; ask [`Writer::has_room`] before.
    #[error("the recording has {channels} channels and takes no more; begin another")]
    TooManyChannels {
        /// How many it has.
        channels: usize,
    },
    /// A mistake in this program.
    #[error("the MCAP library refuses what it was given; please report this")]
    Format(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An earlier error was returned already.
    #[error("the recording has stopped at an earlier error; begin another")]
    Stopped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Content {
    Frames,
    Detections,
    Report,
}

#[derive(Debug, Clone, Copy)]
struct Channel {
    id: u16,
    sequence: u32,
}

impl<W: io::Write> Writer<W> {
    /// Begins a recording at the front of an empty sink.
    ///
    /// # Errors
    ///
    /// Fails if the sink does.
    pub fn new(sink: W) -> Result<Self, WriteError> {
        let status = Arc::new(Status::default());
        // Without seeking, chunks are made in memory: a chunk that is half on the disk has no length yet and cannot be read.
        let options = WriteOptions::new()
            .compression(None)
            .disable_seeking(true)
            .chunk_size(Some(CHUNK_BYTES))
            .library(concat!("robot-vision ", env!("CARGO_PKG_VERSION")));
        let inner = options.create(Sink::new(sink, Arc::clone(&status))).map_err(|error| explain(&status, error))?;
        Ok(Self { inner: Some(inner), status, channels: HashMap::new(), message: Vec::new(), waiting: 0 })
    }

    /// Writes a frame as it came.
    ///
    /// `robot` is the first part of its topics: `robot1` for `/robot1/camera/image/compressed`.
    ///
    /// # Errors
    ///
    /// Fails if the sink does, or if the frame has 4 GiB.
    pub fn frame(&mut self, robot: &str, times: Times, jpeg: &[u8]) -> Result<(), WriteError> {
        if jpeg.len() > LONGEST_FRAME {
            return Err(WriteError::TooLong { what: "the frame", len: jpeg.len(), limit: LONGEST_FRAME });
        }
        let mut message = std::mem::take(&mut self.message);
        cdr::encode(times.stamp_ns(), robot, "jpeg", jpeg, &mut message);
        self.write(Content::Frames, robot, times, message)
    }

    /// Writes what was found in the frame with these times.
    ///
    /// # Errors
    ///
    /// Fails if the sink does.
    pub fn annotations(&mut self, robot: &str, times: Times, annotations: &Annotations) -> Result<(), WriteError> {
        let mut message = std::mem::take(&mut self.message);
        message.clear();
        let annotations = ImageAnnotations::new(times.stamp_ns(), annotations);
        annotations.encode(&mut message).expect("a Vec grows");
        self.write(Content::Detections, robot, times, message)
    }

    /// Writes one line of the report, a JSON object.
    ///
    /// # Errors
    ///
    /// Fails if the sink does.
    pub fn report(&mut self, robot: &str, times: Times, line: &str) -> Result<(), WriteError> {
        let mut message = std::mem::take(&mut self.message);
        message.clear();
        message.extend_from_slice(line.trim_end().as_bytes());
        self.write(Content::Report, robot, times, message)
    }

    /// Closes the chunk, so that what was written is read back even if nothing more is written, and flushes the sink.
    ///
    /// # Errors
    ///
    /// Fails if the sink does.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.waiting = 0;
        self.with(mcap::Writer::flush)
    }

    /// Writes the summary and the end, and returns the sink.
    ///
    /// # Errors
    ///
    /// Fails if the sink does, or has before.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.with(|inner| inner.finish().map(drop))?;
        let inner = self.inner.take().ok_or(WriteError::Stopped)?;
        Ok(inner.into_inner().into_inner())
    }

    /// Bytes so far, about; those that wait for their chunk included.
    pub fn bytes(&self) -> u64 {
        self.status.written() + self.waiting
    }

    /// Whether a thousand more robots have room in it, with all three topics: some may come later than the first.
    pub fn has_room(&self) -> bool {
        self.channels.len() + 3000 <= MOST_CHANNELS
    }

    fn write(&mut self, content: Content, robot: &str, times: Times, message: Vec<u8>) -> Result<(), WriteError> {
        let written = self.channel(content, robot).and_then(|Channel { id, sequence }| {
            let (log_time, publish_time) = (times.arrived_ns, times.stamp_ns());
            let header = MessageHeader { channel_id: id, sequence, log_time, publish_time };
            self.with(|inner| inner.write_to_known_channel(&header, &message))
        });
        let before = self.waiting;
        self.waiting = if before > CHUNK_BYTES { 0 } else { before } + message.len() as u64;
        self.message = message;
        written
    }

    /// Finds or adds a robot's channel, and counts a message on it.
    fn channel(&mut self, content: Content, robot: &str) -> Result<Channel, WriteError> {
        let key = (content, robot.to_owned());
        if let Some(channel) = self.channels.get_mut(&key) {
            channel.sequence = channel.sequence.wrapping_add(1);
            return Ok(*channel);
        }
        if robot.len() > LONGEST_NAME {
            return Err(WriteError::TooLong { what: "the robot's name", len: robot.len(), limit: LONGEST_NAME });
        }
        if self.channels.len() >= MOST_CHANNELS {
            return Err(WriteError::TooManyChannels { channels: self.channels.len() });
        }
        let (topic, Schema { name, encoding, message_encoding }) = content.topic(robot);
        let definition = content.definition();
        let id = self.with(|inner| {
            let schema = inner.add_schema(name, encoding, &definition)?;
            inner.add_channel(schema, &topic, message_encoding, &BTreeMap::new())
        })?;
        let channel = Channel { id, sequence: 0 };
        self.channels.insert(key, channel);
        Ok(channel)
    }

    /// Does something with the MCAP writer, and gives that up when it fails.
    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut mcap::Writer<Sink<W>>) -> Result<T, McapError>,
    ) -> Result<T, WriteError> {
        let inner = self.inner.as_mut().ok_or(WriteError::Stopped)?;
        work(inner).map_err(|error| {
            self.abandon();
            explain(&self.status, error)
        })
    }

    /// Lets go of the sink. The MCAP writer would write its end when dropped, and hide what goes wrong then.
    fn abandon(&mut self) {
        self.waiting = 0;
        drop(self.inner.take().map(mcap::Writer::into_inner));
    }
}

impl<W: io::Write> Drop for Writer<W> {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl Content {
    fn topic(self, robot: &str) -> (String, Schema) {
        match self {
            Content::Frames => (format!("/{robot}/camera/image/compressed"), schemas::IMAGE),
            Content::Detections => (format!("/{robot}/detections"), schemas::DETECTIONS),
            Content::Report => (format!("/{robot}/report"), schemas::REPORT),
        }
    }

    fn definition(self) -> Vec<u8> {
        match self {
            Content::Frames => schemas::IMAGE_DEFINITION.into(),
            Content::Detections => foxglove::describe_image_annotations(),
            Content::Report => schemas::REPORT_DEFINITION.into(),
        }
    }
}

/// The cause of a failed write; the MCAP writer may name another.
fn explain(status: &Status, error: McapError) -> WriteError {
    match status.take_failure() {
        Some(source) => WriteError::Sink { at: status.written(), source },
        None => WriteError::Format(error.into()),
    }
}

/// A chunk is closed by the first message behind this many bytes.
const CHUNK_BYTES: u64 = 4 * 1024 * 1024;

/// CDR has lengths of 32 bits; the rest is for what is around the frame.
const LONGEST_FRAME: usize = 0xffff_0000;

const LONGEST_NAME: usize = 1024;

/// Channels have 16 bits, and the library does not give all of them away.
const MOST_CHANNELS: usize = 60_000;
