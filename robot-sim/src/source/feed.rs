//! One sequence of frames for all robots: each frame is decoded and encoded once, however many robots send it.
//!
//! ```text
//! ┌───────────┐ requests ┌──────────┐ frames ┌────────┐
//! │ Reader, a │─────────▶│ Producer │───────▶│ Window │
//! │ robot has │          └──────────┘        └───┬────┘
//! └─────▲─────┘            a thread              │
//!       └──────── frames that are there ─────────┘
//! ```
//!
//! The window holds up to 64 MiB of frames. An input that fits is kept whole, and further passes cost nothing. Of a larger
//! one the latest frames are kept, and a robot that is further behind is given a decoder of its own until it has caught up.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::Frame;
use tokio::sync::oneshot;

use super::{HELD_BYTES, Opened, Pass, Passes, SourceError};

/// What the robots share.
pub(crate) struct Feed {
    window: Arc<Mutex<Window>>,
    requests: Sender<Request>,
}

/// The frames of one robot, in order.
pub(crate) struct Reader {
    feed: Arc<Feed>,
    passes: Passes,
    next: u64,
    own: Option<Own>,
}

/// Decodes what the robots ask for; runs on a thread, because decoding blocks.
pub(crate) struct Producer {
    opened: Opened,
    window: Arc<Mutex<Window>>,
    requests: Receiver<Request>,
    pass: Option<Box<dyn Pass>>,
    frames_in_pass: u64,
    failed: Option<Arc<SourceError>>,
}

/// Frames by their number, which goes on from pass to pass.
#[derive(Default)]
struct Window {
    /// The number of the first frame that is held.
    first: u64,
    frames: VecDeque<Arc<Frame>>,
    bytes: u64,
    /// How many frames a pass has, once the first has ended.
    pass_len: Option<u64>,
}

enum Look {
    Frame(Arc<Frame>),
    End,
    Absent,
}

/// A robot's wish for a frame that is not in the window.
struct Request {
    number: u64,
    own: Option<Own>,
    reply: oneshot::Sender<Answer>,
}

/// A frame from a robot's own decoder, or `None` once it is worth looking into the window again.
type Answer = Result<Option<(Arc<Frame>, Own)>, Arc<SourceError>>;

/// The decoder of a robot that is behind the window.
struct Own {
    pass: Box<dyn Pass>,
    next: u64,
}

impl Feed {
    /// Returns the feed, and its producer if not all frames are in memory already.
    pub(crate) fn new(opened: Opened) -> (Arc<Self>, Option<Producer>) {
        let (requests, incoming) = mpsc::channel();
        let held = opened.held().map(Window::whole);
        let is_whole = held.is_some();
        let window = Arc::new(Mutex::new(held.unwrap_or_default()));
        let feed = Arc::new(Self { window: Arc::clone(&window), requests });
        let producer = Producer { opened, window, requests: incoming, pass: None, frames_in_pass: 0, failed: None };
        (feed, (!is_whole).then_some(producer))
    }

    /// Returns all frames from the first, for one robot.
    pub(crate) fn read(self: &Arc<Self>, passes: Passes) -> Reader {
        Reader { feed: Arc::clone(self), passes, next: 0, own: None }
    }
}

impl Reader {
    /// Returns the next frame; `Ok(None)` when everything has been played as often as asked.
    pub(crate) async fn next_frame(&mut self) -> Result<Option<Arc<Frame>>, Arc<SourceError>> {
        loop {
            match lock(&self.feed.window).look(self.next, self.passes) {
                Look::Frame(frame) => {
                    self.own = None;
                    self.next += 1;
                    return Ok(Some(frame));
                }
                Look::End => return Ok(None),
                Look::Absent => {}
            }
            let (reply, answer) = oneshot::channel();
            let request = Request { number: self.next, own: self.own.take(), reply };
            self.feed.requests.send(request).expect("the producer outlives its readers");
            if let Some((frame, own)) = answer.await.expect("the producer answers every request")? {
                self.own = Some(own);
                self.next += 1;
                return Ok(Some(frame));
            }
        }
    }
}

