//! The viewer beside the original, the Python program that it replaces, and beside what people use instead.
//!
//! ```text
//! environment ──▶ searched ──▶ costs   CPU for a picture, and what is found
//! (Python)        (clips)
//!            └──▶ peers ─────▶ ages ──▶ plot   pictures a second, and how old they are
//! ```

mod ages;
mod clips;
mod costs;
mod environment;
mod machine;
mod peers;
mod plot;
mod searched;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use xtask::cargo::{self, Programs};
use xtask::score::Kind;

use super::{Row, pictures};
use crate::args::Usage;
use crate::eval::{Set, paths};
use ages::Ages;
use clips::Clip;
use costs::{Cost, Found};
use environment::Python;
use peers::{Load, Peer, Trial};
use plot::{Plot, Series};
use searched::{Calls, KINDS, Searched, Task};

/// The folders of labelled photos that were named.
#[derive(Debug, Default)]
pub(super) struct Args {
    sets: Vec<(Kind, PathBuf)>,
}

impl Args {
    /// Takes the options for folders.
    pub(super) fn parse(help: &'static str, typed: &[String]) -> Result<Self, Usage> {
        let found = paths(help, ["--qr", "--faces", "--humans"], typed)?;
        let sets = KINDS.into_iter().zip(found).filter_map(|(kind, dir)| Some((kind, dir?))).collect();
        Ok(Self { sets })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Reads the labels, and makes the Python environment: what is missing should be said before minutes of building.
    pub(super) fn prepare(self) -> Result<Prepared> {
        let sets = self.sets.into_iter().map(|(kind, dir)| Set::load(kind, dir)).collect::<Result<_>>()?;
        Ok(Prepared { sets, python: Python::ready()? })
    }
}

/// All that has to be there before anything is measured.
#[derive(Debug)]
pub(super) struct Prepared {
    sets: Vec<Set>,
    python: Python,
}

/// Measures all of it: about six minutes, and ten with photos of all kinds.
pub(super) fn measure(programs: &Programs, prepared: Prepared) -> Result<Vec<Row>> {
    let Prepared { sets, python } = prepared;
    let viewer = programs.path("viewer")?;
    let (mut rows, machine) = (Vec::new(), machine::processor());
    let opencv = machine::opencv(viewer).unwrap_or_else(|_| "of an unknown version".to_owned());

    let clips: Vec<Clip> = KINDS.map(|kind| Clip::of_video(programs, kind)).into_iter().collect::<Result<_>>()?;
    let (costs, of_python) = videos(programs, &python, &clips)?;
    println!("\n{machine}; OpenCV {of_python} for the original, {opencv} for the viewer");
    let heading = format!("the project's videos at {}, each as a stream, every frame answered", clips::SIZE);
    println!("{}", costs::table(&heading, &costs));
    rows.extend(costs::rows("videos", &costs));

    if !sets.is_empty() {
        let mixed = mixed(programs, &python, &sets)?;
        let sets: Vec<Cost> = sets.into_iter().map(|set| photos(viewer, &python, set)).collect::<Result<_>>()?;
        println!("{}", costs::table("labelled photos, each as a file, searched as thoroughly as possible", &sets));
        rows.extend(costs::rows("photos", &sets));
        let heading = format!("some of them at {}, as a stream, every frame answered", clips::SIZE);
        println!("{}", costs::table(&heading, &mixed));
        rows.extend(costs::rows("photos as a stream", &mixed));
    }

    let trial = Trial::new(programs, &python)?;
    rows.extend(super::measured("original: unpaced", trial.throughput()));
    rows.extend(super::measured("original: idle", idle(&trial)));
    rows.extend(super::measured("original: busy", busy(&trial, &machine)));
    Ok(rows)
}

/// The cost of each task over all videos together; found is what is in the task's own video.
fn videos(programs: &Programs, python: &Python, clips: &[Clip]) -> Result<(Vec<Cost>, String)> {
    eprintln!("bench: original: its calls on the project's videos, about a minute");
    let all = |clip: &Clip| Calls::make(python, Task::All, &clip.pictures);
    let calls: Vec<Calls> = clips.iter().map(all).collect::<Result<_>>()?;
    let cost = |task: Task| {
        eprintln!("bench: viewer: {} on the same", task.name());
        let stream = |clip: &Clip| searched::stream(programs, task, &clip.pictures);
        let searched: Vec<Searched> = clips.iter().map(stream).collect::<Result<_>>()?;
        let own = clips.iter().zip(&calls).zip(&searched).find(|((clip, _), _)| task == Task::One(clip.kind));
        let found = own.map(|((clip, calls), searched)| found(clip, calls, searched)).transpose()?;
        let pictures = clips.iter().map(|clip| clip.pictures.len()).sum();
        let original = calls.iter().map(|calls| calls.cpu_ms(task)).sum::<f64>();
        let viewer = searched.iter().map(|searched| searched.cpu_ms).sum::<f64>();
        Ok(for_a_picture(task, pictures, original, viewer, found))
    };
    let costs = Task::each().map(cost).collect::<Result<_>>()?;
    Ok((costs, calls.first().map(|calls| calls.opencv.clone()).unwrap_or_default()))
}

/// What the kind of a set costs on its photos.
fn photos(viewer: &Path, python: &Python, set: Set) -> Result<Cost> {
    let clip = Clip::of_photos(set);
    let task = Task::One(clip.kind);
    eprintln!("bench: original and viewer: {} on {} photos", task.name(), clip.pictures.len());
    let calls = Calls::make(python, task, &clip.pictures)?;
    let searched = searched::files(viewer, task, &clip.pictures)?;
    let found = found(&clip, &calls, &searched)?;
    Ok(for_a_picture(task, clip.pictures.len(), calls.cpu_ms(task), searched.cpu_ms, Some(found)))
}

/// What all kinds cost on photos of all sets, as many of each.
fn mixed(programs: &Programs, python: &Python, sets: &[Set]) -> Result<Vec<Cost>> {
    let each = sets.iter().map(|set| {
        let step = set.pictures.len().div_ceil(PHOTOS_MAX);
        set.pictures.iter().step_by(step).map(|picture| picture.path.as_path())
    });
    let chosen: Vec<&Path> = each.flatten().collect();
    let pictures = pictures::scaled(programs, "photos", &chosen, clips::SIZE)?;
    eprintln!("bench: original and viewer: all on {} photos", pictures.len());
    let calls = Calls::make(python, Task::All, &pictures)?;
    let cost = |task: Task| {
        let searched = searched::stream(programs, task, &pictures)?;
        Ok(for_a_picture(task, pictures.len(), calls.cpu_ms(task), searched.cpu_ms, None))
    };
    Task::each().map(cost).collect()
}

fn found(clip: &Clip, calls: &Calls, searched: &Searched) -> Result<Found> {
    Ok(Found { original: clip.judge(&calls.frames)?, viewer: clip.judge(&searched.frames)? })
}

#[expect(clippy::cast_precision_loss, reason = "pictures are few")]
fn for_a_picture(task: Task, pictures: usize, original: f64, viewer: f64, found: Option<Found>) -> Cost {
    let each = |ms: f64| ms / pictures.max(1) as f64;
    Cost { task, pictures, original_ms: each(original), viewer_ms: each(viewer), found }
}

/// How old pictures are while receivers have nothing to do.
fn idle(trial: &Trial) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for peer in [Peer::Viewer, Peer::Recipe, Peer::Imagezmq] {
        let ages = trial.ages(peer, Load::Idle)?;
        let figure = format!("p50 {:.1}, p99 {:.1} ms", ages.percentile_ms(0.5), ages.percentile_ms(0.99));
        rows.push(Row::noted(format!("original: age at 30 fps, idle, {}", peer.name()), figure));
    }
    Ok(rows)
}

