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
use std::time::Duration;

use tokio::sync::oneshot;

use super::{HELD_BYTES, Opened, Pass, Passes, Played, SourceError};

/// What the robots share.
pub(crate) struct Feed {
    window: Arc<Mutex<Window>>,
    /// How long one pass of a recording is.
    period: Duration,
    requests: Sender<Request>,
}

/// The frames of one robot, in order.
pub(crate) struct Reader {
    feed: Arc<Feed>,
    passes: Passes,
    next: u64,
    own: Option<Own>,
    /// How many frames a pass has, once that is known.
    pass_len: Option<u64>,
}

/// Decodes what the robots ask for; runs on a thread, because decoding blocks.
pub(crate) struct Producer {
    start: Start,
    window: Arc<Mutex<Window>>,
    requests: Receiver<Request>,
    pass: Option<Box<dyn Pass>>,
    frames_in_pass: u64,
    failed: Option<Arc<SourceError>>,
}

/// Starts another pass.
type Start = Box<dyn Fn() -> Result<Box<dyn Pass>, SourceError> + Send>;

/// Frames by their number, which goes on from pass to pass.
struct Window {
    /// The number of the first frame that is held.
    first: u64,
    frames: VecDeque<Played>,
    bytes: u64,
    /// How many bytes may be held, unless one frame has more.
    limit: u64,
    /// How many frames a pass has, once the first has ended.
    pass_len: Option<u64>,
}

enum Look {
    Frame(Played),
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
type Answer = Result<Option<(Played, Own)>, Arc<SourceError>>;

/// The decoder of a robot that is behind the window.
struct Own {
    pass: Box<dyn Pass>,
    next: u64,
}

impl Feed {
    /// Returns the feed, and its producer if not all frames are in memory already.
    ///
    /// Frames are held up to a share of the memory that `feeds` of them may have together.
    pub(crate) fn new(opened: Opened, feeds: u64) -> (Arc<Self>, Option<Producer>) {
        let held = opened.held().map(<[_]>::to_vec);
        let is_whole = held.is_some();
        let window = held.map_or_else(|| Window::empty(HELD_BYTES / feeds), Window::whole);
        let period = opened.times().map_or(Duration::ZERO, |times| times.period);
        let (feed, producer) = Self::with(window, period, Box::new(move || opened.start()));
        (feed, (!is_whole).then_some(producer))
    }

    fn with(window: Window, period: Duration, start: Start) -> (Arc<Self>, Producer) {
        let (requests, incoming) = mpsc::channel();
        let window = Arc::new(Mutex::new(window));
        let feed = Arc::new(Self { window: Arc::clone(&window), period, requests });
        (feed, Producer { start, window, requests: incoming, pass: None, frames_in_pass: 0, failed: None })
    }

    /// Returns all frames from the first, for one robot.
    pub(crate) fn read(self: &Arc<Self>, passes: Passes) -> Reader {
        Reader { feed: Arc::clone(self), passes, next: 0, own: None, pass_len: None }
    }
}

impl Reader {
    /// Returns the next frame; `Ok(None)` when everything has been played as often as asked.
    pub(crate) async fn next_frame(&mut self) -> Result<Option<Played>, Arc<SourceError>> {
        loop {
            let look = {
                let window = lock(&self.feed.window);
                self.pass_len = window.pass_len;
                window.look(self.next, self.passes)
            };
            match look {
                Look::Frame(frame) => {
                    self.own = None;
                    return Ok(Some(self.count(frame)));
                }
                Look::End => return Ok(None),
                Look::Absent => {}
            }
            let (reply, answer) = oneshot::channel();
            let request = Request { number: self.next, own: self.own.take(), reply };
            self.feed.requests.send(request).expect("the producer outlives its readers");
            if let Some((frame, own)) = answer.await.expect("the producer answers every request")? {
                self.own = Some(own);
                return Ok(Some(self.count(frame)));
            }
        }
    }

