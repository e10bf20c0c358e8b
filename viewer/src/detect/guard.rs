//! Runs an engine so that its panic is an error with a count, not the end of the program and not noise on the terminal.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::DetectError;
use crate::picture::Luma;

/// Counts the panics of one engine.
#[derive(Debug)]
pub(crate) struct Guard {
    engine: &'static str,
    panics: u64,
}

impl Guard {
    pub(crate) fn new(engine: &'static str) -> Self {
        Self { engine, panics: 0 }
    }

    /// Runs `work`, whose panic becomes an error; callers keep nothing that a panic could leave half changed.
    pub(crate) fn catch<T>(&mut self, luma: &Luma, work: impl FnOnce() -> T) -> Result<T, DetectError> {
        silence_guarded_panics();
        let outer = GUARDED.replace(true);
        let outcome = panic::catch_unwind(AssertUnwindSafe(work));
        GUARDED.set(outer);
        outcome.map_err(|payload| {
            self.panics += 1;
            DetectError::Panicked {
                engine: self.engine,
                width: luma.width,
                height: luma.height,
                count: self.panics,
                message: panic_message(&*payload),
            }
        })
    }
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Wraps the panic hook once, so that a guarded panic prints nothing while any other prints as before.
fn silence_guarded_panics() {
    static WRAPPED: Once = Once::new();
    WRAPPED.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                print(info);
            }
        }));
    });
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot() -> Luma {
        Luma { width: 1, height: 1, data: vec![0] }
    }

    #[test]
    fn a_panic_becomes_an_error_that_counts() {
        let mut guard = Guard::new("fragile");
        for expected in 1..=2 {
            let error = guard.catch::<()>(&dot(), || panic!("geometry {}", 7)).unwrap_err();
            let DetectError::Panicked { engine, count, message, .. } = error else { unreachable!("{error}") };
            assert_eq!((engine, count, message.as_str()), ("fragile", expected, "geometry 7"));
        }
    }

    #[test]
    fn what_the_engine_found_passes_through() {
        assert_eq!(Guard::new("sound").catch(&dot(), || 42).unwrap(), 42);
    }
}
