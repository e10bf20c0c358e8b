//! Records what robots send and what is found in it, in MCAP files, for as long as the user wants.

mod annotate;
mod control;
mod file;
mod topics;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use recording::{Colour, Times};
use vision::Kind;

use super::report::{Contents, Line};
use super::{Filter, Sink, SinkError};
use crate::clock::Clock;
use crate::event::{Event, FrameTimes, Identity};
use crate::frame::RobotId;
use annotate::annotations;
use control::{Command, Shared};
pub use control::{RecordingControl, RecordingEvent, RecordingState, StopReason};
pub use file::StartRecordingError;
use file::{FileError, RecordingFile};
use topics::Topics;

/// Where and how to record.
#[derive(Debug, Clone)]
pub struct RecorderConfig {
    /// Where files go.
    pub target: RecordTarget,
    /// After how many bytes the recording ends by itself.
    pub limit: Option<u64>,
    /// After which time a new file is begun.
    pub split: Option<Duration>,
    /// Whether what is written survives a power cut as well.
    pub durability: Durability,
    /// What the report's lines say.
    pub contents: Contents,
    /// In which colour each kind is drawn.
    pub colours: fn(Kind) -> Colour,
}

/// Where recordings go; no file that is there is replaced, a number is added instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordTarget {
    /// Into this folder, named by the time of day.
    Dir(PathBuf),
    /// Into this file, and into others beside it for what follows.
    File(PathBuf),
}

/// What a recording survives, but for its last second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// The end of the program, whatever ends it.
    #[default]
    Killed,
    /// A power cut: the disk is waited for after each chunk.
    PowerCut,
}

/// Writes recordings; started and stopped by its [`RecordingControl`].
///
/// A disk that takes no more ends the recording and nothing else.
pub struct Recorder {
    config: RecorderConfig,
    clock: Clock,
    shared: Arc<Shared>,
    topics: Topics,
    /// The report's lines about robots that have connected, and have sent no frame so far.
    arrivals: BTreeMap<RobotId, (Times, String)>,
    file: Option<RecordingFile>,
    /// In the files before.
    bytes_before: u64,
    lost: u64,
    /// The user wants the recording to end, once what came before that is written.
    is_stopping: bool,
}

impl Recorder {
    /// Does nothing until it is told to.
    pub fn new(config: RecorderConfig, clock: Clock) -> (Self, RecordingControl) {
        let (shared, control) = control::shared();
        let (topics, arrivals) = (Topics::default(), BTreeMap::new());
        let (file, bytes_before, lost, is_stopping) = (None, 0, 0, false);
        (Self { config, clock, shared, topics, arrivals, file, bytes_before, lost, is_stopping }, control)
    }

    /// Starts at once, so that a file that cannot be written is reported before anything else happens.
    ///
    /// # Errors
    /// Fails where the file cannot be created.
    pub fn start(&mut self) -> Result<(), StartRecordingError> {
        (self.bytes_before, self.lost) = (0, 0);
        // Who left while nothing was recorded was not noticed.
        self.topics = Topics::default();
        self.arrivals.clear();
        self.next_file()
    }

    fn next_file(&mut self) -> Result<(), StartRecordingError> {
        let now = self.clock.now();
        let file = RecordingFile::create(&self.config, self.clock.epoch_ns(), now)?;
        let path = file.path().to_owned();
        self.shared.set_state(RecordingState::On {
            path: path.clone(),
            since: file.since(),
            bytes: 0,
            lost: self.lost,
        });
        self.shared.tell(RecordingEvent::Started { path });
        self.file = Some(file);
        Ok(())
    }

    /// Ends the file, says so, and returns whether another may follow.
    fn end_file(&mut self, why: StopReason) -> bool {
        let Some(file) = self.file.take() else { return true };
        let path = file.path().to_owned();
        let (frames, bytes, ended) = file.finish();
        self.bytes_before += bytes;
        // What somebody does to one file is no fault of the disk.
        let may_go_on = matches!(ended, Ok(()) | Err(FileError::Gone | FileError::Cut));
        let why = match (why, ended) {
            (StopReason::Failed(why), _) => StopReason::Failed(why),
            (why, Ok(())) => why,
            (_, Err(error)) => StopReason::Failed(in_full(&error)),
        };
        self.shared.tell(RecordingEvent::Stopped { path, frames, bytes, lost: self.lost, why });
        may_go_on
    }

    /// Ends the recording.
    fn stop(&mut self, why: StopReason) {
        self.end_file(why);
        self.shared.set_state(RecordingState::Off);
    }

    /// Does what the user wants; nothing that came before that is waiting.
    fn obey(&mut self) {
        let is_stopping = std::mem::take(&mut self.is_stopping);
        match self.shared.command() {
            Some(Command::Start) if self.file.is_none() => {
                if let Err(error) = self.start() {
                    self.shared.set_state(RecordingState::Off);
                    self.shared.tell(RecordingEvent::NotStarted { why: in_full(&error) });
                }
            }
            Some(Command::Start) => {}
            // Something may have come since the queue was empty, and before the user said so.
            Some(Command::Stop) => self.is_stopping = true,
            None if is_stopping => self.stop(StopReason::Asked),
            None => {}
        }
    }