    /// Counts the frame, and adds to its time the passes that are over.
    fn count(&mut self, frame: Played) -> Played {
        let passes = self.pass_len.map_or(0, |len| self.next / len);
        self.next += 1;
        let over = self.feed.period.saturating_mul(u32::try_from(passes).unwrap_or(u32::MAX));
        Played { at: frame.at.map(|at| at + over), ..frame }
    }
}

impl Producer {
    /// Answers requests until no reader is left.
    pub(crate) fn run(mut self) {
        while let Ok(Request { number, own, reply }) = self.requests.recv() {
            if !reply.is_closed() {
                // Fails if the robot ends in the meantime.
                let _ = reply.send(self.answer(number, own));
            }
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
            None => self.pass.insert((self.start)()?),
        };
        if let Some(frame) = pass.next_frame()? {
            self.frames_in_pass += 1;
            lock(&self.window).push(frame);
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
    fn behind(&self, number: u64, own: Option<Own>, pass_len: Option<u64>) -> Result<(Played, Own), SourceError> {
        let mut own = match own {
            Some(own) if own.next == number => own,
            _ => {
                let mut pass = (self.start)()?;
                pass.skip(pass_len.map_or(number, |len| number % len))?;
                Own { pass, next: number }
            }
        };
        let frame = match own.pass.next_frame()? {
            Some(frame) => frame,
            None => {
                own.pass = (self.start)()?;
                let changed = SourceError::Changed { first: pass_len.unwrap_or(number), later: 0 };
                own.pass.next_frame()?.ok_or(changed)?
            }
        };
        own.next += 1;
        Ok((frame, own))
    }
}

impl Window {
    fn empty(limit: u64) -> Self {
        Self { first: 0, frames: VecDeque::new(), bytes: 0, limit, pass_len: None }
    }

    /// Holds all frames of the input.
    fn whole(frames: Vec<Played>) -> Self {
        Self { pass_len: Some(frames.len() as u64), frames: frames.into(), ..Window::empty(HELD_BYTES) }
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
        index.and_then(|index| self.frames.get(index)).map_or(Look::Absent, |frame| Look::Frame(frame.clone()))
    }

    /// Whether every frame of the input is held.
    fn is_whole(&self) -> bool {
        self.first == 0 && self.pass_len == Some(self.frames.len() as u64)
    }

    /// The number of the first frame that has not been made yet.
    fn end(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    fn push(&mut self, frame: Played) {
        self.bytes += u64::from(frame.frame.len_u32());
        self.frames.push_back(frame);
        while self.bytes > self.limit && self.frames.len() > 1 {
            let dropped = self.frames.pop_front().expect("there is more than one");
            self.bytes -= u64::from(dropped.frame.len_u32());
            self.first += 1;
        }
    }
}

fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use protocol::Frame;

    use super::*;

    /// A pass of five frames of ten bytes, whose first byte is their place; counts those that are made.
    struct Five {
        next: u8,
        made: Arc<AtomicUsize>,
    }

    impl Pass for Five {
        fn next_frame(&mut self) -> Result<Option<Played>, SourceError> {
            if self.next == 5 {
                return Ok(None);
            }
            self.next += 1;
            self.made.fetch_add(1, Ordering::SeqCst);
            let frame = Arc::new(Frame::new(vec![self.next - 1; 10]).unwrap());
            Ok(Some(Played { frame, at: Some(Duration::from_secs(u64::from(self.next) - 1)) }))
        }

        fn skip(&mut self, frames: u64) -> Result<(), SourceError> {
            self.next += frames as u8;
            Ok(())
        }
    }

    /// A feed that may hold this many bytes, and how many frames its passes have made.
    fn feed(limit: u64) -> (Arc<Feed>, Arc<AtomicUsize>) {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let start = move || Ok(Box::new(Five { next: 0, made: Arc::clone(&counter) }) as Box<dyn Pass>);
        let (feed, producer) = Feed::with(Window::empty(limit), Duration::from_secs(6), Box::new(start));
        #[expect(clippy::disallowed_methods, reason = "the producer needs a thread")]
        std::thread::spawn(move || producer.run());
        (feed, made)
    }

    async fn take(reader: &mut Reader, count: usize) -> Vec<u8> {
        let mut places = Vec::new();
        while places.len() < count
            && let Some(frame) = reader.next_frame().await.unwrap()
        {
            places.push(frame.frame.as_bytes()[0]);
        }
        places
    }

    const TWICE: [u8; 10] = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4];

    #[tokio::test]
    async fn an_input_that_fits_is_made_once_for_all_readers_and_passes() {
        let (feed, made) = feed(50);
        for _ in 0..3 {
            assert_eq!(take(&mut feed.read("2".parse().unwrap()), 99).await, TWICE);
        }
        assert_eq!(take(&mut feed.read(Passes::Forever), 12).await[10..], [0, 1]);
        assert_eq!(made.load(Ordering::SeqCst), 5);
    }

    #[tokio::test]
    async fn a_pass_of_a_recording_begins_where_the_one_before_has_ended() {
        for limit in [50, 20] {
            let (feed, _) = feed(limit);
            let mut reader = feed.read("3".parse().unwrap());
            for pass in 0..3 {
                for place in 0..5 {
                    let at = reader.next_frame().await.unwrap().unwrap().at;
                    assert_eq!(at, Some(Duration::from_secs(pass * 6 + place)), "pass {pass}");
                }
            }
        }
    }

    #[tokio::test]
    async fn readers_side_by_side_share_the_frames_of_an_input_that_does_not_fit() {
        let (feed, made) = feed(20);
        let mut readers = [(); 4].map(|()| feed.read("2".parse().unwrap()));
        for place in TWICE {
            for reader in &mut readers {
                assert_eq!(take(reader, 1).await, [place]);
            }
        }
        assert_eq!(made.load(Ordering::SeqCst), 10);
        assert!(lock(&feed.window).bytes <= 20);
    }

    #[tokio::test]
    async fn a_reader_that_is_far_behind_gets_every_frame_all_the_same() {
        let (feed, _) = feed(20);
        let (mut fast, mut slow) = (feed.read("2".parse().unwrap()), feed.read("2".parse().unwrap()));
        assert_eq!(take(&mut slow, 1).await, [0]);
        assert_eq!(take(&mut fast, 99).await, TWICE);
        assert_eq!(take(&mut slow, 99).await, TWICE[1..]);
    }

    #[tokio::test]
    async fn a_reader_that_has_caught_up_needs_no_decoder_of_its_own() {
        let (feed, made) = feed(20);
        let (mut fast, mut slow) = (feed.read(Passes::Forever), feed.read(Passes::Forever));
        take(&mut fast, 4).await;
        take(&mut slow, 6).await;
        assert!(slow.own.is_none());
        take(&mut fast, 2).await;
        // Six for both, and the first two once more.
        assert_eq!(made.load(Ordering::SeqCst), 8);
    }

    #[tokio::test]
    async fn an_input_without_a_frame_is_an_error_for_every_reader() {
        let empty = || Ok(Box::new(Five { next: 5, made: Arc::default() }) as Box<dyn Pass>);
        let (feed, mut producer) = Feed::with(Window::empty(20), Duration::ZERO, Box::new(empty));
        for _ in 0..2 {
            assert!(producer.answer(0, None).is_err());
        }
        drop(feed);
    }
}
