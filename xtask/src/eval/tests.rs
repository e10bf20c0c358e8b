//! Results that the tests of several files look at.

use std::path::PathBuf;

use xtask::report::Detection;
use xtask::score::{self, Object, Outline};
use xtask::truth::Sight;

use super::engines::Engine;
use super::measure::Reading;
use super::sets::{Format, Labelled};
use super::*;

/// A folder for one test, removed after it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(test: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("xtask-eval-{}-{test}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A hit of 10 by 10 pixels at the height of the labels.
pub(crate) fn hit(x: f64) -> Detection {
    let payload = "<b>&\"".to_owned();
    Detection {
        kind: "qr".into(),
        area: [x, 0.0, 10.0, 10.0],
        corners: Vec::new(),
        payload,
        pose: None,
        score: None,
        track: None,
    }
}

/// A code in each of two pictures at the top left; the default engine has the given hits after 1 and 2 ms, and zxing
/// is unusable.
pub(crate) fn results(hits: Vec<Vec<Detection>>) -> Results {
    let picture = |name: &str| {
        let (name, path) = (name.to_owned(), PathBuf::from(name));
        Labelled { name, path, format: Format::Jpeg, objects: vec![object(false)] }
    };
    let set = Set { kind: Kind::Qr, dir: "set".into(), pictures: vec![picture("bright-1.jpg"), picture("dark-1.jpg")] };
    let readings = one_a_millisecond(hits);
    let measured = Judgement::new(named(Kind::Qr, "default"), Ok(readings), |readings| Ok(set.judge(readings)));
    let engines = vec![measured.unwrap(), unusable(named(Kind::Qr, "zxing"))];
    Results { set, engines }
}

/// Five frames at two a second: an object that was found, the same under another number, one that is difficult and was
/// found, one found that is not there, and one that was missed. The other engine is unusable.
pub(crate) fn watched(kind: Kind) -> Watched {
    let sight = |difficult| vec![Sight { object: object(difficult), payload: "a".to_owned(), place: None }];
    let frames = vec![sight(false), sight(false), sight(true), vec![], sight(false)];
    let truth = Truth { kind, rate: 2, size: (64.0, 48.0), frames };
    // It is where no object is: a code in a video is judged by its payload.
    let read = |payload: &str, track| Detection { payload: payload.to_owned(), track: Some(track), ..hit(500.0) };
    let found = vec![vec![read("a", 1)], vec![read("a", 2)], vec![read("a", 2)], vec![read("b", 3)], vec![]];
    let measured = Judgement::new(named(kind, "default"), Ok(one_a_millisecond(found)), |readings| {
        truth.judge(readings.iter().map(|reading| reading.detections.as_slice()))
    });
    let other = if kind == Kind::Qr { "zxing" } else { "haar" };
    let engines = vec![measured.unwrap(), unusable(named(kind, other))];
    Watched { truth, engines }
}

/// Engines that took so long for a picture without anything, or were not measured.
pub(crate) fn timed(kind: Kind, engines: &[(&str, Option<f64>)]) -> Vec<Judgement> {
    let judgement = |&(name, ms): &(&str, Option<f64>)| match ms {
        Some(ms) => Judgement { engine: named(kind, name), pictures: Ok(vec![scored(ms)]) },
        None => unusable(named(kind, name)),
    };
    engines.iter().map(judgement).collect()
}

/// A picture without anything that took so long.
pub(crate) fn scored(elapsed_ms: f64) -> results::Scored {
    let reading = Reading { size: (640, 480), elapsed_ms, detections: Vec::new(), failed: false };
    results::Scored { reading, judged: score::judge(Kind::Qr, &[], &[]) }
}

fn object(difficult: bool) -> Object {
    Object { outline: Outline::Rect([0.0, 0.0, 10.0, 10.0]), difficult }
}

/// Readings that took 1 ms, 2 ms and so on.
fn one_a_millisecond(hits: Vec<Vec<Detection>>) -> Vec<Reading> {
    let mut elapsed_ms = 0.0;
    let reading = |detections| {
        elapsed_ms += 1.0;
        Reading { size: (640, 480), elapsed_ms, detections, failed: false }
    };
    hits.into_iter().map(reading).collect()
}

fn named(kind: Kind, name: &str) -> &'static Engine {
    engines::of(kind).find(|engine| engine.name == name).unwrap()
}

fn unusable(engine: &'static Engine) -> Judgement {
    Judgement { engine, pictures: Err("error: no such engine".into()) }
}
