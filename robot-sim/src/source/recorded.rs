//! The frames of an MCAP file, topic by topic, as they were recorded.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use protocol::Frame;
use recording::{Contents, Item, Topic, contents};

use super::{Pass, Played, SourceError, open_file};
use crate::report::Count;

/// What to play of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The file.
    pub path: PathBuf,
    /// The topics; all with pictures if there are none.
    pub topics: Vec<String>,
    /// How much to leave out at the beginning.
    pub start_offset: Duration,
    /// How much to play; everything if there is none.
    pub duration: Option<Duration>,
}

/// The frames of one topic, of which there is at least one.
#[derive(Debug, Clone)]
pub(crate) struct RecordedTopic {
    path: Arc<Path>,
    topic: String,
    window: Window,
    frames: u64,
    times: Times,
}

/// When a topic is played, counted from the first frame of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// Its first frame.
    pub(crate) first: Duration,
    /// The last frame of all.
    pub(crate) last: Duration,
    /// When another pass over all topics begins.
    pub(crate) period: Duration,
}

/// Which log times are played, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: u64,
    to: u64,
}

/// What is played of a topic.
#[derive(Debug, Clone, Copy)]
struct Part {
    first: u64,
    last: u64,
    frames: u64,
}

/// Reads one topic from the front.
struct Reading {
    path: Arc<Path>,
    reader: recording::Reader<File>,
    window: Window,
    /// How many frames it had when it was first looked at, and how many have been read.
    frames: u64,
    read: u64,
}

impl Selection {
    /// Reads through the file, and returns each topic that has something to play.
    ///
    /// `warn` takes a line about what is not played.
    pub(super) fn open(&self, warn: &mut dyn FnMut(String)) -> Result<Vec<RecordedTopic>, SourceError> {
        let path: Arc<Path> = self.path.as_path().into();
        let found = contents(open(&path)?).map_err(|source| self.error(source))?;
        let shown = path.display();
        if let Some(at) = found.cut_off_at {
            warn(format!("{shown} is cut off at byte {at}; what is there is played"));
        }
        for (name, topic) in &found.topics {
            for (count, format) in topic.not_jpeg.counts() {
                // A stranger chose this name, and those below.
                let name = name.escape_debug();
                warn(format!("{shown}: {} on {name} not sent, {format}", Count(count, "picture")));
            }
        }
        let parts = self.parts(&path, &found)?;
        let (first, last) =
            parts.values().fold((u64::MAX, 0), |(first, last), part| (first.min(part.first), last.max(part.last)));
        let span = Duration::from_nanos(last - first);
        // Passes are one mean distance of frames apart.
        let most = parts.values().map(|part| part.frames).max().unwrap_or(1);
        let gap = u32::try_from(most - 1).ok().and_then(|gaps| span.checked_div(gaps)).unwrap_or(ONE_FRAME);
        let topic = |(topic, part): (String, Part)| RecordedTopic {
            path: Arc::clone(&path),
            topic,
            window: Window { from: first, to: last },
            frames: part.frames,
            times: Times {
                first: Duration::from_nanos(part.first - first),
                last: span,
                period: span + gap.max(SHORTEST_GAP),
            },
        };
        let topics: Vec<RecordedTopic> = parts.into_iter().map(topic).collect();
        for (number, topic) in (1..).zip(&topics) {
            let at = topic.times.first.as_secs_f64();
            let name = topic.topic.escape_debug();
            warn(format!("robot {number} is {name}: {} from {at:.3} s", Count(topic.frames, "frame")));
        }
        warn(format!("{:.3} s in all", span.as_secs_f64()));
        Ok(topics)
    }

    /// Which topics have frames in the part of the recording that is asked for.
    fn parts(&self, path: &Path, found: &Contents) -> Result<BTreeMap<String, Part>, SourceError> {
        let wanted = self.wanted(found)?;
        if wanted.len() > MOST_TOPICS {
            let there = listed(wanted.keys().map(|name| name.escape_debug().to_string()));
            return Err(SourceError::TooManyTopics {
                path: self.path.clone(),
                topics: wanted.len(),
                limit: MOST_TOPICS,
                there,
            });
        }
        let times = || wanted.values().filter_map(|topic| topic.times_ns);
        let (Some(first), Some(last)) = (times().map(|(first, _)| first).min(), times().map(|(_, last)| last).max())
        else {
            return Err(SourceError::NoFrames { path: self.path.clone(), there: list(found) });
        };
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let from = first.saturating_add(nanos(self.start_offset));
        let window = Window {
            from,
            // The end is not played, so that two parts can follow each other.
            to: self.duration.map_or(u64::MAX, |duration| from.saturating_add(nanos(duration)).saturating_sub(1)),
        };
        if window.from == first && window.to >= last {
            let whole = |topic: &Topic| topic.times_ns.map(|(first, last)| Part { first, last, frames: topic.frames });
            return Ok(wanted.iter().filter_map(|(name, topic)| Some((name.to_string(), whole(topic)?))).collect());
        }
        let mut parts: BTreeMap<String, Part> = BTreeMap::new();
        let mut reader = recording::Reader::of_topics(open(path)?, wanted.keys().map(ToString::to_string));
        while let Some(item) = reader.next_item().map_err(|source| self.error(source))? {
            let Item::Frame(frame) = item else { continue };
            let at = frame.arrived_ns;
            if window.has(at) {
                let part = parts.entry(frame.topic.to_string()).or_insert(Part { first: at, last: at, frames: 0 });
                *part = Part { first: part.first.min(at), last: part.last.max(at), frames: part.frames + 1 };
            }
        }
        if parts.is_empty() {
            let seconds = Duration::from_nanos(last - first).as_secs_f64();
            return Err(SourceError::NothingSelected { path: self.path.clone(), seconds });
        }
        Ok(parts)
    }

