//! What a worker found in one picture, as JSON: the report's `frame` line with the robot's name, its stream and the worker.

mod read;

use std::collections::BTreeSet;
use std::sync::Arc;

use pipeline::report::{FrameLine, Origin};
use pipeline::{Found, FrameEvent};
use serde::Serialize;
use vision::Kind;

use crate::key::StreamId;

pub use read::NotObjects;

/// What a worker found in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Objects {
    /// The robot's name.
    pub name: Arc<str>,
    /// Which of its streams.
    pub stream: StreamId,
    /// Who found it.
    pub worker: Arc<str>,
    /// What the worker searches for; a kind that it does not answer for in this picture was left out for something newer.
    pub kinds: BTreeSet<Kind>,
    /// What it found, and in which frame.
    pub found: Found,
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    frame: FrameLine<'a>,
    stream: String,
    worker: &'a str,
    kinds: Vec<&'static str>,
}

impl Objects {
    /// The JSON of what was found in the picture of `event`.
    pub fn to_json(name: &str, stream: StreamId, worker: &str, kinds: &BTreeSet<Kind>, event: &FrameEvent) -> String {
        let origin = Origin::Fleet { name, seq: event.seq };
        let frame = FrameLine { origin, drawn: None, ..event.into() };
        let kinds = kinds.iter().map(|kind| kind.name()).collect();
        let written = Written { frame, stream: stream.to_string(), worker, kinds };
        serde_json::to_string(&written).expect("its keys are strings and its numbers finite")
    }

    /// Reads what [`to_json`](Self::to_json) or another program wrote.
    ///
    /// # Errors
    /// Fails where it is something else.
    pub fn from_json(json: &[u8]) -> Result<Self, NotObjects> {
        read::objects(json)
    }
}
