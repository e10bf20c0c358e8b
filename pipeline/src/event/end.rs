//! How connections end.

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// The robot sent the zero length.
    EndOfStream,
    /// The robot closed between two frames, without a length of zero, as many robots do.
    HangUp,
    /// The robot closed inside a frame, as when it is switched off, or what came is no valid HTTP or TLS.
    Truncated,
    /// It was not let in, or it brought no frame before those that `--once` waits for had come.
    Refused,
    /// Nothing came, or a frame was not whole, for longer than the idle timeout; or no picture came and another robot waited.
    Timeout,
    /// A header announced more than the limit.
    Oversize,
    /// Too many frames in a row were not pictures.
    Corrupt,
    /// The robot sends something else than JPEGs, or is no robot; the detail says what and how to mend it.
    Unsupported,
    /// The user quit.
    Quit,
}

impl EndReason {
    /// Every reason.
    pub const ALL: [EndReason; 9] = [
        EndReason::EndOfStream,
        EndReason::HangUp,
        EndReason::Truncated,
        EndReason::Refused,
        EndReason::Timeout,
        EndReason::Oversize,
        EndReason::Corrupt,
        EndReason::Unsupported,
        EndReason::Quit,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            EndReason::EndOfStream => "end-of-stream",
            EndReason::HangUp => "hang-up",
            EndReason::Truncated => "truncated",
            EndReason::Refused => "refused",
            EndReason::Timeout => "timeout",
            EndReason::Oversize => "oversize",
            EndReason::Corrupt => "corrupt",
            EndReason::Unsupported => "unsupported",
            EndReason::Quit => "quit",
        }
    }

    /// Whether the robot's stream was cut short, for the exit code.
    pub fn is_cut_short(self) -> bool {
        matches!(self, EndReason::Truncated | EndReason::Timeout | EndReason::Oversize | EndReason::Corrupt)
    }

    /// What the robot did, for people: `robot 1 …`.
    pub fn as_words(self) -> &'static str {
        match self {
            EndReason::EndOfStream => "ended its stream",
            EndReason::HangUp => "closed the connection",
            EndReason::Truncated => "was cut off",
            EndReason::Refused => "was refused",
            EndReason::Timeout => "timed out",
            EndReason::Oversize => "announced too large a frame",
            EndReason::Corrupt => "sent no pictures",
            EndReason::Unsupported => "sent no JPEG stream",
            EndReason::Quit => "was disconnected",
        }
    }
}

/// How a connection ended, as the network side saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// What exactly was seen, where the reason alone does not say it.
    pub detail: Option<String>,
}
