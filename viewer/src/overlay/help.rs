//! The list of keys, with the state of what they switch.

use super::palette::{BRIGHT, DARK, GREEN, GREY};
use super::panel::inset;
use super::pen::{Line, Pen, Size, Style};
use crate::canvas::{Colour, Surface};
use crate::scene::Help;
use crate::text::Weight;
use vision::Kind;
use vision::detect::Rect;

/// The list, rendered, and where it is.
pub(super) struct HelpPanel {
    lines: Vec<(i32, i32, Line)>,
    place: Rect,
}

/// A key, what it does, and the state that it changes.
struct Row {
    keys: &'static str,
    long: &'static str,
    short: &'static str,
    state: Option<&'static str>,
}

/// One way of writing the list.
#[derive(Clone, Copy)]
struct Layout {
    size: Size,
    is_long: bool,
    columns: usize,
}

impl HelpPanel {
    /// In the top-right corner of `area`, as large as leaves most of the picture free; in a small window briefer and smaller.
    pub(super) fn new(pen: &mut Pen<'_>, help: &Help, area: Rect) -> Option<Self> {
        let area = inset(area, pen.sizes.padding());
        let rows = rows(help);
        let tries: Vec<Self> = LAYOUTS.iter().filter_map(|layout| layout.panel(pen, &rows, area)).collect();
        let cover = |panel: &Self| panel.place.area();
        if let Some(n) = tries.iter().position(|panel| cover(panel) <= area.area() * 2 / 5) {
            return tries.into_iter().nth(n);
        }
        let [.., smallest] = LAYOUTS;
        let cut =
            |rows: &[Row], pen: &mut Pen<'_>| (1..rows.len()).rev().find_map(|n| smallest.panel(pen, &rows[..n], area));
        tries.into_iter().min_by_key(cover).or_else(|| cut(&rows, pen))
    }

    /// Where its ground is.
    pub(super) fn place(&self) -> Rect {
        self.place
    }

    pub(super) fn draw(&self, surface: &mut Surface<'_>) {
        surface.fill(self.place, DARK);
        for (x, y, line) in &self.lines {
            surface.bitmap(line, self.place.x + x, self.place.y + y);
        }
    }
}

impl Layout {
    /// `None` where it does not fit `area`.
    fn panel(self, pen: &mut Pen<'_>, rows: &[Row], area: Rect) -> Option<HelpPanel> {
        let padding = pen.sizes.padding();
        let per_column = rows.len().div_ceil(self.columns);
        let mut lines = Vec::new();
        let (mut x, mut width, mut height) = (padding, 0, 0);
        for column in rows.chunks(per_column) {
            let cells = column.iter().map(|row| self.cells(pen, row, area.width)).collect::<Option<Vec<_>>>()?;
            let row_height = cells.iter().map(|[_, text, _]| height_of(text)).max()?;
            // The keys, what they do, and the states each have a column of their own.
            for n in 0..3 {
                let widest = cells.iter().map(|cells| width_of(&cells[n])).max().filter(|&width| width > 0);
                let Some(widest) = widest else { continue };
                let below = (0..).map(|row| padding + row * row_height);
                let here = cells.iter().map(|cells| cells[n].clone()).zip(below);
                lines.extend(here.filter_map(|(line, y)| Some((x, y, line?))));
                width = x + widest + padding;
                x += widest + 2 * padding;
            }
            x += padding;
            height = height.max(cells.len() as i32 * row_height + 2 * padding);
        }
        let place = Rect { x: area.x + area.width - width, width, height, ..area };
        (width <= area.width && height <= area.height).then_some(HelpPanel { lines, place })
    }

    /// Key, text and state of a row; `None` where there is no room for a text.
    fn cells(self, pen: &mut Pen<'_>, row: &Row, room: i32) -> Option<[Option<Line>; 3]> {
        let style = |colour: Colour, weight| Style { colour, size: self.size, weight };
        let key = pen.line(row.keys, room, style(BRIGHT, Weight::Bold));
        let text = pen.line(if self.is_long { row.long } else { row.short }, room, style(BRIGHT, Weight::Regular))?;
        let state = row
            .state
            .and_then(|state| pen.line(state, room, style(if state == OFF { GREY } else { GREEN }, Weight::Bold)));
        Some([key, Some(text), state])
    }
}

