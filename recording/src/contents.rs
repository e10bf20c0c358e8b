//! What a recording holds, topic by topic.

use std::collections::BTreeMap;
use std::io;

use crate::reader::{Item, ReadError, Reader};

/// What a recording holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Its topics, by their names.
    pub topics: BTreeMap<String, Topic>,
    /// How long the file is, if it ends in the middle.
    pub cut_off_at: Option<u64>,
}

/// What a recording holds of one topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topic {
    /// The name of its schema; empty if it has none.
    pub schema: String,
    /// Whether it holds compressed pictures.
    pub has_pictures: bool,
    /// How many of them are JPEGs.
    pub frames: u64,
    /// The log times of its earliest and its latest JPEG, in nanoseconds since 1970.
    pub times_ns: Option<(u64, u64)>,
    /// How many pictures are none, by what their sender calls them.
    pub not_jpeg: NotJpeg,
}

/// How many pictures are no JPEG, by what their sender calls them.
///
/// It remembers 16 formats, and counts any further ones together: a sender that makes them up does not fill the memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotJpeg {
    formats: BTreeMap<String, u64>,
    further: u64,
}

/// Reads through a recording once.
///
/// # Errors
///
/// As [`Reader::next_item`] does.
pub fn contents(input: impl io::Read) -> Result<Contents, ReadError> {
    let mut reader = Reader::new(input);
    let mut contents = Contents::default();
    while let Some(item) = reader.next_item()? {
        match item {
            Item::Channel { topic, schema, has_pictures } => {
                let topic = contents.topic(&topic);
                topic.schema = schema;
                topic.has_pictures |= has_pictures;
            }
            Item::Frame(frame) => {
                let topic = contents.topic(&frame.topic);
                topic.frames += 1;
                let (first, last) = topic.times_ns.unwrap_or((frame.arrived_ns, frame.arrived_ns));
                topic.times_ns = Some((first.min(frame.arrived_ns), last.max(frame.arrived_ns)));
            }
            Item::NotJpeg { topic, format } => {
                contents.topic(&topic).not_jpeg.count(format);
            }
            Item::CutOff { at_byte } => contents.cut_off_at = Some(at_byte),
        }
    }
    Ok(contents)
}

impl Contents {
    fn topic(&mut self, name: &str) -> &mut Topic {
        if !self.topics.contains_key(name) {
            self.topics.insert(name.to_owned(), Topic::default());
        }
        self.topics.get_mut(name).expect("it was inserted")
    }
}

impl NotJpeg {
    /// Counts a picture.
    pub fn count(&mut self, format: String) {
        if self.formats.len() < MOST_FORMATS || self.formats.contains_key(&format) {
            *self.formats.entry(format).or_default() += 1;
        } else {
            self.further += 1;
        }
    }

    /// How many pictures have each format, in words that are safe for a terminal.
    pub fn counts(&self) -> impl Iterator<Item = (u64, String)> {
        let of =
            |(format, &count): (&String, &u64)| (count, format!("which the recording calls {}", format.escape_debug()));
        let further = (self.further > 0).then(|| (self.further, "in further formats".to_owned()));
        self.formats.iter().map(of).chain(further)
    }
}

const MOST_FORMATS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_are_made_up_are_counted_together() {
        let mut not_jpeg = NotJpeg::default();
        for number in 0..1000 {
            not_jpeg.count(format!("format {number}"));
        }
        assert_eq!(not_jpeg.counts().count(), MOST_FORMATS + 1);
        assert_eq!(not_jpeg.counts().last(), Some((984, "in further formats".to_owned())));
    }
}
