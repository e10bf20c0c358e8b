//! How much may be written in one redraw that was not written before.
//!
//! New text is shaped on the main loop, where everybody's pictures wait meanwhile; and a robot may send codes that say something new
//! in each picture. So what is too much is left for the next redraw.

/// What all tiles that are drawn together may take.
pub(super) struct Shares {
    left: i32,
    tiles: i32,
    /// What the next tile's first text may take, whatever its share is.
    first_text: i32,
}

/// What one of them may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    given: i32,
    left: i32,
    first_text: i32,
    has_refused: bool,
}

impl Shares {
    pub(super) fn among(tiles: usize) -> Self {
        Self { left: MOST, tiles: i32::try_from(tiles).unwrap_or(i32::MAX), first_text: i32::MAX }
    }

    /// The next tile's share. What the tiles before it have left is shared by those that follow.
    pub(super) fn next(&mut self) -> Allowance {
        let given = self.left / self.tiles.max(1);
        self.tiles -= 1;
        let first_text = std::mem::replace(&mut self.first_text, FIRST_TEXT);
        Allowance { given, left: given, first_text, has_refused: false }
    }

    /// A tile is done with its share.
    pub(super) fn took(&mut self, share: Allowance) {
        self.left = self.left.saturating_sub(share.given.saturating_sub(share.left)).max(0);
    }
}

impl Allowance {
    pub(super) const UNLIMITED: Self =
        Self { given: i32::MAX, left: i32::MAX, first_text: i32::MAX, has_refused: false };

    /// Whether `text` may be written, after which there is less. If there is any, the first may take somewhat more than there is, and
    /// that of the first tile whatever it takes.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let cost = text.chars().map(cost).sum();
        let is_first = self.left == self.given && self.given > 0;
        if cost > if is_first { self.left.max(self.first_text) } else { self.left } {
            self.has_refused = true;
            return false;
        }
        self.left = self.left.saturating_sub(cost);
        true
    }

    /// Whether something was left for the next time.
    pub(super) fn has_refused(&self) -> bool {
        self.has_refused
    }
}

/// What a letter takes; for letters that the program's own typeface lacks, other fonts are looked for and read, and what none of
/// them has is escaped. Forty of the typeface's take about 1 ms, and forty of several other scripts 2 to 5 ms (November 2026).
fn cost(c: char) -> i32 {
    let is_own = match c {
        ' '..='~' | '\u{2010}'..='\u{2026}' | '€' => true,
        '\u{a1}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}' => c.is_alphanumeric(),
        _ => false,
    };
    if is_own { 1 } else { 10 }
}

/// The labels of some fifty tags whose distances are new; 20 ms by calculation.
const MOST: i32 = 800;
/// Room for a tag's label however many tiles there are, and so little that a few robots with long labels leave some to the others.
const FIRST_TEXT: i32 = MOST / 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_tile_leaves_is_shared_by_those_that_follow() {
        let mut shares = Shares::among(4);
        let mut first = shares.next();
        assert!(first.take(&"x".repeat(100)) && !first.take(&"x".repeat(101)) && first.has_refused());
        shares.took(first);
        let mut second = shares.next();
        assert_eq!(second.left, 700 / 3);
        assert!(second.take("xxx") && !second.take(&"あ".repeat(24)) && second.take("xxx"));
        shares.took(second);
        assert_eq!(shares.next().left, 694 / 2);
        assert!(!Allowance { given: 0, left: 0, first_text: 100, has_refused: false }.take("x"));
    }

    #[test]
    fn a_tiles_first_text_may_take_more_than_its_share_and_leaves_some_to_the_others() {
        let mut shares = Shares::among(16);
        let mut first = shares.next();
        assert!(first.take(&"あ".repeat(60)) && !first.take("x"));
        shares.took(first);
        let mut second = shares.next();
        assert_eq!(second.left, 200 / 15);
        assert!(!second.take(&"x".repeat(101)) && second.take(&"x".repeat(100)) && !second.take("x"));
        shares.took(second);
        assert_eq!(shares.next().left, 100 / 14);
    }

    #[test]
    fn letters_that_come_from_elsewhere_or_are_escaped_take_more() {
        let costs = |text: &str| text.chars().map(cost).sum::<i32>();
        for own in ["#3 tag 7, 0.51 m", "https://example.org/?a=b", "Grüße…", "Ελλάδα", "Привет", "Việt", "7 €"]
        {
            assert_eq!(costs(own), own.chars().count() as i32, "{own}");
        }
        for (other, count) in [("日本", 2), ("\u{378}\u{3a2}", 2), ("\u{7}", 1), ("🤖", 1), ("\u{fffd}", 1)] {
            assert_eq!(costs(other), 10 * count, "{other:?}");
        }
        let mut unlimited = Allowance::UNLIMITED;
        assert!((0..100).all(|_| unlimited.take(&"日".repeat(1000))) && !unlimited.has_refused());
    }
}