/// How old pictures are while receivers work, and the plot of it.
fn busy(trial: &Trial, machine: &str) -> Result<Vec<Row>> {
    let (mut rows, mut series) = (Vec::new(), Vec::new());
    let seconds = f64::from(u16::try_from(peers::SECONDS)?);
    for (peer, legend) in LEGENDS {
        let ages = trial.ages(peer, Load::Busy)?;
        let points = ages.on_screen(seconds, STEP);
        rows.extend(busy_rows(peer, &ages, &points, seconds));
        let legend = format!("{legend}, {:.0}/s", ages.rate(seconds));
        series.push(Series { name: peer.name().to_owned(), legend, points });
    }
    let subtitle = format!(
        "Sent: {} pictures of 640×480 a second over loopback. Legend: how many of them came out. {machine}",
        peers::FPS
    );
    let title = TITLE.to_owned();
    let plot = Plot { title, subtitle, seconds, series };
    let path = cargo::output_folder("bench").join("age.svg");
    fs::write(&path, plot.svg()).with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("bench: original: {} shows how old the newest picture was; docs/age.svg is a copy", path.display());
    Ok(rows)
}

/// How old the newest picture becomes in nearly every quarter of a second, and in the worst. The first second, in which
/// programs start, does not count.
fn busy_rows(peer: Peer, ages: &Ages, points: &[(f64, f64)], seconds: f64) -> Vec<Row> {
    let mut oldest: Vec<f64> = points.iter().filter(|&&(at, _)| at > 1.0).map(|&(_, age)| age).collect();
    oldest.sort_by(f64::total_cmp);
    let worst = oldest.last().copied().unwrap_or(f64::INFINITY);
    let usual = oldest.get(oldest.len() * 95 / 100).copied().unwrap_or(worst);
    let name = peer.name();
    let what = format!("original: busy, newest picture's age, {name}");
    let figure = format!("p95 {usual:.0}, max {worst:.0} ms");
    let rate = format!("original: busy, pictures a second, {name}");
    if peer == Peer::Viewer {
        let fps = f64::from(u16::try_from(peers::FPS).unwrap_or(u16::MAX));
        let row = Row::judged(what, figure, format!("p95 <= {USUAL_MS} ms"), usual <= USUAL_MS);
        return vec![row, Row::at_least(rate, ages.rate(seconds), fps * 0.99, "/s")];
    }
    vec![Row::noted(what, figure), Row::noted(rate, format!("{:.1} /s", ages.rate(seconds)))]
}

