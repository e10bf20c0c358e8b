//! What a terminal sends when a key is pressed: pure.

use crate::playback::Key;

/// The keys, for the help.
pub(crate) const HELP: &str = "  \
  Space       pause, and go on
  Right       send the next frame, while paused
  Up, Down    play faster, slower, by a tenth";

/// The keys, for a line at the start.
pub(crate) const LINE: &str = "keys: Space pauses, Right sends one frame while paused, Up and Down change the rate";

/// Finds keys among the bytes of a terminal. A key's bytes may come one by one.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Plain,
    /// Behind an escape.
    Escape,
    /// Within a sequence, up to its last letter.
    Sequence,
}

impl Keys {
    /// Takes the next byte; returns the key that it completes, if that does something.
    pub(crate) fn take(&mut self, byte: u8) -> Option<Key> {
        let (next, key) = match (self.state, byte) {
            (_, ESCAPE) => (State::Escape, None),
            (State::Plain, b' ') => (State::Plain, Some(Key::Pause)),
            // Terminals send `O` in place of `[` in application mode.
            (State::Escape, b'[' | b'O') => (State::Sequence, None),
            (State::Sequence, b'A') => (State::Plain, Some(Key::Faster)),
            (State::Sequence, b'B') => (State::Plain, Some(Key::Slower)),
            (State::Sequence, b'C') => (State::Plain, Some(Key::Step)),
            // Numbers, for keys with Shift or Control.
            (State::Sequence, 0x20..=0x3f) => (State::Sequence, None),
            _ => (State::Plain, None),
        };
        self.state = next;
        key
    }
}

const ESCAPE: u8 = 0x1b;

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut keys = Keys::default();
        bytes.iter().filter_map(|&byte| keys.take(byte)).collect()
    }

    #[test]
    fn a_blank_and_three_arrows_are_keys() {
        let expected = [Key::Pause, Key::Step, Key::Faster, Key::Slower, Key::Step];
        assert_eq!(keys(b" \x1b[C\x1b[A\x1b[B\x1bOC"), expected);
    }

    #[test]
    fn other_keys_do_nothing_and_swallow_none() {
        // Escape alone, letters, Left, Delete, Shift with Up, umlauts.
        assert_eq!(keys(b"\x1b\x1b[Cxq\x1b[D\x1b[3~\x1b[1;2D\xc3\xa4 "), [Key::Step, Key::Pause]);
        assert_eq!(keys(b"ABC[C"), []);
    }
}
