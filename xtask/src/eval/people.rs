//! What the eval says of people beyond the labelled ones: parts of people, people seen where none are, and the processor's
//! time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use xtask::label;
use xtask::score::{Kind, Outline};

use super::engines::{self, DEFAULT, Engine};
use super::goals::Goal;
use super::results::{Figures, Results};
use super::sets::Set;
use super::table::Table;
use super::viewer::Viewer;
use xtask::usage::childrens_seconds;

/// Pictures that show a part of a person each.
#[derive(Debug)]
pub(crate) struct Parts {
    dir: PathBuf,
    /// Each picture's path, and where the part is in it.
    pictures: Vec<(PathBuf, Outline)>,
}

impl Parts {
    /// Reads the labels of `dir`.
    pub(crate) fn load(dir: PathBuf) -> Result<Self> {
        let truth = dir.join("truth.json");
        let form = r#"expected {"PICTURE":[x,y,width,height],...}"#;
        let text = fs::read_to_string(&truth).with_context(|| format!("{}: {form}", truth.display()))?;
        let labels: BTreeMap<String, Value> =
            serde_json::from_str(&text).with_context(|| format!("{}: {form}", truth.display()))?;
        ensure!(!labels.is_empty(), "{}: it names no picture; {form}", truth.display());
        let picture = |(name, label): (String, Value)| {
            let part = label.as_array().and_then(|sides| label::rect(sides));
            let part = part.with_context(|| format!("{}: {name:?}: {form}, found {label}", truth.display()))?;
            Ok((dir.join(name), part))
        };
        let pictures = labels.into_iter().map(picture).collect::<Result<_>>()?;
        Ok(Self { dir, pictures })
    }
}

/// Measures, prints a table for each, and gives the goals.
pub(crate) fn measure(
    viewer: &Viewer,
    sets: &[Results],
    codes: Option<&Set>,
    parts: Option<&Parts>,
) -> Result<Vec<Goal>> {
    let mut goals = Vec::new();
    if let Some(humans) = sets.iter().find(|results| results.set.kind == Kind::Human) {
        goals.extend(goals_on_people(humans));
        goals.extend(cpu(viewer, &humans.set)?);
    }
    if let Some(parts) = parts {
        goals.push(found_of_parts(viewer, parts)?);
    }
    if let Some(codes) = codes {
        goals.push(false_people(viewer, codes)?);
    }
    Ok(goals)
}

/// On labelled people: enough of them, and nothing worse than HOG.
fn goals_on_people(results: &Results) -> Vec<Goal> {
    let figures = |name: &str| results.engines.iter().find(|judgement| judgement.engine.name == name)?.figures();
    let (Some(default), Some(hog)) = (figures(DEFAULT), figures(HOG)) else { return Vec::new() };
    let short = |figures: &Figures| format!("{}, {}", figures.tally.found, figures.tally.false_hits);
    let f1 = default.f1().unwrap_or_default();
    let goal = |what: String, measured, is_met| Goal { what, measured, is_met };
    vec![
        goal(format!("humans: F1 at least {LEAST_F1:.2}"), format!("{f1:.3}"), (f1 * 1e3).round() >= LEAST_F1 * 1e3),
        goal(
            format!("humans: found and false no worse than HOG's {}", short(&hog)),
            short(&default),
            default.tally.found >= hog.tally.found && default.tally.false_hits <= hog.tally.false_hits,
        ),
    ]
}

/// The processor's time for a picture of the set, of all threads together.
fn cpu(viewer: &Viewer, set: &Set) -> Result<Option<Goal>> {
    let paths: Vec<&Path> = set.pictures.iter().map(|picture| picture.path.as_path()).collect();
    let mut times = Vec::new();
    let mut rows = vec![["engine", "CPU ms"].map(str::to_owned).to_vec()];
    for engine in compared() {
        // The difference leaves out what the start takes.
        let (one, _) = seen(viewer, engine, &paths[..1])?;
        let (all, _) = seen(viewer, engine, &paths)?;
        let ms = (all - one) / (paths.len().saturating_sub(1)).max(1) as f64;
        rows.push(vec![engine.name.to_owned(), format!("{ms:.0}")]);
        times.push((engine.name, ms));
    }
    println!("\nhumans: the processor's time for a picture of {}\n{}", set.dir.display(), Table(rows).text());
    let of = |name: &str| times.iter().find(|(engine, _)| *engine == name).map(|(_, ms)| *ms);
    Ok(of(DEFAULT).zip(of(HOG_FAST)).map(|(default, hog)| Goal {
        what: format!("humans: CPU for a picture at most that of HOG fast, {hog:.0} ms"),
        measured: format!("{default:.0} ms"),
        is_met: default <= hog,
    }))
}

