//! A fleet on loopback: what it looks like to others, and what becomes of it when its parts come, go and break.
//!
//! ```text
//! together   four robots, two workers: counts, answers, recording, page    workers    killed, stopped, joining, full
//! python     what another implementation reads                             restarts   of the gateway and of the router
//! options    some robots only; pictures for ROS 2                         network    a link that is slow, loses, or is cut
//! arguments  what is refused, and what is said without a router
//! security   who is let in by a router with TLS, what is said to others, and who may publish what
//!
//! parts      starts the programs     subscriber   Zenoh's library for Python
//! ```

mod arguments;
mod network;
mod options;
mod parts;
mod python;
mod restarts;
mod security;
mod subscriber;
mod together;
mod workers;
