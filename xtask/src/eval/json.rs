//! The figures for other programs: by engine, by category, by picture.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use xtask::score::Kind;

use super::results::{Figures, Judgement, Results};
use super::sets::Set;

/// All that was measured with the program `viewer`.
pub(crate) fn document(viewer: &str, results: &[Results]) -> Value {
    json!({ "viewer": viewer, "sets": results.iter().map(set).collect::<Vec<_>>() })
}

fn set(results: &Results) -> Value {
    let set = &results.set;
    let engines: Vec<Value> = results.engines.iter().map(|judgement| engine(set, judgement)).collect();
    json!({
        "kind": set.kind.name(),
        "dir": set.dir.display().to_string(),
        "pictures": set.pictures.len(),
        "labelled": set.labelled(),
        "engines": engines,
    })
}

fn engine(set: &Set, judgement: &Judgement) -> Value {
    let mut value = json!({ "name": judgement.engine.name, "arguments": judgement.engine.arguments });
    let scored = match &judgement.pictures {
        Ok(scored) => scored,
        Err(reason) => {
            value["unusable"] = json!(reason);
            return value;
        }
    };
    value["figures"] = json!(judgement.figures().as_ref().map(figures));
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
        "precision": tally.precision().map(round), "recall": tally.recall().map(round), "f1": tally.f1().map(round),
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
    use crate::eval::tests::{hit, results};

    #[test]
    fn engines_categories_and_pictures_are_all_there() {
        let document = document("viewer", &[results(vec![vec![hit(0.0), hit(500.0)], vec![]])]);
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
}
