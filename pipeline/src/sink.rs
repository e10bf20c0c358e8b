//! Where events go: each sink has a thread and a bounded queue of its own, so that nothing one sink does is felt elsewhere.

mod queue;
pub(crate) mod readings;
pub(crate) mod recorder;
pub mod report;
pub(crate) mod terminal;
mod worker;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::event::Event;
use crate::wake::Wake;
use queue::{Queue, Taken};

/// Takes events in order, on a thread of its own.
pub trait Sink: Send {
    /// What it is called in messages, such as `report`.
    fn name(&self) -> &'static str;

    /// Picks the events that it writes; others never reach it.
    fn filter(&self) -> Filter;

    /// How many bytes of events may wait for it: some ten thousand lines, or a few hundred with hundreds of codes each.
    fn room(&self) -> usize {
        8 << 20
    }

    /// Whether what it writes is a result: with every frame wanted, the pipeline waits for it instead of losing lines.
    fn is_result(&self) -> bool;

    /// Writes `event`.
    ///
    /// # Errors
    /// Fails where it cannot be written; nothing more is written then.
    fn write(&mut self, event: &Event) -> Result<(), SinkError>;

    /// Lets readers see what was written; called whenever the queue is empty.
    ///
    /// # Errors
    /// As [`Sink::write`].
    fn flush(&mut self) -> Result<(), SinkError>;

    /// How often [`flush`](Self::flush) is called while nothing comes; `None` for never.
    fn flush_every(&self) -> Option<Duration> {
        None
    }

    /// How long it may stand still when the user has quit before the program ends without the rest.
    fn patience(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Ends what was written; nothing follows.
    ///
    /// # Errors
    /// As [`Sink::write`].
    fn close(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Whether a sink writes an event; asked on the threads that produce events.
pub type Filter = Box<dyn Fn(&Event) -> bool + Send + Sync>;

/// Why a sink has ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// What it writes to does not take it.
    #[error("{name}: cannot be written ({cause}); is the disk full?")]
    Write {
        /// What is written to.
        name: String,
        /// Why it fails.
        cause: io::Error,
    },
    /// The reader at the other end of the pipe has gone, as `head` does: no error for the user.
    #[error("{name}: nobody reads it any more")]
    ReaderGone {
        /// What was written to.
        name: String,
    },
}

impl SinkError {
    /// What a failed write to `name` means.
    pub fn of_write(name: &str, cause: io::Error) -> Self {
        let name = name.to_owned();
        match cause.kind() {
            io::ErrorKind::BrokenPipe => SinkError::ReaderGone { name },
            _ => SinkError::Write { name, cause },
        }
    }
}

/// The sinks, as everything that produces events sees them: sending never blocks.
///
/// What a sink cannot take is counted. It is reported once as [`Event::SinkStalled`] to the other sinks, and as
/// [`Event::Lost`] to the sink itself when it takes events again.
#[derive(Clone)]
pub(crate) struct Sinks {
    queues: Arc<[Arc<Queue>]>,
}

/// How long to wait for sinks at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Until they have written everything, however long that takes.
    Endless,
    /// As long as none of them stands still for longer than [its own patience](Sink::patience).
    WhileMoving,
}

/// What a sink has left behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unwritten {
    pub(crate) sink: &'static str,
    pub(crate) lines: u64,
    pub(crate) waited: Duration,
}

impl Sinks {
    /// Starts a thread for each of `sinks`; `wake` is woken when one of them fails.
    ///
    /// # Errors
    /// Fails where a thread cannot be started.
    pub(crate) fn start(sinks: Vec<Box<dyn Sink>>, loses: Loses, wake: &Arc<Wake>) -> io::Result<Self> {
        let mut queues = Vec::new();
        for sink in sinks {
            let loses = if sink.is_result() { loses } else { Loses::WhatIsTooMuch };
            let queue = Arc::new(Queue::new(&*sink, loses));
            worker::spawn(sink, Arc::clone(&queue), Arc::clone(wake))?;
            queues.push(queue);
        }
        Ok(Self { queues: queues.into() })
    }

    /// Hands `event` to every sink that wants it; never waits.
    pub(crate) fn send(&self, event: Event) {
        let event = Arc::new(event);
        for queue in self.queues.iter() {
            if queue.push(&event) == Taken::FirstLost {
                self.send_to_others(queue, Event::SinkStalled { sink: queue.name(), loses: true });
            }
        }
    }

    fn send_to_others(&self, stalled: &Arc<Queue>, event: Event) {
        let event = Arc::new(event);
        for queue in self.queues.iter().filter(|queue| !Arc::ptr_eq(queue, stalled)) {
            _ = queue.push(&event);
        }
    }

    /// Whether every sink that may lose nothing has room.
    pub(crate) fn have_room(&self) -> bool {
        self.waited_for().is_none()
    }

    /// The sink for which all wait at present.
    pub(crate) fn waited_for(&self) -> Option<&'static str> {
        self.queues.iter().find(|queue| !queue.has_room()).map(|queue| queue.name())
    }

    /// How many events are in the queues.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.queues.iter().map(|queue| queue.waiting()).sum()
    }

    /// Waits until every sink that may lose nothing has room; decoders call it before each frame.
    pub(crate) fn wait_for_room(&self) {
        self.queues.iter().for_each(|queue| queue.wait_for_room());
    }

    /// The error of a sink that has failed.
    pub(crate) fn failure(&self) -> Option<SinkError> {
        self.queues.iter().find_map(|queue| queue.take_failure())
    }

    /// Lets whoever waits for room go on: nothing more is produced.
    pub(crate) fn release(&self) {
        self.queues.iter().for_each(|queue| queue.release());
    }

    /// Ends the sinks once they have written what they hold, with the `patience` there is at the moment; the results that
    /// were left behind.
    pub(crate) fn close(&self, patience: impl Fn() -> Patience) -> Option<Unwritten> {
        self.queues.iter().for_each(|queue| queue.close());
        // Results first: what else is written is given no more than the time that is left.
        let (results, others): (Vec<_>, Vec<_>) = self.queues.iter().partition(|queue| queue.is_result());
        let unwritten: Vec<Unwritten> =
            results.iter().filter_map(|queue| queue.wait_until_written(&patience).err()).collect();
        others.iter().for_each(|queue| _ = queue.wait_until_written(|| Patience::WhileMoving));
        unwritten.into_iter().next()
    }
}

/// Whether a queue may lose what is too much for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loses {
    WhatIsTooMuch,
    Nothing,
}

#[cfg(test)]
mod tests;
