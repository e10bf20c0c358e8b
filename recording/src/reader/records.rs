//! Walks over the records of an MCAP file and of its chunks.
//!
//! The library that writes recordings can read them too, but it subtracts without a check where a record promises more than its
//! chunk has, and holds every record in memory, attachments of any size included.

use std::io::Read;

use mcap::MAGIC;
use mcap::records::op;

use super::chunk::{Chunk, Got, Head};
use super::decompress::Decompressed;
use super::error::ReadError;
use super::input::Input;
use crate::fields::Fields;

/// The records of a file, in order.
pub(super) struct Records<R> {
    input: Input<R>,
    place: Place,
    scratch: Vec<u8>,
}

/// A record that matters, whose body is in the caller's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    Schema { at: u64 },
    Channel { at: u64 },
    Message { at: u64 },
    CutOff { at_byte: u64 },
    End,
}

enum Place {
    Start,
    File,
    Chunk(Box<Chunk>),
    Ended,
}

/// What a record turned out to be.
enum Step {
    Record(Record),
    Passed,
    CutOff,
    End,
}

impl<R: Read> Records<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input: Input::new(input), place: Place::Start, scratch: Vec::new() }
    }

    /// Returns the next record that matters, with its body in `body`.
    pub(super) fn next_record(&mut self, body: &mut Vec<u8>) -> Result<Record, ReadError> {
        loop {
            let step = match std::mem::replace(&mut self.place, Place::Ended) {
                Place::Start => self.magic()?,
                Place::File => self.in_file(body)?,
                Place::Chunk(chunk) => self.in_chunk(chunk, body)?,
                Place::Ended => return Ok(Record::End),
            };
            match step {
                Step::Record(record) => return Ok(record),
                Step::Passed => {}
                Step::CutOff => {
                    self.place = Place::Ended;
                    return Ok(Record::CutOff { at_byte: self.input.at() });
                }
                Step::End => return Ok(Record::End),
            }
        }
    }

    /// Reads the bytes that a file begins with.
    fn magic(&mut self) -> Result<Step, ReadError> {
        let got = self.fill(MAGIC.len() as u64)?;
        if !MAGIC.starts_with(&self.scratch) {
            let begins = self.scratch.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
            return Err(ReadError::NotMcap { begins });
        }
        self.place = Place::File;
        Ok(if got == Got::All { Step::Passed } else { Step::CutOff })
    }

    fn in_file(&mut self, body: &mut Vec<u8>) -> Result<Step, ReadError> {
        let at = self.input.at();
        if self.fill(OPCODE_AND_LENGTH)? == Got::CutOff {
            return Ok(Step::CutOff);
        }
        let (opcode, len) = opcode_and_length(&self.scratch);
        self.place = Place::File;
        match opcode {
            0 => Err(ReadError::Malformed { at, what: "record" }),
            op::CHUNK => self.open_chunk(at, len),
            op::SCHEMA | op::CHANNEL | op::MESSAGE => {
                check(at, opcode, len)?;
                body.clear();
                let read = self.input.read(len, body).map_err(|source| ReadError::Read { at, source })?;
                Ok(if read < len { Step::CutOff } else { Step::Record(record(opcode, at)) })
            }
            op::FOOTER => {
                let passed = self.skip(len)?;
                let end = self.input.at();
                self.place = Place::Ended;
                if passed == Got::CutOff || self.fill(MAGIC.len() as u64)? == Got::CutOff {
                    return Ok(Step::CutOff);
                }
                if self.scratch != MAGIC {
                    return Err(ReadError::Malformed { at: end, what: "end of the file" });
                }
                Ok(Step::End)
            }
            _ => Ok(if self.skip(len)? == Got::CutOff { Step::CutOff } else { Step::Passed }),
        }
    }

    fn in_chunk(&mut self, mut chunk: Box<Chunk>, body: &mut Vec<u8>) -> Result<Step, ReadError> {
        if chunk.left() == 0 {
            self.place = Place::File;
            return Ok(if chunk.finish(&mut self.input)? == Got::CutOff { Step::CutOff } else { Step::Passed });
        }
        let at = chunk.place(&self.input);
        if chunk.left() < OPCODE_AND_LENGTH {
            return Err(ReadError::Malformed { at, what: "record" });
        }
        self.scratch.clear();
        if chunk.read(&mut self.input, OPCODE_AND_LENGTH, &mut self.scratch)? == Got::CutOff {
            return Ok(Step::CutOff);
        }
        let (opcode, len) = opcode_and_length(&self.scratch);
        check(at, opcode, len)?;
        if opcode == 0 || len > chunk.left() {
            return Err(ReadError::Malformed { at, what: "record" });
        }
        body.clear();
        if chunk.read(&mut self.input, len, body)? == Got::CutOff {
            return Ok(Step::CutOff);
        }
        self.place = Place::Chunk(chunk);
        Ok(match opcode {
            op::SCHEMA | op::CHANNEL | op::MESSAGE => Step::Record(record(opcode, at)),
            _ => Step::Passed,
        })
    }

    /// Reads a chunk's header and, if it is compressed, the chunk.
    fn open_chunk(&mut self, at: u64, len: u64) -> Result<Step, ReadError> {
        let malformed = ReadError::Malformed { at, what: "chunk" };
        if self.fill(CHUNK_HEAD)? == Got::CutOff {
            return Ok(Step::CutOff);
        }
        let (uncompressed, crc, name_len) = chunk_head(&self.scratch);
        if name_len > LONGEST_COMPRESSION {
            return Err(malformed);
        }
        let rest = u64::from(name_len) + 8;
        if self.fill(rest)? == Got::CutOff {
            return Ok(Step::CutOff);
        }
        let mut fields = Fields(&self.scratch);
        let name = fields.take(name_len as usize).map(|name| String::from_utf8_lossy(name).into_owned());
        let (Some(name), Some(compressed)) = (name, fields.u64()) else { return Err(malformed) };
        // A program that was killed leaves its last chunk without lengths; it ends with the file.
        let is_open = len == u64::MAX && compressed == u64::MAX;
        let padding = match len.checked_sub(CHUNK_HEAD + rest).and_then(|len| len.checked_sub(compressed)) {
            Some(padding) => padding,
            None if is_open => 0,
            None => return Err(malformed),
        };
        let crc = if is_open { 0 } else { crc };
        if name.is_empty() {
            let head = Head { at, uncompressed: compressed, crc, padding };
            self.place = Place::Chunk(Box::new(Chunk::plain(head)));
            return Ok(Step::Passed);
        }
        let longest = compressed.max(uncompressed);
        if longest > LONGEST_CHUNK && !is_open {
            return Err(ReadError::TooLong { at, opcode: op::CHUNK, len: longest, limit: LONGEST_CHUNK });
        }
        let mut bytes = Vec::new();
        let read = self.input.read(compressed.min(LONGEST_CHUNK), &mut bytes);
        let is_cut = read.map_err(|source| ReadError::Read { at, source })? < compressed;
        let decoder = Decompressed::new(&name, bytes).ok_or(ReadError::Compression { at, name })?;
        let head = Head { at, uncompressed: uncompressed.min(LONGEST_CHUNK), crc, padding };
        self.place = Place::Chunk(Box::new(Chunk::compressed(head, decoder, is_cut)));
        Ok(Step::Passed)
    }

    /// Reads so many bytes into the scratch buffer.
    fn fill(&mut self, len: u64) -> Result<Got, ReadError> {
        self.scratch.clear();
        let at = self.input.at();
        let read = self.input.read(len, &mut self.scratch).map_err(|source| ReadError::Read { at, source })?;
        Ok(if read < len { Got::CutOff } else { Got::All })
    }

    fn skip(&mut self, len: u64) -> Result<Got, ReadError> {
        let at = self.input.at();
        let skipped = self.input.skip(len).map_err(|source| ReadError::Read { at, source })?;
        Ok(if skipped < len { Got::CutOff } else { Got::All })
    }
}

