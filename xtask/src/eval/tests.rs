//! Results that the tests of several files look at.

use xtask::report::Detection;
use xtask::score::{self, Object, Outline};

use super::measure::{Outcome, Reading};
use super::sets::{Format, Labelled};
use super::*;

/// A folder for one test, gone with it.
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
    Detection { kind: "qr".into(), area: [x, 0.0, 10.0, 10.0], corners: Vec::new(), payload, score: None, track: None }
}

/// A code in each of two pictures at the top left; the default engine has the given hits after 1 and 2 ms, and zxing
/// is of no use.
pub(crate) fn results(hits: Vec<Vec<Detection>>) -> Results {
    let code = Object { outline: Outline::Rect([0.0, 0.0, 10.0, 10.0]), difficult: false };
    let picture = |name: &str| {
        let (name, path) = (name.to_owned(), PathBuf::from(name));
        Labelled { name, path, format: Format::Jpeg, objects: vec![code] }
    };
    let set = Set { kind: Kind::Qr, dir: "set".into(), pictures: vec![picture("bright-1.jpg"), picture("dark-1.jpg")] };
    let mut elapsed_ms = 0.0;
    let readings = hits.into_iter().map(|detections| {
        elapsed_ms += 1.0;
        Reading { size: (640, 480), elapsed_ms, detections, failed: false }
    });
    let mut names = engines::of(Kind::Qr);
    let mut engine = || names.next().unwrap();
    let measured = Judgement::new(engine(), &set, Outcome::Measured(readings.collect()));
    let unusable = Judgement::new(engine(), &set, Outcome::Unusable("error: no such engine".into()));
    Results { set, engines: vec![measured, unusable] }
}

/// A picture without anything that took so long.
pub(crate) fn scored(elapsed_ms: f64) -> results::Scored {
    let reading = Reading { size: (640, 480), elapsed_ms, detections: Vec::new(), failed: false };
    results::Scored { reading, judged: score::judge(Kind::Qr, &[], &[]) }
}

fn parse(words: &[&str]) -> Result<Args, Usage> {
    Args::parse(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
}

#[test]
fn at_least_one_set_is_wanted() {
    let Err(Usage::Wrong(message)) = parse(&["--out", "x"]) else { panic!("taken") };
    assert!(message.contains("no labelled pictures"), "{message}");
    let args = parse(&["--humans", "h", "--qr", "q"]).ok().unwrap();
    assert_eq!(args.sets, [(Kind::Qr, "q".into()), (Kind::Human, "h".into())]);
    assert!(args.out.ends_with("eval"), "{:?}", args.out);
}
