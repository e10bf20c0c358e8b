//! What every plot has: a page that is readable in light and in dark, a title, and words.

use std::fmt::Write as _;

/// Begins a page of this size, its title at `left`; `style` says how the plot's own classes look. [`END`] ends it.
pub(crate) fn begin(title: &str, (width, height): (f64, f64), left: f64, style: &str) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"title\">\n<title id=\"title\">{}</title>\n<style>\n{STYLE}{style}</style>\n\
         <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n",
        escaped(title)
    );
    text(&mut svg, "title", left, 30.0, title);
    svg
}

/// Writes `words` at this place; classes `middle` and `end` put their middle or their end there, not their beginning.
pub(crate) fn text(svg: &mut String, class: &str, x: f64, y: f64, words: &str) {
    let _ = writeln!(svg, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(words));
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(crate) const END: &str = "</svg>\n";

const STYLE: &str = "\
text { font-family: system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif; font-size: 13px; fill: #24292f }
.title { font-size: 17px; font-weight: 600 }
.note, .tick { fill: #57606a } .tick { font-size: 12px }
.end { text-anchor: end } .middle { text-anchor: middle }
.page { fill: #ffffff } .grid { stroke: #d0d7de; fill: none }
.line { fill: none; stroke-linejoin: round }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .note, .tick { fill: #9198a1 }
.page { fill: #0d1117 } .grid { stroke: #30363d }
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_escaped_wherever_they_are() {
        let mut svg = begin("a & b", (10.0, 20.0), 1.0, "");
        text(&mut svg, "note", 1.0, 2.0, "<c>");
        assert_eq!((svg.matches("a &amp; b").count(), svg.matches("&lt;c&gt;").count()), (2, 1), "{svg}");
        assert!(svg.contains("viewBox=\"0 0 10 20\"") && svg.contains("prefers-color-scheme: dark"), "{svg}");
    }
}
