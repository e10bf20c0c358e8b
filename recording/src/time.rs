//! When a message was recorded, and when what it is about happened.

/// The times of a message, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When the frame arrived: the log time.
    pub arrived_ns: u64,
    /// When the robot says that it took the frame, if it does: the publish time and the stamp in the header.
    pub taken_ns: Option<u64>,
}

impl Times {
    /// The robot's time; without one, the time of arrival.
    pub(crate) fn stamp_ns(self) -> u64 {
        self.taken_ns.unwrap_or(self.arrived_ns)
    }
}

/// Splits a time into seconds and nanoseconds, as ROS and protobuf hold it; times after 2038 do not fit and end there.
pub(crate) fn seconds_and_nanos(ns: u64) -> (i32, u32) {
    let seconds = i32::try_from(ns / NANOS).unwrap_or(i32::MAX);
    (seconds, u32::try_from(ns % NANOS).expect("less than a second"))
}

const NANOS: u64 = 1_000_000_000;
