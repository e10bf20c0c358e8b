//! What the tasks and the end-to-end tests share: building, starting and watching the real programs.
//!
//! ```text
//! cargo ──▶ process ──▶ report ──▶ truth ──────────▶ score         display
//! (paths)   (children)  (JSON      (of the fixtures)  (right,       (a real one,
//!    │          │          lines)                        or false)     or Xvfb)
//!    └──▶ python ◀┘ (environments of Python)         random ──▶ mishaps (faults)      usage (of /proc)
//! ```
//!
//! The programs are only ever started as processes. Nothing here links them, so that this crate builds before any
//! system package is there.

pub mod cargo;
pub mod display;
pub mod label;
pub mod mishaps;
pub mod process;
pub mod python;
pub mod random;
pub mod report;
pub mod score;
pub mod seeds;
pub mod truth;
pub mod usage;
pub mod web;
