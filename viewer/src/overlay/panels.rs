//! Counts, passing messages and the list of keys: what is written over pictures.

use super::middle;
use super::palette::{BRIGHT, DARK, colour_of};
use super::panel::{PADDING, Panel};
use super::spot::spot;
use super::text_line::{TEXT, TextLine};
use crate::canvas::{Surface, text_size};
use crate::text::TextRenderer;
use vision::detect::{Kind, Rect};

/// How many there are of each kind, in the top-left corner of `area`; those that fit.
pub(super) fn counts(
    renderer: &mut TextRenderer,
    counts: &[(Kind, Option<usize>)],
    area: Rect,
) -> opencv::Result<Vec<Panel>> {
    let mut panels = Vec::new();
    let mut left = inset(area);
    for (kind, count) in counts {
        let count = count.map_or_else(|| "looking...".to_owned(), |count| count.to_string());
        let text = format!("{}: {count}", kind.label());
        let Some(panel) = Panel::new(renderer, &text, colour_of(*kind), left)? else { break };
        let taken = panel.place().height + PADDING;
        (left.y, left.height) = (left.y + taken, left.height - taken);
        panels.push(panel);
    }
    Ok(panels)
}

/// The counts in one line in the top-left corner of a small tile: with names, or as numbers in the kinds' colours.
pub(super) fn counts_in_short(surface: &mut Surface<'_>, counts: &[(Kind, Option<usize>)]) -> opencv::Result<()> {
    let number = |count: Option<usize>| count.map_or_else(|| "...".to_owned(), |count| count.to_string());
    let named = counts.iter().map(|(kind, count)| format!("{} {}", kind.label(), number(*count))).collect();
    let bare = counts.iter().map(|(_, count)| number(*count)).collect();
    for texts in [named, bare] {
        let texts: Vec<String> = texts;
        let sizes = texts.iter().map(|text| text_size(text, TINY)).collect::<opencv::Result<Vec<_>>>()?;
        let width = sizes.iter().map(|size| size.0 + 2 * PADDING).sum();
        let height = sizes.iter().map(|size| size.1).max().unwrap_or(0) + PADDING;
        if counts.is_empty() || width > surface.area().width || height > surface.area().height {
            continue;
        }
        surface.fill(Rect { x: 0, y: 0, width, height }, DARK);
        let mut x = PADDING;
        for ((text, size), (kind, _)) in texts.iter().zip(sizes).zip(counts) {
            surface.text(text, x, PADDING / 2 + 1, colour_of(*kind), TINY)?;
            x += size.0 + 2 * PADDING;
        }
        break;
    }
    Ok(())
}

/// How long there has been no picture, in the middle; clear of what is `taken` where there is room.
pub(super) fn silence(seconds: u64, area: Rect, taken: &[Rect]) -> opencv::Result<Option<Panel>> {
    let (long, short) = (format!("no picture for {seconds} s"), format!("{seconds} s"));
    for (text, size) in [(&long, LARGE), (&long, TEXT), (&short, TEXT)] {
        if text_size(text, size)?.0 + 2 * PADDING > area.width {
            continue;
        }
        let Some(panel) = Panel::plain(text, size, BRIGHT, area)? else { continue };
        let middle = panel.centred_at(area.y + area.height / 2 - 12);
        let Rect { x, y, .. } = spot(middle.place(), &Rect { height: 0, ..middle.place() }, &area, taken);
        return Ok(Some(middle.at(x, y)));
    }
    Ok(None)
}

/// A passing message, at the bottom; a path in it that is too long loses its middle.
pub(super) fn toast(surface: &mut Surface<'_>, renderer: &mut TextRenderer, text: &str) -> opencv::Result<()> {
    let area = inset(surface.area());
    let text = middle::shortened(text, |text| {
        let whole = TextLine::rendered(renderer, text, MOST_PIXELS, BRIGHT).ok().flatten();
        whole.is_none_or(|line| line.size().is_ok_and(|(width, _)| width <= area.width - 2 * PADDING))
    });
    let panel = Panel::new(renderer, &text, BRIGHT, area)?;
    panel.map_or(Ok(()), |panel| panel.centred_at(i32::MAX).draw(surface))
}

/// The list of keys, in the middle; as much of it as fits.
pub(super) fn help(surface: &mut Surface<'_>) -> opencv::Result<()> {
    let area = surface.area();
    let room = area.width - KEY_COLUMN - 4 * PADDING;
    let rows = ((area.height - 2 * PADDING) / ROW).clamp(0, KEYS.len() as i32);
    let line = |(key, text)| Ok(TextLine::plain(text, room, TEXT)?.map(|line| (key, line)));
    let lines = KEYS.into_iter().take(rows as usize).map(line).filter_map(Result::transpose);
    let lines = lines.collect::<opencv::Result<Vec<_>>>()?;
    let widths = lines.iter().map(|(_, line)| Ok(line.size()?.0)).collect::<opencv::Result<Vec<_>>>()?;
    let Some(width) = widths.into_iter().max() else { return Ok(()) };
    let (width, height) = (width + KEY_COLUMN + 4 * PADDING, lines.len() as i32 * ROW + 2 * PADDING);
    let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) / 2);
    surface.fill(Rect { x, y, width, height }, DARK);
    for (row, (key, line)) in (0..).zip(&lines) {
        let (x, y) = (x + 2 * PADDING, y + PADDING + 5 + row * ROW);
        surface.text(key, x, y, BRIGHT, TEXT)?;
        line.draw(surface, x + KEY_COLUMN, y, BRIGHT)?;
    }
    Ok(())
}

/// `area` without a frame around it, where it is large enough for one.
fn inset(area: Rect) -> Rect {
    let by = if area.width.min(area.height) > 16 * PADDING { PADDING } else { 0 };
    Rect { x: area.x + by, y: area.y + by, width: area.width - 2 * by, height: area.height - 2 * by }
}

/// Sizes of OpenCV's letters.
const LARGE: f64 = 0.8;
const TINY: f64 = 0.4;
/// Wider than any screen: a text is measured whole.
const MOST_PIXELS: i32 = 1 << 16;
/// Pixels from one key's line to the next.
const ROW: i32 = 22;
/// Pixels from a key to what it does.
const KEY_COLUMN: i32 = 48;
const KEYS: [(&str, &str); 12] = [
    ("f", "find faces: on, off"),
    ("h", "find humans: on, off"),
    ("r", "read QR codes: on, off"),
    ("1-9", "show one robot large"),
    ("0", "show all robots"),
    ("t", "turn the picture by 90 degrees"),
    ("m", "mirror the picture"),
    ("s", "save the picture"),
    ("o", "save what the window shows"),
    ("F", "full screen: on, off"),
    ("?", "these keys: show, hide"),
    ("q", "quit"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_inside_and_apart_in_a_window_of_any_size() {
        let mut renderer = TextRenderer::new();
        let all = Kind::ALL.map(|kind| (kind, None));
        let sizes = (1..120).flat_map(|n| [(n, 300), (300, n), (n, n)]);
        for (width, height) in sizes {
            let area = Rect { x: 0, y: 0, width, height };
            let places: Vec<Rect> = counts(&mut renderer, &all, area).unwrap().iter().map(Panel::place).collect();
            assert!(places.iter().all(|place| place.intersection(&area) == *place), "{width}×{height}: {places:?}");
            assert!(places.windows(2).all(|two| two[0].y + two[0].height <= two[1].y), "{width}×{height}: {places:?}");
            assert!(places.len() == 3 || width < 50 || height < 93, "{width}×{height}: {places:?}");
        }
    }
}
