//! Counts what is passed over on the way to the next picture.

use crate::{Damage, DecodeError, FrameLimit, Lost};

/// What has been passed over since the last picture.
#[derive(Debug, Default)]
pub(crate) struct Skipped {
    at: u64,
    bytes: u64,
    /// `None` while it may be padding.
    why: Option<Damage>,
    /// Bytes since something was last found that looked like the way back.
    searched: u64,
}

impl Skipped {
    /// Passes over bytes that begin at `at`. Senders put zeros, fill bytes and empty lines between pictures: these alone are
    /// no loss.
    pub(crate) fn pass(&mut self, at: u64, bytes: &[u8]) {
        let found = if self.why.is_none() { bytes.iter().find(|byte| !is_padding(**byte)) } else { None };
        let why = found.map(|&found| Damage::NoJpeg { found });
        self.count(at, bytes.len(), why);
        self.searched += bytes.len() as u64;
    }

    /// Passes over bytes as [`pass`](Self::pass) does, but for the first `announced`: a sender that counts them in its
    /// `Content-Length` sends them on purpose.
    pub(crate) fn pass_announced(&mut self, at: u64, bytes: &[u8], announced: &mut u64) {
        let counted = usize::try_from(*announced).unwrap_or(usize::MAX).min(bytes.len());
        *announced -= counted as u64;
        self.searched += counted as u64;
        self.pass(at + counted as u64, &bytes[counted..]);
    }

    /// Passes over `len` bytes that begin at `at` and were to be a picture.
    pub(crate) fn lose(&mut self, at: u64, len: usize, why: Damage) {
        self.count(at, len, Some(why));
        self.searched = 0;
    }

    /// How many more bytes may be passed over.
    pub(crate) fn room(&self, limit: FrameLimit) -> usize {
        usize::try_from(u64::from(limit.bytes()).saturating_sub(self.searched)).unwrap_or(usize::MAX)
    }

    /// What was lost, now that the way is found again.
    pub(crate) fn take(&mut self) -> Option<Lost> {
        let Skipped { at, bytes, why, .. } = core::mem::take(self);
        why.map(|why| Lost { at, bytes, why })
    }

    /// The error if the stream ends here.
    pub(crate) fn unresolved(&self) -> Option<DecodeError> {
        self.why.is_some().then(|| self.error())
    }

    /// The error if nothing is searched any more. Padding without end is no picture either.
    pub(crate) fn error(&self) -> DecodeError {
        let why = self.why.clone().unwrap_or(Damage::NoJpeg { found: 0 });
        DecodeError::NoPicture { at: self.at, bytes: self.bytes, why }
    }

    fn count(&mut self, at: u64, len: usize, why: Option<Damage>) {
        if self.bytes == 0 {
            self.at = at;
        }
        self.bytes += len as u64;
        if self.why.is_none() {
            self.why = why;
        }
    }
}

pub(crate) fn is_padding(byte: u8) -> bool {
    matches!(byte, 0x00 | 0xFF | b'\r' | b'\n' | b' ')
}
