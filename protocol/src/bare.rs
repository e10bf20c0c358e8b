//! JPEG after JPEG, with nothing between them: the next picture begins where the last one ends.

use memchr::memchr;

use crate::jpeg::{Bad, Step, Walker};
use crate::progress::STEP;
use crate::skipped::Skipped;
use crate::tape::Tape;
use crate::{Damage, DecodeError, Event, Frame, FrameLimit, Progress};

/// Decodes one stream of JPEGs that nothing separates, as `rpicam-vid --codec mjpeg`, FFmpeg and GStreamer send it.
///
/// A picture comes out with its last byte. Damaged pictures are lost and counted ([`Event::Lost`]), and the stream goes on
/// with the next `FF D8 FF` that may begin one. Zeros, fill bytes and empty lines between pictures are padding.
///
/// It holds at most one picture, and its memory follows what has arrived: at most twice as much, or 16 KiB.
#[derive(Debug)]
pub struct BareDecoder {
    limit: FrameLimit,
    tape: Tape,
    /// `None` between two pictures.
    walker: Option<Walker>,
    skipped: Skipped,
    failed: Option<DecodeError>,
}

impl BareDecoder {
    /// Starts at the beginning of a stream whose pictures have at most `limit` bytes.
    #[must_use]
    pub fn new(limit: FrameLimit) -> BareDecoder {
        BareDecoder { limit, tape: Tape::default(), walker: None, skipped: Skipped::default(), failed: None }
    }

