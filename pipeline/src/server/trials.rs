//! Those who wait for a place and read a frame meanwhile, because a picture would displace a robot.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// So many at once, because each may take the memory of a frame; and one at a time in the decoders, lest many who wait take
/// these from the robots.
#[derive(Debug)]
pub(super) struct Trials {
    under_way: Mutex<VecDeque<UnderWay>>,
    decoder: Semaphore,
}

#[derive(Debug)]
struct UnderWay {
    number: u64,
    is_whole: bool,
    break_off: oneshot::Sender<()>,
}

/// The right to read a frame, until it is dropped.
#[derive(Debug)]
pub(super) struct Trial {
    trials: Arc<Trials>,
    number: u64,
    /// Others came, and need its room.
    pub(super) broken_off: oneshot::Receiver<()>,
}

impl Trials {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { under_way: Mutex::default(), decoder: Semaphore::new(1) })
    }

    /// Lets the one with this number read its frame.
    ///
    /// When there are too many, the oldest whose frame is not whole is broken off: a robot sends its first one at once, and
    /// who takes long is none. `None` if all have theirs.
    pub(super) fn enter(self: &Arc<Self>, number: u64) -> Option<Trial> {
        let mut under_way = self.lock();
        if under_way.len() >= MOST {
            let slow = under_way.iter().position(|trial| !trial.is_whole)?;
            // Fails only if it is leaving just now.
            _ = under_way.remove(slow).map(|trial| trial.break_off.send(()));
        }
        let (break_off, broken_off) = oneshot::channel();
        under_way.push_back(UnderWay { number, is_whole: false, break_off });
        drop(under_way);
        Some(Trial { trials: Arc::clone(self), number, broken_off })
    }

    /// The decoder's turn for one who waits.
    pub(super) async fn turn(&self) -> SemaphorePermit<'_> {
        self.decoder.acquire().await.expect("it is never closed")
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trial {
    /// Its frame has come, and it is not broken off any more.
    pub(super) fn set_whole(&self) {
        if let Some(trial) = self.trials.lock().iter_mut().find(|trial| trial.number == self.number) {
            trial.is_whole = true;
        }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.trials.lock().retain(|trial| trial.number != self.number);
    }
}

/// With frames of the greatest length 256 MiB.
const MOST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_the_oldest_that_has_no_frame_is_broken_off() {
        let trials = Trials::new();
        let mut entered: Vec<Trial> = (0..16).map(|number| trials.enter(number).unwrap()).collect();
        entered[0].set_whole();
        let last = trials.enter(16).unwrap();
        let is_broken_off: Vec<bool> = entered.iter_mut().map(|trial| trial.broken_off.try_recv().is_ok()).collect();
        assert_eq!(is_broken_off.iter().position(|&is| is), Some(1));
        assert_eq!(is_broken_off.iter().filter(|&&is| is).count(), 1);
        entered.iter().chain([&last]).for_each(Trial::set_whole);
        assert!(trials.enter(17).is_none());
        drop(entered.pop());
        assert!(trials.enter(18).is_some());
    }
}
