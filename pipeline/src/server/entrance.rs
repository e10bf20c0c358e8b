//! Robots that neither dial nor are dialled: somebody else brings their frames, with the numbers that these have there.
#![expect(clippy::disallowed_methods, reason = "places are waited for here")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::Frame;
use tokio::io::AsyncRead;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::sleep;

use super::acceptor::{Acceptor, Connection};
use super::places::Places;
use super::reader::{Read, Reader, Timed};
use crate::clock::Clock;
use crate::elsewhere::Answers;
use crate::event::End;

/// Where robots come in whose frames somebody else receives.
#[derive(Debug, Clone)]
pub struct Entrance(mpsc::UnboundedSender<Arrival>);

/// What comes in by an [`Entrance`]; the pipeline takes it.
#[derive(Debug)]
pub struct Arrivals(pub(super) mpsc::UnboundedReceiver<Arrival>);

/// A robot that comes by an [`Entrance`].
pub struct Guest {
    /// Its name.
    pub name: Arc<str>,
    /// Where it is, as far as that is known.
    pub peer: SocketAddr,
    /// Where its frames are found, for the report.
    pub url: Arc<str>,
    /// Called once it has a place, with where to put what others find in its pictures; it must not wait.
    pub admitted: Box<dyn FnOnce(Answers) + Send>,
}

#[derive(Debug)]
pub(super) struct Arrival {
    guest: Guest,
    fed: Fed,
}

/// Where the frames of one robot are put.
#[derive(Debug, Clone)]
pub struct Feed(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Numbered>,
    /// The number that the next frame should have; `None` until one has come.
    next: Option<u64>,
    /// How many were lost on their way and are not reported yet.
    lost: u64,
    end: Option<End>,
    is_closed: bool,
}

/// A frame with the number that its sender gave it.
#[derive(Debug)]
struct Numbered {
    number: u64,
    frame: Frame,
    at: Duration,
}

/// The pipeline wants no more of this robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream is closed")]
pub struct FeedClosed;

impl Entrance {
    /// An entrance, and what the pipeline needs of it.
    pub fn open() -> (Self, Arrivals) {
        let (entrance, arrivals) = mpsc::unbounded_channel();
        (Self(entrance), Arrivals(arrivals))
    }

    /// Brings a robot, which waits until there is a place for it.
    pub fn bring(&self, guest: Guest, clock: Clock) -> Feed {
        let feed = Arc::new(Shared { clock, state: Mutex::default(), filled: Notify::new() });
        // Where nobody takes it any more, its feed is closed by being dropped.
        _ = self.0.send(Arrival { guest, fed: Fed(Arc::clone(&feed)) });
        Feed(feed)
    }
}

impl Feed {
    /// Puts in a frame; those between the last one and this one were lost on their way, and are counted.
    ///
    /// # Errors
    /// Fails once the pipeline wants no more.
    pub fn put(&self, number: u64, frame: Frame) -> Result<(), FeedClosed> {
        let mut state = self.0.lock();
        if state.is_closed {
            return Err(FeedClosed);
        }
        if state.next.is_some_and(|next| number < next) {
            // It was overtaken, and counts as lost already.
            return Ok(());
        }
        let missing = state.next.map_or(0, |next| number - next);
        state.lost = state.lost.saturating_add(missing);
        state.next = Some(number.saturating_add(1));
        let (at, len) = (self.0.clock.now(), frame.as_bytes().len());
        state.waiting.push_back(Numbered { number, frame, at });
        let waiting = |state: &State| state.waiting.iter().map(|waiting| waiting.frame.as_bytes().len()).sum::<usize>();
        // The network's thread takes them at once, unless the whole machine has too much to do.
        while state.waiting.len() > MOST_WAITING || (state.waiting.len() > 1 && waiting(&state) > MOST_BYTES.max(len)) {
            state.waiting.pop_front();
            state.lost += 1;
        }
        drop(state);
        self.0.filled.notify_one();
        Ok(())
    }

    /// Nothing follows; `frames` is how many the robot has sent, where that is known.
    pub fn end(&self, end: End, frames: Option<u64>) {
        let mut state = self.0.lock();
        if state.end.is_some() {
            return;
        }
        let missing = frames.zip(state.next).map_or(0, |(frames, next)| frames.saturating_sub(next));
        state.lost = state.lost.saturating_add(missing);
        state.end = Some(end);
        drop(state);
        self.0.filled.notify_one();
    }

