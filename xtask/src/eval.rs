//! Measures the viewer's detectors on labelled pictures and on the project's own videos, engine by engine.
//!
//! ```text
//! sets ────▶ measure ──▶ results ──┬─▶ table  the terminal
//! labels     runs the     score:   ├─▶ json   eval.json
//! truth ───▶ viewer       pure     └─▶ page   eval.html
//! of videos               video: second by second
//! ```

mod engines;
mod json;
mod measure;
mod page;
mod results;
mod sets;
mod table;
mod video;
mod viewer;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use xtask::cargo::{self, Profile};
use xtask::score::Kind;
use xtask::truth::Truth;

use crate::args::{self, Usage};
use results::{Judgement, Results};
use sets::Set;
use video::Watched;
use viewer::Viewer;

/// What the user typed.
pub(crate) struct Args {
    sets: Vec<(Kind, PathBuf)>,
    /// Whether the project's own videos are measured.
    fixtures: bool,
    face_model: Option<PathBuf>,
    viewer: Option<PathBuf>,
    out: PathBuf,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        let (fixtures, typed) = args::take_switch("--fixtures", typed);
        let options = ["--qr", "--faces", "--humans", "--face-model", "--viewer", "--out"];
        let [qr, faces, humans, face_model, viewer, out] = args::paths(HELP, options, &typed)?;
        let named = Kind::ALL.into_iter().zip([qr, faces, humans]);
        let sets: Vec<_> = named.filter_map(|(kind, dir)| Some((kind, dir?))).collect();
        let fixtures = fixtures || sets.is_empty();
        Ok(Self { sets, fixtures, face_model, viewer, out: out.unwrap_or_else(|| cargo::left_in("eval")) })
    }
}

const HELP: &str = "\
Builds the viewer for release, runs `viewer detect` over labelled pictures and videos, once for each engine and once as
it comes, and prints what was found, false and missed, and the time for a picture. The same is written as eval.json,
and as eval.html with the misses and the false hits drawn into the pictures. Other work on the machine shows in the
times: `default` and `seeta` of the faces, `default` and `hog` of the humans are the same, and ought to take as long.

Usage: cargo xtask eval [--fixtures] [--qr DIR] [--faces DIR] [--humans DIR]
                        [--face-model FILE] [--viewer FILE] [--out DIR]

  --fixtures         the project's own videos; they are measured too when no pictures are named
  --qr DIR           pictures of QR codes, with DIR/truth.json: {\"PICTURE\": [[[x,y],[x,y],[x,y],[x,y]], ...], ...}
  --faces DIR        pictures of faces, likewise: {\"PICTURE\": [[x,y,width,height], ...], ...}
  --humans DIR       pictures of people, likewise: {\"PICTURE\": [[x,y,width,height,difficult], ...], ...}
  --face-model FILE  the model for the face engine that needs one
  --viewer FILE      measures this program instead of building one, to compare two versions
  --out DIR          where the files go instead of target/eval

In pictures a code is found when the centre of a hit lies in it, and false is a hit that lies in none: the labels do not
tell what a code says. A face is found at an overlap (intersection over union) above 0.3, a human from 0.4 on; what is
difficult (true or false) counts neither as found nor as missed nor as false. A code's category is its picture's name up
to the first `-`.

A video is followed as a stream is, and each frame is another chance: below the figures stands what share was found in
each second of it, in percent. There a code is judged by its text: false is what no code in the frame says. Extra is
what was read though its size and blur call it unreadable. Renumbered is how often a code that is in the frame once got
another track number than it had, unless it was out of view for more than two seconds.

The times of faces and humans are compared with the original's, as found in the same run: its cascades with its
parameters are the rows `haar` of the faces and `original` of the humans. Only their time is the original's; what they
find is not, for its boxes are mapped and merged better here.
";

pub(crate) fn run(args: Args) -> Result<()> {
    // All labels first: what is wrong with them should not show after minutes of measuring.
    let sets: Vec<Set> = args.sets.into_iter().map(|(kind, dir)| Set::load(kind, dir)).collect::<Result<_>>()?;
    let kinds = Kind::ALL.into_iter().filter(|_| args.fixtures);
    let videos: Vec<Truth> = kinds.map(Truth::load).collect::<Result<_>>()?;
    fs::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    let program = match args.viewer {
        Some(viewer) => viewer,
        None => {
            eprintln!("eval: building the viewer for release; the first time this takes some minutes");
            cargo::build(Profile::Release, &["-p", "viewer"])?.path("viewer")?.to_owned()
        }
    };
    let viewer = Viewer { program, face_model: args.face_model };
    let videos: Vec<Watched> = videos.into_iter().map(|truth| watch(&viewer, truth)).collect::<Result<_>>()?;
    let sets: Vec<Results> = sets.into_iter().map(|set| look(&viewer, set)).collect::<Result<_>>()?;
    let document = format!("{:#}\n", json::document(&viewer.program.display().to_string(), &sets, &videos));
    write(&args.out.join("eval.json"), document.as_bytes())?;
    let page = args.out.join("eval.html");
    write(&page, page::document(&sets, &videos)?.as_bytes())?;
    eprintln!("eval: {} shows the tables, and the misses and the false hits in pictures", page.display());
    let judgements = videos.iter().flat_map(|video| &video.engines).chain(sets.iter().flat_map(|set| &set.engines));
    // The one engine whose model is not part of the program may go without.
    let may_be_missing = |name: &str| name == engines::NEEDS_MODEL && viewer.face_model.is_none();
    let failed = judgements.filter(|judgement| judgement.pictures.is_err() && !may_be_missing(judgement.engine.name));
    let failed = failed.count();
    ensure!(failed == 0, "{failed} of the engines could not be measured; see the remarks above");
    Ok(())
}

/// Measures every engine on a video, and prints what came of it.
fn watch(viewer: &Viewer, truth: Truth) -> Result<Watched> {
    let judgement = |engine: &'static engines::Engine| {
        eprintln!("eval: {} {} on {} frames", truth.kind.option(), engine.name, truth.frames.len());
        let readings = measure::video(viewer, engine)?;
        Judgement::new(engine, readings, |readings| {
            truth.judge(readings.iter().map(|reading| reading.detections.as_slice()))
        })
    };
    let engines = engines::of(truth.kind).map(judgement).collect::<Result<_>>()?;
    let watched = Watched { truth, engines };
    print!("\n{}", table::of_video(&watched).text());
    Ok(watched)
}

/// Measures every engine on a set of pictures, and prints what came of it.
fn look(viewer: &Viewer, set: Set) -> Result<Results> {
    let judgement = |engine: &'static engines::Engine| {
        eprintln!("eval: {} {} on {} pictures", set.kind.option(), engine.name, set.pictures.len());
        let readings = measure::pictures(viewer, engine, &set)?;
        Judgement::new(engine, readings, |readings| Ok(set.judge(readings)))
    };
    let engines = engines::of(set.kind).map(judgement).collect::<Result<_>>()?;
    let results = Results { set, engines };
    print!("\n{}", table::of_set(&results).text());
    Ok(results)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests;
