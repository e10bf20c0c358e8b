//! A plot of ages over time as SVG.

use std::fmt::Write as _;

use crate::svg::{self, text};

/// One line of the plot.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// Beside the line's end.
    pub(super) name: String,
    /// In the legend: what it does.
    pub(super) legend: String,
    /// Seconds and milliseconds, in order of time.
    pub(super) points: Vec<(f64, f64)>,
}

/// The whole plot; what is beyond its scales is cut off.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    pub(super) title: String,
    pub(super) subtitle: String,
    /// How many seconds are shown.
    pub(super) seconds: f64,
    /// In the order of their colours, at most four.
    pub(super) series: Vec<Series>,
}

impl Plot {
    /// The file's text.
    pub(super) fn svg(&self) -> String {
        let mut svg = svg::begin(&self.title, (WIDTH, HEIGHT), LEFT, STYLE);
        text(&mut svg, "note", LEFT, 50.0, &self.subtitle);
        self.legend(&mut svg);
        self.axes(&mut svg);
        self.lines(&mut svg);
        svg + svg::END
    }

    fn legend(&self, svg: &mut String) {
        for (at, series) in self.series.iter().enumerate() {
            let (x, y) = (LEFT + LEGEND_STEP * f64::from(at % 2 == 1), if at < 2 { 76.0 } else { 96.0 });
            let _ = writeln!(svg, "<path class=\"line c{at}\" d=\"M{x} {:.1}h22\"/>", y - 4.0);
            text(svg, "label", x + 30.0, y, &format!("{}: {}", series.name, series.legend));
        }
    }

    fn axes(&self, svg: &mut String) {
        for (age_ms, label) in AGES {
            let y = height(age_ms);
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>");
            text(svg, "tick end", LEFT - 8.0, y + 4.0, label);
        }
        let mut second = 0.0;
        while second <= self.seconds {
            let x = self.across(second);
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{x:.1} {BOTTOM}v6\"/>");
            text(svg, "tick middle", x, BOTTOM + 20.0, &format!("{second}"));
            second += 5.0;
        }
        text(svg, "note middle", f64::midpoint(LEFT, RIGHT), BOTTOM + 40.0, "seconds since the first picture");
        let y = f64::midpoint(TOP, BOTTOM);
        let _ = writeln!(
            svg,
            "<text class=\"note middle\" transform=\"translate(16 {y}) rotate(-90)\">age of the newest picture (log)</text>"
        );
    }

    fn lines(&self, svg: &mut String) {
        let ends: Vec<f64> =
            self.series.iter().map(|series| series.points.last().map_or(BOTTOM, |&(_, age)| height(age))).collect();
        let labels = apart(&ends);
        for (at, series) in self.series.iter().enumerate() {
            let shown = series.points.iter().filter(|&&(second, _)| second <= self.seconds);
            let path: Vec<String> =
                shown.map(|&(second, age)| format!("{:.1} {:.1}", self.across(second), height(age))).collect();
            let _ = writeln!(svg, "<path class=\"line c{at}\" d=\"M{}\"/>", path.join("L"));
            text(svg, &format!("label t{at}"), RIGHT + 8.0, labels[at] + 4.0, &series.name);
        }
    }

    fn across(&self, second: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * second / self.seconds
    }
}

/// Where an age is from top to bottom, on a logarithmic scale.
fn height(age_ms: f64) -> f64 {
    let ((lowest, _), (highest, _)) = (AGES[0], AGES[AGES.len() - 1]);
    let share = (age_ms.clamp(lowest, highest) / lowest).ln() / (highest / lowest).ln();
    BOTTOM - (BOTTOM - TOP) * share
}

