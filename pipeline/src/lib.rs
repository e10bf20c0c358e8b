//! Robots in, events out: receives many robots' streams, decodes and searches them, and hands what happens to sinks.
//!
//! ```text
//!  robots     ┌────────┐ frames  ┌────────┐ pictures ┌───────────┐
//! ──TCP──────▶│ server │────────▶│ decode │─────────▶│ main loop │ shows them
//!             └────────┘ a mail- └────────┘ a mail-  └─────┬─────┘
//!                        box each           box each       ▼ a mailbox each
//!             ┌────────┐ events  ┌─────────┐ answers ┌───────────┐
//!    sinks ◀──│ queues │◀────────│ session │◀────────│ detectors │ one a kind
//!             └────────┘         └─────────┘         └───────────┘
//!                                 one a robot
//! ```
//!
//! Between two stages each robot has room for one picture, before the decoders also for some older frames in case the newest
//! is damaged: the newest picture wins, latency never builds up, and the display waits for neither detectors nor sinks.
//! [`Pipeline`] is all that a main loop needs; sessions are pure, and threads, sockets and clocks are kept to the files that
//! ARCHITECTURE.md marks with a star.
//!
//! Not here: windows, drawing, and what a user types.

mod clock;
mod count;
mod dialled;
mod elsewhere;
mod event;
mod frame;
mod health;
#[doc(hidden)]
pub mod internal;
mod mailbox;
mod observer;
mod orientations;
mod pipeline;
mod quota;
mod robots;
mod server;
mod session;
mod sink;
mod stage;
mod stream_url;
mod throttle;
pub mod typed;
mod wake;
mod who;

pub use clock::Clock;
pub use dialled::{Target, Unreached};
pub use elsewhere::{Answers, Found};
pub use event::{
    CorruptEvent, End, EndReason, EndedEvent, Event, FrameEvent, FrameTimes, Identity, Latency, ReceivedEvent,
    RefusedEvent, Sighting, Summary,
};
pub use frame::{FrameId, Received, RobotId, StreamPicture};
pub use health::{Difficulty, Trouble};
pub use mailbox::Policy;
pub use observer::Observer;
pub use orientations::Orientations;
pub use pipeline::{CloseError, Config, Ending, Leave, Pipeline, StartError};
pub use quota::Once;
pub use server::{Arrivals, BindError, Bound, Certificates, Entrance, Feed, FeedClosed, Guest, Limits};
pub use session::{Mark, Numbers, PictureAge, RobotView, ViewState};
pub use sink::readings::Readings;
pub use sink::recorder::{
    Durability, RecordTarget, Recorder, RecorderConfig, RecordingControl, RecordingEvent, RecordingState,
    StartRecordingError, StopReason,
};
pub use sink::report;
pub use sink::terminal::Terminal;
pub use sink::{Filter, Sink, SinkError};
pub use stage::Relay;
pub use stream_url::{StreamUrl, StreamUrlError};
