//! How the router is reached: the same options for gateways, workers and viewers.

use std::path::PathBuf;

use clap::Args;
use clap::error::ErrorKind;

use crate::address::Address;
use crate::link::Router;

/// The way to the fleet's router.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fleet")]
pub struct ZenohArgs {
    /// Join the fleet whose router is at this address: tcp/HOST:PORT, or tls/HOST:PORT
    ///
    /// It is looked for until it is there, and again whenever it is gone.
    ///
    /// Examples: --zenoh tcp/192.168.1.2:7447, --zenoh tls/router.local:7447
    #[arg(long, value_name = "ADDR")]
    zenoh: Option<Address>,

    /// The authority that has signed the router's certificate, for --zenoh tls/…
    ///
    /// Example: --zenoh-ca certs/ca.pem
    #[arg(long, value_name = "FILE", requires = "zenoh")]
    zenoh_ca: Option<PathBuf>,

    /// The certificate to show to the router, if it asks for one
    ///
    /// Example: --zenoh-cert certs/robot.pem --zenoh-key certs/robot-key.pem
    #[arg(long, value_name = "FILE", requires_all = ["zenoh_ca", "zenoh_key"])]
    zenoh_cert: Option<PathBuf>,

    /// The private key of --zenoh-cert
    ///
    /// Example: --zenoh-key certs/robot-key.pem
    #[arg(long, value_name = "FILE", requires = "zenoh_cert")]
    zenoh_key: Option<PathBuf>,
}

impl ZenohArgs {
    /// The router, if one is given.
    ///
    /// # Errors
    /// Fails where the files do not fit it.
    pub fn router(self) -> Result<Option<Router>, clap::Error> {
        let Some(address) = self.zenoh else { return Ok(None) };
        let tls = match (address.is_encrypted(), self.zenoh_ca) {
            (false, Some(_)) => return Err(error(ErrorKind::ArgumentConflict, "--zenoh-ca is for --zenoh tls/…")),
            (true, None) => {
                return Err(error(ErrorKind::MissingRequiredArgument, "--zenoh tls/… needs --zenoh-ca FILE"));
            }
            (false, None) => None,
            (true, Some(ca)) => Some(tls::ClientFiles { ca, identity: self.zenoh_cert.zip(self.zenoh_key) }),
        };
        Ok(Some(Router { address, tls }))
    }
}

fn error(kind: ErrorKind, message: &str) -> clap::Error {
    clap::Error::raw(kind, format!("{message}\n"))
}
