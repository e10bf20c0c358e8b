//! Messages for the person at the terminal.

/// `message` with escapes for what would steer a terminal, as `vision::text::printable` has them: this program can be built
/// without OpenCV, and so without that crate. Names of files may be a stranger's.
pub fn printable(message: &str) -> String {
    let steers = |c: char| {
        let formats = matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
        (c.is_control() || formats) && !matches!(c, '\n' | '\t')
    };
    message.chars().fold(String::with_capacity(message.len()), |mut text, c| {
        if steers(c) {
            text.extend(c.escape_default())
        } else {
            text.push(c)
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(
            printable("bad \x1b[31mred\u{9b}é.jpg\n\tnext \u{202e}line"),
            "bad \\u{1b}[31mred\\u{9b}é.jpg\n\tnext \\u{202e}line"
        );
    }
}
