//! Options about the page in a browser.

use std::net::SocketAddr;

use clap::Args;
use pipeline::typed::address;

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

    /// Use this token in the page's addresses [default: a new one at each start, and none for this machine alone]
    ///
    /// With a token that stays the same, addresses in other programs' settings go on working, and open pages come back by
    /// themselves when the viewer is started again. At least 16 letters, digits, - or _.
    ///
    /// Example: --web-token 7fJq2mXw9TzRk4Lp
    #[arg(long = "web-token", value_name = "TOKEN", requires = "web", value_parser = token, hide_short_help = true)]
    token: Option<String>,
}

impl Browser {
    /// What to serve, if anything.
    pub(super) fn config(self) -> Option<web::Config> {
        self.web.map(|addr| web::Config { addr, hosts: self.hosts, token: self.token })
    }
}

fn token(typed: &str) -> Result<String, String> {
    let is_plain = typed.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_plain && typed.len() >= SHORTEST_TOKEN {
        Ok(typed.to_owned())
    } else {
        Err(format!("give at least {SHORTEST_TOKEN} letters, digits, - or _"))
    }
}

/// Some 90 bits, if it is random.
const SHORTEST_TOKEN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_needs_no_escaping_in_a_url() {
        assert!(token("7fJq2mXw9TzRk4Lp").is_ok());
        for bad in ["", "secret", "7fJq2mXw9TzRk4L", "7fJq2mXw9TzRk4L&", "7fJq2mXw9TzRk4Lé"] {
            assert!(token(bad).is_err(), "{bad}");
        }
    }
}
