//! Lines are made of events.

use std::borrow::Cow;

use protocol::Age;

use super::super::fields::tenths_of_ms;
use super::{AgeField, EndedLine, FrameLine, LatencyFields, Origin, RecordingLine, RobotFields};
use crate::event::{EndReason, EndedEvent, FrameEvent, Identity, Latency, RefusedEvent, Summary};
use crate::sink::recorder::RecordingEvent;

impl<'a> From<&'a RecordingEvent> for RecordingLine<'a> {
    fn from(event: &'a RecordingEvent) -> Self {
        match event {
            RecordingEvent::Started { path } => Self::Started { file: path.to_string_lossy() },
            RecordingEvent::Stopped { path, frames, bytes, lost, why } => Self::Stopped {
                file: path.to_string_lossy(),
                frames: *frames,
                bytes: *bytes,
                lost: *lost,
                detail: why.detail(),
            },
            RecordingEvent::NotStarted { why } => Self::Failed { detail: why },
        }
    }
}

impl<'a> From<&'a Identity> for RobotFields<'a> {
    fn from(Identity { id, name }: &'a Identity) -> Self {
        Self { robot: id.0, name: name.as_deref() }
    }
}

impl<'a> From<&'a FrameEvent> for FrameLine<'a> {
    fn from(frame: &'a FrameEvent) -> Self {
        let FrameEvent { robot, seq, width, height, bytes, age, counts, detections, drawn, .. } = frame;
        let origin = Origin::Robot { robot: robot.into(), seq: *seq };
        let (width, height, bytes) = (*width, *height, Some(*bytes));
        let (age, drawn) = (age.map(AgeField::from), Some(drawn.as_slice()));
        Self { origin, width, height, bytes, age, counts, detections, drawn, elapsed_ms: None }
    }
}

impl From<Age> for AgeField {
    fn from(age: Age) -> Self {
        match age {
            Age::SinceTaken(age) => Self::SinceTaken(tenths_of_ms(age)),
            Age::OverBest(over) => Self::OverBest(tenths_of_ms(over)),
        }
    }
}

impl<'a> From<&'a EndedEvent> for EndedLine<'a> {
    fn from(ended: &'a EndedEvent) -> Self {
        let fields = |latency: Option<Latency>| latency.map(|Latency { p50, p99 }| LatencyFields { p50, p99 });
        let Summary { sightings, left_out } = &ended.summary;
        Self {
            robot: (&ended.robot).into(),
            peer: None,
            reason: ended.reason.name(),
            detail: ended.detail.as_deref(),
            received: ended.received,
            shown: ended.shown,
            dropped: ended.dropped,
            corrupt: ended.corrupt,
            undelivered: ended.undelivered,
            latency_ms: fields(ended.latency_ms),
            age_ms: fields(ended.age_ms),
            over_best_ms: fields(ended.over_best_ms),
            more: 0,
            sightings: sightings.into(),
            sightings_left_out: *left_out,
        }
    }
}

impl<'a> From<&'a RefusedEvent> for EndedLine<'a> {
    fn from(RefusedEvent { peer, detail, more }: &'a RefusedEvent) -> Self {
        Self {
            // Robots count from 1: this connection became none.
            robot: RobotFields { robot: 0, name: None },
            peer: Some(*peer),
            reason: EndReason::Refused.name(),
            detail: Some(detail),
            received: 0,
            shown: 0,
            dropped: 0,
            corrupt: 0,
            undelivered: 0,
            latency_ms: None,
            age_ms: None,
            over_best_ms: None,
            more: *more,
            sightings: Cow::default(),
            sightings_left_out: 0,
        }
    }
}
