//! Counts, silence and recordings: what is written over pictures.

use super::palette::{BRIGHT, DARK, LIGHT_RED, colour_of};
use super::panel::{Panel, inset};
use super::pen::{Line, Pen, Style};
use super::spot::spot;
use crate::canvas::Surface;
use vision::detect::{Kind, Rect};

/// How many there are of each kind, in the top-left corner of `area`; those that fit.
pub(super) fn counts(pen: &mut Pen<'_>, counts: &[(Kind, Option<usize>)], area: Rect) -> Vec<Panel> {
    let mut panels = Vec::new();
    let padding = pen.sizes.padding();
    let mut left = inset(area, padding);
    for (kind, count) in counts {
        let count = count.map_or_else(|| "looking…".to_owned(), |count| count.to_string());
        let text = format!("{}: {count}", kind.label());
        let Some(panel) = Panel::new(pen, &text, Style::plain(colour_of(*kind)), left) else { break };
        let taken = panel.place().height + padding;
        (left.y, left.height) = (left.y + taken, left.height - taken);
        panels.push(panel);
    }
    panels
}

/// The counts in one line in the top-left corner of a small tile: with names, or as numbers in the kinds' colours.
pub(super) fn counts_in_short(surface: &mut Surface<'_>, pen: &mut Pen<'_>, counts: &[(Kind, Option<usize>)]) {
    let number = |count: Option<usize>| count.map_or_else(|| "…".to_owned(), |count| count.to_string());
    let padding = pen.sizes.padding();
    let area = surface.area();
    for with_names in [true, false] {
        let text = |(kind, count): &(Kind, Option<usize>)| match with_names {
            true => format!("{} {}", kind.label(), number(*count)),
            false => number(*count),
        };
        let line = |of: &(Kind, Option<usize>)| pen.line(&text(of), area.width, Style::small(colour_of(of.0)));
        let lines: Vec<Line> = counts.iter().filter_map(line).collect();
        let width = lines.iter().map(|line| line.width as i32 + 2 * padding).sum();
        let height = lines.iter().map(|line| line.height as i32).max().unwrap_or(0) + 2;
        if lines.is_empty() || width > area.width || height > area.height {
            continue;
        }
        surface.fill(Rect { x: 0, y: 0, width, height }, DARK);
        let mut x = padding;
        for line in lines {
            surface.bitmap(&line, x, 1);
            x += line.width as i32 + 2 * padding;
        }
        break;
    }
}

/// How long there has been no picture, at the bottom; clear of what is `taken` where there is room.
pub(super) fn silence(pen: &mut Pen<'_>, seconds: u64, area: Rect, taken: &[Rect]) -> Option<Panel> {
    let (long, short) = (format!("no picture for {seconds} s"), format!("{seconds} s"));
    let tries = [(&long, Style::title(BRIGHT)), (&long, Style::plain(BRIGHT)), (&short, Style::plain(BRIGHT))];
    let within = inset(area, pen.sizes.padding());
    let panel = tries.into_iter().find_map(|(text, style)| Panel::whole(pen, text, style, within))?;
    let panel = panel.centred_at(i32::MAX);
    let Rect { x, y, .. } = spot(panel.place(), &Rect { height: 0, ..panel.place() }, &within, taken);
    Some(panel.at(x, y))
}

/// That a recording has been going on for so many seconds, in the top-right corner of `area`.
pub(super) fn recording(pen: &mut Pen<'_>, seconds: u64, area: Rect) -> Option<Panel> {
    let area = inset(area, pen.sizes.padding());
    let text = format!("● REC {}:{:02}", seconds / 60, seconds % 60);
    Some(Panel::whole(pen, &text, Style::plain(LIGHT_RED), area)?.at(i32::MAX, area.y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::pen::Sizes;
    use crate::text::TextRenderer;

    #[test]
    fn counts_are_inside_and_apart_in_a_window_of_any_size() {
        let mut renderer = TextRenderer::new();
        let all = Kind::ALL.map(|kind| (kind, None));
        let sizes = (1..120).flat_map(|n| [(n, 300), (300, n), (n, n)]);
        for (width, height) in sizes {
            let area = Rect { x: 0, y: 0, width, height };
            let mut pen = Pen::new(&mut renderer, Sizes::of(width, height, 1.0));
            let places: Vec<Rect> = counts(&mut pen, &all, area).iter().map(Panel::place).collect();
            assert!(places.iter().all(|place| place.intersection(&area) == *place), "{width}×{height}: {places:?}");
            assert!(places.windows(2).all(|two| two[0].y + two[0].height <= two[1].y), "{width}×{height}: {places:?}");
            assert!(places.len() == 4 || width < 50 || height < 105, "{width}×{height}: {places:?}");
        }
    }
}
