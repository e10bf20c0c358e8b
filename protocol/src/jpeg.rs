//! Finds the end of a JPEG by walking its markers, without decoding it.
//!
//! ```text
//! FF D8 ┬─ FF xx len … ─┐ FF DA len … ┬─ entropy-coded, FF 00, FF D0–D7 ─┬ FF D9
//!       └───────────────┘             └───── FF xx len … FF DA len … ────┘
//! ```
//!
//! `FF D9` alone marks nothing: the thumbnail that EXIF carries in a segment has one of its own.

use core::mem;

use memchr::memchr;

use crate::Damage;

/// Walks one JPEG, in pieces of any size.
#[derive(Debug)]
pub(crate) struct Walker {
    state: State,
    /// Bytes walked so far.
    len: usize,
    /// Where that begins which no marker behind it has confirmed: the last segment, or the last scan.
    unconfirmed: usize,
    has_begun: bool,
    has_frame_header: bool,
}

/// What a walk came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing yet; every byte was walked.
    More,
    /// `FF D8 FF` and a marker that may follow: a picture has begun. Comes once, and the walk goes on behind it.
    Begun,
    /// The picture is whole.
    End,
    /// This is no picture, or it is damaged. The byte that shows it was not walked.
    Bad(Bad),
}

/// Where and why a walk went wrong; offsets count from the picture's first byte.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bad {
    /// Why, with positions that count from the picture's first byte.
    pub(crate) why: Damage,
    /// No other picture begins before this offset.
    pub(crate) resume: usize,
    /// What is before this offset is part of the picture; what is behind it may be text between pictures.
    pub(crate) unconfirmed: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    StartSecond,
    /// Before an `FF`.
    Expect(Place),
    /// Behind an `FF`.
    Marker(Place),
    Length(Opens),
    LengthSecond(Opens, u8),
    /// So many bytes are left of a segment.
    Segment(Opens, u16),
    Scan,
}

/// Where a marker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    First,
    Header,
    Scan,
}

/// What follows a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opens {
    Marker,
    Scan,
}

impl Walker {
    pub(crate) fn new() -> Walker {
        Walker { state: State::Start, len: 0, unconfirmed: 0, has_begun: false, has_frame_header: false }
    }

    /// Whether [`Step::Begun`] has come.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Walks on through `bytes`, and returns how many of them were walked.
    pub(crate) fn walk(&mut self, bytes: &[u8]) -> (usize, Step) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match self.state {
                State::Segment(opens, left) => {
                    let skipped = usize::from(left).min(bytes.len() - at);
                    at += skipped;
                    self.len += skipped;
                    self.state = self.in_segment(opens, left - skipped as u16);
                }
                State::Scan => {
                    let data = memchr(0xFF, &bytes[at..]).unwrap_or(bytes.len() - at);
                    at += data;
                    self.len += data;
                    if at < bytes.len() {
                        at += 1;
                        self.len += 1;
                        self.state = State::Marker(Place::Scan);
                    }
                }
                _ => match self.byte(byte) {
                    Ok(step) => {
                        at += 1;
                        self.len += 1;
                        if step != Step::More {
                            return (at, step);
                        }
                    }
                    Err(bad) => return (at, Step::Bad(bad)),
                },
            }
        }
        (at, Step::More)
    }

    fn in_segment(&mut self, opens: Opens, left: u16) -> State {
        match opens {
            _ if left > 0 => State::Segment(opens, left),
            Opens::Marker => State::Expect(Place::Header),
            Opens::Scan => {
                self.unconfirmed = self.len;
                State::Scan
            }
        }
    }

    /// One byte outside of segments and entropy-coded data, at offset `self.len`.
    fn byte(&mut self, byte: u8) -> Result<Step, Bad> {
        let at = self.len as u64;
        self.state = match (self.state, byte) {
            (State::Start, 0xFF) => State::StartSecond,
            (State::StartSecond, 0xD8) => State::Expect(Place::First),
            (State::Start | State::StartSecond, found) => return Err(self.bad(Damage::NoJpeg { found }, self.len)),
            (State::Expect(place), 0xFF) => State::Marker(place),
            (State::Expect(_), found) => return Err(self.bad(Damage::NoMarker { at, found }, self.unconfirmed)),
            (State::Marker(place), marker) => return self.marker(place, marker),
            (State::Length(opens), high) => State::LengthSecond(opens, high),
            (State::LengthSecond(opens, high), low) => match u16::from_be_bytes([high, low]) {
                len if len < 2 || opens == Opens::Scan && len > LONGEST_SCAN_HEADER => {
                    return Err(self.bad(Damage::SegmentLength { at: at - 1, len }, self.unconfirmed));
                }
                len => State::Segment(opens, len - 2),
            },
            (State::Segment(..) | State::Scan, _) => unreachable!("these are walked as a whole"),
        };
        Ok(Step::More)
    }

    /// The second byte of a marker.
    fn marker(&mut self, place: Place, marker: u8) -> Result<Step, Bad> {
        let at = self.len as u64;
        let is_frame_header = matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
        let opens = match (place, marker) {
            // Fill bytes, of which there may be any number, decide nothing.
            (_, 0xFF) => return Ok(Step::More),
            (Place::Scan, 0x00 | 0xD0..=0xD7) => {
                self.state = State::Scan;
                return Ok(Step::More);
            }
            (Place::Header, 0x01 | 0xD0..=0xD7) => {
                self.state = State::Expect(Place::Header);
                return Ok(Step::More);
            }
            (Place::Header | Place::Scan, 0xD9) => return Ok(Step::End),
            (_, 0xD8) => return Err(self.bad(Damage::Cut { at: at - 1 }, self.len - 1)),
            (_, 0xDA) if self.has_frame_header => Opens::Scan,
            (_, 0xC4 | 0xC8 | 0xCC | 0xDB..=0xFE) => Opens::Marker,
            _ if is_frame_header && !self.has_frame_header => Opens::Marker,
            (_, found) => return Err(self.bad(Damage::Marker { at, found }, self.len)),
        };
        self.has_frame_header |= is_frame_header;
        if place != Place::Scan {
            self.unconfirmed = self.len + 1;
        }
        self.state = State::Length(opens);
        Ok(if mem::replace(&mut self.has_begun, true) { Step::More } else { Step::Begun })
    }

    fn bad(&self, why: Damage, resume: usize) -> Bad {
        Bad { why, resume, unconfirmed: self.unconfirmed.min(resume) }
    }
}

