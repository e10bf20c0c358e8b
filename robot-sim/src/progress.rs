//! Progress of a run: a bar on a terminal, otherwise a plain line now and then.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::report::Count;

/// Counts what is sent, and shows it on stderr.
pub(crate) struct Progress {
    robots: u32,
    frames: AtomicU64,
    bytes: AtomicU64,
    display: Display,
}

enum Display {
    Bar(ProgressBar),
    Lines(Mutex<Duration>),
}

impl Progress {
    /// Shows a bar if stderr is a terminal; `total` is how many frames there will be, where that is known.
    pub(crate) fn new(robots: u32, total: Option<u64>) -> Self {
        let display = if io::stderr().is_terminal() {
            Display::Bar(bar(total))
        } else {
            Display::Lines(Mutex::new(LINE_INTERVAL))
        };
        Self { robots, frames: AtomicU64::new(0), bytes: AtomicU64::new(0), display }
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

    /// Shows the counts after `elapsed`, if it is time to.
    pub(crate) fn show(&self, elapsed: Duration) {
        let frames = self.frames.load(Ordering::Relaxed);
        let bytes = HumanBytes(self.bytes.load(Ordering::Relaxed));
        let rate = frames as f64 / elapsed.as_secs_f64().max(0.001);
        match &self.display {
            Display::Bar(bar) => {
                bar.set_position(frames);
                bar.set_message(format!("{bytes}, {rate:.1} frames/s"));
            }
            Display::Lines(next) => {
                let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                if elapsed >= *next && frames > 0 {
                    *next = elapsed + LINE_INTERVAL;
                    print_line(&format!(
                        "{}, {bytes}, {:.0} s, {rate:.1} frames/s",
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

fn bar(total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{bar:40} {pos}/{len} frames, {msg}"),
        None => (ProgressBar::new_spinner(), "{spinner} {pos} frames, {msg}"),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the template is well formed"))
}

/// Prints to stderr; an error could not be shown anywhere.
fn print_line(text: &str) {
    let _ = writeln!(io::stderr(), "robot-sim: {text}");
}

const LINE_INTERVAL: Duration = Duration::from_secs(5);