    /// Does what the time asks for.
    fn attend(&mut self) {
        let now = self.clock.now();
        let Some(file) = &mut self.file else { return };
        if self.config.limit.is_some_and(|limit| self.bytes_before + file.bytes() >= limit) {
            return self.stop(StopReason::Limit);
        }
        if now.saturating_sub(file.flushed_at()) < FLUSH_EVERY {
            return;
        }
        if let Err(error) = file.flush(now) {
            return self.stop(StopReason::Failed(in_full(&error)));
        }
        self.shared.progressed(self.bytes_before + file.bytes(), self.lost);
    }

    /// Goes on in another file, if this one is long or full; asked before each frame, so that no file is without one.
    ///
    /// To others the recording is on all the time: what comes meanwhile is recorded as well.
    fn split_if_due(&mut self, now: Duration) {
        let Some(file) = &self.file else { return };
        let is_long = match (self.config.split, file.first_frame_at()) {
            (Some(split), Some(first)) => now.saturating_sub(first) >= split,
            _ => false,
        };
        if !is_long && file.has_room() {
            return;
        }
        if !self.end_file(StopReason::Asked) {
            return self.shared.set_state(RecordingState::Off);
        }
        if let Err(error) = self.next_file() {
            self.shared.set_state(RecordingState::Off);
            self.shared.tell(RecordingEvent::NotStarted { why: in_full(&error) });
        }
    }

    fn record(&mut self, event: &Event) {
        if let Err(error) = self.put(event) {
            self.stop(StopReason::Failed(in_full(&error)));
        }
        if let Event::Ended(ended) = event {
            self.topics.forget(ended.robot.id);
            self.arrivals.remove(&ended.robot.id);
        }
    }

    /// A robot's topics begin with its first frame, or the first that is damaged: connections that send none take no room.
    fn put(&mut self, event: &Event) -> Result<(), FileError> {
        if let Event::Lost { frames, .. } = event {
            self.lost += frames;
        }
        let line = self.line(event);
        let (Some(file), Some(robot)) = (&mut self.file, robot_of(event)) else { return Ok(()) };
        let arrival = match event {
            Event::Connected { .. } => {
                self.arrivals.extend(line.map(|line| (robot.id, line)));
                return Ok(());
            }
            Event::Received(_) | Event::Corrupt(_) => self.arrivals.remove(&robot.id),
            _ if self.arrivals.contains_key(&robot.id) => return Ok(()),
            _ => None,
        };
        // Who sends first has the name.
        let topic = self.topics.of(robot);
        if let Some((at, line)) = arrival {
            file.report(topic, at, &line)?;
        }
        match event {
            Event::Received(received) => file.frame(topic, times(received.times), &received.frame, self.clock.now())?,
            Event::Frame(frame) if !frame.counts.is_empty() => {
                file.annotations(topic, times(frame.times), &annotations(frame, self.config.colours))?;
            }
            _ => {}
        }
        line.map_or(Ok(()), |(at, line)| file.report(topic, at, &line))
    }

    /// The line of the report about an event, and when it was written.
    fn line(&self, event: &Event) -> Option<(Times, String)> {
        let line = Line::of(event)?.with_contents(self.config.contents)?;
        let now_ns = u64::try_from(self.clock.now().as_nanos()).unwrap_or(u64::MAX);
        let at = Times { arrived_ns: self.clock.epoch_ns().saturating_add(now_ns), taken_ns: None };
        Some((at, line.to_json()))
    }
}

impl Sink for Recorder {
    fn name(&self) -> &'static str {
        "recording"
    }

    fn filter(&self) -> Filter {
        let shared = Arc::clone(&self.shared);
        Box::new(move |event| match event {
            // Also between a stop and a start that goes on with the same file: its topic is free again.
            Event::Ended(_) => shared.is_on(),
            event => robot_of(event).is_some() && shared.is_wanted(),
        })
    }

    fn room(&self) -> usize {
        MOST_WAITING
    }

    fn is_result(&self) -> bool {
        true
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        self.attend();
        if let Event::Received(_) | Event::Corrupt(_) = event {
            self.split_if_due(self.clock.now());
        }
        self.record(event);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.obey();
        self.attend();
        Ok(())
    }

    fn flush_every(&self) -> Option<Duration> {
        Some(LOOK_EVERY)
    }

    fn patience(&self) -> Duration {
        A_BREAK
    }

    fn close(&mut self) -> Result<(), SinkError> {
        self.stop(StopReason::Asked);
        Ok(())
    }
}

/// Whose event it is, of those that a recording holds.
fn robot_of(event: &Event) -> Option<&Identity> {
    match event {
        Event::Received(received) => Some(&received.robot),
        Event::Connected { robot, .. } => Some(robot),
        Event::Frame(frame) => Some(&frame.robot),
        Event::Corrupt(corrupt) => Some(&corrupt.robot),
        Event::Ended(ended) => Some(&ended.robot),
        _ => None,
    }
}

fn times(FrameTimes { arrived_ns, stamp }: FrameTimes) -> Times {
    Times { arrived_ns, taken_ns: stamp.map(|stamp| stamp.time_ns) }
}

/// An error with its causes.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// At most a second is lost when the program is killed: the rest is for noticing that this time is over, and for writing.
const FLUSH_EVERY: Duration = Duration::from_millis(500);
/// How soon a wish is fulfilled and a chunk closed while nothing comes.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a disk may take a break: memory cards do so for a second or two, and a network's disk for longer.
const A_BREAK: Duration = Duration::from_secs(5);
/// Bytes of frames that wait for a disk that takes a break; one robot fills them in a minute.
const MOST_WAITING: usize = 64 << 20;

#[cfg(test)]
mod tests;
