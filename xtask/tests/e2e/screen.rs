//! A display in memory: finds the viewer's window on it, takes pictures of it, and types into it.

#![expect(clippy::disallowed_methods, reason = "waiting for pixels needs the clock")]

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event as XEvent;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask, ImageFormat, InputFocus,
    KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MapState, PropMode, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use xtask::cargo;
use xtask::display::Virtual;

use crate::png;
use crate::programs::PATIENCE;

/// A client of the display, beside the viewer.
pub(crate) struct Screen {
    x: RustConnection,
    root: Window,
    // Last, so that the connection is closed before the server ends.
    display: Virtual,
}

/// What a window shows.
#[derive(Clone, PartialEq)]
pub(crate) struct Shot {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Red, green, blue, row by row.
    pub(crate) rgb: Vec<u8>,
}

/// The keysym of the left shift key.
const SHIFT: u32 = 0xFFE1;

impl Screen {
    pub(crate) fn start() -> Self {
        let display = Virtual::start().expect("Xvfb starts");
        let (x, number) = x11rb::connect(Some(display.name())).expect("the display takes clients");
        let root = x.setup().roots[number].root;
        Self { x, root, display }
    }

    /// Ends the display while programs use it.
    pub(crate) fn kill(mut self) {
        self.display.kill();
    }

    /// Has the display answer nobody any more.
    pub(crate) fn stop(&self) {
        self.display.stop().expect("it runs");
    }

    /// Asks `window` to close, as a window manager does when its cross is clicked (ICCCM, 4.2.8.1).
    pub(crate) fn close(&self, window: Window) {
        let [protocols, delete] = ["WM_PROTOCOLS", "WM_DELETE_WINDOW"].map(|name| self.atom(name));
        let message = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
        let sent = self.x.send_event(false, window, EventMask::NO_EVENT, message).expect("the display is there");
        sent.check().expect("the window is there");
    }

    /// Takes `window` away from the program that it belongs to.
    pub(crate) fn destroy(&self, window: Window) {
        self.x.destroy_window(window).expect("the display is there").check().expect("the window is there");
    }

    /// The value of `DISPLAY` for programs whose window is to open here.
    pub(crate) fn name(&self) -> &str {
        self.display.name()
    }

    /// Waits until a window is open.
    pub(crate) fn window(&self) -> Window {
        self.wait("a window", || {
            let children = self.x.query_tree(self.root).ok()?.reply().ok()?.children;
            children.into_iter().find(|&child| {
                let attributes = self.x.get_window_attributes(child).ok().and_then(|cookie| cookie.reply().ok());
                attributes.is_some_and(|attributes| attributes.map_state == MapState::VIEWABLE)
            })
        })
    }