/// Checks a record's length before anything is read of it.
fn check(at: u64, opcode: u8, len: u64) -> Result<(), ReadError> {
    if len > LONGEST_RECORD {
        return Err(ReadError::TooLong { at, opcode, len, limit: LONGEST_RECORD });
    }
    Ok(())
}

fn record(opcode: u8, at: u64) -> Record {
    match opcode {
        op::SCHEMA => Record::Schema { at },
        op::CHANNEL => Record::Channel { at },
        _ => Record::Message { at },
    }
}

fn opcode_and_length(bytes: &[u8]) -> (u8, u64) {
    let mut fields = Fields(bytes);
    let opcode = fields.take(1).map(|opcode| opcode[0]);
    opcode.zip(fields.u64()).expect("nine bytes were read")
}

/// The length and the checksum of the records, and the length of the compression's name.
fn chunk_head(bytes: &[u8]) -> (u64, u32, u32) {
    let mut fields = Fields(bytes);
    let mut head = || {
        let _first_and_last_time = fields.take(16)?;
        Some((fields.u64()?, fields.u32()?, fields.u32()?))
    };
    head().expect("the head was read")
}

const OPCODE_AND_LENGTH: u64 = 9;
/// A chunk's header up to the compression's name.
const CHUNK_HEAD: u64 = 8 + 8 + 8 + 4 + 4;
const LONGEST_COMPRESSION: u32 = 64;
const LONGEST_RECORD: u64 = 256 * 1024 * 1024;
/// A compressed chunk is held in memory, and what it decompresses to may be.
const LONGEST_CHUNK: u64 = 256 * 1024 * 1024;
