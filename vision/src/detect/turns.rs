//! Dividing a search among the pictures of a stream: each gets one share of it, or the whole where there is time.

use std::time::Duration;

use super::follow::Follower;
use super::{Answer, Detection, Searched};
use crate::picture::Luma;

/// Whose turn it is in a stream, and what was found in it.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Width and height of the last picture.
    size: (usize, usize),
    /// The share that the next picture gets.
    next: usize,
    /// The time between pictures, where it is known.
    interval: Option<Duration>,
    follower: Follower,
}

impl Turns {
    /// Sets the time between pictures.
    pub(super) fn arriving_every(&mut self, interval: Duration) {
        self.interval = Some(interval);
    }

    /// Where something was means nothing any more.
    pub(super) fn forget_places(&mut self) {
        *self = Self { interval: self.interval, ..Self::default() };
    }

    /// Searches the next picture's share with `find`, and follows what earlier shares found.
    ///
    /// `find` is given the number of the share, below `shares`, or `None` for the whole search. It returns what it found,
    /// and which part of the picture it searched.
    ///
    /// # Errors
    /// Fails where `find` or OpenCV does.
    pub(crate) fn search(
        &mut self,
        luma: &Luma,
        shares: usize,
        find: impl FnOnce(Option<usize>) -> opencv::Result<(Vec<Detection>, Searched)>,
    ) -> opencv::Result<Answer> {
        let (found, searched) = find(self.next_share((luma.width, luma.height), shares))?;
        let followed = self.follower.follow(luma, &found, &searched)?;
        Ok(Answer { found, followed, searched })
    }

    /// The share whose turn it is; `None` for all of them, where they are few and there is time.
    fn next_share(&mut self, size: (usize, usize), shares: usize) -> Option<usize> {
        let is_first = self.size != size;
        if is_first {
            // In a picture of another size the places mean nothing.
            self.forget_places();
            self.size = size;
        }
        let has_time = self.interval.map_or(is_first, |interval| interval >= UNHURRIED);
        if has_time && shares <= AT_ONCE {
            return None;
        }
        let share = self.next % shares;
        self.next = share + 1;
        Some(share)
    }
}

/// The least time between pictures that leaves enough for a whole search, which takes up to 150 ms of a core.
const UNHURRIED: Duration = Duration::from_millis(250);
/// The most shares that a picture gets at once: more are a large picture, whose search takes a second and 100 MB.
const AT_ONCE: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    /// Which shares of pictures of these widths are searched: `None` is a whole search.
    fn asked(shares: usize, widths: &[usize]) -> Vec<Option<usize>> {
        asked_every(&vec![None; widths.len()], shares, widths)
    }

    /// As [`asked`], with the milliseconds between pictures, where they are known.
    fn asked_every(intervals_ms: &[Option<u64>], shares: usize, widths: &[usize]) -> Vec<Option<usize>> {
        let (mut turns, mut asked) = (Turns::default(), Vec::new());
        for (&width, &interval) in widths.iter().zip(intervals_ms) {
            if let Some(interval) = interval {
                turns.arriving_every(Duration::from_millis(interval));
            }
            let luma = Luma { width, height: 4, data: vec![0; width * 4] };
            let find = |share| {
                asked.push(share);
                Ok((Vec::new(), Searched::Everything))
            };
            turns.search(&luma, shares, find).unwrap();
        }
        asked
    }

    #[test]
    fn the_shares_of_a_stream_take_turns_after_its_first_picture() {
        assert_eq!(asked(3, &[8; 6]), [None, Some(0), Some(1), Some(2), Some(0), Some(1)]);
        assert_eq!(asked(2, &[8, 8, 9, 9]), [None, Some(0), None, Some(0)], "the size changed");
    }

    #[test]
    fn pictures_that_are_far_between_are_searched_whole() {
        let intervals = [0, 33, 500, 250, 249].map(Some);
        assert_eq!(asked_every(&intervals, 3, &[8; 5]), [Some(0), Some(1), None, None, Some(2)]);
        assert_eq!(
            asked_every(&[Some(1000); 2], 7, &[8; 2]),
            [Some(0), Some(1)],
            "of a large one that would take too long"
        );
    }

    #[test]
    fn a_large_picture_is_never_searched_whole() {
        assert_eq!(asked(7, &[8; 3]), [Some(0), Some(1), Some(2)]);
    }
}