    /// Waits until `is` accepts what `window` shows, and leaves the last picture in target/e2e/`name`.png.
    pub(crate) fn wait_until(&self, window: Window, name: &str, is: impl Fn(&Shot) -> bool) -> Shot {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shot = self.shot(window);
            let found = is(&shot);
            if found || Instant::now() >= deadline {
                let file = cargo::output_folder("e2e").join(format!("{name}.png"));
                fs::create_dir_all(file.parent().expect("it is in a directory")).expect("target can be written");
                fs::write(&file, png::encode(shot.width, shot.height, &shot.rgb)).expect("target can be written");
                assert!(found, "the window never showed {name}; {} is what it showed last", file.display());
                return shot;
            }
            thread::sleep(POLL);
        }
    }

    /// Types the key that gives `character`, which goes to `window`.
    pub(crate) fn press(&self, window: Window, character: char) {
        let shift = character.is_ascii_uppercase().then(|| self.key_code(SHIFT));
        let fake = |event, code| {
            let sent = self.x.xtest_fake_input(event, code, x11rb::CURRENT_TIME, self.root, 0, 0, 0);
            sent.expect("the display is there");
        };
        shift.into_iter().for_each(|shift| fake(KEY_PRESS_EVENT, shift));
        // The names of the keys of ASCII characters are their numbers.
        self.press_key(window, u32::from(character.to_ascii_lowercase()));
        shift.into_iter().for_each(|shift| fake(KEY_RELEASE_EVENT, shift));
    }

    /// Types the key of this name (keysym), which goes to `window`.
    pub(crate) fn press_key(&self, window: Window, name: u32) {
        let code = self.key_code(name);
        // Without a window manager nobody else gives a window the keyboard.
        self.x.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME).expect("the display is there");
        for event in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
            self.x
                .xtest_fake_input(event, code, x11rb::CURRENT_TIME, self.root, 0, 0, 0)
                .expect("the display is there");
        }
        // The reply comes after everything before has been carried out.
        self.x.get_input_focus().expect("the display is there").reply().expect("the display answers");
    }

    /// Width and height of the whole screen.
    pub(crate) fn size(&self) -> (usize, usize) {
        let whole = &self.x.setup().roots[0];
        (whole.width_in_pixels.into(), whole.height_in_pixels.into())
    }

    /// Says that there is a window manager that can show windows on the full screen, and listens for what it is asked.
    pub(crate) fn pose_as_window_manager(&self) {
        let (supported, full_screen) = (self.atom("_NET_SUPPORTED"), self.atom("_NET_WM_STATE_FULLSCREEN"));
        let (replace, kind) = (PropMode::REPLACE, AtomEnum::ATOM);
        self.x.change_property32(replace, self.root, supported, kind, &[full_screen]).expect("the display is there");
        let listen = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        let listening = self.x.change_window_attributes(self.root, &listen).expect("the display is there");
        listening.check().expect("the display is there");
    }

    /// Which window asks the window manager to switch which of its states.
    pub(crate) fn asked_of_the_window_manager(&self) -> (Window, String) {
        let state = self.atom("_NET_WM_STATE");
        self.wait("a request to the window manager", || {
            loop {
                let XEvent::ClientMessage(message) = self.x.poll_for_event().expect("the display is there")? else {
                    continue;
                };
                if message.type_ == state {
                    let name = self.x.get_atom_name(message.data.as_data32()[1]).ok()?.reply().ok()?.name;
                    return Some((message.window, String::from_utf8_lossy(&name).into_owned()));
                }
            }
        })
    }

    fn atom(&self, name: &str) -> u32 {
        let asked = self.x.intern_atom(false, name.as_bytes()).expect("the display is there");
        asked.reply().expect("the display answers").atom
    }

    pub(crate) fn shot(&self, window: Window) -> Shot {
        let size = self.x.get_geometry(window).expect("the display is there").reply().expect("the window is there");
        let image = self
            .x
            .get_image(ImageFormat::Z_PIXMAP, window, 0, 0, size.width, size.height, u32::MAX)
            .expect("the display is there")
            .reply()
            .expect("the window is on the screen");
        // Xvfb's pixels at depth 24 are blue, green, red and an unused byte.
        let rgb = image.data.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        Shot { width: size.width.into(), height: size.height.into(), rgb }
    }

    fn key_code(&self, name: u32) -> u8 {
        let setup = self.x.setup();
        let (first, count) = (setup.min_keycode, setup.max_keycode - setup.min_keycode + 1);
        let map = self.x.get_keyboard_mapping(first, count).expect("the display is there").reply();
        let map = map.expect("the display has a keyboard");
        let per_code = usize::from(map.keysyms_per_keycode);
        let at = map.keysyms.chunks(per_code).position(|names| names.first() == Some(&name));
        first + u8::try_from(at.expect("the keyboard has this key")).expect("a keyboard has at most 255 keys")
    }

    fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "{what} did not come to display {}", self.name());
            thread::sleep(POLL);
        }
    }
}

impl Shot {
    /// The colour at a point.
    pub(crate) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let start = (y * self.width + x) * 3;
        [self.rgb[start], self.rgb[start + 1], self.rgb[start + 2]]
    }

    /// The share of pixels whose colour `is` accepts.
    pub(crate) fn share(&self, is: impl Fn([u8; 3]) -> bool) -> f64 {
        let count = self.rgb.chunks_exact(3).filter(|pixel| is([pixel[0], pixel[1], pixel[2]])).count();
        let (count, all) = (u32::try_from(count), u32::try_from(self.width * self.height));
        f64::from(count.expect("a screen is that small")) / f64::from(all.expect("a screen is that small"))
    }
}

/// The keys' names.
pub(crate) const F11: u32 = 0xFFC8;
pub(crate) const ESCAPE: u32 = 0xFF1B;
/// Time between two screenshots; taking one costs more than the wait.
const POLL: Duration = Duration::from_millis(20);