/// Moves labels down, or all of them up, until none covers another.
fn apart(wanted: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut placed = wanted.to_vec();
    for pair in order.windows(2) {
        placed[pair[1]] = placed[pair[1]].max(placed[pair[0]] + LABEL_HEIGHT);
    }
    let below = order.last().map_or(0.0, |&last| (placed[last] - BOTTOM).max(0.0));
    placed.iter().map(|y| y - below).collect()
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 78.0;
const RIGHT: f64 = 720.0;
const TOP: f64 = 122.0;
const BOTTOM: f64 = 386.0;
const LEGEND_STEP: f64 = 390.0;
const LABEL_HEIGHT: f64 = 18.0;
/// The scale, from its lower end to its upper.
const AGES: [(f64, &str); 8] = [
    (10.0, "10 ms"),
    (30.0, "30 ms"),
    (100.0, "0.1 s"),
    (300.0, "0.3 s"),
    (1000.0, "1 s"),
    (3000.0, "3 s"),
    (10_000.0, "10 s"),
    (30_000.0, "30 s"),
];

/// Colours that differ in lightness too, for those who tell few apart.
const STYLE: &str = "\
.line { stroke-width: 2.5 }
.c0 { stroke: #0a6640 } .t0 { fill: #0a6640; font-weight: 600 }
.c1 { stroke: #b45f06; stroke-dasharray: 7 3 } .t1 { fill: #b45f06 }
.c2 { stroke: #8250df; stroke-dasharray: 2 3 } .t2 { fill: #8250df }
.c3 { stroke: #cf222e } .t3 { fill: #cf222e }
@media (prefers-color-scheme: dark) {
.c0 { stroke: #3fb950 } .t0 { fill: #3fb950 }
.c1 { stroke: #e3a04f } .t1 { fill: #e3a04f }
.c2 { stroke: #b899ff } .t2 { fill: #b899ff }
.c3 { stroke: #ff7b72 } .t3 { fill: #ff7b72 }
}
";

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot {
        let series = |name: &str, age| Series {
            name: name.to_owned(),
            legend: "waits & <shows>".to_owned(),
            points: vec![(0.0, age), (10.0, age), (25.0, age)],
        };
        let (title, subtitle) = ("Age".to_owned(), "on a machine".to_owned());
        Plot {
            title,
            subtitle,
            seconds: 20.0,
            series: vec![series("one", 40.0), series("two", 41.0), series("three", 1e6)],
        }
    }

    #[test]
    fn ages_are_on_a_logarithmic_scale_between_its_ends() {
        assert_eq!((height(10.0), height(30_000.0)), (BOTTOM, TOP));
        let middle = height((10.0_f64 * 30_000.0).sqrt());
        assert!((middle - f64::midpoint(TOP, BOTTOM)).abs() < 1e-6, "{middle}");
        assert_eq!((height(0.1), height(1e9)), (BOTTOM, TOP));
    }

    #[test]
    fn labels_do_not_cover_one_another_and_stay_above_the_axis() {
        let placed = apart(&[384.0, 386.0, 150.0, 380.0]);
        let mut sorted = placed.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= LABEL_HEIGHT), "{placed:?}");
        assert!(sorted.iter().all(|&y| y <= BOTTOM), "{placed:?}");
        assert!(placed[3] < placed[0] && placed[0] < placed[1], "the order stays: {placed:?}");
    }

    #[test]
    fn each_line_has_a_legend_and_a_label_at_its_end() {
        let svg = plot().svg();
        for name in ["one", "two", "three"] {
            assert!(svg.contains(&format!(">{name}</text>")) && svg.contains(&format!(">{name}: waits")), "{svg}");
        }
        assert!(svg.contains("seconds since") && svg.contains("age of the newest picture"), "{svg}");
    }

    #[test]
    fn words_are_escaped_and_times_beyond_the_end_are_left_out() {
        let svg = plot().svg();
        assert!(svg.contains("waits &amp; &lt;shows&gt;") && !svg.contains("<shows>"), "{svg}");
        let line = svg.lines().find(|line| line.starts_with("<path class=\"line c0\" d=\"M78.0")).unwrap();
        assert_eq!(line.matches('L').count(), 1, "{line}");
    }
}
