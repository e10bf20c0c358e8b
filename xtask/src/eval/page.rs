//! One HTML file to look at: the tables, and the pictures with the misses and the false hits drawn in.
//!
//! The pictures are inside the file, so that it can be moved and sent, as they are on disk: the browser decodes them and
//! draws over them. Those on which the viewer's own choice of engine did worst come first, until the file is full.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xtask::score::{Fate, Hit, Outline};

use super::results::{Judgement, Results, Scored};
use super::sets::Labelled;
use super::table::{self, Section, Table};
use super::video::Watched;

/// The page about all sets and videos.
pub(crate) fn document(all: &[Results], videos: &[Watched]) -> Result<String> {
    let mut page =
        format!("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{TITLE}</title>\n<style>\n{STYLE}");
    for results in all {
        let kind = results.set.kind.name();
        // Without a script: a layer shows while the button of its engine is chosen.
        for at in 0..layers(results).len() {
            let _ = writeln!(page, "#{kind}{at}:checked ~ .pictures .layer{at} {{ display: inline }}");
        }
    }
    let _ = writeln!(page, "</style>\n<h1>{TITLE}</h1>");
    for watched in videos {
        page.push_str("<section>");
        tables(&mut page, &table::of_video(watched));
        page.push_str("</section>\n");
    }
    for results in all {
        section(&mut page, results, PICTURES_MAX / all.len())?;
    }
    page.push_str("</html>\n");
    Ok(page)
}

/// A set: its tables, a switch between the engines, and its pictures up to `room` bytes.
fn section(page: &mut String, results: &Results, room: usize) -> Result<()> {
    let kind = results.set.kind.name();
    page.push_str("<section>");
    tables(page, &table::of_set(results));
    let layers = layers(results);
    for (at, (name, _)) in layers.iter().enumerate() {
        let chosen = if at == 0 { " checked" } else { "" };
        let _ = writeln!(
            page,
            "<input type=\"radio\" name=\"{kind}\" id=\"{kind}{at}\"{chosen}><label for=\"{kind}{at}\">{}</label>",
            escape(name)
        );
    }
    page.push_str(KEY);
    page.push_str("<div class=\"pictures\">\n");
    let order = worst_first(&layers);
    let (mut left, mut shown) = (room, 0);
    for &at in &order {
        let picture = &results.set.pictures[at];
        let bytes = fs::read(&picture.path).with_context(|| format!("cannot read {}", picture.path.display()))?;
        let Some(rest) = left.checked_sub(bytes.len().div_ceil(3) * 4) else { continue };
        left = rest;
        shown += 1;
        let scored: Vec<(&str, &Scored)> = layers.iter().map(|(name, scored)| (*name, &scored[at])).collect();
        figure(page, picture, &bytes, &scored);
    }
    let _ = write!(page, "</div><p>{shown} of the {} pictures on which an engine went wrong", order.len());
    if shown < order.len() {
        let _ = write!(page, "; the others would make this file larger than {} MB", PICTURES_MAX / 1_000_000);
    }
    page.push_str("</p></section>\n");
    Ok(())
}

/// The engines that were measured, each with its result.
fn layers(results: &Results) -> Vec<(&'static str, &[Scored])> {
    fn measured(judgement: &Judgement) -> Option<(&'static str, &[Scored])> {
        Some((judgement.engine.name, judgement.pictures.as_ref().ok()?))
    }
    results.engines.iter().filter_map(measured).collect()
}

/// The pictures on which any engine went wrong, by how often the first one did.
fn worst_first(layers: &[(&str, &[Scored])]) -> Vec<usize> {
    let wrong = |scored: &Scored| {
        let tally = scored.judged.tally();
        (tally.false_hits, tally.missed)
    };
    let any: BTreeSet<usize> = layers
        .iter()
        .flat_map(|(_, pictures)| pictures.iter().enumerate().filter(|(_, scored)| wrong(scored) != (0, 0)))
        .map(|(at, _)| at)
        .collect();
    let mut order: Vec<usize> = any.into_iter().collect();
    if let Some((_, first)) = layers.first() {
        // The sort is stable: what is equally wrong stays in the order of the set.
        order.sort_by_key(|&at| std::cmp::Reverse(wrong(&first[at])));
    }
    order
}

/// One picture with a layer for each engine.
fn figure(page: &mut String, picture: &Labelled, bytes: &[u8], layers: &[(&str, &Scored)]) {
    let (width, height) = layers.first().map_or((0, 0), |(_, scored)| scored.reading.size);
    let _ = writeln!(
        page,
        "<figure><svg viewBox=\"0 0 {width} {height}\"><image width=\"{width}\" height=\"{height}\" \
         href=\"data:{};base64,{}\"/>",
        picture.format.media_type(),
        STANDARD.encode(bytes)
    );
    let mut caption = escape(&picture.name);
    for (at, (name, scored)) in layers.iter().enumerate() {
        let _ = writeln!(page, "<g class=\"layer{at} layer\">");
        layer(page, picture, scored, height);
        page.push_str("</g>\n");
        let tally = scored.judged.tally();
        let _ = write!(
            caption,
            " · {}: {} of {}, {} false, {:.0} ms",
            escape(name),
            tally.found,
            tally.found + tally.missed,
            tally.false_hits,
            scored.reading.elapsed_ms
        );
    }
    let _ = writeln!(page, "</svg><figcaption>{caption}</figcaption></figure>");
}

