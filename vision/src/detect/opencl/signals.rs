//! Keeps the program's signals its own while OpenCL's drivers are loaded.
//!
//! Drivers that compile with LLVM, such as PoCL and Mesa's, bring its handlers for Ctrl-C and the like, which end the program on the
//! spot; and whoever installs a handler later calls them in turn.

/// Runs `load`, and gives the signals that end a program back to whoever had them before.
#[cfg(unix)]
pub(super) fn kept<T>(load: impl FnOnce() -> T) -> T {
    let before = ENDING.map(|signal| (signal, disposition(signal)));
    let loaded = load();
    for (signal, action) in before {
        restore(signal, action);
    }
    loaded
}

#[cfg(not(unix))]
pub(super) fn kept<T>(load: impl FnOnce() -> T) -> T {
    load()
}

/// Those that a user or the system sends.
#[cfg(unix)]
const ENDING: [libc::c_int; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGTERM, libc::SIGPIPE];

/// What is done about `signal`; `None` if the system does not say.
#[cfg(unix)]
#[expect(unsafe_code, reason = "the standard library does not say what is done about a signal")]
fn disposition(signal: libc::c_int) -> Option<libc::sigaction> {
    let mut action = std::mem::MaybeUninit::uninit();
    // SAFETY: without a new action this only writes the old one, which is filled in where 0 comes back.
    (unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) } == 0)
        // SAFETY: it is filled in.
        .then(|| unsafe { action.assume_init() })
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "as above")]
fn restore(signal: libc::c_int, action: Option<libc::sigaction>) {
    if let Some(action) = action {
        // SAFETY: the action comes from the system itself, and its handler is there for as long as the program.
        unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_handler_that_a_driver_brings_is_gone_afterwards() {
        let before = disposition(libc::SIGTERM).unwrap();
        let other = libc::sigaction { sa_sigaction: libc::SIG_IGN, ..before };
        assert_ne!(before.sa_sigaction, other.sa_sigaction, "nobody ignores it yet");
        kept(|| restore(libc::SIGTERM, Some(other)));
        assert_eq!(disposition(libc::SIGTERM).unwrap().sa_sigaction, before.sa_sigaction);
    }
}
