//! The records within one chunk, compressed or not.

use std::io::Read;

use super::decompress::Decompressed;
use super::error::ReadError;
use super::input::Input;

/// A chunk that is being read.
pub(super) struct Chunk {
    /// Where its record begins.
    at: u64,
    contents: Contents,
    /// How much is left of its records.
    left: u64,
    /// How much follows them in the file, to be passed over.
    padding: u64,
    /// The checksum in the file; zero if there is none.
    saved: u32,
    hasher: crc32fast::Hasher,
}

/// What a chunk's header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) at: u64,
    /// How long the records are, once decompressed.
    pub(super) uncompressed: u64,
    pub(super) crc: u32,
    /// How much follows the records within the chunk.
    pub(super) padding: u64,
}

enum Contents {
    /// They are read from the file.
    InFile,
    Decompressed {
        decoder: Decompressed,
        is_cut: bool,
    },
}

/// Whether all bytes that were asked for are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Got {
    All,
    /// The file ends before.
    CutOff,
}

impl Chunk {
    /// A chunk whose records are in the file as they are.
    pub(super) fn plain(head: Head) -> Self {
        Self::new(head, Contents::InFile)
    }

    /// A chunk that was read whole, or up to where the file ends.
    pub(super) fn compressed(head: Head, decoder: Decompressed, is_cut: bool) -> Self {
        Self::new(head, Contents::Decompressed { decoder, is_cut })
    }

    fn new(Head { at, uncompressed, crc, padding }: Head, contents: Contents) -> Self {
        Self { at, contents, left: uncompressed, padding, saved: crc, hasher: crc32fast::Hasher::new() }
    }

    /// How much is left of the records.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Where an error is reported that is found now.
    pub(super) fn place<R: Read>(&self, input: &Input<R>) -> u64 {
        match self.contents {
            Contents::InFile => input.at(),
            Contents::Decompressed { .. } => self.at,
        }
    }

    /// Appends this many bytes, of which so many must be left.
    pub(super) fn read<R: Read>(
        &mut self,
        input: &mut Input<R>,
        len: u64,
        into: &mut Vec<u8>,
    ) -> Result<Got, ReadError> {
        let before = into.len();
        let got = match &mut self.contents {
            Contents::InFile => {
                let at = input.at();
                let read = input.read(len, into).map_err(|source| ReadError::Read { at, source })?;
                if read < len { Got::CutOff } else { Got::All }
            }
            Contents::Decompressed { decoder, is_cut } => match (decoder.take(len).read_to_end(into), *is_cut) {
                (Ok(read), _) if read as u64 == len => Got::All,
                (_, true) => Got::CutOff,
                (Ok(_), false) => return Err(ReadError::Malformed { at: self.at, what: "chunk" }),
                (Err(source), false) => return Err(ReadError::Decompress { at: self.at, source }),
            },
        };
        self.hasher.update(&into[before..]);
        self.left -= len;
        Ok(got)
    }

    /// Checks what was read, and passes over what follows it.
    pub(super) fn finish<R: Read>(self, input: &mut Input<R>) -> Result<Got, ReadError> {
        let at = input.at();
        let skipped = input.skip(self.padding).map_err(|source| ReadError::Read { at, source })?;
        if skipped < self.padding {
            return Ok(Got::CutOff);
        }
        let (saved, calculated) = (self.saved, self.hasher.finalize());
        if saved != 0 && saved != calculated {
            return Err(ReadError::Checksum { at: self.at, saved, calculated });
        }
        Ok(Got::All)
    }
}
