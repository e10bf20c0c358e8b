//! What reads bytes that anybody may have sent: a function for each, which panics where one of its promises is broken.
//!
//! ```text
//! cargo xtask fuzz ──▶ libFuzzer ──▶ bin/fuzz-target ──┐
//!                                                      ├──▶ fuzz::NAME(bytes)
//! cargo xtask test ──▶ proptest ──▶ tests/prop.rs ─────┘
//! ```
//!
//! Each takes any bytes. A stream's decoder has to say the same however its bytes are cut, and may hold no more than its limit;
//! what parses text has to understand what it writes; and nothing may panic. Where a stream starts and what is wrong with it in
//! particular is tested in the crates themselves.

mod pictures;
mod streams;
mod text;

pub use pictures::{jpeg, recording, stamp};
pub use streams::{bare, http_answer, length, multipart, stream};
pub use text::{fault, report, scenario};

/// What is called with bytes.
pub type Target = fn(&[u8]);

/// All of them, by name.
pub const TARGETS: [(&str, Target); 11] = [
    ("length", length),
    ("bare", bare),
    ("multipart", multipart),
    ("stream", stream),
    ("stamp", stamp),
    ("http_answer", http_answer),
    ("jpeg", jpeg),
    ("fault", fault),
    ("scenario", scenario),
    ("report", report),
    ("recording", recording),
];
