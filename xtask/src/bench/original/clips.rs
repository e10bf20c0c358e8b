//! What both are shown: pictures with labels for one kind, of the project's own videos and of folders of photos.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use xtask::cargo::Programs;
use xtask::report::{Detection, Frame};
use xtask::score::{self, Kind, Outline, Tally};
use xtask::truth::{self, Truth};

use crate::bench::pictures;
use crate::eval::Set;

/// Pictures in order, and what is in them.
#[derive(Debug)]
pub(super) struct Clip {
    pub(super) kind: Kind,
    pub(super) pictures: Vec<PathBuf>,
    labels: Labels,
}

#[derive(Debug)]
enum Labels {
    /// Of a video, whose picture is larger by this factor than the one that the truth is about.
    Video {
        truth: Truth,
        scale: f64,
    },
    Photos(Set),
}

impl Clip {
    /// The project's video for `kind` at [`SIZE`], of a long one every third frame: the original takes half a second each.
    pub(super) fn of_video(programs: &Programs, kind: Kind) -> Result<Self> {
        let mut truth = Truth::load(kind)?;
        let name = truth::video(kind).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut pictures = pictures::of_video(programs, &name, SIZE)?;
        ensure!(pictures.len() == truth.frames.len(), "{name} and its truth differ in length");
        let step = truth.frames.len().div_ceil(FRAMES_MAX);
        truth.frames = truth.frames.into_iter().step_by(step).collect();
        pictures = pictures.into_iter().step_by(step).collect();
        let scale = f64::from(WIDTH) / truth.size.0;
        Ok(Self { kind, pictures, labels: Labels::Video { truth, scale } })
    }

    pub(super) fn of_photos(set: Set) -> Self {
        let pictures = set.pictures.iter().map(|picture| picture.path.clone()).collect();
        Self { kind: set.kind, pictures, labels: Labels::Photos(set) }
    }

    /// The counts over all pictures; `frames` has what was found in each.
    pub(super) fn judge(&self, frames: &[Frame]) -> Result<Tally> {
        ensure!(
            frames.len() == self.pictures.len(),
            "{} of {} pictures were searched",
            frames.len(),
            self.pictures.len()
        );
        let found = frames.iter().map(|frame| of_kind(self.kind, &frame.detections));
        match &self.labels {
            Labels::Video { truth, scale } => {
                let found: Vec<Vec<Detection>> =
                    found.map(|found| found.map(|one| shrunk(one, *scale)).collect()).collect();
                Ok(truth.judge(found.iter().map(Vec::as_slice))?.iter().map(score::Judged::tally).sum())
            }
            Labels::Photos(set) => {
                let judged = found.zip(&set.pictures).map(|(found, picture)| {
                    let hits: Vec<Outline> = found.map(Outline::of).collect();
                    score::judge(self.kind, &picture.objects, &hits).tally()
                });
                Ok(judged.sum())
            }
        }
    }
}

fn of_kind(kind: Kind, found: &[Detection]) -> impl Iterator<Item = &Detection> {
    found.iter().filter(move |one| one.kind == kind.name())
}

/// Where it is in a picture that is smaller by this factor.
fn shrunk(found: &Detection, scale: f64) -> Detection {
    let corners = found.corners.iter().map(|corner| corner.map(|at| at / scale)).collect();
    Detection { area: found.area.map(|at| at / scale), corners, ..found.clone() }
}

/// The size at which videos are shown.
pub(super) const SIZE: &str = "640x480";
const WIDTH: u16 = 640;
const FRAMES_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(kind: &str, area: [f64; 4]) -> Detection {
        let (corners, payload) = (Vec::new(), String::new());
        Detection { kind: kind.to_owned(), area, corners, payload, score: None, track: None, pose: None }
    }

    fn frame(detections: Vec<Detection>) -> Frame {
        let line = r#"{"event":"frame","width":4,"height":3,"counts":{},"detections":[]}"#;
        let xtask::report::Event::Frame(frame) = xtask::report::Event::parse(line).unwrap() else { panic!("no frame") };
        Frame { detections, ..frame }
    }

    #[test]
    fn what_is_found_in_an_enlarged_video_is_judged_by_the_truth_about_the_small_one() {
        let mut truth = Truth::load(Kind::Face).unwrap();
        truth.frames.truncate(1);
        let [x, y, width, height] = match truth.frames[0][0].object.outline {
            Outline::Rect(area) => area,
            Outline::Quad(_) => panic!("a face has a box"),
        };
        let others = truth.frames[0].len() - 1;
        let clip =
            Clip { kind: Kind::Face, pictures: vec!["0.jpg".into()], labels: Labels::Video { truth, scale: 2.0 } };
        let there = detection("face", [2.0 * x, 2.0 * y, 2.0 * width, 2.0 * height]);
        let other_kind = detection("human", [0.0, 0.0, 9.0, 9.0]);
        let tally = clip.judge(&[frame(vec![there, other_kind])]).unwrap();
        assert_eq!((tally.found, tally.false_hits, tally.missed), (1, 0, others));
        assert!(clip.judge(&[]).is_err(), "a picture that was left out is not one without objects");
    }
}
