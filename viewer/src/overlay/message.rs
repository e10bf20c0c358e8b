//! Some lines in the middle of a tile that has no picture.

use super::palette::{BRIGHT, DARK, GREY};
use super::panel::PADDING;
use super::text_line::TextLine;
use crate::canvas::Surface;
use crate::scene::{Tile, View};
use crate::text::TextRenderer;
use vision::detect::Rect;

/// What a tile without a picture says: the robot's name, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    name: String,
    details: Vec<String>,
}

impl Message {
    /// `None` where there is a picture.
    pub(super) fn of(tile: &Tile) -> Option<Self> {
        let details = match &tile.view {
            View::Waiting { why } => vec![why.clone()],
            View::Gone { why, ago } => vec![why.clone(), format!("{} s ago", ago.as_secs())],
            View::Live(_) | View::Stale { .. } => return None,
        };
        Some(Self { name: tile.name.clone(), details })
    }

    /// Draws it in the middle of `surface`, on a ground of its own; the end is left out where it does not fit.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, text: &mut TextRenderer) -> opencv::Result<()> {
        let area = surface.area();
        let room = area.width - 2 * PADDING;
        let mut rows = vec![(self.name.clone(), BRIGHT)];
        for detail in &self.details {
            rows.extend(wrapped(text, detail, room)?.into_iter().map(|row| (row, GREY)));
        }
        let most = ((area.height - 2 * PADDING) / ROW).max(0) as usize;
        if rows.len() > most {
            rows.truncate(most);
            if let Some((last, _)) = rows.last_mut() {
                last.push_str("...");
            }
        }
        let mut lines = Vec::new();
        for (row, colour) in rows {
            lines.extend(TextLine::rendered(text, &row, room, colour)?.map(|line| (line, colour)));
        }
        let widths = lines.iter().map(|(line, _)| Ok(line.size()?.0)).collect::<opencv::Result<Vec<_>>>()?;
        let Some(widest) = widths.iter().max() else { return Ok(()) };
        let (width, height) = (widest + 2 * PADDING, lines.len() as i32 * ROW + 2 * PADDING);
        let (x, y) = ((area.width - width) / 2, (area.height - height) / 2);
        surface.fill(Rect { x, y, width, height }, DARK);
        for (row, ((line, colour), width)) in (0..).zip(lines.iter().zip(&widths)) {
            line.draw(surface, (area.width - width) / 2, y + PADDING + row * ROW, *colour)?;
        }
        Ok(())
    }
}

/// `text` in rows of whole words that are at most `room` pixels wide; a word that is wider has a row of its own.
fn wrapped(text: &mut TextRenderer, words: &str, room: i32) -> opencv::Result<Vec<String>> {
    let mut rows: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        if let Some(row) = rows.last_mut() {
            let longer = format!("{row} {word}");
            let whole = TextLine::rendered(text, &longer, MOST_PIXELS, GREY)?;
            if whole.is_some_and(|line| line.size().is_ok_and(|(width, _)| width <= room)) {
                *row = longer;
                continue;
            }
        }
        rows.push(word.to_owned());
    }
    Ok(rows)
}

/// Pixels from one line to the next.
const ROW: i32 = 20;
/// Wider than any screen: a row is measured whole.
const MOST_PIXELS: i32 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_whole_and_rows_fit_unless_they_are_one_word() {
        let mut text = TextRenderer::new();
        let words = "frame 0 is no JPEG: it starts with 89 50 4e 47; send whole JPEGs";
        for room in 1..500 {
            let rows = wrapped(&mut text, words, room).unwrap();
            assert_eq!(rows.join(" "), words);
            for row in rows.iter().filter(|row| row.contains(' ')) {
                let line = TextLine::rendered(&mut text, row, MOST_PIXELS, GREY).unwrap().unwrap();
                assert!(line.size().unwrap().0 <= room, "{row:?} in {room}");
            }
        }
        assert_eq!(wrapped(&mut text, words, 600).unwrap().len(), 1);
    }
}
