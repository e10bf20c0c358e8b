//! Turns a panic into its message, without output on the terminal.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// Runs `work`; the error is the first line of the message if it panics.
///
/// The panic prints nothing, because the caller reports it; panics elsewhere print as before. The caller must keep nothing
/// that the panic may have left half changed. Detectors of this crate can be used again after a panic.
///
/// # Errors
/// Fails where `work` panics.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    silence_guarded_panics();
    let outer = GUARDED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    outcome.map_err(|payload| message(&*payload))
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Wraps the panic hook, once: inside [`caught`] a panic prints nothing.
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

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message_also_inside_another_guard() {
        let nested = caught(|| (caught(|| panic!("inner {}", 1)).map_err(|m: String| m), 2));
        assert_eq!(nested, Ok((Err::<(), _>("inner 1".to_owned()), 2)));
    }
}
