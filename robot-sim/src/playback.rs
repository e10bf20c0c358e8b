//! Where in its input a run is: a clock that can be stopped, sped up and moved on by one frame. Pure, on times that the caller reads.

use std::collections::BTreeMap;
use std::time::Duration;

/// How fast a recording is played: 2 is twice as fast as it was recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(f64);

/// A key that does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// Stops and goes on.
    Pause,
    /// Sends one more frame.
    Step,
    Faster,
    Slower,
}

/// The position in the input, and what each robot waits for.
///
/// It stands still until [`start`](Self::start). Times named `now` are on the caller's clock, counted from any fixed moment.
#[derive(Debug)]
pub(crate) struct Playback {
    speed: Speed,
    state: State,
    position: Duration,
    /// When the position was this.
    since: Duration,
    /// By their numbers, the robots that have not ended, and at which position the next frame of each is due; `None` while a
    /// frame is on its way.
    robots: BTreeMap<u32, Option<Duration>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    started: bool,
    paused: bool,
}

/// How long a frame has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// It is due.
    Over,
    /// So long, if no key is pressed.
    For(Duration),
    /// Until a key is pressed, or the run begins.
    Unknown,
}

impl Speed {
    /// As it was recorded.
    pub const NORMAL: Speed = Speed(1.0);

    fn times(self, factor: f64) -> Self {
        Self((self.0 * factor).clamp(SLOWEST, FASTEST))
    }

    /// How far the position moves in this time.
    pub(crate) fn distance(self, time: Duration) -> Duration {
        time.mul_f64(self.0)
    }

    /// How long the position takes for this.
    fn time(self, distance: Duration) -> Duration {
        Duration::try_from_secs_f64(distance.as_secs_f64() / self.0).unwrap_or(Duration::MAX)
    }
}

impl std::str::FromStr for Speed {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let rate = text.parse().ok().filter(|rate| (SLOWEST..=FASTEST).contains(rate));
        rate.map(Speed).ok_or("give a factor from 0.01 to 100, for example 2 for twice as fast as it was recorded")
    }
}

impl Playback {
    pub(crate) fn new(speed: Speed) -> Self {
        let state = State { started: false, paused: false };
        Self { speed, state, position: Duration::ZERO, since: Duration::ZERO, robots: BTreeMap::new() }
    }

    /// Begins to move, unless it has.
    pub(crate) fn start(&mut self, now: Duration) {
        if !self.state.started {
            self.state.started = true;
            self.since = now;
        }
    }

    pub(crate) fn position(&self, now: Duration) -> Duration {
        if self.moves() { self.position + self.speed.distance(now.saturating_sub(self.since)) } else { self.position }
    }

    pub(crate) fn speed(&self) -> Speed {
        self.speed
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.state.paused
    }

    /// How long ago the position was this.
    pub(crate) fn age(&self, now: Duration, position: Duration) -> Duration {
        self.speed.time(self.position(now).saturating_sub(position))
    }

    /// How long it takes until the position is this.
    pub(crate) fn wait(&self, now: Duration, due: Duration) -> Wait {
        let position = self.position(now);
        if due <= position {
            Wait::Over
        } else if self.moves() {
            Wait::For(self.speed.time(due - position))
        } else {
            Wait::Unknown
        }
    }

    /// Notes what a robot waits for, or that it is sending.
    pub(crate) fn note(&mut self, robot: u32, due: Option<Duration>) {
        self.robots.insert(robot, due);
    }

    /// Notes that a robot has ended.
    pub(crate) fn forget(&mut self, robot: u32) {
        self.robots.remove(&robot);
    }

    /// Does what a key asks for, and returns what to tell the user.
    pub(crate) fn press(&mut self, now: Duration, key: Key) -> Option<String> {
        // From here on it moves at another speed, or not.
        self.position = self.position(now);
        self.since = now;
        match key {
            Key::Pause => {
                self.state.paused = !self.state.paused;
                let what = if self.state.paused { "paused" } else { "playing" };
                Some(format!("{what} at {:.3} s", self.position.as_secs_f64()))
            }
            Key::Step => {
                self.step();
                None
            }
            Key::Faster | Key::Slower => {
                let factor = if key == Key::Faster { 1.1 } else { 1.0 / 1.1 };
                self.speed = self.speed.times(factor);
                Some(format!("rate {:.2}", self.speed.0))
            }
        }
    }

