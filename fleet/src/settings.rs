//! Zenoh's settings: few batches in every queue, so that what waits is new, and a link that is missed after a second.

use std::path::Path;

use serde_json::{Value, json};
use zenoh::{Config, Result};

use crate::address::Address;
use crate::link::Router;

/// A program that talks to one router, and waits for it if it goes away.
pub(crate) fn client(router: &Router) -> Result<Config> {
    let mut config = Config::default();
    set(&mut config, "mode", json!("client"))?;
    set(&mut config, "connect/endpoints", json!([router.address.to_string()]))?;
    // One attempt at a time: what is in the way is said between two of them. Later Zenoh tries by itself, this often.
    set(&mut config, "connect/timeout_ms", json!(0))?;
    let retry = json!({ "period_init_ms": 100, "period_max_ms": 500, "period_increase_factor": 2 });
    set(&mut config, "connect/retry", retry)?;
    if let Some(tls::ClientFiles { ca, identity }) = &router.tls {
        set(&mut config, "transport/link/tls/root_ca_certificate", path(ca))?;
        if let Some((cert, key)) = identity {
            set(&mut config, "transport/link/tls/enable_mtls", json!(true))?;
            set(&mut config, "transport/link/tls/connect_certificate", path(cert))?;
            set(&mut config, "transport/link/tls/connect_private_key", path(key))?;
        }
    }
    common(&mut config)?;
    Ok(config)
}

/// A router that listens there; what a fleet needs comes before what `config` says already.
pub(crate) fn router(mut config: Config, listen: &Address, tls: Option<&tls::ServerFiles>) -> Result<Config> {
    set(&mut config, "mode", json!("router"))?;
    set(&mut config, "listen/endpoints", json!([listen.to_string()]))?;
    if let Some(tls::ServerFiles { cert, key, client_ca }) = tls {
        set(&mut config, "transport/link/tls/listen_certificate", path(cert))?;
        set(&mut config, "transport/link/tls/listen_private_key", path(key))?;
        if let Some(ca) = client_ca {
            set(&mut config, "transport/link/tls/enable_mtls", json!(true))?;
            set(&mut config, "transport/link/tls/root_ca_certificate", path(ca))?;
        }
    }
    common(&mut config)?;
    Ok(config)
}

/// What all parts of a fleet have in common.
fn common(config: &mut Config) -> Result<()> {
    // Everybody is told where the router is. It tells ROS 2's programs of each other, which they rely on.
    set(config, "scouting/multicast/enabled", json!(false))?;
    set(config, "transport/link/tx/lease", json!(LEASE_MS))?;
    set(config, "transport/link/tx/keep_alive", json!(4))?;
    let data = json!({ "control": 2, "real_time": 2, "interactive_high": 2, "interactive_low": 2, "data_high": 2,
        "data": DATA_BATCHES, "data_low": 2, "background": 2 });
    set(config, "transport/link/tx/queue/size", data)?;
    set(config, "transport/link/tx/queue/congestion_control/drop/wait_before_drop", json!(PATIENCE_US))?;
    set(config, "transport/link/tcp/so_sndbuf", json!(SEND_BYTES))?;
    set(config, "transport/link/tls/so_sndbuf", json!(SEND_BYTES))?;
    set(config, "transport/link/rx/max_message_size", json!(LONGEST_MESSAGE))?;
    // A fleet is watched by its own programs, and a page for everybody else would be one more door.
    set(config, "adminspace/enabled", json!(false))
}

fn set(config: &mut Config, key: &str, value: Value) -> Result<()> {
    config.insert_json5(key, &value.to_string())
}

fn path(path: &Path) -> Value {
    json!(path.to_string_lossy())
}

/// A worker that stands still must be replaced within two seconds.
const LEASE_MS: u32 = 1000;
/// Of 64 KB: the frames of a few robots that come at the same moment. With Zenoh's own two batches some are lost on loopback.
const DATA_BATCHES: u32 = 8;
/// How long a frame waits for a batch; a robot's next one comes after 33 ms.
const PATIENCE_US: u32 = 20_000;
/// What waits in the kernel gets old on a slow link, and nothing newer can overtake it: at 2 Mbit/s this is a quarter of a second.
const SEND_BYTES: u32 = 64 * 1024;
/// Two of the longest frames there are by default.
const LONGEST_MESSAGE: u32 = 32 << 20;
