//! The result of a run: the lines on stdout and the exit code.

use std::fmt;
use std::time::Duration;

/// What one robot, or all together, have done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Frames that were sent as a whole, damaged ones too.
    pub frames: u64,
    /// Bytes of those frames, with their headers.
    pub bytes: u64,
    /// From the first connection to the end.
    pub elapsed: Duration,
    /// Connections after the first.
    pub reconnects: u64,
    /// Faults that happened on frames; those of the link are not counted.
    pub faults: u64,
}

/// How a stream came to its end, the worst one last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// Everything was sent.
    Complete,
    /// A fault ended it, as it was asked to.
    ByFault,
    /// The user did, with Ctrl-C or a signal.
    Interrupted,
    /// The viewer did.
    CutShort,
}

impl Report {
    /// Adds up two robots that ran at the same time.
    pub(crate) fn and(self, other: Report) -> Report {
        Report {
            frames: self.frames + other.frames,
            bytes: self.bytes + other.bytes,
            elapsed: self.elapsed.max(other.elapsed),
            reconnects: self.reconnects + other.reconnects,
            faults: self.faults + other.faults,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { frames, bytes, .. } = self;
        let seconds = self.elapsed.as_secs_f64();
        let rate = if seconds > 0.0 { *frames as f64 / seconds } else { 0.0 };
        write!(
            f,
            "{}, {bytes} bytes in {seconds:.3} s: {rate:.2} frames/s; {}, {}",
            Count(*frames, "frame"),
            Count(self.reconnects, "reconnect"),
            Count(self.faults, "fault")
        )
    }
}

/// A number with the noun for it, in the singular or the plural.
pub(crate) struct Count(pub(crate) u64, pub(crate) &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Count(number, noun) = self;
        let plural = if *number == 1 { "" } else { "s" };
        write!(f, "{number} {noun}{plural}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_report_has_all_figures_on_one_line() {
        let report = Report { frames: 300, bytes: 12_345, elapsed: 10 * SECOND, reconnects: 1, faults: 2 };
        assert_eq!(report.to_string(), "300 frames, 12345 bytes in 10.000 s: 30.00 frames/s; 1 reconnect, 2 faults");
    }

    #[test]
    fn a_robot_that_never_connected_has_no_rate() {
        assert!(Report::default().to_string().contains(": 0.00 frames/s"));
    }

    #[test]
    fn robots_at_the_same_time_take_as_long_as_the_longest() {
        let one = Report { frames: 1, bytes: 2, elapsed: SECOND, reconnects: 3, faults: 4 };
        let both = Report { frames: 2, bytes: 4, elapsed: 2 * SECOND, reconnects: 6, faults: 8 };
        assert_eq!(one.and(Report { elapsed: 2 * SECOND, ..one }), both);
    }
}