/// Six bytes and two for each of at most four components. A larger one would swallow pictures, and pass as their beginning.
const LONGEST_SCAN_HEADER: u16 = 14;

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// What a walk over all of `bytes` comes to, in pieces of `size`.
    fn walk(bytes: &[u8], size: usize) -> (usize, Step) {
        let (mut walker, mut walked) = (Walker::new(), 0);
        for piece in bytes.chunks(size) {
            let mut piece = piece;
            while !piece.is_empty() {
                let (n, step) = walker.walk(piece);
                walked += n;
                piece = &piece[n..];
                if matches!(step, Step::End | Step::Bad(_)) {
                    return (walked, step);
                }
            }
        }
        (walked, Step::More)
    }

    #[track_caller]
    fn check(bytes: &[u8], walked: usize, step: Step) {
        for size in 1..=bytes.len() {
            let outcome = walk(bytes, size);
            assert_eq!(outcome.0, walked, "in pieces of {size}");
            assert_eq!(outcome.1, step, "in pieces of {size}");
        }
    }

    const START: &[u8] = b"\xFF\xD8\xFF\xC0\0\x04ab\xFF\xDA\0\x03c";

    fn picture(scan: &[u8]) -> Vec<u8> {
        [START, scan].concat()
    }

    #[test]
    fn stuffing_restarts_fill_bytes_and_further_scans_are_part_of_a_picture() {
        let scans = b"12\xFF\x00\xFF\xD0\xFF\xFF\xD734\xFF\xC4\0\x02\xFF\xDA\0\x0256\xFF\xFF\xD9";
        let whole = picture(scans);
        check(&[&whole, &b"more"[..]].concat(), whole.len(), Step::End);
    }

    #[test]
    fn an_end_inside_a_segment_is_no_end() {
        let whole = b"\xFF\xD8\xFF\xE1\0\x08\xFF\xD8\xFF\xD9ab\xFF\xD9";
        check(&whole[..whole.len() - 2], whole.len() - 2, Step::More);
    }

    #[test]
    fn a_picture_cut_off_by_another_resumes_with_that() {
        let cut = picture(b"123\xFF\xD8\xFF\xE0");
        let at = START.len() + 3;
        let why = Damage::Cut { at: at as u64 };
        check(&cut, at + 1, Step::Bad(Bad { why, resume: at, unconfirmed: START.len() }));
    }

    #[test]
    fn a_segment_that_no_marker_follows_is_in_doubt_itself() {
        let why = Damage::NoMarker { at: 8, found: b'x' };
        check(b"\xFF\xD8\xFF\xE0\0\x04abxy", 8, Step::Bad(Bad { why, resume: 4, unconfirmed: 4 }));
    }

    #[test]
    fn reserved_markers_and_impossible_lengths_are_damage() {
        let why = Damage::Marker { at: 15, found: 0x35 };
        check(&picture(b"1\xFF\x35"), 15, Step::Bad(Bad { why, resume: 15, unconfirmed: 13 }));
        let why = Damage::SegmentLength { at: 4, len: 1 };
        check(b"\xFF\xD8\xFF\xE0\0\x01", 5, Step::Bad(Bad { why, resume: 4, unconfirmed: 4 }));
    }

    #[test]
    fn a_second_frame_header_belongs_to_another_picture() {
        let why = Damage::Marker { at: 15, found: 0xC0 };
        check(&picture(b"1\xFF\xC0"), 15, Step::Bad(Bad { why, resume: 15, unconfirmed: 13 }));
    }
}
