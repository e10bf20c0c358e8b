//! The only clock: how long the program has been running, and how long others have been able to reach it.
#![expect(clippy::disallowed_methods, reason = "everything else takes the time as an argument")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tokio::time::sleep;

/// Starts at nought when it is made; copies show the same time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Instant,
    pulse: &'static Pulse,
}

/// Whether the program runs, by its network's thread: one that was stopped (Ctrl-Z, a debugger, a virtual machine that is moved)
/// has heard nobody meanwhile, and blames nobody for that. In milliseconds of the clock.
#[derive(Debug, Default)]
struct Pulse {
    /// The last beat; nought before the first one, and after the last.
    beat: AtomicU64,
    /// When it last went on.
    resumed: AtomicU64,
    /// Processor time of the thread that beats, at the last beat.
    worked: AtomicU64,
}

impl Clock {
    /// Starts now.
    pub fn start() -> Self {
        // A program has one.
        Self { started: Instant::now(), pulse: Box::leak(Box::default()) }
    }

    /// The time since it was started.
    pub fn now(self) -> Duration {
        self.started.elapsed()
    }

    /// How long others have had to do something since `at`: no longer than the program has been running without a stop.
    pub fn since(self, at: Duration) -> Duration {
        let now = self.now();
        now.saturating_sub(self.fair_start(at, now))
    }

    /// From when on a wait counts that began at `at`, seen at `now`.
    pub(crate) fn fair_start(self, at: Duration, now: Duration) -> Duration {
        let beat = Duration::from_millis(self.pulse.beat.load(Ordering::Relaxed));
        if !beat.is_zero() && now.saturating_sub(beat) >= STOPPED {
            // It goes on at this moment, and nobody has looked at what has come meanwhile.
            return now.max(at);
        }
        at.max(Duration::from_millis(self.pulse.resumed.load(Ordering::Relaxed)))
    }

    /// Whether the program was stopped after `at`.
    pub(crate) fn was_stopped_since(self, at: Duration) -> bool {
        self.fair_start(at, self.now()) > at
    }

    /// What `work` gives, unless others have had `limit` for it.
    pub async fn timeout<T>(self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        let begun = self.now();
        loop {
            let left = limit.saturating_sub(self.since(begun));
            tokio::select! {
                biased;
                done = &mut work => return Some(done),
                () = sleep(left) => if left.is_zero() {
                    return None;
                }
            }
        }
    }

    /// Has the clock notice stops for as long as this is waited for.
    pub(crate) async fn beat(self) {
        let _rest = Rest(self.pulse);
        loop {
            self.beats();
            sleep(BEAT).await;
        }
    }

    /// One beat, also between two, for those on the same thread who should not take much work for a stop.
    pub(crate) fn beats(self) {
        self.beats_at(self.now(), worked().unwrap_or_default());
    }

    /// The thread has worked for so long.
    fn beats_at(self, now: Duration, worked: Duration) {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        let since = |before: u64, time: Duration| time.saturating_sub(Duration::from_millis(before));
        let beat = self.pulse.beat.swap(ms(now), Ordering::Relaxed);
        let worked_before = self.pulse.worked.swap(ms(worked), Ordering::Relaxed);
        let missed = since(beat, now);
        // A thread that has worked all the time was not stopped: whoever gives it much to do gains no time by that.
        if beat > 0 && missed >= STOPPED && since(worked_before, worked) < missed / 2 {
            self.pulse.resumed.store(ms(now), Ordering::Relaxed);
        }
    }

    /// The time of day when it was started, in nanoseconds since 1970, if it and the system's clock now agree.
    pub(crate) fn epoch_ns(self) -> u64 {
        // In this order, an interruption in between makes pictures older and never younger than they are.
        let running = self.now();
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since_1970.saturating_sub(running).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What `work` gives, and for how long this thread has worked on it, where that is known.
pub(crate) fn measured<T>(work: impl FnOnce() -> T) -> (T, Option<Duration>) {
    let before = worked();
    let outcome = work();
    (outcome, worked().zip(before).map(|(now, before)| now.saturating_sub(before)))
}

/// Processor time of this thread so far, where that is known.
#[cfg(unix)]
fn worked() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32))
}

#[cfg(not(unix))]
fn worked() -> Option<Duration> {
    None
}

/// Ends the beating: what is silent then was not stopped.
struct Rest(&'static Pulse);

impl Drop for Rest {
    fn drop(&mut self) {
        self.0.beat.store(0, Ordering::Relaxed);
    }
}

const BEAT: Duration = Duration::from_millis(100);
/// A beat that comes so much too late says that the program was stopped, or that the machine has too much to do.
const STOPPED: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn what_began_before_a_stop_counts_from_its_end() {
        let clock = Clock::start();
        assert_eq!(clock.fair_start(ms(5), ms(9000)), ms(5), "nothing beats yet");
        (0..10).for_each(|n| clock.beats_at(ms(n * 100), ms(n)));
        assert_eq!(clock.fair_start(ms(5), ms(1399)), ms(5));
        // Seen before the next beat, and after it.
        assert_eq!(clock.fair_start(ms(5), ms(7000)), ms(7000));
        clock.beats_at(ms(7010), ms(30));
        assert_eq!(clock.fair_start(ms(5), ms(7100)), ms(7010));
        assert_eq!(clock.fair_start(ms(7050), ms(7100)), ms(7050));
        // It had much to do.
        clock.beats_at(ms(9000), ms(1900));
        assert_eq!(clock.fair_start(ms(5), ms(9001)), ms(7010));
    }

    #[tokio::test]
    async fn a_wait_is_as_long_again_after_a_stop() {
        let clock = Clock::start();
        let beating = tokio::spawn(clock.beat());
        let begun = Instant::now();
        let work = async {
            sleep(ms(300)).await;
            // This thread is the program.
            std::thread::sleep(ms(1200));
            sleep(ms(300)).await;
        };
        let (outcome, ()) = tokio::join!(clock.timeout(ms(1000), std::future::pending::<()>()), work);
        assert_eq!(outcome, None);
        assert!(begun.elapsed() >= ms(2400), "{:?}", begun.elapsed());
        assert_eq!(clock.timeout(ms(1000), async { 7 }).await, Some(7));
        beating.abort();
    }
}
