//! `viewer detect`: the detectors on files instead of a robot's stream.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use image::ImageFormat;

use crate::canvas::Canvas;
use crate::clock::Clock;
use crate::decode::decode;
use crate::detect::settings::{Detectors, Settings};
use crate::detect::{Detector, Kind};
use crate::overlay::Overlay;
use crate::picture::Pixels;
use crate::report::{CorruptLine, FrameLine, Line, Origin, Report, ReportError, ReportTarget};
use crate::run::Verbosity;
use crate::track::Tracker;
use crate::video::Video;

/// What `viewer detect` needs to know.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) detect: BTreeSet<Kind>,
    pub(crate) settings: Settings,
    pub(crate) verbosity: Verbosity,
    pub(crate) annotate: Option<PathBuf>,
    pub(crate) report: ReportTarget,
}

/// Reads every file; those that cannot be read are told and left out, and make the whole a failure.
pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    if let Some(dir) = &config.annotate {
        fs::create_dir_all(dir).with_context(|| format!("--annotate {}: cannot be created", dir.display()))?;
    }
    let Detectors { detectors, notes } = config.settings.detectors(&config.detect)?;
    if config.verbosity == Verbosity::Verbose {
        notes.iter().for_each(|note| tell(note));
    }
    let mut inspector = Inspector {
        clock: Clock::start(),
        detectors,
        report: Report::create(&config.report)?,
        annotations: config.annotate.as_deref().map(Annotations::new),
    };
    let (files, mut unreadable) = files(&config.paths);
    for file in &files {
        match inspector.file(file) {
            Ok(()) => {}
            Err(Failure::Unreadable(reason)) => {
                tell(&format!("{}: {reason}", file.display()));
                inspector.corrupt(file, None, reason)?;
                unreadable += 1;
            }
            Err(Failure::Report(ReportError::ReaderGone)) => return Ok(()),
            Err(Failure::Report(error)) => return Err(error.into()),
            Err(Failure::Other(error)) => return Err(error),
        }
    }
    anyhow::ensure!(unreadable == 0, "{unreadable} of the files could not be read; see the messages above");
    Ok(())
}

/// The files that `paths` name, folders replaced by the pictures and videos in them; and how many paths lead nowhere.
fn files(paths: &[PathBuf]) -> (Vec<PathBuf>, usize) {
    let (mut files, mut missing) = (Vec::new(), 0);
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let listed = fs::read_dir(path).map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect());
        let mut inside: Vec<PathBuf> = listed.unwrap_or_default();
        inside.retain(|file| {
            file.extension().is_some_and(|ending| ENDINGS.iter().any(|e| ending.eq_ignore_ascii_case(e)))
        });
        inside.sort();
        if inside.is_empty() {
            tell(&format!(
                "{}: no file in it ends in one of {}; name files, or another folder",
                path.display(),
                ENDINGS.join(", ")
            ));
            missing += 1;
        }
        files.append(&mut inside);
    }
    (files, missing)
}

struct Inspector {
    clock: Clock,
    detectors: Vec<Box<dyn Detector>>,
    report: Report,
    annotations: Option<Annotations>,
}

/// Why a file was not inspected to its end.
enum Failure {
    /// The file is at fault, the next may be better.
    Unreadable(String),
    Report(ReportError),
    Other(anyhow::Error),
}

