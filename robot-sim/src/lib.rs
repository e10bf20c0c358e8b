//! Simulates robots: sends JPEGs to the viewer as a robot does, and damages the stream on purpose when asked.
//!
//! ```text
//! ┌────────┐ frame ┌───────┐ steps ┌────────┐ bytes
//! │ source │──────▶│ fault │──────▶│ client │──────▶ viewer
//! └────────┘       └───────┘       └───▲────┘
//!   JPEG             pure          schedule (pure)
//! ```
//!
//! Not here: the wire format, which is the `protocol` crate's, and anything that receives.

mod cli;
mod client;
mod config;
pub mod fault;
mod format;
#[doc(hidden)]
pub mod internal;
mod keys;
mod playback;
mod progress;
mod report;
mod scenario;
mod schedule;
mod source;
mod terminal;

pub use crate::cli::{Args, ArgsError};
pub use crate::client::{Address, ClientError, Stamps, StreamEnd};
pub use crate::config::{Config, Outcome, Peer};
pub use crate::format::Format;
pub use crate::playback::Speed;
pub use crate::report::{Ended, Report};
pub use crate::scenario::ScenarioError;
pub use crate::schedule::{Rate, RateError};
#[cfg(feature = "video")]
pub use crate::source::EncodeError;
pub use crate::source::{Encoding, Input, Passes, Selection, Size, SourceError};
pub use crate::terminal::printable;
