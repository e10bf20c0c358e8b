//! Reads the pictures of a recording from front to back, whoever made it.

mod chunk;
mod decompress;
mod error;
mod input;
mod records;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::Arc;

pub use self::error::ReadError;
use self::records::{Record, Records};
use crate::fields::Fields;
use crate::image::{Encoding, Picture};

/// Reads a recording.
///
/// Memory is what the longest message or compressed chunk takes, and grows with what was read, never with what a length
/// promises. An error is final.
pub struct Reader<R> {
    records: Records<R>,
    schemas: HashMap<u16, String>,
    channels: HashMap<u16, Channel>,
    only: Option<BTreeSet<String>>,
    body: Vec<u8>,
}

/// What is found in a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A channel that was not known so far, at its first record.
    Channel {
        /// Its topic.
        topic: Arc<str>,
        /// The name of its schema; empty if it has none.
        schema: String,
        /// Whether it holds compressed pictures.
        has_pictures: bool,
    },
    /// A frame.
    Frame(Frame),
    /// A picture that is no JPEG.
    NotJpeg {
        /// Its topic.
        topic: Arc<str>,
        /// What its sender calls it.
        format: String,
    },
    /// The file ends in the middle; this is the last item.
    CutOff {
        /// How long the file is.
        at_byte: u64,
    },
}

/// A frame of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The topic that it was recorded from.
    pub topic: Arc<str>,
    /// When it was recorded, in nanoseconds since 1970.
    pub arrived_ns: u64,
    /// When the robot says that it took it, in nanoseconds since 1970.
    pub taken_ns: Option<u64>,
    /// The JPEG, as it was recorded; it has a byte at least, and nothing else is certain.
    pub jpeg: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Channel {
    topic: Arc<str>,
    /// `None` for a channel that is not read.
    encoding: Option<Encoding>,
}

impl<R: io::Read> Reader<R> {
    /// Reads all topics with pictures.
    pub fn new(input: R) -> Self {
        Self {
            records: Records::new(input),
            schemas: HashMap::new(),
            channels: HashMap::new(),
            only: None,
            body: Vec::new(),
        }
    }

    /// Reads these topics and passes over all others.
    pub fn of_topics(input: R, topics: impl IntoIterator<Item = String>) -> Self {
        Self { only: Some(topics.into_iter().collect()), ..Self::new(input) }
    }

    /// Returns what comes next; `Ok(None)` after the end.
    ///
    /// # Errors
    ///
    /// Fails if the input does, is no recording, is damaged or is compressed in an unknown way. Call it no more then.
    pub fn next_item(&mut self) -> Result<Option<Item>, ReadError> {
        loop {
            let (record, at) = match self.records.next_record(&mut self.body)? {
                Record::Schema { at } => {
                    self.add_schema().ok_or(ReadError::Malformed { at, what: "schema" })?;
                    continue;
                }
                Record::Channel { at } => (self.add_channel(), at),
                Record::Message { at } => (self.message(at)?, at),
                Record::CutOff { at_byte } => return Ok(Some(Item::CutOff { at_byte })),
                Record::End => return Ok(None),
            };
            match record {
                Found::Item(item) => return Ok(Some(item)),
                Found::Nothing => {}
                Found::Malformed(what) => return Err(ReadError::Malformed { at, what }),
            }
        }
    }

    fn add_schema(&mut self) -> Option<()> {
        let mut fields = Fields(&self.body);
        let id = fields.u16()?;
        let name = fields.string().filter(|name| name.len() <= LONGEST_NAME)?;
        self.schemas.insert(id, name.to_owned());
        Some(())
    }

    fn add_channel(&mut self) -> Found {
        self.channel().unwrap_or(Found::Malformed("channel"))
    }

    fn channel(&mut self) -> Option<Found> {
        let mut fields = Fields(&self.body);
        let (id, schema) = (fields.u16()?, fields.u16()?);
        let topic = fields.string().filter(|name| name.len() <= LONGEST_NAME)?;
        let message_encoding = fields.string()?;
        // A channel may be described again, and always in the same way (mcap.dev, "MCAP Format Specification", Channel).
        if let Some(known) = self.channels.get(&id) {
            return (*known.topic == *topic).then_some(Found::Nothing);
        }
        let schema = self.schemas.get(&schema).cloned().unwrap_or_default();
        let encoding = Encoding::of(&schema, message_encoding);
        let topic: Arc<str> = topic.into();
        let is_wanted = self.only.as_ref().is_none_or(|only| only.contains(&*topic));
        self.channels.insert(id, Channel { topic: Arc::clone(&topic), encoding: encoding.filter(|_| is_wanted) });
        Some(Found::Item(Item::Channel { topic, schema, has_pictures: encoding.is_some() }))
    }

    fn message(&self, at: u64) -> Result<Found, ReadError> {
        let mut fields = Fields(&self.body);
        let Some((id, arrived_ns)) = message_header(&mut fields) else { return Ok(Found::Malformed("message")) };
        let channel = self.channels.get(&id).ok_or(ReadError::UnknownChannel { at, id })?;
        let Some(encoding) = channel.encoding else { return Ok(Found::Nothing) };
        let topic = Arc::clone(&channel.topic);
        let Some(Picture { taken_ns, content }) = encoding.decode(fields.0) else {
            return Err(ReadError::Picture { at, topic: topic.as_ref().into() });
        };
        Ok(Found::Item(match content {
            Ok(jpeg) => Item::Frame(Frame { topic, arrived_ns, taken_ns, jpeg }),
            Err(format) => Item::NotJpeg { topic, format },
        }))
    }
}

/// What a record turns out to be.
enum Found {
    Item(Item),
    Nothing,
    Malformed(&'static str),
}

/// The channel and the log time; behind them the message begins.
fn message_header(fields: &mut Fields<'_>) -> Option<(u16, u64)> {
    let id = fields.u16()?;
    let _sequence = fields.u32()?;
    let arrived_ns = fields.u64()?;
    let _publish_time = fields.u64()?;
    Some((id, arrived_ns))
}

/// Topics and schemas are remembered, 65,536 of each.
const LONGEST_NAME: usize = 4096;