impl Inspector {
    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let unreadable = |error: &dyn std::fmt::Display| Failure::Unreadable(error.to_string());
        let mut head = Vec::new();
        let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut head));
        read.map_err(|e| unreadable(&e))?;
        let mut pixels = Pixels::default();
        match image::guess_format(&head) {
            Ok(ImageFormat::Jpeg) => {
                let jpeg = fs::read(path).map_err(|e| unreadable(&e))?;
                decode(&jpeg, &mut pixels).map_err(|e| unreadable(&e))?;
                self.picture(path, None, Some(jpeg.len()), &pixels)
            }
            Ok(ImageFormat::Png) => {
                let file = fs::read(path).map_err(|e| unreadable(&e))?;
                let picture = image::load_from_memory(&file).map_err(|e| unreadable(&e))?;
                pixels.copy_from_rgba(&picture.into_rgba8());
                self.picture(path, None, Some(file.len()), &pixels)
            }
            _ => self.video(path, &mut pixels),
        }
    }

    fn video(&mut self, path: &Path, pixels: &mut Pixels) -> Result<(), Failure> {
        let no_video = |reason| Failure::Unreadable(format!("neither JPEG nor PNG, and {reason}"));
        let mut video = Video::open(path).map_err(no_video)?;
        self.detectors.iter_mut().for_each(|detector| detector.restart());
        let (mut seq, mut tracker) = (0, Tracker::default());
        while video.next(pixels).map_err(Failure::Unreadable)? {
            self.picture(path, Some((seq, &mut tracker)), None, pixels)?;
            seq += 1;
        }
        if seq == 0 {
            Err(Failure::Unreadable("is a video without a frame that can be read".to_owned()))
        } else {
            Ok(())
        }
    }

    /// `film` is the number of the frame and the objects followed so far, for videos.
    fn picture(
        &mut self,
        path: &Path,
        mut film: Option<(u64, &mut Tracker)>,
        bytes: Option<usize>,
        pixels: &Pixels,
    ) -> Result<(), Failure> {
        let started = self.clock.now();
        let luma = pixels.to_luma();
        let (mut counts, mut detections) = (BTreeMap::new(), Vec::new());
        for detector in &mut self.detectors {
            // A video is looked at as a robot's stream is, frame by frame.
            match if film.is_some() { detector.follow(&luma) } else { detector.detect(&luma) } {
                Ok(mut found) => {
                    if let Some((seq, tracker)) = &mut film {
                        tracker.update(detector.kind(), *seq, &mut found);
                    }
                    counts.insert(detector.kind(), found.len());
                    detections.extend(found);
                }
                Err(error) => tell(&format!("{}: {error}; it has no count in the report", path.display())),
            }
        }
        let elapsed = self.clock.now().saturating_sub(started);
        let seq = film.map(|(seq, _)| seq);
        if let Some(annotations) = &mut self.annotations {
            annotations.write(path, seq, pixels, &detections).map_err(Failure::Other)?;
        }
        let line = Line::Frame(FrameLine {
            origin: origin(path, seq),
            width: pixels.width(),
            height: pixels.height(),
            bytes,
            counts,
            detections,
            elapsed_ms: Some((elapsed.as_secs_f64() * 1e5).round() / 100.0),
        });
        self.report.write(&line).map_err(Failure::Report)
    }

    fn corrupt(&mut self, path: &Path, seq: Option<u64>, reason: String) -> Result<(), ReportError> {
        self.report.write(&Line::Corrupt(CorruptLine { origin: origin(path, seq), reason }))
    }
}

fn origin(path: &Path, seq: Option<u64>) -> Origin {
    Origin::File { source: path.display().to_string(), seq }
}

/// Pictures with what was found drawn in.
struct Annotations {
    dir: PathBuf,
    canvas: Canvas,
    overlay: Overlay,
    /// How often each name was used: pictures of one name come from several folders.
    used: BTreeMap<String, usize>,
}

impl Annotations {
    fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), canvas: Canvas::default(), overlay: Overlay::new(), used: BTreeMap::new() }
    }

    fn write(
        &mut self,
        source: &Path,
        seq: Option<u64>,
        pixels: &Pixels,
        found: &[crate::detect::Detection],
    ) -> anyhow::Result<()> {
        self.overlay.annotate(&mut self.canvas, pixels, found)?;
        let name = self.name(source, seq);
        let path = self.dir.join(name);
        let jpeg = self.canvas.pixels().to_jpeg(QUALITY)?;
        fs::write(&path, jpeg).with_context(|| format!("{}: cannot be written", path.display()))
    }

    fn name(&mut self, source: &Path, seq: Option<u64>) -> String {
        let mut name = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(seq) = seq {
            name = format!("{name}-{seq:06}");
        }
        let used = self.used.entry(name.clone()).or_default();
        *used += 1;
        if *used == 1 { format!("{name}.jpg") } else { format!("{name}-{used}.jpg") }
    }
}

/// A terminal that has gone away is no reason to stop reading files.
fn tell(message: &str) {
    _ = writeln!(std::io::stderr(), "{message}");
}

/// What a folder is searched for; a file named on the command line may end as it likes.
const ENDINGS: [&str; 7] = ["jpg", "jpeg", "png", "mp4", "avi", "mkv", "mov"];

/// JPEG quality, 1 to 100: text stays sharp.
const QUALITY: i32 = 90;
