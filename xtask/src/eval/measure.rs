//! What an engine sees in each picture of a set, or in each frame of a video.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use xtask::report::{Detection, Frame};
use xtask::score::Kind;
use xtask::truth;

use super::engines::Engine;
use super::sets::{Labelled, Set};
use super::viewer::Viewer;

/// What an engine saw in one picture.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Pixels across and down.
    pub(crate) size: (u64, u64),
    pub(crate) elapsed_ms: f64,
    pub(crate) detections: Vec<Detection>,
    /// Whether the engine gave up on the picture instead of answering.
    pub(crate) failed: bool,
}

/// A reading for each picture, in their order, or why the engine is unusable.
pub(crate) type Readings = Result<Vec<Reading>, String>;

/// Lets `engine` look at every picture of the set.
pub(crate) fn pictures(viewer: &Viewer, engine: &Engine, set: &Set) -> Result<Readings> {
    let remedy = format!("mend it, or take it out of {}", set.dir.join("truth.json").display());
    let mut readings = Vec::with_capacity(set.pictures.len());
    for pictures in set.pictures.chunks(AT_ONCE) {
        match viewer.detect(engine, pictures.iter().map(|picture| picture.path.as_path()), &remedy)? {
            Ok(frames) => readings.append(&mut in_order(engine.kind, pictures, frames)?),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    Ok(Ok(readings))
}

/// Lets `engine` watch the project's own video of its kind, which the viewer follows from frame to frame.
pub(crate) fn video(viewer: &Viewer, engine: &Engine) -> Result<Readings> {
    let path = truth::video(engine.kind);
    let frames =
        viewer.detect(engine, [path.as_path()], "`cargo xtask fixtures --check` checks whether it is whole")?;
    let reading = |frame| Reading::of(engine.kind, frame).context("`viewer detect` does not report how long it took");
    match frames {
        Ok(frames) => frames.into_iter().map(reading).collect::<Result<_>>().map(Ok),
        Err(reason) => Ok(Err(reason)),
    }
}

/// The report has the pictures in any order.
fn in_order(kind: Kind, pictures: &[Labelled], frames: Vec<Frame>) -> Result<Vec<Reading>> {
    let mut frames: HashMap<String, Frame> =
        frames.into_iter().filter_map(|frame| Some((frame.source.clone()?, frame))).collect();
    let reading = |picture: &Labelled| {
        let frame = frames.remove(&picture.path.display().to_string());
        let reading = frame.and_then(|frame| Reading::of(kind, frame));
        reading.with_context(|| format!("`viewer detect` has no line with its time about {}", picture.path.display()))
    };
    pictures.iter().map(reading).collect()
}

impl Reading {
    /// Only detections of this `kind` count. `None` where the frame has no time.
    fn of(kind: Kind, frame: Frame) -> Option<Self> {
        let failed = !frame.counts.contains_key(kind.name());
        let mut detections = frame.detections;
        detections.retain(|detection| detection.kind == kind.name());
        Some(Self { size: frame.size, elapsed_ms: frame.elapsed_ms?, detections, failed })
    }
}

/// Pictures for one process: their paths have to fit on a command line.
const AT_ONCE: usize = 1000;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use xtask::report::Event;

    use super::*;
    use crate::eval::engines;
    use crate::eval::sets::Format;

    fn picture(name: &str) -> Labelled {
        Labelled { name: name.to_owned(), path: PathBuf::from(name), format: Format::Jpeg, objects: Vec::new() }
    }

    /// A line about a picture with a face and a code in it.
    fn frame(name: &str, counts: &str) -> Frame {
        let face = r#"{"kind":"face","box":[1,2,3,4],"score":9.5,"engine":"seeta"}"#;
        let code = r#"{"kind":"qr","box":[1,2,3,4],"corners":[],"text":"","engine":"zxing"}"#;
        let line = format!(
            r#"{{"event":"frame","source":"{name}","width":64,"height":48,"counts":{counts},"detections":[{face},{code}],"elapsed_ms":1.5}}"#
        );
        let Event::Frame(frame) = Event::parse(&line).unwrap() else { panic!("not a frame") };
        frame
    }

    #[test]
    fn readings_come_in_the_order_of_the_set_and_only_of_its_kind() {
        let frames = vec![frame("b.jpg", r#"{"qr":1}"#), frame("a.jpg", r#"{"face":1}"#)];
        let readings = in_order(Kind::Face, &[picture("a.jpg"), picture("b.jpg")], frames).unwrap();
        assert_eq!(readings.iter().map(|reading| reading.failed).collect::<Vec<_>>(), [false, true]);
        assert_eq!((readings[0].size, readings[0].elapsed_ms), ((64, 48), 1.5));
        assert_eq!(readings[0].detections.len(), 1);
    }

    #[test]
    fn a_picture_without_a_line_is_named() {
        let frames = vec![frame("a.jpg", r#"{"face":1}"#)];
        let error = in_order(Kind::Face, &[picture("a.jpg"), picture("b.jpg")], frames).unwrap_err().to_string();
        assert!(error.contains("about b.jpg"), "{error}");
    }

    #[test]
    fn without_a_picture_no_viewer_is_started() {
        let set = Set { kind: Kind::Human, dir: "set".into(), pictures: Vec::new() };
        let viewer = Viewer { program: "no-such-viewer".into(), face_model: None };
        let engine = engines::of(Kind::Human).next().unwrap();
        assert!(pictures(&viewer, engine, &set).unwrap().unwrap().is_empty());
        assert!(video(&viewer, engine).is_err(), "a video is always there");
    }
}
