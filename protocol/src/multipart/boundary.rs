//! The line between two parts.

use alloc::borrow::ToOwned;
use alloc::string::String;

/// What separates the parts of one stream, without the `--` before it and the line end behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    text: String,
}

/// What a line is to a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    /// A part follows.
    Opens,
    /// The stream ends.
    Closes,
    Other,
}

impl Boundary {
    /// Takes `text` as a boundary: 1 to 70 printable characters, as RFC 2046 allows, and `None` otherwise.
    #[must_use]
    pub fn new(text: &str) -> Option<Boundary> {
        let fits =
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        (fits && !text.ends_with(' ')).then(|| Boundary { text: text.to_owned() })
    }

    /// The boundary that an HTTP answer's `Content-Type` names, quoted or not; `None` if that is no multipart stream.
    #[must_use]
    pub fn from_content_type(content_type: &str) -> Option<Boundary> {
        let (kind, mut parameters) = content_type.split_once(';')?;
        if !kind.trim_ascii().get(..10)?.eq_ignore_ascii_case("multipart/") {
            return None;
        }
        loop {
            let (name, rest) = parameters.split_once('=')?;
            let rest = rest.trim_ascii_start();
            let (value, behind) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => rest.split_once(';').map_or((rest, ""), |(value, _)| (value, &rest[value.len()..])),
            };
            if name.trim_ascii().eq_ignore_ascii_case("boundary") {
                return Boundary::new(value.trim_ascii());
            }
            parameters = behind.trim_ascii_start().strip_prefix(';')?;
        }
    }

    /// The boundary of a stream whose first boundary line is `line`.
    pub(super) fn of_line(line: &[u8]) -> Option<Boundary> {
        let text = core::str::from_utf8(content(line).strip_prefix(b"--")?).ok()?;
        (text.len() <= LONGEST).then(|| Boundary { text: text.to_owned() })
    }

    /// The text, as a `Content-Type` names it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What `line`, with its end, is to this boundary.
    pub(super) fn judge(&self, line: &[u8]) -> LineKind {
        match self.opening(content(line)) {
            Some(b"") => LineKind::Opens,
            Some(b"--") => LineKind::Closes,
            _ => LineKind::Other,
        }
    }

    /// How many bytes of `line`, which has no end yet, close the stream; some senders send no line end behind them.
    pub(super) fn close(&self, line: &[u8]) -> Option<usize> {
        let behind = self.opening(line)?.strip_prefix(b"--")?;
        Some(line.len() - behind.len())
    }

    /// What follows the boundary in a line that begins with it.
    ///
    /// How many dashes belong to a boundary is a matter of which some senders know nothing: some name it with the `--` that
    /// only the line should have, and then have it in the line once, or twice. So they do not count.
    fn opening<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        let line = line.strip_prefix(b"--")?;
        let core = self.text.trim_start_matches('-').as_bytes();
        if core.is_empty() {
            return line.strip_prefix(self.text.as_bytes());
        }
        let dashes = line.iter().take_while(|byte| **byte == b'-').count();
        line[dashes..].strip_prefix(core)
    }
}

/// A line without its end and the blanks before that.
pub(super) fn content(line: &[u8]) -> &[u8] {
    line.trim_ascii_end()
}

/// As in RFC 2046, section 5.1.1.
const LONGEST: usize = 70;
/// The longest line that may be a boundary's: with two dashes more on each side than it should have, and blanks.
pub(super) const LONGEST_LINE: usize = LONGEST + 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn named(content_type: &str) -> Option<String> {
        Boundary::from_content_type(content_type).map(|boundary| boundary.text)
    }

    #[test]
    fn a_content_type_names_its_boundary_quoted_or_not() {
        let plain = named("multipart/x-mixed-replace;boundary=123456789000000000000987654321");
        assert_eq!(plain.as_deref(), Some("123456789000000000000987654321"));
        let quoted = named("Multipart/X-Mixed-Replace; charset=\"a;b\"; Boundary=\"two words\"; x=y");
        assert_eq!(quoted.as_deref(), Some("two words"));
        assert_eq!(named("multipart/x-mixed-replace; boundary = --dashed ;x=y").as_deref(), Some("--dashed"));
    }

    #[test]
    fn what_is_no_multipart_stream_has_no_boundary() {
        for content_type in
            ["image/jpeg", "text/html; boundary=x", "multipart/mixed; x=y", "multipart/mixed; boundary="]
        {
            assert_eq!(named(content_type), None, "{content_type}");
        }
    }

    #[test]
    fn dashes_before_a_boundary_do_not_count() {
        for text in ["frame", "--frame"] {
            let boundary = Boundary::new(text).unwrap();
            for line in ["--frame\r\n", "----frame\n", "--frame  \r\n"] {
                assert_eq!(boundary.judge(line.as_bytes()), LineKind::Opens, "{text} {line}");
            }
            assert_eq!(boundary.judge(b"--frame--\r\n"), LineKind::Closes);
            assert_eq!(boundary.close(b"--frame--more"), Some(9));
            for line in ["frame\r\n", "--frames\r\n", "-frame\r\n", "\r\n"] {
                assert_eq!(boundary.judge(line.as_bytes()), LineKind::Other, "{text} {line}");
            }
        }
    }

    #[test]
    fn a_boundary_of_nothing_but_dashes_counts_them() {
        let boundary = Boundary::new("--").unwrap();
        assert_eq!(boundary.judge(b"----\r\n"), LineKind::Opens);
        assert_eq!(boundary.judge(b"------\r\n"), LineKind::Closes);
        assert_eq!(boundary.judge(b"---\r\n"), LineKind::Other);
    }
}
