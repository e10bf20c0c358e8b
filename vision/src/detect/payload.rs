//! The content of a QR code.

mod encoding;

use std::fmt;

use crate::text::is_steering;

pub(crate) use encoding::guessed;

/// The bytes of a QR code, and the text that they mean, if they mean any.
///
/// A QR code carries bytes, and few codes declare an encoding. The bytes are therefore kept; the text is what they mean
/// in UTF-8, in the encoding that the code declares (ECI), in GBK or Shift-JIS where they look like it, or in one that the
/// engine recognised (ISO 8859-1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Payload {
    bytes: Vec<u8>,
    text: Option<String>,
}

impl Payload {
    /// A payload of `bytes`; `reading` is the text by the engine's account, used where the bytes are not UTF-8.
    pub fn new(bytes: Vec<u8>, reading: Option<String>) -> Self {
        let text = std::str::from_utf8(&bytes).map(str::to_owned).ok().or(reading);
        Self { bytes, text }
    }

    /// The text; `None` for bytes in no known encoding.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The bytes as the code carries them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the text, written as UTF-8, is exactly the bytes.
    pub fn is_utf8(&self) -> bool {
        self.text.as_ref().is_some_and(|text| text.as_bytes() == self.bytes)
    }
}

impl fmt::Display for Payload {
    /// On one line, with control and invisible characters escaped: the text comes from whoever printed the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => text.chars().try_for_each(|c| match c {
                c if is_steering(c) => write!(f, "{}", c.escape_default()),
                c => write!(f, "{c}"),
            }),
            None => {
                let shown = &self.bytes[..self.bytes.len().min(16)];
                write!(f, "{} bytes: {}", self.bytes.len(), shown.escape_ascii())?;
                if shown.len() < self.bytes.len() { f.write_str("...") } else { Ok(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_keeps_bytes_that_are_not_utf8() {
        let payload = Payload::new(vec![0xFF, 0x00], None);
        assert_eq!((payload.text(), payload.bytes(), payload.is_utf8()), (None, &[0xFF, 0x00][..], false));
        assert_eq!(payload.to_string(), r"2 bytes: \xff\x00");
    }

    #[test]
    fn a_payload_in_another_alphabet_has_both_text_and_bytes() {
        let payload = Payload::new(vec![0xFC], Some("ü".into()));
        assert_eq!((payload.text(), payload.is_utf8()), (Some("ü"), false));
    }

    #[test]
    fn a_payload_cannot_steer_the_terminal() {
        let payload = Payload::new(b"a\x1b[2Jb\xE2\x80\xAEc".to_vec(), None);
        assert_eq!(payload.to_string(), r"a\u{1b}[2Jb\u{202e}c");
    }
}