    /// Moves on to the next frame. One that is still on its way goes first, so that frames stay in their order.
    fn step(&mut self) {
        let next = self.robots.values().try_fold(Duration::MAX, |next, due| Some(next.min((*due)?)));
        if let (true, Some(next)) = (self.state.paused, next)
            && next < Duration::MAX
        {
            self.position = self.position.max(next);
        }
    }

    fn moves(&self) -> bool {
        self.state.started && !self.state.paused
    }
}

const SLOWEST: f64 = 0.01;
const FASTEST: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn playing(speed: &str) -> Playback {
        let mut playback = Playback::new(speed.parse().unwrap());
        playback.start(ms(0));
        playback
    }

    #[test]
    fn it_stands_still_until_it_is_started() {
        let mut playback = Playback::new(Speed::NORMAL);
        assert_eq!((playback.position(ms(500)), playback.wait(ms(500), ms(1))), (ms(0), Wait::Unknown));
        playback.start(ms(500));
        playback.start(ms(600));
        assert_eq!((playback.position(ms(700)), playback.wait(ms(700), ms(300))), (ms(200), Wait::For(ms(100))));
        assert_eq!(playback.wait(ms(800), ms(300)), Wait::Over);
    }

    #[test]
    fn at_twice_the_rate_it_takes_half_the_time() {
        let playback = playing("2");
        assert_eq!((playback.position(ms(300)), playback.wait(ms(300), ms(1000))), (ms(600), Wait::For(ms(200))));
        assert_eq!(playback.age(ms(300), ms(400)), ms(100));
    }

    #[test]
    fn space_stops_it_and_goes_on_where_it_was() {
        let mut playback = playing("1");
        assert_eq!(playback.press(ms(100), Key::Pause).unwrap(), "paused at 0.100 s");
        assert_eq!((playback.position(ms(900)), playback.wait(ms(900), ms(101))), (ms(100), Wait::Unknown));
        assert!(playback.is_paused());
        playback.press(ms(1000), Key::Pause);
        assert_eq!(playback.position(ms(1050)), ms(150));
    }

    #[test]
    fn a_step_goes_to_the_next_frame_of_any_robot() {
        let mut playback = playing("1");
        playback.press(ms(100), Key::Pause);
        playback.note(1, Some(ms(130)));
        playback.note(2, Some(ms(120)));
        playback.press(ms(200), Key::Step);
        assert_eq!((playback.wait(ms(200), ms(120)), playback.wait(ms(200), ms(130))), (Wait::Over, Wait::Unknown));
        // The frame is on its way.
        playback.note(2, None);
        playback.press(ms(201), Key::Step);
        assert_eq!(playback.position(ms(201)), ms(120));
        playback.note(2, Some(ms(140)));
        playback.press(ms(202), Key::Step);
        assert_eq!(playback.position(ms(202)), ms(130));
        playback.forget(1);
        playback.press(ms(203), Key::Step);
        assert_eq!(playback.position(ms(203)), ms(140));
    }

    #[test]
    fn a_step_is_for_a_pause_only_and_needs_a_robot() {
        let mut playback = playing("1");
        playback.note(1, Some(ms(500)));
        assert_eq!(playback.press(ms(100), Key::Step), None);
        assert_eq!(playback.position(ms(100)), ms(100));
        playback.press(ms(100), Key::Pause);
        playback.forget(1);
        playback.press(ms(100), Key::Step);
        assert_eq!(playback.position(ms(100)), ms(100));
    }

    #[test]
    fn up_and_down_change_the_rate_by_a_tenth_from_where_it_is() {
        let mut playback = playing("1");
        assert_eq!(playback.press(ms(1000), Key::Faster).unwrap(), "rate 1.10");
        assert_eq!(playback.position(ms(2000)), ms(2100));
        assert_eq!(playback.press(ms(2000), Key::Slower).unwrap(), "rate 1.00");
        for _ in 0..100 {
            playback.press(ms(2000), Key::Slower);
        }
        assert_eq!(playback.press(ms(2000), Key::Slower).unwrap(), "rate 0.01");
    }

    #[test]
    fn a_rate_is_a_factor_that_can_be_played() {
        for bad in ["0", "-1", "nan", "inf", "fast", "101", ""] {
            assert!(bad.parse::<Speed>().is_err(), "{bad}");
        }
        assert_eq!("1".parse(), Ok(Speed::NORMAL));
    }
}