    /// Consumes from the front of `input` up to the end of the next event; `Ok(None)` means more is needed.
    ///
    /// Call it until it returns `Ok(None)`: then `input` is empty and may be filled again.
    ///
    /// # Errors
    ///
    /// Fails if no picture begins within as many bytes as the limit allows one to have. An error is final: every later call
    /// repeats it and consumes nothing.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Event>, DecodeError> {
        self.decode_some(input, &mut { usize::MAX }).map(Progress::event)
    }

    /// As [`decode`](Self::decode), but stops once nothing is left of `work`, about as many bytes. A picture that is given up is
    /// gone over once more, and may consist of millions of starts of pictures.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_some(&mut self, input: &mut &[u8], work: &mut usize) -> Result<Progress, DecodeError> {
        loop {
            if let Some(error) = &self.failed {
                return Err(error.clone());
            }
            let limit = self.limit.bytes() as usize;
            let bytes = self.tape.peek(input);
            if bytes.is_empty() {
                return Ok(Progress::NeedsInput);
            }
            if *work == 0 {
                return Ok(Progress::Paused);
            }
            let Some(walker) = &mut self.walker else {
                *work = work.saturating_sub(STEP);
                self.search(input);
                continue;
            };
            let room = bytes.len().min(limit - self.tape.kept().len()).min(*work);
            let (walked, step) = walker.walk(&bytes[..room]);
            *work = work.saturating_sub(walked + STEP);
            self.tape.keep(walked, input, limit);
            match step {
                Step::More if self.tape.kept().len() == limit => self.give_up_at_the_limit(),
                Step::More => {}
                Step::Begun => {
                    if let Some(lost) = self.skipped.take() {
                        return Ok(Progress::Event(Event::Lost(lost)));
                    }
                }
                Step::End => {
                    self.walker = None;
                    return Ok(Progress::Event(Event::Frame(Frame::from_wire(self.tape.take()))));
                }
                Step::Bad(bad) => self.give_up(bad),
            }
        }
    }

    /// Checks that the stream may end here: between pictures.
    ///
    /// # Errors
    ///
    /// Fails if the stream is inside a picture, or behind bytes that are none, and repeats an error that
    /// [`decode`](Self::decode) returned.
    pub fn finish(&self) -> Result<(), DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let arrived = self.tape.kept().len();
        // A single fill byte may be padding.
        if self.walker.is_some() && arrived > 1 && self.skipped.unresolved().is_none() {
            let at = self.tape.position() - arrived as u64;
            return Err(DecodeError::TruncatedPicture { at, arrived: arrived as u32 });
        }
        self.skipped.unresolved().map_or(Ok(()), Err)
    }

    /// How many bytes of the stream have been consumed.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.tape.taken()
    }

    /// Goes to where the next picture may begin.
    fn search(&mut self, input: &mut &[u8]) {
        let bytes = self.tape.peek(input);
        let ahead = memchr(0xFF, bytes).unwrap_or(bytes.len());
        if ahead == 0 {
            self.walker = Some(Walker::new());
            return;
        }
        let passed = ahead.min(self.skipped.room(self.limit));
        self.skipped.pass(self.tape.position(), &bytes[..passed]);
        self.tape.skip(passed, input);
        if passed < ahead {
            self.fail();
        }
    }

    /// Goes back to where the next picture may begin, behind the start of this one.
    fn give_up(&mut self, bad: Bad) {
        let at = self.tape.position() - self.tape.kept().len() as u64;
        let resume = bad.resume.max(1);
        if self.walker.take().is_some_and(|walker| walker.has_begun()) {
            self.skipped.lose(at, resume, bad.why.behind(at));
        } else {
            self.skipped.pass(at, &self.tape.kept()[..resume]);
        }
        self.tape.go_back(resume);
        if self.skipped.room(self.limit) == 0 {
            self.fail();
        }
    }

    fn give_up_at_the_limit(&mut self) {
        let why = Damage::TooLarge { limit: self.limit.bytes() };
        let len = self.tape.kept().len();
        self.walker = None;
        self.skipped.lose(self.tape.position() - len as u64, len, why);
        self.tape.go_back(len);
    }

    fn fail(&mut self) {
        self.failed = Some(self.skipped.error());
        self.walker = None;
        self.tape = Tape::spent(self.tape.taken());
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::Lost;

    /// A picture with a thumbnail, as EXIF has it.
    const JPEG: &[u8] =
        b"\xFF\xD8\xFF\xE1\0\x0A\xFF\xD8\xFF\xE0\0\x02\xFF\xD9\xFF\xC0\0\x02\xFF\xDA\0\x02ab\xFF\x00c\xFF\xD9";

    fn frame() -> Event {
        Event::Frame(Frame::new(JPEG).unwrap())
    }

    fn decode(limit: u32, stream: &[u8]) -> (Vec<Event>, Result<(), DecodeError>) {
        let mut decoder = BareDecoder::new(FrameLimit::new(limit).unwrap());
        let mut events = Vec::new();
        let mut input = stream;
        loop {
            match decoder.decode(&mut input) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => return (events, decoder.finish()),
                Err(error) => return (events, Err(error)),
            }
        }
    }

    #[test]
    fn pictures_come_out_whole_and_padding_between_them_is_no_loss() {
        let stream = [JPEG, JPEG, b"\0\0\0\xFF\xFF\r\n", JPEG, b"\0\xFF"].concat();
        assert_eq!(decode(1000, &stream), (Vec::from([frame(), frame(), frame()]), Ok(())));
    }

    #[test]
    fn a_picture_comes_with_its_last_byte() {
        let mut decoder = BareDecoder::new(FrameLimit::DEFAULT);
        let (front, back) = JPEG.split_at(JPEG.len() - 1);
        assert_eq!(decoder.decode(&mut &front[..]), Ok(None));
        assert_eq!(decoder.decode(&mut &back[..]), Ok(Some(frame())));
    }

    #[test]
    fn a_picture_cut_anywhere_is_lost_and_the_next_comes() {
        let plain = b"\xFF\xD8\xFF\xE0\0\x08JFIF12\xFF\xC0\0\x02\xFF\xDA\0\x02ab\xFF\x00c\xFF\xD9";
        let picture = Event::Frame(Frame::new(*plain).unwrap());
        // More than a segment can have: cut inside a length, the next picture is taken for one.
        let next = plain.repeat(3000);
        for cut in 4..plain.len() - 1 {
            let (events, end) = decode(u32::MAX, &[plain, &plain[..cut], &next].concat());
            let pictures = events.iter().filter(|event| **event == picture).count();
            if cut == 10 {
                // The segment ends with the next picture's start: two halves that are whole together.
                assert_eq!((pictures, events.len(), end), (3000, 3001, Ok(())), "cut at {cut}");
                continue;
            }
            let [_, Event::Lost(lost), ..] = &events[..] else { panic!("cut at {cut}: {:?}", &events[..3]) };
            assert_eq!((lost.at, lost.bytes), (plain.len() as u64, cut as u64), "cut at {cut}");
            assert_eq!((pictures, events.len(), end), (3001, 3002, Ok(())), "cut at {cut}");
        }
    }

    #[test]
    fn bytes_between_pictures_are_lost_and_counted() {
        let stream = [JPEG, b"noise\xFF\xD8 and more", JPEG].concat();
        let lost = Lost { at: JPEG.len() as u64, bytes: 16, why: Damage::NoJpeg { found: b'n' } };
        assert_eq!(decode(1000, &stream), (Vec::from([frame(), Event::Lost(lost), frame()]), Ok(())));
    }

    #[test]
    fn a_picture_above_the_limit_is_lost_and_the_next_comes() {
        let large = [&JPEG[..JPEG.len() - 2], b"larger\xFF\xD9"].concat();
        let limit = JPEG.len() as u32;
        let why = Damage::TooLarge { limit };
        let lost = Lost { at: 0, bytes: large.len() as u64, why };
        let (events, end) = decode(limit, &[&large, JPEG].concat());
        assert_eq!((events, end), (Vec::from([Event::Lost(lost), frame()]), Ok(())));
    }

    #[test]
    fn a_search_ends_at_the_limit() {
        let (events, end) = decode(100, &[JPEG, &[b'x'; 500]].concat());
        let at = JPEG.len() as u64;
        assert_eq!(events, [frame()]);
        assert_eq!(end, Err(DecodeError::NoPicture { at, bytes: 100, why: Damage::NoJpeg { found: b'x' } }));
    }

    #[test]
    fn closing_inside_a_picture_is_no_end() {
        let (_, end) = decode(1000, &[JPEG, &JPEG[..20]].concat());
        assert_eq!(end, Err(DecodeError::TruncatedPicture { at: JPEG.len() as u64, arrived: 20 }));
    }
}