fn found_of_parts(viewer: &Viewer, parts: &Parts) -> Result<Goal> {
    let paths: Vec<&Path> = parts.pictures.iter().map(|(path, _)| path.as_path()).collect();
    let labelled = by_category(parts.pictures.iter().map(|(path, _)| (path.as_path(), true)));
    let mut header = vec!["engine".to_owned(), "found".to_owned()];
    header.extend(labelled.iter().map(|(category, (_, of))| format!("{category} ({of})")));
    let (mut rows, mut default) = (vec![header], 0);
    for engine in compared() {
        let (_, hits) = seen(viewer, engine, &paths)?;
        let is_found = |(path, part): &(PathBuf, Outline)| {
            let hits = hits.get(&path.display().to_string());
            hits.into_iter().flatten().any(|hit| part.overlap(hit) >= PART_OVERLAP)
        };
        let found: Vec<bool> = parts.pictures.iter().map(is_found).collect();
        let count = found.iter().filter(|&&found| found).count();
        let parts = by_category(paths.iter().copied().zip(found));
        let mut row = vec![engine.name.to_owned(), count.to_string()];
        row.extend(parts.values().map(|(found, _)| found.to_string()));
        rows.push(row);
        if engine.name == DEFAULT {
            default = count;
        }
    }
    println!("\nhumans: one part of a person in each of {} pictures of {}", paths.len(), parts.dir.display());
    println!("{}", Table(rows).text());
    let least = (LEAST_PARTS * paths.len() as f64).ceil() as usize;
    Ok(Goal {
        what: format!("humans: of {} parts of people at least {least}", paths.len()),
        measured: default.to_string(),
        is_met: default >= least,
    })
}

/// People reported in photos of codes; there are none, but for a few shadows and mirror images.
fn false_people(viewer: &Viewer, codes: &Set) -> Result<Goal> {
    let paths: Vec<&Path> = codes.pictures.iter().map(|picture| picture.path.as_path()).collect();
    let mut rows = vec![["engine", "humans", "of 100 photos"].map(str::to_owned).to_vec()];
    let mut default = 0.0;
    for engine in compared() {
        let (_, hits) = seen(viewer, engine, &paths)?;
        let count: usize = hits.values().map(Vec::len).sum();
        let share = 100.0 * count as f64 / paths.len() as f64;
        rows.push(vec![engine.name.to_owned(), count.to_string(), format!("{share:.1}")]);
        if engine.name == DEFAULT {
            default = share;
        }
    }
    println!("\nhumans: reported in {} photos of codes\n{}", paths.len(), Table(rows).text());
    Ok(Goal {
        what: format!("humans: in 100 photos of codes at most {MOST_FALSE}"),
        measured: format!("{default:.1}"),
        is_met: default <= MOST_FALSE,
    })
}

/// The processor's time in milliseconds, and where `engine` sees people in each file.
fn seen(viewer: &Viewer, engine: &Engine, paths: &[&Path]) -> Result<(f64, BTreeMap<String, Vec<Outline>>)> {
    eprintln!("eval: {} {} on {} pictures", engine.kind.option(), engine.name, paths.len());
    let before = childrens_seconds()?;
    let frames = viewer.detect(engine, paths.iter().copied(), "mend it, or take it out of truth.json")?;
    let frames = frames.map_err(|reason| anyhow::anyhow!("{}: {reason}", engine.name))?;
    let ms = (childrens_seconds()? - before) * 1000.0;
    let hits = frames.into_iter().filter_map(|frame| {
        let humans = frame.detections.iter().filter(|found| found.kind == Kind::Human.name());
        Some((frame.source?, humans.map(Outline::of).collect()))
    });
    Ok((ms, hits.collect()))
}

/// How many of each category are true, and how many there are; a category is the name of a file up to the first `-`.
fn by_category<'a>(found: impl Iterator<Item = (&'a Path, bool)>) -> BTreeMap<String, (usize, usize)> {
    let mut parts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (path, is_found) in found {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let category = name.split_once('-').map_or("other", |(category, _)| category);
        let (count, of) = parts.entry(category.to_owned()).or_default();
        *count += usize::from(is_found);
        *of += 1;
    }
    parts
}

/// The engines that are compared here: the default, and what it has to do better than.
fn compared() -> impl Iterator<Item = &'static Engine> {
    engines::of(Kind::Human).filter(|engine| COMPARED.contains(&engine.name))
}

const HOG: &str = "hog";
const HOG_FAST: &str = "hog-fast";
const COMPARED: [&str; 5] = [DEFAULT, "fast", HOG, HOG_FAST, "haar"];
const LEAST_F1: f64 = 0.95;
/// Of the parts of people, as a share: 110 of 168.
const LEAST_PARTS: f64 = 110.0 / 168.0;
/// Intersection over union with the visible part.
const PART_OVERLAP: f64 = 0.3;
/// People in 100 photos of codes.
const MOST_FALSE: f64 = 10.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::tests::Scratch;

    #[test]
    fn parts_have_one_box_a_picture() {
        let scratch = Scratch::new("parts");
        let load = |text: &str| {
            fs::write(scratch.path().join("truth.json"), text).unwrap();
            Parts::load(scratch.path().to_owned())
        };
        let parts = load(r#"{"legs-1.jpg":[1,2,3,4]}"#).unwrap();
        assert_eq!(parts.pictures, [(scratch.path().join("legs-1.jpg"), Outline::Rect([1.0, 2.0, 3.0, 4.0]))]);
        for bad in ["{}", "[]", r#"{"a":[1,2,3]}"#, r#"{"a":[[1,2,3,4]]}"#] {
            let error = format!("{:#}", load(bad).unwrap_err());
            assert!(error.contains("[x,y,width,height]"), "{bad}: {error}");
        }
    }

    #[test]
    fn categories_are_counted_by_name() {
        let found = [("a/legs-1.jpg", true), ("legs-2.jpg", false), ("x.jpg", true)];
        let found = by_category(found.into_iter().map(|(path, is_found)| (Path::new(path), is_found)));
        assert_eq!(found, [("legs".to_owned(), (1, 2)), ("other".to_owned(), (1, 1))].into());
    }

    #[test]
    fn all_compared_engines_are_there() {
        assert_eq!(compared().count(), COMPARED.len());
    }
}