fn width_of(line: &Option<Line>) -> i32 {
    line.as_ref().map_or(0, |line| line.width as i32)
}

fn height_of(line: &Option<Line>) -> i32 {
    line.as_ref().map_or(0, |line| line.height as i32)
}

fn rows(help: &Help) -> Vec<Row> {
    let search = |kind: Kind| Some(if help.on.contains(&kind) { ON } else { OFF });
    let row = |keys, long, short, state| Row { keys, long, short, state };
    vec![
        row("f", "find faces", "faces", search(Kind::Face)),
        row("h", "find humans", "humans", search(Kind::Human)),
        row("r", "read QR codes", "QR", search(Kind::Qr)),
        row("t", "read tags", "tags", search(Kind::Tag)),
        row("k", "show skeletons of humans", "bones", Some(if help.skeletons { ON } else { OFF })),
        row("0–9", "show all robots, or one large", "robots", None),
        row("T", "turn the picture by 90 degrees", "turn", None),
        row("m", "mirror the picture", "mirror", None),
        row("s", "save the picture", "save", None),
        row("o", "save what the window shows", "save all", None),
        row("v", "record: start or stop", "record", None),
        row("F", "full screen", "full", None),
        row("?", "hide this list", "hide", None),
        row("q", "quit", "quit", None),
    ]
}

const ON: &str = "on";
const OFF: &str = "off";
/// From the most comfortable to the smallest.
const LAYOUTS: [Layout; 6] = [
    Layout { size: Size::Normal, is_long: true, columns: 1 },
    Layout { size: Size::Normal, is_long: false, columns: 1 },
    Layout { size: Size::Small, is_long: false, columns: 1 },
    Layout { size: Size::Normal, is_long: false, columns: 2 },
    Layout { size: Size::Small, is_long: false, columns: 2 },
    Layout { size: Size::Small, is_long: false, columns: 3 },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::pen::Sizes;
    use crate::text::TextRenderer;

    fn panel(width: i32, height: i32) -> Option<HelpPanel> {
        let mut renderer = TextRenderer::new();
        let mut pen = Pen::new(&mut renderer, Sizes::of(width, height, 1.0));
        HelpPanel::new(&mut pen, &Help { on: [Kind::Qr].into(), skeletons: false }, Rect { x: 0, y: 0, width, height })
    }

    #[test]
    fn every_key_fits_a_small_window_and_most_of_a_larger_one_stays_free() {
        for (width, height, most_percent) in
            [(160, 102, 90), (320, 220, 60), (640, 460, 30), (1280, 870, 20), (2560, 1400, 12)]
        {
            let panel = panel(width, height).unwrap();
            let cover = 100 * panel.place.area() / i64::from(width * height);
            assert!(cover <= most_percent, "{width}×{height}: {cover} % is covered");
            // Each row has a key and a text, five have a state.
            assert_eq!(
                panel.lines.len(),
                2 * rows(&Help { on: [].into(), skeletons: false }).len() + 5,
                "{width}×{height}"
            );
        }
    }

    #[test]
    fn the_state_of_each_switch_is_told_in_a_word_and_a_colour() {
        let states = |on: &[Kind]| {
            let rows = rows(&Help { on: on.iter().copied().collect(), skeletons: false });
            rows.iter().filter_map(|row| row.state.map(|state| (row.keys, state))).collect::<Vec<_>>()
        };
        assert_eq!(states(&[]), [("f", OFF), ("h", OFF), ("r", OFF), ("t", OFF), ("k", OFF)]);
        assert_eq!(states(&[Kind::Face, Kind::Qr]), [("f", ON), ("h", OFF), ("r", ON), ("t", OFF), ("k", OFF)]);
    }
}
