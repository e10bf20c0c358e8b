//! A file that ends at a whole line, also where the disk is full in the middle of one.

use std::fs::File;
use std::io::{self, Write};

/// Writes lines to a file; they are in it when it is flushed.
pub(crate) struct WholeLines {
    file: File,
    buffer: Vec<u8>,
}

impl WholeLines {
    /// Writes to the end of `file`.
    pub(crate) fn new(file: File) -> Self {
        Self { file, buffer: Vec::new() }
    }

    /// Writes what is in the buffer; of a line that does not fit, nothing stays in the file.
    fn drain(&mut self) -> io::Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        let mut written = 0;
        let outcome = loop {
            if written == buffer.len() {
                break Ok(());
            }
            match self.file.write(&buffer[written..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(len) => written += len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        if outcome.is_err() {
            let whole = buffer[..written].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            let cut = (written - whole) as u64;
            let len = self.file.metadata().map_or(0, |file| file.len());
            // A pipe cannot be cut, and need not be: its reader has gone.
            if cut > 0 && len >= cut {
                _ = self.file.set_len(len - cut);
            }
        }
        outcome
    }
}

impl Write for WholeLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= MOST_BUFFERED && self.buffer.ends_with(b"\n") {
            self.drain()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain()
    }
}

impl Drop for WholeLines {
    fn drop(&mut self) {
        // An error has nobody to tell any more.
        _ = self.drain();
    }
}

const MOST_BUFFERED: usize = 8 * 1024;