impl Producer {
    /// Answers requests until no reader is left.
    pub(crate) fn run(mut self) {
        while let Ok(Request { number, own, reply }) = self.requests.recv() {
            // Fails if the robot has ended in the meantime.
            let _ = reply.send(self.answer(number, own));
        }
    }

    fn answer(&mut self, number: u64, own: Option<Own>) -> Answer {
        if let Some(error) = &self.failed {
            return Err(Arc::clone(error));
        }
        let (held, pass_len, is_whole) = {
            let window = lock(&self.window);
            (window.first..window.end(), window.pass_len, window.is_whole())
        };
        let done = if is_whole || held.contains(&number) {
            Ok(None)
        } else if number < held.start {
            self.behind(number, own, pass_len).map(Some)
        } else {
            self.advance(pass_len).map(|()| None)
        };
        done.map_err(|error| Arc::clone(self.failed.insert(Arc::new(error))))
    }

    /// Adds the next frame to the window, or notes that the pass has ended.
    fn advance(&mut self, pass_len: Option<u64>) -> Result<(), SourceError> {
        let pass = match &mut self.pass {
            Some(pass) => pass,
            None => self.pass.insert(self.opened.start()?),
        };
        if let Some(frame) = pass.next_frame()? {
            self.frames_in_pass += 1;
            lock(&self.window).push(Arc::new(frame));
            return Ok(());
        }
        self.pass = None;
        let later = std::mem::take(&mut self.frames_in_pass);
        match pass_len {
            Some(first) if first != later => Err(SourceError::Changed { first, later }),
            _ if later == 0 => Err(SourceError::Changed { first: 1, later }),
            _ => {
                lock(&self.window).pass_len = Some(later);
                Ok(())
            }
        }
    }

    /// Decodes a frame that the window has no longer.
    fn behind(&self, number: u64, own: Option<Own>, pass_len: Option<u64>) -> Result<(Arc<Frame>, Own), SourceError> {
        let mut own = match own {
            Some(own) if own.next == number => own,
            _ => {
                let mut pass = self.opened.start()?;
                pass.skip(pass_len.map_or(number, |len| number % len))?;
                Own { pass, next: number }
            }
        };
        let frame = match own.pass.next_frame()? {
            Some(frame) => frame,
            None => {
                own.pass = self.opened.start()?;
                let changed = SourceError::Changed { first: pass_len.unwrap_or(number), later: 0 };
                own.pass.next_frame()?.ok_or(changed)?
            }
        };
        own.next += 1;
        Ok((Arc::new(frame), own))
    }
}

impl Window {
    /// Holds all frames of the input.
    fn whole(frames: &[Arc<Frame>]) -> Self {
        let bytes = frames.iter().map(|frame| u64::from(frame.len_u32())).sum();
        Self { first: 0, frames: frames.iter().cloned().collect(), bytes, pass_len: Some(frames.len() as u64) }
    }

    fn look(&self, number: u64, passes: Passes) -> Look {
        if self.pass_len.is_some_and(|len| !passes.more_after(number / len)) {
            return Look::End;
        }
        let wanted = match self.pass_len {
            Some(len) if self.is_whole() => number % len,
            _ => number,
        };
        let index = wanted.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.frames.get(index)).map_or(Look::Absent, |frame| Look::Frame(Arc::clone(frame)))
    }

    /// Whether every frame of the input is held.
    fn is_whole(&self) -> bool {
        self.first == 0 && self.pass_len == Some(self.frames.len() as u64)
    }

    /// The number of the first frame that has not been made yet.
    fn end(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    fn push(&mut self, frame: Arc<Frame>) {
        self.bytes += u64::from(frame.len_u32());
        self.frames.push_back(frame);
        while self.bytes > HELD_BYTES && self.frames.len() > 1 {
            let dropped = self.frames.pop_front().expect("there is more than one");
            self.bytes -= u64::from(dropped.len_u32());
            self.first += 1;
        }
    }
}

fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}
