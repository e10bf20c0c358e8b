//! Measures the viewer's detectors on labelled pictures, engine by engine.
//!
//! ```text
//! sets ──▶ measure ──▶ results ──┬─▶ table  the terminal
//! labels   runs the     score:   ├─▶ json   eval.json
//!          viewer       pure     └─▶ page   eval.html
//! ```

mod engines;
mod json;
mod measure;
mod page;
mod results;
mod sets;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use xtask::cargo::{self, Profile};
use xtask::score::Kind;

use crate::args::{self, Usage};
use engines::Engine;
use results::{Judgement, Results};
use sets::Set;

/// What the user typed.
pub(crate) struct Args {
    /// At least one.
    sets: Vec<(Kind, PathBuf)>,
    face_model: Option<PathBuf>,
    viewer: Option<PathBuf>,
    out: PathBuf,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        let options = ["--qr", "--faces", "--humans", "--face-model", "--viewer", "--out"];
        let [qr, faces, humans, face_model, viewer, out] = args::paths(HELP, options, typed)?;
        let named = Kind::ALL.into_iter().zip([qr, faces, humans]);
        let sets: Vec<_> = named.filter_map(|(kind, dir)| Some((kind, dir?))).collect();
        if sets.is_empty() {
            return Err(Usage::Wrong(format!("no labelled pictures are given\n\n{HELP}")));
        }
        Ok(Self { sets, face_model, viewer, out: out.unwrap_or_else(|| cargo::left_in("eval")) })
    }
}

const HELP: &str = "\
Builds the viewer for release, runs `viewer detect` over labelled pictures, once for each engine and once as it comes,
and prints what was found, false and missed, and the time for a picture. The same is written as eval.json, and as
eval.html with the misses and the false hits drawn in.

Usage: cargo xtask eval [--qr DIR] [--faces DIR] [--humans DIR] [--face-model FILE] [--viewer FILE] [--out DIR]

  --qr DIR           pictures of QR codes, with DIR/truth.json: {\"PICTURE\": [[[x,y],[x,y],[x,y],[x,y]], ...], ...}
  --faces DIR        pictures of faces, likewise: {\"PICTURE\": [[x,y,width,height], ...], ...}
  --humans DIR       pictures of people, likewise: {\"PICTURE\": [[x,y,width,height,difficult], ...], ...}
  --face-model FILE  the model for the face engine that needs one
  --viewer FILE      measures this program instead of building one, to compare two versions
  --out DIR          where the files go instead of target/eval

A code is found when the centre of a hit lies in it, a face at an overlap (intersection over union) above 0.3, a human
from 0.4 on; what is difficult (true or false) counts neither as found nor as missed nor as false. A code's category is
its picture's name up to the first `-`. Other work on the machine shows in the times.
";

pub(crate) fn run(args: Args) -> Result<()> {
    // All labels first: what is wrong with them should not show after minutes of measuring.
    let sets: Vec<Set> = args.sets.into_iter().map(|(kind, dir)| Set::load(kind, dir)).collect::<Result<_>>()?;
    fs::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    let viewer = match args.viewer {
        Some(viewer) => viewer,
        None => {
            eprintln!("eval: building the viewer for release; the first time this takes some minutes");
            cargo::build(Profile::Release, &["-p", "viewer"])?.path("viewer")?.to_owned()
        }
    };
    let mut all = Vec::new();
    for set in sets {
        let engines = engines::of(set.kind)
            .map(|engine| judge(&viewer, &set, engine, args.face_model.as_deref()))
            .collect::<Result<_>>()?;
        let results = Results { set, engines };
        print(&results);
        all.push(results);
    }
    let document = format!("{:#}\n", json::document(&viewer.display().to_string(), &all));
    write(&args.out.join("eval.json"), document.as_bytes())?;
    let page = args.out.join("eval.html");
    write(&page, page::document(&all)?.as_bytes())?;
    eprintln!("eval: {} shows the misses and the false hits", page.display());
    Ok(())
}

fn judge(viewer: &Path, set: &Set, engine: &'static Engine, face_model: Option<&Path>) -> Result<Judgement> {
    eprintln!("eval: {} {} on {} pictures", set.kind.option(), engine.name, set.pictures.len());
    let model = face_model.filter(|_| engine.name == engines::NEEDS_MODEL);
    let more = model.map_or(Vec::new(), |model| vec!["--face-model".into(), model.into()]);
    Ok(Judgement::new(engine, set, measure::run(viewer, set, engine, &more)?))
}

fn print(results: &Results) {
    println!("\n{}", table::heading(results));
    print!("{}", table::by_engine(results).text());
    if let Some(table) = table::by_category(results) {
        print!("\n{}", table.text());
    }
    for remark in table::remarks(results) {
        println!("  {remark}");
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests;
