//! What OpenCV says: its errors as one line for the user, its log kept off the terminal.

use std::env;

use opencv::core::{LogLevel, set_log_level};

/// Keeps OpenCV's log to itself: what matters of it comes back as an error, and is told in our words.
///
/// Whoever sets OpenCV's own variable `OPENCV_LOG_LEVEL` reads it all the same.
pub fn keep_log_off_the_terminal() {
    if env::var_os("OPENCV_LOG_LEVEL").is_none() {
        // Were it refused, there would be more lines on standard error and nothing worse.
        _ = set_log_level(LogLevel::LOG_LEVEL_SILENT);
    }
}

/// What went wrong, without where in OpenCV's sources it says so: of
/// `OpenCV(4.6.0) file:1: error: (-2:Kind) what in function 'f'` the `what`.
pub fn reason(error: &opencv::Error) -> String {
    let text = error.message.trim();
    let text = text.split_once("error: (").and_then(|(_, rest)| rest.split_once(") ")).map_or(text, |(_, what)| what);
    // What is long stands behind the place, on lines of its own that begin with an angle bracket.
    let (first, more) = text.split_once('\n').unwrap_or((text, ""));
    let first = first.split_once("in function ").map_or(first, |(what, _)| what);
    let lines = std::iter::once(first).chain(more.lines().map(|line| line.trim_start_matches('>')));
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        reason(&opencv::Error::new(-2, text))
    }

    #[test]
    fn an_error_comes_without_its_place_in_the_sources() {
        let text = "OpenCV(4.6.0) ./a.cpp:52: error: (-2:Kind) no (known) format in function 'read'\n";
        assert_eq!(told(text), "no (known) format");
        assert_eq!(told("out of memory"), "out of memory");
    }

    #[test]
    fn an_error_of_several_lines_is_one() {
        let text = "OpenCV(4.6.0) ./a.cpp:5: error: (-5:Bad argument) in function 'f'\n> the sides\n> differ\n";
        assert_eq!(told(text), "the sides differ");
        assert_eq!(told("one\n\ntwo"), "one two");
    }
}
