//! Measures the viewer's detectors on labelled pictures and on the project's own videos, engine by engine.
//!
//! ```text
//! sets ────▶ measure ──▶ results ──┬─▶ table  the terminal
//! labels     runs the     score:   ├─▶ json   eval.json
//! truth ───▶ viewer       pure     └─▶ page   eval.html
//! of videos               video: second by second
//! ```

mod args;
mod engines;
mod goals;
mod json;
mod measure;
mod page;
mod people;
mod results;
mod sets;
mod table;
mod tags;
mod video;
mod viewer;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use xtask::cargo;
use xtask::score::Kind;
use xtask::truth::Truth;

pub(crate) use args::{Args, paths, take_switch};
use goals::Goal;
use people::Parts;
use results::{Judgement, Results};
pub(crate) use sets::Set;
use video::Watched;
use viewer::Viewer;

pub(crate) fn run(args: Args) -> Result<()> {
    // All labels first: a mistake in them should be reported before minutes of measuring.
    let sets: Vec<Set> = args.sets.into_iter().map(|(kind, dir)| Set::load(kind, dir)).collect::<Result<_>>()?;
    let parts = args.partial.map(Parts::load).transpose()?;
    let kinds = Kind::ALL.into_iter().filter(|_| args.fixtures);
    let videos: Vec<Truth> = kinds.map(Truth::load).collect::<Result<_>>()?;
    fs::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    let program = match args.viewer {
        Some(viewer) => viewer,
        None => cargo::build_for_release("eval")?.path("viewer")?.to_owned(),
    };
    let viewer = Viewer { program, face_model: args.face_model };
    let videos: Vec<Watched> = videos.into_iter().map(|truth| watch(&viewer, truth)).collect::<Result<_>>()?;
    let sets: Vec<Results> = sets.into_iter().map(|set| look(&viewer, set)).collect::<Result<_>>()?;
    let goals = goals(&viewer, &sets, parts.as_ref())?;
    let document = format!("{:#}\n", json::document(&viewer.program.display().to_string(), &sets, &videos));
    write(&args.out.join("eval.json"), document.as_bytes())?;
    let page = args.out.join("eval.html");
    write(&page, page::document(&sets, &videos)?.as_bytes())?;
    eprintln!("eval: {} shows the tables, and the misses and the false hits in pictures", page.display());
    if !goals.is_empty() {
        println!("\n{}", goals::verdicts(&goals).text());
    }
    let judgements = videos.iter().flat_map(|video| &video.engines).chain(sets.iter().flat_map(|set| &set.engines));
    // The one engine whose model is not part of the program may go without.
    let may_be_missing = |name: &str| name == engines::NEEDS_MODEL && viewer.face_model.is_none();
    let failed = judgements.filter(|judgement| judgement.pictures.is_err() && !may_be_missing(judgement.engine.name));
    let failed = failed.count();
    ensure!(failed == 0, "{failed} of the engines could not be measured; see the remarks above");
    Ok(())
}

/// Measures every engine on a video, and prints the result.
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

/// Measures every engine on a set of pictures, and prints the result.
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

/// Measures what else is wanted, prints a table of each, and says of everything whether it was reached.
fn goals(viewer: &Viewer, sets: &[Results], parts: Option<&Parts>) -> Result<Vec<Goal>> {
    let codes = sets.iter().find(|results| results.set.kind == Kind::Qr);
    let mut goals = Vec::new();
    if let Some(codes) = codes {
        goals.extend(goals::on_codes(codes));
        goals.extend(false_tags(viewer, &codes.set)?);
    }
    goals.extend(people::measure(viewer, sets, codes.map(|codes| &codes.set), parts)?);
    Ok(goals)
}

/// Looks for tags in pictures that have codes and no tag.
fn false_tags(viewer: &Viewer, set: &Set) -> Result<Vec<Goal>> {
    let mut goals = Vec::new();
    for engine in engines::of(Kind::Tag) {
        eprintln!("eval: {} {} on {} pictures", engine.kind.option(), engine.name, set.pictures.len());
        match measure::pictures(viewer, engine, set)? {
            Ok(readings) => {
                goals.push(tags::false_ones(readings.iter().map(|reading| reading.detections.as_slice())));
            }
            Err(reason) => eprintln!("eval: tags: not measured: {reason}"),
        }
    }
    Ok(goals)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests;
