//! A plot of several quantities over the same time, one below the other, as SVG.

use std::fmt::Write as _;

use crate::svg;

/// One quantity.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) title: String,
    /// Minutes and values, in order of time.
    pub(super) points: Vec<(f64, f64)>,
}

/// The file's text. Each panel's scale begins at 0, so that growth looks as large as it is.
pub(super) fn svg(title: &str, panels: &[Panel]) -> String {
    let minutes = panels.iter().flat_map(|panel| &panel.points).fold(1.0, |most: f64, &(minute, _)| most.max(minute));
    let bottom = TOP + PANEL * panels.len() as f64;
    let height = bottom + 50.0;
    let mut svg = svg::begin(title, (WIDTH, height), LEFT, STYLE);
    for (at, panel) in panels.iter().enumerate() {
        panel.draw(&mut svg, TOP + PANEL * at as f64, minutes);
    }
    let step = round_up(minutes / 6.0);
    let mut minute = 0.0;
    while minute <= minutes {
        let x = LEFT + (RIGHT - LEFT) * minute / minutes;
        svg::text(&mut svg, "tick middle", x, bottom + 4.0, &minute.to_string());
        minute += step;
    }
    svg::text(&mut svg, "note middle", f64::midpoint(LEFT, RIGHT), bottom + 26.0, "minutes");
    svg + svg::END
}

impl Panel {
    fn draw(&self, svg: &mut String, top: f64, minutes: f64) {
        let most = self.points.iter().fold(0.0, |most: f64, &(_, value)| most.max(value));
        let scale = round_up(most);
        let (floor, ceiling) = (top + PANEL - GAP, top + 24.0);
        let y = |value: f64| floor - (floor - ceiling) * value / scale;
        svg::text(svg, "label", LEFT, top + 12.0, &self.title);
        for value in [0.0, scale / 2.0, scale] {
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{LEFT} {:.1}H{RIGHT}\"/>", y(value));
            svg::text(svg, "tick end", LEFT - 8.0, y(value) + 4.0, &value.to_string());
        }
        let point =
            |&(minute, value): &(f64, f64)| format!("{:.1} {:.1}", LEFT + (RIGHT - LEFT) * minute / minutes, y(value));
        let path: Vec<String> = self.points.iter().map(point).collect();
        if !path.is_empty() {
            let _ = writeln!(svg, "<path class=\"line\" d=\"M{}\"/>", path.join("L"));
        }
    }
}

/// The next of 1, 2, 4, 6, 8 and 10 times a power of ten, half of which reads well too.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1.0).log10().floor());
    let steps = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|&step| step >= value).unwrap_or(10.0 * power)
}

const WIDTH: f64 = 860.0;
const LEFT: f64 = 78.0;
const RIGHT: f64 = 830.0;
const TOP: f64 = 50.0;
const PANEL: f64 = 130.0;
const GAP: f64 = 14.0;

const STYLE: &str = "\
.line { stroke: #0a6640; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) { .line { stroke: #3fb950 } }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        assert_eq!([0.0, 1.0, 1.1, 37.0, 61.0, 250.0, 999.0].map(round_up), [1.0, 1.0, 2.0, 40.0, 80.0, 400.0, 1000.0]);
    }

    #[test]
    fn each_panel_has_its_title_and_its_line() {
        let panel = |title: &str| Panel { title: title.to_owned(), points: vec![(0.0, 10.0), (60.0, 20.0)] };
        let svg = svg("an hour", &[panel("memory"), panel("threads")]);
        assert_eq!((svg.matches("class=\"line\"").count(), svg.matches("M78.0").count()), (2, 2), "{svg}");
        assert!(
            svg.contains(">memory</text>") && svg.contains(">60</text>") && svg.contains(">minutes</text>"),
            "{svg}"
        );
        // The upper end of the scale is 20: the last point is there.
        assert!(svg.contains(&format!("L{RIGHT}.0 {}.0", TOP + 24.0)), "{svg}");
    }
}
