//! Messages for the person at the terminal.

/// `message` with escapes for control characters, which would steer a terminal: names of files may be a stranger's.
pub fn printable(message: &str) -> String {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
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
        assert_eq!(printable("bad \x1b[31mred\x07é.jpg\n\tnext"), "bad \\u{1b}[31mred\\u{7}é.jpg\n\tnext");
    }
}
