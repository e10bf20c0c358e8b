//! Text that people and programs write.

use robot_sim::fault::Fault;
use xtask::report::Event;

/// A fault as it is typed; what is understood is written so that it is understood again.
pub fn fault(bytes: &[u8]) {
    let Ok(typed) = std::str::from_utf8(bytes) else { return };
    if let Ok(fault) = typed.parse::<Fault>() {
        let written = fault.to_string();
        assert_eq!(written.parse(), Ok(fault), "{typed:?} is written as {written:?}");
    }
}

/// A scenario's file.
pub fn scenario(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        _ = robot_sim::internal::parse_scenario(text);
    }
}

/// A line of the report.
pub fn report(bytes: &[u8]) {
    if let Ok(line) = std::str::from_utf8(bytes) {
        _ = Event::parse(line);
    }
}
