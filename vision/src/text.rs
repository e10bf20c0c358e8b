//! Text that comes from elsewhere, and what must not come of it.

/// Whether `c` steers what shows it: a control character, or one that changes how its neighbours are shown, so that one web
/// address could pass for another.
pub fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}