const TITLE: &str = "How old is the newest picture while the receiver works?";
const LEGENDS: [(Peer, &str); 4] = [
    (Peer::Viewer, "searches them meanwhile"),
    (Peer::Imagezmq, "60 ms of work, sender waits"),
    (Peer::Original, "searches, then takes the next"),
    (Peer::Recipe, "60 ms of work, queues"),
];
const STEP: f64 = 0.25;
/// Each picture stays for the 33 ms until the next one: where it gets twice as old, one was missing.
const USUAL_MS: f64 = 67.0;
const PHOTOS_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Verdict;

    #[test]
    fn folders_are_those_that_were_named() {
        let typed: Vec<String> = ["--humans", "h", "--qr=q"].map(str::to_owned).into();
        let args = Args::parse("", &typed).unwrap();
        assert_eq!(args.sets, [(Kind::Qr, "q".into()), (Kind::Human, "h".into())]);
        assert!(Args::parse("", &[]).unwrap().is_empty());
        assert!(Args::parse("", &["--cats".to_owned()]).is_err());
    }

    #[test]
    fn the_viewer_alone_has_goals_while_it_works() {
        let seen = |age: f64| {
            (0..600_u16).map(move |at| f64::from(at) / 30.0).map(move |taken| ages::Seen { taken, seen: taken + age })
        };
        let verdicts = |peer, age| {
            let ages = Ages::new(seen(age).collect()).unwrap();
            let rows = busy_rows(peer, &ages, &ages.on_screen(20.0, STEP), 20.0);
            rows.iter().map(|row| row.verdict).collect::<Vec<_>>()
        };
        assert_eq!(verdicts(Peer::Viewer, 0.004), [Verdict::Met, Verdict::Met]);
        assert_eq!(verdicts(Peer::Viewer, 0.4), [Verdict::Missed, Verdict::Missed]);
        assert_eq!(verdicts(Peer::Recipe, 4.0), [Verdict::Note, Verdict::Note]);
    }
}
