//! `viewer detect`: the detectors on files instead of a robot's stream.

#[cfg(test)]
mod album;
mod annotations;
mod files;
mod inputs;
mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use image::ImageFormat;
use pipeline::report::{CorruptLine, FrameLine, Line, Origin};
use pipeline::{Clock, SinkError};

use crate::report_target::{AnyReport, ReportTarget};
use crate::settings::{Detectors, Settings};
use crate::terminal::{Verbosity, print};
use annotations::Annotations;
use inputs::Inputs;
use vision::jpeg::{PixelLimit, decode};
use vision::{
    Answer, DetectError, Detector, Kind, Orientation, Picture, Pixels, Stream, Tracker, Video, VideoError, panics,
};

/// What `viewer detect` needs to know.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) detect: BTreeSet<Kind>,
    pub(crate) settings: Settings,
    pub(crate) verbosity: Verbosity,
    pub(crate) orientation: Orientation,
    pub(crate) limit: PixelLimit,
    pub(crate) annotate: Option<PathBuf>,
    pub(crate) report: ReportTarget,
}

/// Reads every file; those that cannot be read are named and left out, and make the whole a failure.
pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    let (inputs, complaints) = Inputs::find(&config.paths);
    if let ReportTarget::File(path) = &config.report {
        anyhow::ensure!(
            !inputs.would_change(path),
            "--report {}: is one of the files to read and would be replaced; name another file",
            path.display()
        );
    }
    let files = inputs.files().to_owned();
    let mut annotations = config.annotate.as_deref().map(|dir| Annotations::create(dir, inputs)).transpose()?;
    complaints.iter().for_each(|complaint| print(complaint));
    let Detectors { detectors, notes, warnings } = config.settings.detectors(&config.detect)?;
    config.verbosity.print(&warnings, &notes);
    let report = config.report.open()?;
    if let (Some(annotations), ReportTarget::File(report)) = (&mut annotations, &config.report) {
        annotations.spare(report);
    }
    let mut search = Search {
        clock: Clock::start(),
        detectors,
        panics: BTreeMap::new(),
        orientation: config.orientation,
        limit: config.limit,
        report,
        annotations,
    };
    let unreadable = complaints.len() + search.files(&files)?;
    anyhow::ensure!(unreadable == 0, "{unreadable} of the files and folders could not be read; see the messages above");
    Ok(())
}

struct Search {
    clock: Clock,
    detectors: Vec<Box<dyn Detector>>,
    /// How often each detector has panicked.
    panics: BTreeMap<Kind, u64>,
    /// How pictures are turned before they are searched.
    orientation: Orientation,
    /// How large a JPEG may be.
    limit: PixelLimit,
    report: AnyReport,
    annotations: Option<Annotations>,
}

/// Where a picture is.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a Path,
    /// For recordings.
    topic: Option<&'a str>,
    /// For videos and recordings.
    seq: Option<u64>,
}

/// What is known of a video, or of a topic of a recording, from its frames so far.
struct VideoState {
    seq: u64,
    /// One for each detector.
    streams: Vec<Stream>,
    tracker: Tracker,
}

/// Why a file was not searched to its end.
enum Failure {
    /// The file cannot be read at all; nothing is known of a picture in it.
    Missing(String),
    /// What is in the file is at fault, the next may be better.
    Unreadable(String),
    Report(SinkError),
    Other(anyhow::Error),
}

