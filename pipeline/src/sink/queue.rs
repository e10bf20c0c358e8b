//! The events that a sink has yet to write, in bounded memory.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Filter, Loses, Patience, Sink, SinkError, Unwritten};
use crate::event::Event;

/// Between those who send events, who never wait, and one sink's thread.
pub(super) struct Queue {
    name: &'static str,
    filter: Filter,
    is_result: bool,
    /// How many bytes of events it may hold.
    room: usize,
    patience: Duration,
    loses: Loses,
    state: Mutex<State>,
    /// There is something to write, or nothing more will come.
    filled: Condvar,
    /// Something was written.
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Arc<Event>>,
    /// Bytes of `events`, about.
    weight: usize,
    /// How many events could not be taken since the last that was, and how many of them were frames.
    lost: u64,
    lost_frames: u64,
    /// How many events the sink has finished.
    finished: u64,
    /// The sink is writing one that is no longer in `events`.
    is_writing: bool,
    is_closed: bool,
    is_released: bool,
    end: Option<SinkEnd>,
}

#[derive(Debug)]
enum SinkEnd {
    /// It has written everything.
    Done,
    Failed(Option<SinkError>),
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Queued,
    /// The sink does not write such events, or nothing any more.
    Ignored,
    /// The first that there was no room for.
    FirstLost,
    Lost,
}

/// What the sink's thread has to do.
#[derive(Debug)]
pub(super) enum Work {
    Write(Arc<Event>),
    /// Nothing is waiting: what was written should be seen.
    Flush,
    End,
}

impl Queue {
    pub(super) fn new(sink: &dyn Sink, loses: Loses) -> Self {
        Self {
            name: sink.name(),
            filter: sink.filter(),
            is_result: sink.is_result(),
            room: sink.room(),
            patience: sink.patience(),
            loses,
            state: Mutex::default(),
            filled: Condvar::new(),
            written: Condvar::new(),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn is_result(&self) -> bool {
        self.is_result
    }

    /// Takes an event that the sink writes, or counts it as lost; never waits.
    pub(super) fn push(&self, event: &Arc<Event>) -> Taken {
        if !(self.filter)(event) {
            return Taken::Ignored;
        }
        let mut state = self.lock();
        if state.is_closed || state.end.is_some() {
            return Taken::Ignored;
        }
        // Once lines were lost, none is taken until half of the rest is written: one gap instead of hundreds.
        let room = if state.lost > 0 { self.room / 2 } else { self.room };
        let is_full = self.loses == Loses::WhatIsTooMuch && state.weight > room;
        // What became of a robot is said by nothing else, and who writes about it must know that it has left.
        let may_be_more = matches!(**event, Event::Ended(_)) && state.weight <= 2 * self.room;
        if is_full && !may_be_more {
            state.lost += 1;
            state.lost_frames += u64::from(matches!(**event, Event::Received(_)));
            return if state.lost == 1 { Taken::FirstLost } else { Taken::Lost };
        }
        if !is_full {
            state.enqueue_what_was_lost();
        }
        state.enqueue(Arc::clone(event));
        drop(state);
        self.filled.notify_one();
        Taken::Queued
    }

    /// Whether there is room, or nobody needs to care.
    pub(super) fn has_room(&self) -> bool {
        self.loses == Loses::WhatIsTooMuch || self.lock().has(self.room)
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.lock().events.len()
    }

    /// Waits until what may lose nothing has room.
    pub(super) fn wait_for_room(&self) {
        if self.loses == Loses::WhatIsTooMuch {
            return;
        }
        let mut state = self.lock();
        while !state.has(self.room) {
            state = self.written.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends all waiting for room.
    pub(super) fn release(&self) {
        self.lock().is_released = true;
        self.written.notify_all();
    }

    /// The next thing to do for the sink's thread; `has_unseen` says whether it has written what it has not flushed, and
    /// `pause` after which time it flushes though nothing has come.
    pub(super) fn next(&self, has_unseen: bool, pause: Option<Duration>) -> Work {
        let mut state = self.lock();
        if state.is_writing {
            state.is_writing = false;
            state.finished += 1;
            self.written.notify_all();
        }
        loop {
            // Perhaps nothing more comes behind which it could be said.
            if state.events.is_empty() {
                state.enqueue_what_was_lost();
            }
            if let Some(event) = state.events.pop_front() {
                state.weight -= event.weight();
                state.is_writing = true;
                return Work::Write(event);
            }
            if has_unseen {
                return Work::Flush;
            }
            if state.is_closed {
                return Work::End;
            }
            let Some(pause) = pause else {
                state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (locked, waited) = self.filled.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner);
            state = locked;
            if waited.timed_out() && state.events.is_empty() && !state.is_closed {
                return Work::Flush;
            }
        }
    }

    /// The sink has ended, with an error or because there is nothing more to write.
    pub(super) fn ended(&self, outcome: Result<(), SinkError>) {
        let mut state = self.lock();
        state.end = Some(match outcome {
            Ok(()) => SinkEnd::Done,
            Err(error) => SinkEnd::Failed(Some(error)),
        });
        drop(state);
        self.written.notify_all();
    }

    /// The error that ended the sink; it comes once.
    pub(super) fn take_failure(&self) -> Option<SinkError> {
        match &mut self.lock().end {
            Some(SinkEnd::Failed(error)) => error.take(),
            _ => None,
        }
    }

    /// Takes no more events, but for how many were lost.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_one();
    }

    /// Waits for the sink to end; fails with what it has left behind.
    pub(super) fn wait_until_written(&self, patience: impl Fn() -> Patience) -> Result<(), Unwritten> {
        let mut state = self.lock();
        let (mut finished, mut stood_still) = (state.finished, Duration::ZERO);
        while state.end.is_none() && (patience() == Patience::Endless || stood_still < self.patience) {
            state = self.written.wait_timeout(state, LOOK_EVERY).unwrap_or_else(PoisonError::into_inner).0;
            stood_still = if state.finished == finished { stood_still + LOOK_EVERY } else { Duration::ZERO };
            finished = state.finished;
        }
        match state.end {
            Some(_) => Ok(()),
            None => {
                // If nothing else, then its end.
                let lines = (state.events.len() as u64 + u64::from(state.is_writing)).max(1);
                Err(Unwritten { sink: self.name, lines, waited: self.patience })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether at most `room` bytes wait; always so once the sink has ended or the program is closing.
    fn has(&self, room: usize) -> bool {
        self.weight <= room || self.end.is_some() || self.is_released
    }

    /// Says how many were lost, if any were.
    fn enqueue_what_was_lost(&mut self) {
        let (lines, frames) = (std::mem::take(&mut self.lost), std::mem::take(&mut self.lost_frames));
        if lines > 0 {
            self.enqueue(Arc::new(Event::Lost { lines, frames }));
        }
    }

    fn enqueue(&mut self, event: Arc<Event>) {
        self.weight += event.weight();
        self.events.push_back(event);
    }
}

/// How often patience is asked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
