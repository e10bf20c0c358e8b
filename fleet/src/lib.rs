//! Robots of many places, and machines that search their pictures, joined by [Zenoh](https://zenoh.io).
//!
//! ```text
//!  robots         ┌─────────┐ camera  ┌────────┐ camera  ┌────────┐
//! ──TCP, HTTP────▶│ gateway │────────▶│ router │────────▶│ worker │ one a robot, as hashes say
//!                 └─────────┘         └───┬────┘◀────────└────────┘
//!                                         │      objects
//!                                         ▼ camera, objects
//!                                      viewer --zenoh
//! ```
//!
//! A gateway takes robots' streams as the viewer does, and publishes each frame as it came. Workers are as many as there are: each
//! computes for itself which robots are its own, and publishes what it finds. Nobody coordinates, and nobody keeps anything.
//!
//! Not here: how streams are received and searched, which is `pipeline`, and windows.

pub mod address;
pub mod attachment;
mod choice;
pub mod cli;
pub mod end;
pub mod gateway;
pub mod key;
pub mod link;
pub mod messages;
pub mod objects;
mod ros;
pub mod router;
mod settings;
pub mod share;
pub mod source;
pub mod worker;
