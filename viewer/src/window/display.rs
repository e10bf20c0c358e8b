//! Whether window and display are still there: without this Xlib ends the program on the spot when the X server goes away, or
//! somebody destroys the window, and the report stays without its last lines.
#![cfg_attr(target_os = "linux", expect(unsafe_code, reason = "Xlib says it to C functions only"))]

use raw_window_handle::HasDisplayHandle;

/// Whether the X server or the window has gone away since [`watch`].
pub(super) fn is_lost() -> bool {
    #[cfg(target_os = "linux")]
    return x11::LOST.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(target_os = "linux"))]
    false
}

/// Closes the connection to the X server, so that whoever waits for it finds that it has gone away.
pub(super) fn give_up() {
    #[cfg(target_os = "linux")]
    x11::give_up();
}

/// Has it noticed when the X server of `window` goes away; where Xlib is older than 1.7 (2020), the program ends as it always did.
pub(super) fn watch(window: &impl HasDisplayHandle) {
    #[cfg(target_os = "linux")]
    x11::watch(window);
    #[cfg(not(target_os = "linux"))]
    let _ = window;
}

#[cfg(target_os = "linux")]
mod x11 {
    use std::ffi::{c_int, c_void};
    use std::mem;
    use std::ptr;
    use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

    use raw_window_handle::{HasDisplayHandle, RawDisplayHandle};

    pub(super) static LOST: AtomicBool = AtomicBool::new(false);
    /// The socket of the connection to the X server, from [`watch`] on.
    static SOCKET: AtomicI32 = AtomicI32::new(-1);

    /// Of `XSetIOErrorHandler`.
    type OnIoError = unsafe extern "C" fn(*mut c_void) -> c_int;
    /// Of `XSetErrorHandler`: the display, and what the X server said.
    type OnError = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;
    /// Of `XSetIOErrorExitHandler`: the display, and what was given with the function.
    type OnExit = unsafe extern "C" fn(*mut c_void, *mut c_void);
    type SetOnIoError = unsafe extern "C" fn(Option<OnIoError>) -> Option<OnIoError>;
    type SetOnError = unsafe extern "C" fn(Option<OnError>) -> Option<OnError>;
    type SetOnExit = unsafe extern "C" fn(*mut c_void, Option<OnExit>, *mut c_void);
    /// Of `XConnectionNumber`.
    type Socket = unsafe extern "C" fn(*mut c_void) -> c_int;

    pub(super) fn watch(window: &impl HasDisplayHandle) {
        let Ok(handle) = window.display_handle() else { return };
        let RawDisplayHandle::Xlib(handle) = handle.as_raw() else { return };
        let Some(display) = handle.display else { return };
        // SAFETY: the library is the one that the window uses, and stays loaded. The names are those of its functions since 1.7,
        // whose types are as its manual has them, and null is where there is none.
        let (on_io_error, on_error, on_exit, socket) = unsafe {
            let library = libc::dlopen(c"libX11.so.6".as_ptr(), libc::RTLD_LAZY);
            if library.is_null() {
                return;
            }
            let on_io_error = libc::dlsym(library, c"XSetIOErrorHandler".as_ptr());
            let on_error = libc::dlsym(library, c"XSetErrorHandler".as_ptr());
            let on_exit = libc::dlsym(library, c"XSetIOErrorExitHandler".as_ptr());
            let socket = libc::dlsym(library, c"XConnectionNumber".as_ptr());
            if on_io_error.is_null() || on_error.is_null() || on_exit.is_null() || socket.is_null() {
                return;
            }
            (
                mem::transmute::<*mut c_void, SetOnIoError>(on_io_error),
                mem::transmute::<*mut c_void, SetOnError>(on_error),
                mem::transmute::<*mut c_void, SetOnExit>(on_exit),
                mem::transmute::<*mut c_void, Socket>(socket),
            )
        };
        // SAFETY: the display is open, and the functions given touch nothing but a flag. The last one only reads its number.
        unsafe {
            on_io_error(Some(ignore));
            on_error(Some(lose_window));
            on_exit(display.as_ptr(), Some(lose), ptr::null_mut());
            SOCKET.store(socket(display.as_ptr()), Ordering::Relaxed);
        }
    }

    pub(super) fn give_up() {
        // SAFETY: it takes any number and touches no memory of ours. The socket stays open for as long as something is drawn.
        unsafe { libc::shutdown(SOCKET.load(Ordering::Relaxed), libc::SHUT_RDWR) };
    }

    /// In place of Xlib's message, because ours follows.
    unsafe extern "C" fn ignore(_: *mut c_void) -> c_int {
        0
    }

    /// In place of Xlib's message and the program's end. What is asked of the X server is right for as long as the window is
    /// there, so an error says that somebody has destroyed it.
    unsafe extern "C" fn lose_window(_: *mut c_void, _: *mut c_void) -> c_int {
        LOST.store(true, Ordering::Relaxed);
        0
    }

    /// In place of the program's end.
    unsafe extern "C" fn lose(_: *mut c_void, _: *mut c_void) {
        LOST.store(true, Ordering::Relaxed);
    }
}
