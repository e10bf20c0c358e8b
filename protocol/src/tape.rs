//! The bytes of a picture as far as it has come, which can be gone back over.

use alloc::vec::Vec;
use core::{fmt, mem};

/// Reads on from what is held, and from the input once that is read.
#[derive(Default)]
pub(crate) struct Tape {
    held: Vec<u8>,
    /// Where in `held` the bytes begin that are kept.
    start: usize,
    /// Where in `held` reading goes on.
    at: usize,
    /// Bytes taken off inputs so far.
    taken: u64,
}

impl Tape {
    /// Holds nothing any more, behind `taken` bytes.
    pub(crate) fn spent(taken: u64) -> Tape {
        Tape { taken, ..Tape::default() }
    }

    /// The bytes to read next, or some of them; empty once there is nothing but what is kept.
    pub(crate) fn peek<'a>(&'a self, input: &'a [u8]) -> &'a [u8] {
        if self.at < self.held.len() { &self.held[self.at..] } else { input }
    }

    /// Reads on over `count` of the bytes that [`peek`](Self::peek) shows, and keeps them: at most `limit`, room included.
    pub(crate) fn keep(&mut self, count: usize, input: &mut &[u8], limit: usize) {
        if self.at == self.held.len() {
            let (arrived, rest) = input.split_at(count);
            *input = rest;
            self.taken += count as u64;
            let needed = self.held.len() + count;
            if needed > self.held.capacity() {
                let room = needed.max(self.held.len().saturating_mul(2)).max(FIRST_ROOM).min(needed.max(limit));
                self.held.reserve_exact(room - self.held.len());
            }
            self.held.extend_from_slice(arrived);
        }
        self.at += count;
    }

    /// Reads on over `count` of the bytes that [`peek`](Self::peek) shows while nothing is kept, and lets them go.
    pub(crate) fn skip(&mut self, count: usize, input: &mut &[u8]) {
        debug_assert_eq!(self.start, self.at, "nothing is kept");
        if self.at == self.held.len() {
            *input = &input[count..];
            self.taken += count as u64;
        } else {
            self.at += count;
            self.let_go();
        }
    }

    /// Lets go of the first `count` bytes that are kept, and goes back to the next.
    pub(crate) fn go_back(&mut self, count: usize) {
        self.at = self.start + count;
        self.let_go();
    }

    /// Takes out what is kept; a picture that came without damage is not copied.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        if self.start == 0 && self.at == self.held.len() {
            self.at = 0;
            return mem::take(&mut self.held);
        }
        let kept = self.held[self.start..self.at].to_vec();
        self.let_go();
        kept
    }

    pub(crate) fn kept(&self) -> &[u8] {
        &self.held[self.start..self.at]
    }

    /// Bytes taken off inputs so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Where in the stream reading goes on.
    pub(crate) fn position(&self) -> u64 {
        self.taken - (self.held.len() - self.at) as u64
    }

    /// Keeps only what has not been read. What is moved to the front is no more than what goes, so that no byte is moved
    /// often.
    fn let_go(&mut self) {
        self.start = self.at;
        let left = self.held.len() - self.at;
        if left == 0 && self.held.capacity() <= FIRST_ROOM {
            self.held.clear();
        } else if left == 0 {
            self.held = Vec::new();
        } else if left <= self.at {
            self.held.drain(..self.at);
            self.held.shrink_to(FIRST_ROOM);
        } else {
            return;
        }
        (self.start, self.at) = (0, 0);
    }
}

/// Prints how much is held and not the bytes.
impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tape { held, start, at, taken } = self;
        write!(f, "Tape({start}..{at} of {} bytes, {taken} taken)", held.len())
    }
}

/// Room for the first bytes of a picture: a robot's usual one has 10 to 45 KB, and the last one's room goes with it.
pub(crate) const FIRST_ROOM: usize = 16 * 1024;
