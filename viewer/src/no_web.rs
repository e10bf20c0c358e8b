//! Stands in for the page where the program is built without it: nothing of this is ever called.

use std::io;

use pipeline::report::Contents;
use pipeline::{Observer, RecordingControl, Sink};

use crate::scene::Waiting;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Config {}

pub(crate) enum Turn {
    First,
    AfterTheWindow,
}

pub(crate) enum Bound {}

pub(crate) enum Web {}

#[derive(Debug, thiserror::Error)]
pub(crate) enum WebError {}

impl Bound {
    pub(crate) fn bind(config: &Config) -> Result<Self, WebError> {
        match *config {}
    }

    pub(crate) fn announce(&self) {
        match *self {}
    }

    pub(crate) fn report(&self, _: Contents) -> Box<dyn Sink> {
        match *self {}
    }

    pub(crate) fn serve(self, _: Observer, _: RecordingControl, _: Waiting, _: Turn) -> io::Result<Web> {
        match self {}
    }
}

impl Web {
    pub(crate) fn set_waiting(&self, _: Waiting) {
        match *self {}
    }

    pub(crate) fn say(&self, _: &str) {
        match *self {}
    }
}
