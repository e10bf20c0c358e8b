//! Options about the page in a browser.

use std::net::SocketAddr;

use clap::Args;

use super::connection::address;
use crate::web;

/// The page.
#[derive(Debug, Args)]
#[command(next_help_heading = "Browser")]
pub(super) struct Browser {
    /// Serve a page with all robots to browsers on this address [default without ADDR: 127.0.0.1:8080]
    ///
    /// The default is reachable from this machine only. With any other address, such as 0.0.0.0 for all of this machine's, the
    /// page's address holds a secret token, and is shown as a QR code for phones as well. The page's streams are for other
    /// programs too. Where no window can be opened, the page is all there is.
    ///
    /// Examples: --web, --web 0.0.0.0:8080
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:8080", value_parser = address)]
    web: Option<SocketAddr>,

    /// Serve the page under this name of this machine as well as under its IP addresses; may be given several times
    ///
    /// Requests for any other name are refused, because a stranger's page could make its own name lead here.
    ///
    /// Example: --web-host robots.lan
    #[arg(long = "web-host", value_name = "NAME", requires = "web")]
    hosts: Vec<String>,
}

impl Browser {
    /// What to serve, if anything.
    pub(super) fn config(self) -> Option<web::Config> {
        self.web.map(|addr| web::Config { addr, hosts: self.hosts })
    }
}
