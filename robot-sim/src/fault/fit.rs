//! Which faults make sense in which format, and on which side of a connection.

use super::{Fault, Faults, Kind};
use crate::format::Format;

/// Who dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The robot.
    Client,
    /// The viewer.
    Server,
}

/// A fault that has no meaning in the stream that was asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("fault `{fault}` {problem}; {advice}")]
pub struct MisfitError {
    fault: Fault,
    problem: &'static str,
    advice: &'static str,
}

impl Faults {
    /// Checks that every fault can be done.
    ///
    /// # Errors
    ///
    /// Fails for a fault of what the format has not, or of what a robot that is dialled cannot do.
    pub fn check(&self, format: Format, side: Side) -> Result<(), MisfitError> {
        self.list.iter().try_for_each(|fault| match misfit(fault.kind, format, side) {
            Some((problem, advice)) => Err(MisfitError { fault: fault.clone(), problem, advice }),
            None => Ok(()),
        })
    }
}

/// What is wrong, and what to do.
fn misfit(kind: Kind, format: Format, side: Side) -> Option<(&'static str, &'static str)> {
    match (kind, format) {
        (Kind::BigEndian | Kind::Oversize(_), Format::Mjpeg | Format::Multipart) => Some((
            "changes the length before a frame, which only --format length has",
            "leave out --format and --serve, or choose another fault",
        )),
        (Kind::End | Kind::BytesAfterEnd, Format::Mjpeg) => Some((
            "sends the end of the stream, for which --format mjpeg has no bytes",
            "write hangup, or choose another --format",
        )),
        (Kind::Reconnect(_) | Kind::HalfOpen(Some(_)), _) if side == Side::Server => Some((
            "dials again, and with --serve it is the viewer that dials",
            "write hangup, or half-open without a time",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::table::ROWS;

    fn rejected(format: Format, side: Side) -> Vec<&'static str> {
        let is_rejected = |spec: &str| {
            let faults = Faults { seed: 0, list: vec![spec.parse().unwrap()] };
            faults.check(format, side).is_err()
        };
        ROWS.iter().filter(|row| is_rejected(row.example)).map(|row| row.name).collect()
    }

    #[test]
    fn what_a_format_or_a_side_cannot_do_is_rejected_and_nothing_else() {
        assert!(rejected(Format::Length, Side::Client).is_empty());
        let of_mjpeg = ["oversize", "end", "bytes-after-end", "big-endian"];
        assert_eq!(rejected(Format::Mjpeg, Side::Client), of_mjpeg);
        assert_eq!(rejected(Format::Multipart, Side::Client), ["oversize", "big-endian"]);
        assert_eq!(rejected(Format::Multipart, Side::Server), ["oversize", "big-endian", "reconnect"]);
    }

    #[test]
    fn a_rejection_names_the_fault_and_says_what_to_do() {
        let faults = Faults { seed: 0, list: vec!["flip@1".parse().unwrap(), "half-open@3:2s".parse().unwrap()] };
        let error = faults.check(Format::Multipart, Side::Server).unwrap_err().to_string();
        assert!(error.contains("`half-open@3:2s` dials again") && error.contains("write hangup"), "{error}");
    }
}
