//! The figures for other programs: by engine, by category, by picture.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use xtask::score::Kind;
use xtask::truth;

use super::results::{Figures, Judgement, Results, original_ms};
use super::video::Watched;

/// All that was measured with the program `viewer`.
pub(crate) fn document(viewer: &str, results: &[Results], videos: &[Watched]) -> Value {
    let sets: Vec<Value> = results.iter().map(set).collect();
    json!({ "viewer": viewer, "sets": sets, "videos": videos.iter().map(video).collect::<Vec<_>>() })
}

fn video(watched: &Watched) -> Value {
    let truth = &watched.truth;
    let engines = watched.engines.iter().map(|judgement| {
        let mut value = engine(&watched.engines, judgement);
        if let Some(course) = watched.course(judgement) {
            value["extra"] = json!(course.extra);
            value["recall_by_second"] = course.recall.iter().map(|share| share.map(round)).collect();
            if let Some(renumbered) = course.renumbered {
                value["renumbered"] = json!(renumbered);
            }
        }
        value
    });
    json!({
        "kind": truth.kind.name(),
        "video": truth::video(truth.kind).display().to_string(),
        "frames": truth.frames.len(),
        "fps": truth.rate,
        "labelled": truth.wanted(),
        "engines": engines.collect::<Vec<_>>(),
    })
}

fn set(results: &Results) -> Value {
    let set = &results.set;
    let engines: Vec<Value> = results.engines.iter().map(|judgement| of_set(results, judgement)).collect();
    json!({
        "kind": set.kind.name(),
        "dir": set.dir.display().to_string(),
        "pictures": set.pictures.len(),
        "labelled": set.labelled(),
        "engines": engines,
    })
}

/// The figures of an engine, of pictures and videos alike.
fn engine(engines: &[Judgement], judgement: &Judgement) -> Value {
    let mut value = json!({ "name": judgement.engine.name, "arguments": judgement.engine.arguments });
    match (judgement.figures(), &judgement.pictures) {
        (Some(figures), _) => {
            value["figures"] = self::figures(&figures);
            if let Some(original_ms) = original_ms(engines) {
                value["of_the_originals_time"] = json!(round(figures.mean_ms / original_ms));
            }
        }
        (None, Err(reason)) => value["unusable"] = json!(reason),
        (None, Ok(_)) => {}
    }
    value
}

fn of_set(results: &Results, judgement: &Judgement) -> Value {
    let set = &results.set;
    let mut value = engine(&results.engines, judgement);
    let Ok(scored) = &judgement.pictures else { return value };
    if set.kind == Kind::Qr {
        let parts = judgement.by_category(set);
        value["categories"] =
            json!(parts.iter().map(|(name, part)| (*name, figures(part))).collect::<BTreeMap<_, _>>());
    }
    let pictures = set.pictures.iter().zip(scored).map(|(picture, scored)| {
        let tally = scored.judged.tally();
        json!({
            "name": picture.name, "found": tally.found, "false": tally.false_hits, "missed": tally.missed,
            "again": tally.again, "failed": scored.reading.failed, "ms": scored.reading.elapsed_ms,
        })
    });
    value["pictures"] = pictures.collect();
    value
}

fn figures(figures: &Figures) -> Value {
    let tally = figures.tally;
    json!({
        "found": tally.found, "false": tally.false_hits, "missed": tally.missed, "again": tally.again,
        "precision": figures.precision().map(round), "recall": figures.recall().map(round), "f1": figures.f1().map(round),
        "failed": figures.failed, "mean_ms": round(figures.mean_ms), "p99_ms": round(figures.p99_ms),
    })
}

/// Four decimals: more are noise, and two files are easier to compare.
fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::tests::{hit, results, watched};

    #[test]
    fn engines_categories_and_pictures_are_all_there() {
        let document = document("viewer", &[results(vec![vec![hit(0.0), hit(500.0)], vec![]])], &[]);
        let set = &document["sets"][0];
        assert_eq!((&set["kind"], &set["pictures"], &set["labelled"]), (&json!("qr"), &json!(2), &json!(2)));
        let engine = &set["engines"][0];
        let want = json!({"found": 1, "false": 1, "missed": 1, "again": 0, "precision": 0.5, "recall": 0.5, "f1": 0.5,
            "failed": 0, "mean_ms": 1.5, "p99_ms": 2.0});
        assert_eq!((&engine["name"], &engine["figures"]), (&json!("default"), &want));
        assert_eq!(engine["categories"]["dark"]["missed"], 1);
        let dark =
            json!({"name": "dark-1.jpg", "found": 0, "false": 0, "missed": 1, "again": 0, "failed": false, "ms": 2.0});
        assert_eq!(engine["pictures"][1], dark);
        assert_eq!(set["engines"][1]["unusable"], "error: no such engine");
        assert_eq!(set["engines"][1].get("figures"), None);
    }

    #[test]
    fn a_video_s_engines_come_with_their_course() {
        let document = document("viewer", &[], &[watched(Kind::Qr), watched(Kind::Face)]);
        let (codes, faces) = (&document["videos"][0], &document["videos"][1]);
        assert_eq!((&codes["kind"], &codes["frames"], &codes["labelled"]), (&json!("qr"), &json!(5), &json!(3)));
        let engine = &codes["engines"][0];
        assert_eq!(
            (&engine["figures"]["found"], &engine["extra"], &engine["renumbered"]),
            (&json!(2), &json!(1), &json!(1))
        );
        assert_eq!(engine["recall_by_second"], json!([1.0, null, 0.0]));
        assert_eq!(codes["engines"][1]["unusable"], "error: no such engine");
        assert_eq!(faces["engines"][0].get("renumbered"), None);
    }
}
