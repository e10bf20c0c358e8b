//! The objects in the fixtures' videos, frame by frame, and how detections are judged by them.
//!
//! The end-to-end tests and `cargo xtask eval` both judge here, so that they agree.

mod identity;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::label;
use crate::report::{self, Detection};
use crate::score::{self, Fate, Hit, Judged, Kind, Object, Outline};

/// The truth about a fixture that is a video.
#[derive(Clone, Debug)]
pub struct Truth {
    /// The kind of object to find in it.
    pub kind: Kind,
    /// Frames of a second.
    pub rate: usize,
    /// Pixels across and down.
    pub size: (f64, f64),
    /// What is in each frame.
    pub frames: Vec<Vec<Sight>>,
}

/// An object in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// Where it is. A code that is not readable is difficult.
    pub object: Object,
    /// A code's payload as the report writes it, or which tag it is; empty for other kinds.
    pub payload: String,
    /// Where a tag is; `None` for other kinds.
    pub place: Option<TagPlace>,
}

/// Where a tag is, seen from the camera: to the right, down and ahead.
#[derive(Clone, Debug, PartialEq)]
pub struct TagPlace {
    /// The side of the tag in metres.
    pub side_m: f64,
    /// Its middle in metres.
    pub position: [f64; 3],
    /// Three rows; the columns are right, down and into the tag.
    pub rotation: [[f64; 3]; 3],
}

/// The project's own video for `kind`.
pub fn video(kind: Kind) -> PathBuf {
    fixtures::dir().join(format!("{}.mp4", kind.option()))
}

impl Truth {
    /// Reads the truth file beside [`video`].
    pub fn load(kind: Kind) -> Result<Self> {
        let path = video(kind).with_extension("truth.json");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(kind, &text).with_context(|| format!("{}", path.display()))
    }

    fn parse(kind: Kind, text: &str) -> Result<Self> {
        let truth: Value = serde_json::from_str(text).context("not JSON")?;
        let rate = truth["fps"].as_u64().filter(|&rate| rate > 0).context("no \"fps\" above 0")?;
        let size = truth["width"].as_f64().zip(truth["height"].as_f64()).context("no \"width\" and \"height\"")?;
        let frames = truth["frames"].as_array().context("no list \"frames\"")?;
        let frames = frames.iter().enumerate().map(|(at, frame)| sights(kind, frame).context(format!("frame {at}")));
        Ok(Self { kind, rate: usize::try_from(rate)?, size, frames: frames.collect::<Result<_>>()? })
    }

    /// How many objects a detector ought to find, in all frames together.
    pub fn wanted(&self) -> usize {
        self.frames.iter().flatten().filter(|sight| !sight.object.difficult).count()
    }

    /// Judges what was found of this kind in each frame, in their order.
    ///
    /// A code or tag is judged by what it says: what no code or tag in the frame says is false. Faces and humans are
    /// judged by their place, as in [`score::judge`].
    pub fn judge<'found>(&self, found: impl ExactSizeIterator<Item = &'found [Detection]>) -> Result<Vec<Judged>> {
        let (expected, read) = (self.frames.len(), found.len());
        ensure!(expected == read, "the truth has {expected} frames, but {read} were read");
        Ok(self.frames.iter().zip(found).map(|(there, found)| frame(self.kind, there, found)).collect())
    }
}

/// The objects in one picture's list of a truth file.
pub fn sights(kind: Kind, list: &Value) -> Result<Vec<Sight>> {
    let list = list.as_array().with_context(|| format!("expected a list of objects, found {list}"))?;
    list.iter().map(|value| sight(kind, value).with_context(|| format!("not an object's truth: {value}"))).collect()
}

fn sight(kind: Kind, value: &Value) -> Option<Sight> {
    let (outline, difficult) = match kind {
        Kind::Qr => (label::quad(value["corners"].as_array()?), !value["readable"].as_bool()?),
        Kind::Tag => (label::quad(value["corners"].as_array()?), value["difficult"].as_bool()?),
        Kind::Face | Kind::Human => (label::rect(value["box"].as_array()?), value["difficult"].as_bool()?),
    };
    let place = if kind == Kind::Tag { Some(place(value)?) } else { None };
    Some(Sight { object: Object { outline: outline?, difficult }, payload: report::payload(value), place })
}

fn place(value: &Value) -> Option<TagPlace> {
    let rows: Vec<[f64; 3]> =
        value["rotation"].as_array()?.iter().map(|row| label::numbers(row.as_array()?)).collect::<Option<_>>()?;
    let position = label::numbers(value["position"].as_array()?)?;
    Some(TagPlace { side_m: value["side_m"].as_f64()?, position, rotation: rows.try_into().ok()? })
}

fn frame(kind: Kind, there: &[Sight], found: &[Detection]) -> Judged {
    if kind.is_read() {
        return by_payload(there, found);
    }
    let objects: Vec<Object> = there.iter().map(|sight| sight.object).collect();
    let hits: Vec<Outline> = found.iter().map(Outline::of).collect();
    score::judge(kind, &objects, &hits)
}

/// Each code is read by the first hit with the same payload; of codes with equal payloads the readable ones come first.
fn by_payload(there: &[Sight], found: &[Detection]) -> Judged {
    let mut objects: Vec<Fate> = there.iter().map(|sight| Fate::without_hit(&sight.object)).collect();
    let mut free = vec![true; there.len()];
    let verdict = |hit: &Detection| {
        let alike: Vec<usize> = (0..there.len()).filter(|&at| there[at].payload == hit.payload).collect();
        let next = alike.iter().copied().filter(|&at| free[at]).min_by_key(|&at| there[at].object.difficult);
        let Some(at) = next else { return if alike.is_empty() { Hit::False } else { Hit::Again } };
        free[at] = false;
        if there[at].object.difficult {
            return Hit::Neutral;
        }
        objects[at] = Fate::Found;
        Hit::Right
    };
    let hits = found.iter().map(verdict).collect();
    Judged { objects, hits }
}

#[cfg(test)]
mod tests;
