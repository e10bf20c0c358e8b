//! When a picture was taken, as its sender's clock showed it: a comment inside the JPEG, which other receivers skip.

use alloc::format;
use alloc::vec::Vec;
use core::str;

use crate::{Frame, StampError};

/// The number of a picture and the time when it was taken.
///
/// In the frame it is a JPEG comment right behind the start of the picture, with nothing else in it:
///
/// ```text
/// ┌─ FF D8 ─┬─ FF FE ─┬─ length: u16 BE, itself included ─┬─ rv1 seq=17 t=1795000000123456789 ─┬─ the rest …
/// ```
///
/// Both numbers are decimal, without a sign or leading zeros, so that a stamp has exactly one spelling. A decoder skips
/// comments: a receiver that knows nothing of stamps shows the same pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// The picture's number among those of its sender, which count up.
    pub seq: u64,
    /// When it was taken, in nanoseconds since 1970 (UTC) on the sender's clock.
    pub time_ns: u64,
}

impl Stamp {
    /// Reads the stamp of a frame. Anything but a stamp in its one spelling and its one place is none.
    #[must_use]
    pub fn read(frame: &[u8]) -> Option<Stamp> {
        let (stamp, _) = split(frame)?;
        Some(stamp)
    }

    /// Puts the stamp into a frame, in place of one that it has already. Every other byte stays as it is.
    ///
    /// # Errors
    ///
    /// Fails if the frame does not begin as a JPEG does, or would become longer than a header can announce.
    pub fn write(self, frame: Frame) -> Result<Frame, StampError> {
        let mut payload = frame.into_bytes();
        if !payload.starts_with(&START_OF_IMAGE) {
            return Err(StampError::NotJpeg);
        }
        let old = split(&payload).map_or(0, |(_, len)| len);
        payload.splice(START_OF_IMAGE.len()..START_OF_IMAGE.len() + old, self.segment());
        Ok(Frame::new(payload)?)
    }

    /// The whole comment segment. Two numbers of at most 20 digits keep it far below the longest.
    fn segment(self) -> Vec<u8> {
        let text = format!("rv1 seq={} t={}", self.seq, self.time_ns);
        let len = u16::try_from(LENGTH_BYTES + text.len()).expect("a stamp has at most 51 characters");
        [COMMENT.as_slice(), &len.to_be_bytes(), text.as_bytes()].concat()
    }
}

/// The stamp of a frame, and how many bytes its segment has.
fn split(frame: &[u8]) -> Option<(Stamp, usize)> {
    let segment = frame.strip_prefix(&START_OF_IMAGE)?;
    let (len, rest) = segment.strip_prefix(&COMMENT)?.split_first_chunk()?;
    let text = rest.get(..usize::from(u16::from_be_bytes(*len)).checked_sub(LENGTH_BYTES)?)?;
    let (seq, time) = str::from_utf8(text).ok()?.strip_prefix("rv1 seq=")?.split_once(" t=")?;
    let stamp = Stamp { seq: decimal(seq)?, time_ns: decimal(time)? };
    Some((stamp, COMMENT.len() + LENGTH_BYTES + text.len()))
}

