//! Full screen, which minifb cannot switch: asked of the window manager over a connection of its own.

use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectError, ReplyError};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask, Window,
};
use x11rb::rust_connection::RustConnection;

/// Whether a window of an X display fills the screen, and how to change that.
pub(super) struct FullScreen {
    window: Window,
    /// Where it was before it took the screen itself, because nobody manages windows.
    before: Option<ConfigureWindowAux>,
}

impl FullScreen {
    /// `window` is the X server's number of it.
    pub(super) fn new(window: Window) -> Self {
        Self { window, before: None }
    }

    /// Switches it on or off.
    pub(super) fn toggle(&mut self) -> Result<(), NoFullScreen> {
        let display = Display::open()?;
        if display.supports_full_screen()? {
            display.ask_to_toggle(self.window)?;
        } else if display.is_managed()? {
            return Err(NoFullScreen);
        } else if let Some(before) = self.before.take() {
            display.x.configure_window(self.window, &before)?;
        } else {
            let now = display.x.get_geometry(self.window)?.reply()?;
            let place = |x: i16, y: i16, width: u16, height: u16| {
                ConfigureWindowAux::new()
                    .x(i32::from(x))
                    .y(i32::from(y))
                    .width(u32::from(width))
                    .height(u32::from(height))
            };
            let screen = &display.x.setup().roots[display.screen];
            display.x.configure_window(self.window, &place(0, 0, screen.width_in_pixels, screen.height_in_pixels))?;
            self.before = Some(place(now.x, now.y, now.width, now.height));
        }
        display.wait_until_sent()
    }

    /// Whether it fills the screen now; the user can change that through the window manager as well.
    pub(super) fn is_on(&self) -> bool {
        let asked = || Display::open()?.is_full_screen(self.window);
        self.before.is_some() || asked().unwrap_or(false)
    }
}

/// There is no full screen here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("full screen is not available here; maximise the window")]
pub(crate) struct NoFullScreen;

/// A connection to the display that `DISPLAY` names, and the atoms of the window managers' common specification (EWMH 1.5).
struct Display {
    x: RustConnection,
    screen: usize,
    root: Window,
}

impl Display {
    fn open() -> Result<Self, NoFullScreen> {
        // There a window has another kind of number, even where an X server runs as well.
        if cfg!(any(windows, target_os = "macos")) {
            return Err(NoFullScreen);
        }
        let (x, screen) = x11rb::connect(None)?;
        let root = x.setup().roots[screen].root;
        Ok(Self { x, screen, root })
    }

    fn supports_full_screen(&self) -> Result<bool, NoFullScreen> {
        let atoms = self.property(self.root, "_NET_SUPPORTED", AtomEnum::ATOM)?;
        Ok(atoms.contains(&self.atom(FULL_SCREEN)?))
    }

    fn is_managed(&self) -> Result<bool, NoFullScreen> {
        Ok(!self.property(self.root, "_NET_SUPPORTING_WM_CHECK", AtomEnum::WINDOW)?.is_empty())
    }

    fn is_full_screen(&self, window: Window) -> Result<bool, NoFullScreen> {
        let states = self.property(window, STATE, AtomEnum::ATOM)?;
        Ok(states.contains(&self.atom(FULL_SCREEN)?))
    }

    fn ask_to_toggle(&self, window: Window) -> Result<(), NoFullScreen> {
        let data = [TOGGLE, self.atom(FULL_SCREEN)?, 0, FROM_AN_APPLICATION, 0];
        let message = ClientMessageEvent::new(32, window, self.atom(STATE)?, data);
        let to_the_manager = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        self.x.send_event(false, self.root, to_the_manager, message)?;
        Ok(())
    }

    /// Returns once the server has taken everything before.
    fn wait_until_sent(&self) -> Result<(), NoFullScreen> {
        self.x.get_input_focus()?.reply()?;
        Ok(())
    }

    fn atom(&self, name: &str) -> Result<Atom, NoFullScreen> {
        Ok(self.x.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }

    fn property(&self, window: Window, name: &str, kind: AtomEnum) -> Result<Vec<u32>, NoFullScreen> {
        let reply = self.x.get_property(false, window, self.atom(name)?, kind, 0, MOST_VALUES)?.reply()?;
        Ok(reply.value32().map(Iterator::collect).unwrap_or_default())
    }
}

impl From<ConnectError> for NoFullScreen {
    fn from(_: ConnectError) -> Self {
        Self
    }
}

impl From<x11rb::errors::ConnectionError> for NoFullScreen {
    fn from(_: x11rb::errors::ConnectionError) -> Self {
        Self
    }
}

impl From<ReplyError> for NoFullScreen {
    fn from(_: ReplyError) -> Self {
        Self
    }
}

const STATE: &str = "_NET_WM_STATE";
const FULL_SCREEN: &str = "_NET_WM_STATE_FULLSCREEN";
const TOGGLE: u32 = 2;
const FROM_AN_APPLICATION: u32 = 1;
/// Of four bytes; window managers name about a hundred.
const MOST_VALUES: u32 = 4096;
