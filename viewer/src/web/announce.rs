//! Says where the page is: on the terminal, and for phones as a QR code.

use std::io::{self, IsTerminal as _};

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use crate::terminal::print_unless_stuck;

/// Prints the address `url`; as a QR code as well where a phone can use it and a person can see it.
pub(super) fn announce(url: &str, is_for_phones: bool) {
    if is_for_phones
        && io::stderr().is_terminal()
        && let Some(code) = code(url)
    {
        print_unless_stuck(&code);
    }
    print_unless_stuck(&format!("the page is at {url}"));
}

/// `text` as a QR code of half blocks.
fn code(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    // Terminals are dark mostly, and readers want dark modules on a light ground.
    let (dark, light) = (Dense1x2::Light, Dense1x2::Dark);
    Some(code.render::<Dense1x2>().dark_color(dark).light_color(light).quiet_zone(true).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_wide_enough_and_fits_a_terminal() {
        let code = code("http://192.168.100.200:8080/?token=0123456789abcdef0123456789abcdef").unwrap();
        let (lines, columns) = (code.lines().count(), code.lines().map(|line| line.chars().count()).max().unwrap());
        assert!(lines <= 24 && columns <= 48, "{columns}×{lines}");
    }
}