/// Reads a number in its one spelling: `parse` alone takes a plus sign and leading zeros too.
fn decimal(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

/// The marker that every JPEG begins with.
const START_OF_IMAGE: [u8; 2] = [0xFF, 0xD8];
/// The marker of a comment segment.
const COMMENT: [u8; 2] = [0xFF, 0xFE];
/// Bytes of a segment's length, which counts itself.
const LENGTH_BYTES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { seq: 17, time_ns: 1_795_000_000_123_456_789 };

    fn frame(payload: &[u8]) -> Frame {
        Frame::new(payload).unwrap()
    }

    /// A picture whose first segment is a comment with this text.
    fn commented(text: &[u8]) -> Vec<u8> {
        let len = (text.len() as u16 + 2).to_be_bytes();
        [b"\xFF\xD8\xFF\xFE".as_slice(), &len, text, b"\xFF\xDArest"].concat()
    }

    #[test]
    fn a_stamp_is_the_first_segment_and_all_else_stays() {
        let stamped = STAMP.write(frame(b"\xFF\xD8\xFF\xDArest")).unwrap();
        assert_eq!(stamped.as_bytes(), commented(b"rv1 seq=17 t=1795000000123456789"));
        assert_eq!(Stamp::read(stamped.as_bytes()), Some(STAMP));
    }

    #[test]
    fn a_second_stamp_takes_the_place_of_the_first() {
        let once = STAMP.write(frame(b"\xFF\xD8\xFF\xDArest")).unwrap();
        let later = Stamp { seq: 100_000, time_ns: 7 };
        let twice = later.write(once).unwrap();
        assert_eq!(twice.as_bytes(), commented(b"rv1 seq=100000 t=7"));
    }

    #[test]
    fn another_comment_stays_behind_the_stamp() {
        let stamped = STAMP.write(frame(&commented(b"made by hand"))).unwrap();
        let tail = commented(b"made by hand");
        assert!(stamped.as_bytes().ends_with(&tail[2..]));
        assert_eq!(Stamp::read(stamped.as_bytes()), Some(STAMP));
    }

    #[test]
    fn only_the_one_spelling_is_a_stamp() {
        assert!(Stamp::read(&commented(b"rv1 seq=0 t=0")).is_some());
        for text in [
            "rv1 seq=1 t=2 ",
            " rv1 seq=1 t=2",
            "rv1 seq=1  t=2",
            "rv1 seq=1 t=2\0",
            "rv1 seq=1 t=2 t=3",
            "rv1 seq=+1 t=2",
            "rv1 seq=-1 t=2",
            "rv1 seq=01 t=2",
            "rv1 seq=1 t=",
            "rv1 seq= t=2",
            "rv1 seq=1 t=2.5",
            "rv1 seq=1 t=18446744073709551616",
            "rv1 t=2 seq=1",
            "rv2 seq=1 t=2",
            "RV1 seq=1 t=2",
            "rv1",
            "",
        ] {
            assert_eq!(Stamp::read(&commented(text.as_bytes())), None, "{text:?}");
        }
        assert_eq!(Stamp::read(&commented(b"rv1 seq=1 t=\xFF")), None);
    }

    #[test]
    fn only_the_first_segment_is_looked_at() {
        let stamp = commented(b"rv1 seq=1 t=2");
        let behind_another = [b"\xFF\xD8\xFF\xE0\0\x04ab".as_slice(), &stamp[2..]].concat();
        assert_eq!(Stamp::read(&behind_another), None);
        assert_eq!(Stamp::read(&stamp[2..]), None);
    }

    #[test]
    fn a_segment_that_is_cut_or_shorter_than_its_own_length_is_no_stamp() {
        let stamped = STAMP.write(frame(b"\xFF\xD8")).unwrap().into_bytes();
        for len in 0..stamped.len() {
            assert_eq!(Stamp::read(&stamped[..len]), None, "{len}");
        }
        for len in [0_u8, 1, 2, 3, 255] {
            let mut wrong = stamped.clone();
            (wrong[4], wrong[5]) = (0, len);
            assert_eq!(Stamp::read(&wrong), None, "{len}");
        }
    }

    #[test]
    fn what_does_not_begin_as_a_jpeg_takes_no_stamp() {
        for payload in [b"\xFF".as_slice(), b"\xD8\xFF", b"jpeg"] {
            assert_eq!(STAMP.write(frame(payload)), Err(StampError::NotJpeg));
        }
    }

    #[test]
    fn the_largest_numbers_come_back() {
        let largest = Stamp { seq: u64::MAX, time_ns: u64::MAX };
        assert_eq!(Stamp::read(largest.write(frame(b"\xFF\xD8")).unwrap().as_bytes()), Some(largest));
    }
}
