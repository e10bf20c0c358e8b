//! Makes text from strangers safe to show on a terminal.

/// Whether `c` steers what shows it: a control character, or one that changes how its neighbours are shown, so that one web
/// address could pass for another.
pub fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// `message` as lines for a terminal, with escapes for what would steer it: names of files and robots may be a stranger's.
///
/// Line feeds stay, because messages have several lines.
pub fn printable(message: &str) -> String {
    let steers = |c: char| is_steering(c) && !matches!(c, '\n' | '\t');
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
