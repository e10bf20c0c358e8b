//! One QR library, and the guard for those that panic.

use super::findings::Finders;
use super::preprocess::Input;
use super::variant::Mode;
use crate::detect::Payload;
use crate::panics;

/// One QR library.
pub(super) trait Engine: Send {
    fn name(&self) -> &'static str;

    /// Every symbol in `input`, in its pixels.
    fn read(&mut self, input: &Input<'_>, mode: Mode) -> Result<Vec<Symbol>, String>;
}

/// What an engine found at one place.
pub(super) struct Symbol {
    pub(super) corners: [(f64, f64); 4],
    pub(super) content: Content,
}

pub(super) enum Content {
    /// It passed the error correction of the code.
    Read(Payload),
    Unread(Finders),
}

/// An engine whose panics are errors, so that they do not cost what other engines have read.
pub(super) struct CatchPanics<E>(pub(super) E);

impl<E: Engine> Engine for CatchPanics<E> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn read(&mut self, input: &Input<'_>, mode: Mode) -> Result<Vec<Symbol>, String> {
        panics::caught(|| self.0.read(input, mode)).unwrap_or_else(|message| Err(format!("panicked: {message}")))
    }
}
