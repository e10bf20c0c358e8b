//! Counts what is read, so that errors can say where.

use std::io::{self, Read};

/// The bytes of a file.
pub(super) struct Input<R> {
    inner: io::BufReader<R>,
    at: u64,
}

impl<R: Read> Input<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner: io::BufReader::with_capacity(BUFFER, inner), at: 0 }
    }

    /// How many bytes have been read.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Appends up to this many bytes; fewer only at the end of the file. Room is made as they come.
    pub(super) fn read(&mut self, len: u64, into: &mut Vec<u8>) -> io::Result<u64> {
        let read = self.inner.by_ref().take(len).read_to_end(into)? as u64;
        self.at += read;
        Ok(read)
    }

    /// Passes over up to this many bytes; fewer only at the end of the file.
    pub(super) fn skip(&mut self, len: u64) -> io::Result<u64> {
        let skipped = io::copy(&mut self.inner.by_ref().take(len), &mut io::sink())?;
        self.at += skipped;
        Ok(skipped)
    }
}

const BUFFER: usize = 64 * 1024;