/// The labels by their results, and the hits that found none.
fn layer(page: &mut String, picture: &Labelled, scored: &Scored, height: u64) {
    for (object, fate) in picture.objects.iter().zip(&scored.judged.objects) {
        let class = match fate {
            Fate::Found => "found",
            Fate::Missed => "missed",
            Fate::Neutral => "neutral",
        };
        shape(page, class, &object.outline, class);
    }
    let hits = scored.reading.detections.iter().zip(scored.reading.outlines()).zip(&scored.judged.hits);
    for ((detection, outline), hit) in hits {
        let class = match hit {
            // Its object is drawn as found.
            Hit::Right => continue,
            Hit::False => "false",
            Hit::Again => "again",
            Hit::Neutral => "neutral",
        };
        let label = detection.score.map_or_else(|| detection.payload.clone(), |score| format!("{score:.2}"));
        shape(page, class, &outline, &format!("{class}: {label}"));
        if *hit == Hit::False {
            let [x, y] = outline.corners()[0];
            let size = height / 30;
            let _ = writeln!(page, "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\">{}</text>", escape(&label));
        }
    }
}

fn shape(page: &mut String, class: &str, outline: &Outline, title: &str) {
    let points: String = outline.corners().iter().fold(String::new(), |mut text, [x, y]| {
        let _ = write!(text, "{x},{y} ");
        text
    });
    let points = points.trim_end();
    let _ = writeln!(page, "<polygon class=\"{class}\" points=\"{points}\"><title>{}</title></polygon>", escape(title));
}

fn tables(page: &mut String, section: &Section) {
    let _ = writeln!(page, "<h2>{}</h2>", escape(&section.heading));
    for table in &section.tables {
        rows(page, table);
    }
    for remark in &section.remarks {
        let _ = writeln!(page, "<p>{}</p>", escape(remark));
    }
}

fn rows(page: &mut String, table: &Table) {
    page.push_str("<table>\n");
    for (at, row) in table.0.iter().enumerate() {
        let cell = if at == 0 { "th" } else { "td" };
        let cells: String = row.iter().map(|text| format!("<{cell}>{}</{cell}>", escape(text))).collect();
        let _ = writeln!(page, "<tr>{cells}</tr>");
    }
    page.push_str("</table>\n");
}

/// Text as HTML: a payload comes from whoever printed the code.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

const TITLE: &str = "What the detectors find";
const STYLE: &str = include_str!("page/style.css");
const KEY: &str = "<p><span class=\"key found\">found</span><span class=\"key missed\">missed</span>\
<span class=\"key false\">false</span><span class=\"key neutral\">difficult, or read again</span></p>\n";
/// Bytes of pictures in the file; browsers open this at once.
const PICTURES_MAX: usize = 32_000_000;

#[cfg(test)]
mod tests {
    use xtask::score::Kind;

    use super::*;
    use crate::eval::tests::{Scratch, hit, results, watched};

    /// A page about two pictures, the first read rightly and with a false hit, the second not read.
    fn page(test: &str, room: usize) -> String {
        let mut results = results(vec![vec![hit(0.0), hit(500.0)], vec![]]);
        let dir = Scratch::new(test);
        for picture in &mut results.set.pictures {
            picture.path = dir.path().join(&picture.name);
            fs::write(&picture.path, [0xff; 30]).unwrap();
        }
        let mut page = String::new();
        section(&mut page, &results, room).unwrap();
        page
    }

    #[test]
    fn found_missed_and_false_are_drawn_each_in_its_way() {
        let page = page("drawn", 1000);
        for (class, at) in [("found", "0,0 10,0 10,10 0,10"), ("false", "500,0 510,0 510,10 500,10")] {
            assert!(page.contains(&format!("class=\"{class}\" points=\"{at}\"")), "{page}");
        }
        assert_eq!(page.matches("class=\"missed\" points").count(), 1);
        assert!(page.contains("viewBox=\"0 0 640 480\"") && page.contains("data:image/jpeg;base64,////"), "{page}");
        assert!(page.contains("bright-1.jpg · default: 1 of 1, 1 false, 1 ms"), "{page}");
    }

    #[test]
    fn videos_have_their_tables() {
        let page = document(&[], &[watched(Kind::Qr)]).unwrap();
        assert!(page.contains("<td>2 of 3</td>") && page.contains("<th>% in second</th>"), "{page}");
    }

    #[test]
    fn a_payload_cannot_write_html() {
        let page = page("hostile", 1000);
        assert!(page.contains("&lt;b&gt;&amp;&quot;") && !page.contains("<b>"), "{page}");
        assert_eq!(escape("a\u{1b}[1m"), "a\u{fffd}[1m");
    }

    #[test]
    fn the_worst_pictures_are_shown_as_far_as_there_is_room() {
        let page = page("room", 40);
        assert_eq!(page.matches("<figure>").count(), 1, "a picture takes 40 bytes as text");
        assert!(page.contains("bright-1.jpg · ") && page.contains("1 of the 2 pictures"), "{page}");
    }

    #[test]
    fn each_engine_that_was_measured_has_a_switch() {
        let page = page("switches", 1000);
        assert_eq!(page.matches("type=\"radio\"").count(), 1, "zxing was not measured: {page}");
        assert!(page.contains("id=\"qr0\" checked") && page.contains("zxing: not measured"), "{page}");
    }
}
