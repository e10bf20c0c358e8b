//! Errors and log of OpenCV: errors as one line for the user, the log off the terminal.

use std::env;

use opencv::core::{LogLevel, set_log_level};

/// Silences OpenCV's log, which goes to standard error: what matters in it also comes back as an error.
///
/// Does nothing where OpenCV's own variable `OPENCV_LOG_LEVEL` is set.
pub fn keep_log_off_the_terminal() {
    if env::var_os("OPENCV_LOG_LEVEL").is_none() {
        // If it fails, there are a few more lines on standard error.
        _ = set_log_level(LogLevel::LOG_LEVEL_SILENT);
    }
}

/// The text of `error` without the place in OpenCV's sources, on one line: of
/// `OpenCV(4.6.0) file:1: error: (-2:Kind) text in function 'f'` the `text`.
pub(crate) fn reason(error: &opencv::Error) -> String {
    let text = error.message.trim();
    let text = text.split_once("error: (").and_then(|(_, rest)| rest.split_once(") ")).map_or(text, |(_, what)| what);
    // Long texts follow the place, on lines of their own that begin with an angle bracket.
    let (first, more) = text.split_once('\n').unwrap_or((text, ""));
    let first = first.split_once("in function ").map_or(first, |(what, _)| what);
    let lines = std::iter::once(first).chain(more.lines().map(|line| line.trim_start_matches('>')));
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortened(text: &str) -> String {
        reason(&opencv::Error::new(-2, text))
    }

    #[test]
    fn an_error_comes_without_its_place_in_the_sources() {
        let text = "OpenCV(4.6.0) ./a.cpp:52: error: (-2:Kind) no (known) format in function 'read'\n";
        assert_eq!(shortened(text), "no (known) format");
        assert_eq!(shortened("out of memory"), "out of memory");
    }

    #[test]
    fn an_error_of_several_lines_is_one() {
        let text = "OpenCV(4.6.0) ./a.cpp:5: error: (-5:Bad argument) in function 'f'\n> the sides\n> differ\n";
        assert_eq!(shortened(text), "the sides differ");
        assert_eq!(shortened("one\n\ntwo"), "one two");
    }
}