impl Search {
    /// How many of `files` could not be read; a report that nobody reads any more ends it early.
    fn files(&mut self, files: &[PathBuf]) -> anyhow::Result<usize> {
        let mut unreadable = 0;
        for file in files {
            let written = match self.file(file) {
                Ok(()) => Ok(()),
                Err(Failure::Missing(reason)) => {
                    print(&format!("{}: {reason}", file.display()));
                    unreadable += 1;
                    Ok(())
                }
                Err(Failure::Unreadable(reason)) => {
                    print(&format!("{}: {reason}", file.display()));
                    unreadable += 1;
                    self.corrupt(Place { path: file, topic: None, seq: None }, &reason)
                }
                Err(Failure::Report(error)) => Err(error),
                Err(Failure::Other(error)) => return Err(error),
            };
            match written {
                Ok(()) => {}
                Err(SinkError::ReaderGone { .. }) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(unreadable)
    }

    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let unreadable = |error: &dyn std::fmt::Display| Failure::Unreadable(error.to_string());
        let missing =
            |error| Failure::Missing(format!("cannot be read: {error}; check its name, and that you may read it"));
        let kind = fs::metadata(path).map_err(missing)?.file_type();
        if !kind.is_file() {
            let what = match kind.is_dir() {
                true => "is a folder; give it as an argument of its own",
                false => "is a pipe or a device; copy what it holds to a file",
            };
            return Err(Failure::Unreadable(what.to_owned()));
        }
        let mut head = Vec::new();
        let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut head));
        read.map_err(missing)?;
        let mut pixels = Pixels::default();
        match image::guess_format(&head) {
            // It needs three bytes.
            format if matches!(format, Ok(ImageFormat::Jpeg)) || head == START_OF_JPEG => {
                let jpeg = fs::read(path).map_err(missing)?;
                decode(&jpeg, self.limit, &mut pixels).map_err(|e| unreadable(&e))?;
                self.orientation.apply(&mut pixels, &mut Pixels::default());
                self.picture(path, None, None, Some(jpeg.len()), &pixels.into())
            }
            Ok(ImageFormat::Png) => {
                let file = fs::read(path).map_err(missing)?;
                pixels.copy_from_rgba(&files::png(&file, self.limit).map_err(Failure::Unreadable)?);
                self.orientation.apply(&mut pixels, &mut Pixels::default());
                self.picture(path, None, None, Some(file.len()), &pixels.into())
            }
            _ if recorded::is_recording(&head) => self.recording(path, File::open(path).map_err(missing)?),
            _ if head.is_empty() => Err(Failure::Unreadable("is empty".to_owned())),
            // FFmpeg would film it, or follow a playlist to wherever that leads.
            _ if files::is_text(path) => {
                Err(Failure::Unreadable("is text, and no picture, video or recording".to_owned()))
            }
            _ => self.video(path, pixels),
        }
    }

    fn video(&mut self, path: &Path, mut pixels: Pixels) -> Result<(), Failure> {
        let no_video = |reason: VideoError| Failure::Unreadable(format!("neither JPEG nor PNG, and {reason}"));
        let mut video = Video::open(path).map_err(no_video)?;
        let mut spare = Pixels::default();
        let mut state = self.stream();
        while video.next(&mut pixels).map_err(|error| Failure::Unreadable(error.to_string()))? {
            self.orientation.apply(&mut pixels, &mut spare);
            let picture = Picture::from(pixels);
            self.picture(path, None, Some(&mut state), None, &picture)?;
            pixels = picture.into_pixels();
            state.seq += 1;
        }
        match (state.seq, video.announced().unwrap_or(0)) {
            (0, _) => Err(Failure::Unreadable("is a video without a frame that can be read".to_owned())),
            (read, announced) if files::is_cut(read, announced) => Err(Failure::Unreadable(format!(
                "only {read} of {announced} frames could be read; it is cut or damaged"
            ))),
            _ => Ok(()),
        }
    }

    /// Nothing is known yet.
    fn stream(&self) -> VideoState {
        let streams = self.detectors.iter().map(|detector| detector.stream()).collect();
        VideoState { seq: 0, streams, tracker: Tracker::default() }
    }

    /// Runs the detectors on a picture; `state` is what is known of its video, if it is a frame of one.
    fn picture(
        &mut self,
        path: &Path,
        topic: Option<&str>,
        mut state: Option<&mut VideoState>,
        bytes: Option<usize>,
        picture: &Picture,
    ) -> Result<(), Failure> {
        let started = self.clock.now();
        let pixels = picture.pixels();
        let (mut counts, mut detections) = (BTreeMap::new(), Vec::new());
        for (n, detector) in self.detectors.iter_mut().enumerate() {
            let kind = detector.kind();
            // A video is searched as a robot's stream is, frame by frame.
            let detect = || match &mut state {
                Some(state) => detector.detect_next(&mut state.streams[n], picture),
                None => detector.detect(picture).map(Answer::from),
            };
            let outcome =
                panics::caught(detect).unwrap_or_else(|message| Err(panicked(&mut self.panics, kind, pixels, message)));
            match outcome {
                Ok(answer) => {
                    let found = match &mut state {
                        Some(state) => state.tracker.answer(kind, state.seq, answer),
                        None => answer.found,
                    };
                    counts.insert(kind, found.len());
                    detections.extend(found);
                }
                Err(error) => print(&format!("{}: {error}; it has no count in the report", path.display())),
            }
        }
        let elapsed = self.clock.now().saturating_sub(started);
        let seq = state.map(|state| state.seq);
        if let Some(annotations) = &mut self.annotations {
            annotations.write(Place { path, topic, seq }, pixels, &detections).map_err(Failure::Other)?;
        }
        let line = Line::Frame(FrameLine {
            age: None,
            origin: Origin::File { source: &path.display().to_string(), topic, seq },
            width: pixels.width(),
            height: pixels.height(),
            bytes,
            counts: &counts,
            detections: &detections,
            drawn: None,
            elapsed_ms: Some((elapsed.as_secs_f64() * 1e5).round() / 100.0),
        });
        self.report.line(&line).map_err(Failure::Report)
    }

    fn corrupt(&mut self, Place { path, topic, seq }: Place<'_>, reason: &str) -> Result<(), SinkError> {
        let origin = Origin::File { source: &path.display().to_string(), topic, seq };
        self.report.line(&Line::Corrupt(CorruptLine { origin, reason, more: 0 }))
    }
}

/// The error of a detector of `kind` that panicked on `luma`; counts it.
fn panicked(panics: &mut BTreeMap<Kind, u64>, kind: Kind, pixels: &Pixels, message: String) -> DetectError {
    let count = panics.entry(kind).or_default();
    *count += 1;
    DetectError::Panicked {
        engine: kind.name(),
        width: pixels.width(),
        height: pixels.height(),
        count: *count,
        message,
    }
}

const START_OF_JPEG: [u8; 2] = [0xFF, 0xD8];

#[cfg(test)]
mod tests;