    /// Whether the pipeline wants no more.
    pub fn is_closed(&self) -> bool {
        self.0.lock().is_closed
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes next from a robot, however it comes.
pub(super) enum Brought {
    /// By a connection of its own.
    Read(Read),
    /// A frame that somebody else has numbered.
    Numbered(Timed, u64),
    /// So many frames were lost on their way.
    Undelivered(u64),
}

/// Where the frames of one robot come from. It may be left and asked again at any time without losing anything.
pub(super) trait Source {
    /// What comes next, or why there is nothing.
    async fn next(&mut self) -> Result<Brought, End>;
}

impl<S: AsyncRead + Unpin> Source for Reader<S> {
    async fn next(&mut self) -> Result<Brought, End> {
        Reader::next(self).await.map(Brought::Read)
    }
}

/// The pipeline's end of a feed.
#[derive(Debug)]
struct Fed(Arc<Shared>);

impl Source for Fed {
    async fn next(&mut self) -> Result<Brought, End> {
        loop {
            let filled = self.0.filled.notified();
            {
                let mut state = self.0.lock();
                if state.lost > 0 {
                    return Ok(Brought::Undelivered(std::mem::take(&mut state.lost)));
                }
                if let Some(Numbered { number, frame, at }) = state.waiting.pop_front() {
                    return Ok(Brought::Numbered((frame, at), number));
                }
                if let Some(end) = &state.end {
                    return Err(end.clone());
                }
            }
            filled.await;
        }
    }
}

impl Drop for Fed {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        state.waiting.clear();
    }
}

impl Arrival {
    /// Waits for a place, and hands frames on until the stream is over and its last frame is done.
    pub(super) async fn run(self, acceptor: Arc<Acceptor>, places: Arc<Places>, mut stop: watch::Receiver<bool>) {
        let Self { guest: Guest { name, peer, url, admitted }, mut fed } = self;
        let place = loop {
            // At the program's end nobody is let in: who comes after all were told to leave would stay.
            if *stop.borrow() || acceptor.robots.all_have_come() || fed.0.lock().end.is_some() {
                return;
            }
            match places.free() {
                Some(place) => break place,
                None => tokio::select! {
                    biased;
                    _ = stop.changed() => return,
                    () = sleep(PLACE_POLL) => {}
                },
            }
        };
        let connection = Connection { acceptor, places, peer, name: Some(name), url: Some(url), stop };
        connection.stream(&mut fed, place, None, admitted).await.leave().await;
    }
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Guest").field(&self.name).finish()
    }
}

/// Frames that wait for the network's thread; more are a sign that this machine has too much to do.
const MOST_WAITING: usize = 8;
/// The same in bytes: two of the largest frames.
const MOST_BYTES: usize = 32 << 20;
/// How often a place is looked for.
const PLACE_POLL: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use tokio::runtime;

    use super::*;
    use crate::event::EndReason;

    fn feed() -> (Feed, Fed) {
        let shared = Arc::new(Shared { clock: Clock::start(), state: Mutex::default(), filled: Notify::new() });
        (Feed(Arc::clone(&shared)), Fed(shared))
    }

    fn frame(bytes: usize) -> Frame {
        Frame::new(vec![1; bytes]).unwrap()
    }

    fn end() -> End {
        End { reason: EndReason::HangUp, detail: None }
    }

    /// What comes until the end, in words.
    fn all(fed: &mut Fed) -> Vec<String> {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        let mut said = Vec::new();
        loop {
            said.push(match runtime.block_on(fed.next()) {
                Ok(Brought::Numbered(_, number)) => number.to_string(),
                Ok(Brought::Undelivered(frames)) => format!("{frames} lost"),
                Ok(Brought::Read(_)) => unreachable!("it reads no connection"),
                Err(_) => return said,
            });
        }
    }

    #[test]
    fn frames_that_are_missing_between_others_and_at_the_end_are_counted() {
        let (feed, mut fed) = feed();
        [5, 6, 9].into_iter().for_each(|number| feed.put(number, frame(1)).unwrap());
        feed.end(end(), Some(12));
        assert_eq!(all(&mut fed), ["4 lost", "5", "6", "9"]);
    }

    #[test]
    fn a_frame_that_was_overtaken_stays_counted_as_lost() {
        let (feed, mut fed) = feed();
        [0, 2, 1, 3].into_iter().for_each(|number| feed.put(number, frame(1)).unwrap());
        feed.end(end(), None);
        assert_eq!(all(&mut fed), ["1 lost", "0", "2", "3"]);
    }

    #[test]
    fn when_nobody_takes_them_the_newest_frames_stay() {
        let (feed, mut fed) = feed();
        (0..20).for_each(|number| feed.put(number, frame(1)).unwrap());
        feed.end(end(), Some(20));
        assert_eq!(all(&mut fed), ["12 lost", "12", "13", "14", "15", "16", "17", "18", "19"]);

        let (feed, mut fed) = self::feed();
        (0..3).for_each(|number| feed.put(number, frame(MOST_BYTES)).unwrap());
        feed.end(end(), Some(3));
        assert_eq!(all(&mut fed), ["2 lost", "2"], "of the longest frames only one waits");
    }

    #[test]
    fn nobody_puts_anything_into_a_stream_that_is_not_wanted_any_more() {
        let (feed, fed) = feed();
        assert!(!feed.is_closed());
        drop(fed);
        assert!(feed.is_closed());
        assert_eq!(feed.put(0, frame(1)), Err(FeedClosed));
    }
}