    /// The topics that are asked for.
    fn wanted<'found>(&self, found: &'found Contents) -> Result<BTreeMap<&'found str, &'found Topic>, SourceError> {
        let all = found.topics.iter().filter(|(_, topic)| topic.frames > 0);
        let all: BTreeMap<&str, &Topic> = all.map(|(name, topic)| (name.as_str(), topic)).collect();
        if self.topics.is_empty() || all.is_empty() {
            return Ok(all);
        }
        let named = |topic: &String| {
            let of_robot = format!("/{}/camera/image/compressed", topic.trim_matches('/'));
            let found = all.get_key_value(topic.as_str()).or_else(|| all.get_key_value(of_robot.as_str()));
            found.map(|(name, topic)| (*name, *topic)).ok_or_else(|| {
                let there = listed(all.keys().map(|name| name.escape_debug().to_string()));
                SourceError::NoTopic { path: self.path.clone(), topic: topic.clone(), there }
            })
        };
        self.topics.iter().map(named).collect()
    }

    fn error(&self, source: recording::ReadError) -> SourceError {
        SourceError::Recording { path: self.path.clone(), source }
    }
}

impl RecordedTopic {
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    pub(super) fn times(&self) -> Times {
        self.times
    }

    /// Starts with the first frame. Every robot reads the file for itself, since they may be far apart in it.
    pub(super) fn start(&self) -> Result<Box<dyn Pass>, SourceError> {
        let reader = recording::Reader::of_topics(open(&self.path)?, [self.topic.clone()]);
        let (path, window, frames) = (Arc::clone(&self.path), self.window, self.frames);
        Ok(Box::new(Reading { path, reader, window, frames, read: 0 }))
    }
}

impl Pass for Reading {
    fn next_frame(&mut self) -> Result<Option<Played>, SourceError> {
        let path = || self.path.to_path_buf();
        loop {
            let item = self.reader.next_item().map_err(|source| SourceError::Recording { path: path(), source })?;
            match item {
                Some(Item::Frame(frame)) if self.window.has(frame.arrived_ns) => {
                    let at = Duration::from_nanos(frame.arrived_ns - self.window.from);
                    let frame = Frame::new(frame.jpeg).map_err(|source| SourceError::Frame { path: path(), source })?;
                    self.read += 1;
                    return Ok(Some(Played { frame: Arc::new(frame), at: Some(at) }));
                }
                Some(_) => {}
                None if self.read < self.frames => {
                    return Err(SourceError::Changed { first: self.frames, later: self.read });
                }
                None => return Ok(None),
            }
        }
    }

    fn skip(&mut self, frames: u64) -> Result<(), SourceError> {
        for _ in 0..frames {
            self.next_frame()?;
        }
        Ok(())
    }
}

impl Window {
    fn has(self, at: u64) -> bool {
        (self.from..=self.to).contains(&at)
    }
}

fn open(path: &Path) -> Result<File, SourceError> {
    open_file(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })
}

/// All topics with what they hold, for an error.
fn list(found: &Contents) -> String {
    let one = |(name, topic): (&String, &Topic)| match topic.schema.as_str() {
        "" => name.escape_debug().to_string(),
        schema => format!("{} ({})", name.escape_debug(), schema.escape_debug()),
    };
    if found.topics.is_empty() {
        "no topic at all".to_owned()
    } else {
        format!("the topics {}", listed(found.topics.iter().map(one)))
    }
}

/// Names for an error, as many as somebody reads.
fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MOST_LISTED);
    let listed = names.take(MOST_LISTED).collect::<Vec<_>>().join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

/// Each is a robot that reads the file for itself: more would read it more often than any disk likes.
const MOST_TOPICS: usize = 100;
const MOST_LISTED: usize = 20;

/// How long a frame of a camera lasts.
const ONE_FRAME: Duration = Duration::from_millis(33);
/// So that passes over frames which all have the same time do not fall together.
const SHORTEST_GAP: Duration = Duration::from_millis(1);
