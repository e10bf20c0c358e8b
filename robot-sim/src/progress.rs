//! Progress of a run: a bar on a terminal, otherwise a plain line now and then.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::report::Count;
use crate::terminal::printable;

/// How much there is to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Total {
    Unknown,
    Frames(u64),
    /// A recording, which is as long as this.
    Time(Duration),
}

/// Counts what is sent, and shows it on stderr.
pub(crate) struct Progress {
    robots: u32,
    frames: AtomicU64,
    bytes: AtomicU64,
    total: Total,
    display: Display,
}

enum Display {
    Bar(ProgressBar),
    Lines(Mutex<Duration>),
}

impl Progress {
    /// Shows a bar if stderr is a terminal.
    pub(crate) fn new(robots: u32, total: Total) -> Self {
        let display = if io::stderr().is_terminal() {
            Display::Bar(bar(total))
        } else {
            Display::Lines(Mutex::new(LINE_INTERVAL))
        };
        Self { robots, frames: AtomicU64::new(0), bytes: AtomicU64::new(0), total, display }
    }

    /// Counts a frame; cheap enough for every one.
    pub(crate) fn add_frame(&self, bytes: u64) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Prints a line about one robot.
    pub(crate) fn notify(&self, robot: u32, text: &str) {
        match self.robots {
            1 => self.print(text),
            _ => self.print(&format!("robot {robot}: {text}")),
        }
    }

    /// Prints a line about the run.
    pub(crate) fn print(&self, text: &str) {
        match &self.display {
            Display::Bar(bar) => bar.suspend(|| print_line(text)),
            Display::Lines(_) => print_line(text),
        }
    }

    /// Shows the counts after `elapsed`, if it is time to, and the position in a recording.
    pub(crate) fn show(&self, elapsed: Duration, position: Duration, is_paused: bool) {
        let frames = self.frames.load(Ordering::Relaxed);
        let bytes = HumanBytes(self.bytes.load(Ordering::Relaxed));
        let rate = frames as f64 / elapsed.as_secs_f64().max(0.001);
        let place = match self.total {
            Total::Time(whole) => format!("{:.1} of {:.1} s, ", position.min(whole).as_secs_f64(), whole.as_secs_f64()),
            Total::Unknown | Total::Frames(_) => String::new(),
        };
        let paused = if is_paused { ", paused" } else { "" };
        match &self.display {
            Display::Bar(bar) => {
                bar.set_position(match self.total {
                    Total::Time(whole) => milliseconds(position.min(whole)),
                    Total::Unknown | Total::Frames(_) => frames,
                });
                let sent =
                    if place.is_empty() { String::new() } else { format!("{place}{}, ", Count(frames, "frame")) };
                bar.set_message(format!("{sent}{bytes}, {rate:.1} frames/s{paused}"));
            }
            Display::Lines(next) => {
                let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                if elapsed >= *next && frames > 0 {
                    *next = elapsed + LINE_INTERVAL;
                    print_line(&format!(
                        "{place}{}, {bytes}, {:.0} s, {rate:.1} frames/s",
                        Count(frames, "frame"),
                        elapsed.as_secs_f64()
                    ));
                }
            }
        }
    }

    /// Removes the bar; the report follows on stdout.
    pub(crate) fn finish(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Total) -> ProgressBar {
    let (bar, template) = match total {
        Total::Frames(total) => (ProgressBar::new(total), "{bar:40} {pos}/{len} frames, {msg}"),
        Total::Time(whole) => (ProgressBar::new(milliseconds(whole)), "{bar:40} {msg}"),
        Total::Unknown => (ProgressBar::new_spinner(), "{spinner} {pos} frames, {msg}"),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the template is well formed"))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Prints to stderr; an error could not be shown anywhere.
fn print_line(text: &str) {
    let _ = writeln!(io::stderr(), "robot-sim: {}", printable(text));
}

const LINE_INTERVAL: Duration = Duration::from_secs(5);
