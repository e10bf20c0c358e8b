//! Who may have the page and the streams: pure checks of what a request says.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

/// The rules, which every request has to keep.
#[derive(Debug)]
pub(super) struct Access {
    /// Required in each URL.
    token: Option<Token>,
    /// Names of this machine, in lower case.
    names: Vec<String>,
}

/// A secret in the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token(String);

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    #[error(
        "this is not {host:?}; use the IP address of this machine, or start the viewer with --web-host {host} if it is one of its names"
    )]
    Host { host: String },
    #[error("the header Host is missing, given twice, unreadable, or different from the URL's host")]
    NoHost,
    #[error("a page of {origin:?} may not connect here")]
    Origin { origin: String },
    #[error("the token in the URL is missing or wrong; use the URL that the viewer has printed, with its token")]
    Token,
}

impl Access {
    /// For whoever can connect to `addr`. The `chosen` token is always required, and without one a random token unless only this
    /// machine can connect.
    ///
    /// Beside the names of `hosts`, IP addresses and `localhost` are always names of this machine.
    ///
    /// # Errors
    /// Fails where the system has no random numbers for a token.
    pub(super) fn new(addr: SocketAddr, hosts: &[String], chosen: Option<&str>) -> Result<Self, getrandom::Error> {
        let token = match chosen {
            Some(token) => Some(Token(token.to_owned())),
            None if addr.ip().to_canonical().is_loopback() => None,
            None => Some(Token::random()?),
        };
        let names = hosts.iter().map(|name| normal(name)).chain(["localhost".to_owned()]).collect();
        Ok(Self { token, names })
    }

    /// The token that URLs have to hold, if they have to.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.0.as_str())
    }

    /// Checks under which name the machine was asked.
    ///
    /// A stranger's page can make its own name lead to this machine (DNS rebinding), and would then be of the same origin. It
    /// cannot do that with an IP address.
    pub(super) fn check_host(&self, host: Option<&str>) -> Result<(), Refusal> {
        let host = host.ok_or(Refusal::NoHost)?;
        let name = without_port(host).ok_or(Refusal::NoHost)?;
        let is_ip = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
        let is_known = is_ip || self.names.contains(&normal(name));
        if is_known { Ok(()) } else { Err(Refusal::Host { host: name.chars().take(SHOWN).collect() }) }
    }

    /// Checks the secret.
    pub(super) fn check_token(&self, given: Option<&str>) -> Result<(), Refusal> {
        match &self.token {
            None => Ok(()),
            Some(token) if given.is_some_and(|given| token.is(given)) => Ok(()),
            Some(_) => Err(Refusal::Token),
        }
    }

    /// Checks which page connects: browsers always say it, and other programs may leave it out.
    pub(super) fn check_origin(&self, origin: Option<&str>, host: Option<&str>) -> Result<(), Refusal> {
        let Some(origin) = origin else { return Ok(()) };
        // Of `https://robots.example` the scheme is that of a proxy in front.
        let from = origin.split_once("://").map(|(_, from)| from);
        if from.is_some() && from.map(normal) == host.map(normal) {
            Ok(())
        } else {
            Err(Refusal::Origin { origin: origin.chars().take(SHOWN).collect() })
        }
    }
}

impl Token {
    /// 128 bits that nobody can guess.
    ///
    /// # Errors
    /// Fails where the system has no random numbers.
    fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Takes as long for every wrong guess, so that the time says nothing about the token.
    fn is(&self, guess: &str) -> bool {
        let differing = self.0.bytes().zip(guess.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
        self.0.len() == guess.len() && differing == 0
    }
}

/// `host` without its port; `None` where it is not written as a host.
fn without_port(host: &str) -> Option<&str> {
    if host.starts_with('[') {
        let end = host.find(']')? + 1;
        let rest = &host[end..];
        return (rest.is_empty() || rest.starts_with(':')).then(|| &host[..end]);
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    (!name.is_empty()).then_some(name)
}

fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Characters of what a stranger has sent; enough to recognise it.
const SHOWN: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn access(addr: &str, token: Option<&str>) -> Access {
        Access::new(addr.parse().unwrap(), &["robots.lan".to_owned()], token).unwrap()
    }

    #[test]
    fn a_name_that_a_stranger_leads_here_is_refused_and_addresses_are_not() {
        let access = access("127.0.0.1:8080", None);
        for host in
            ["127.0.0.1:8080", "localhost", "LOCALHOST:8080", "[::1]:8080", "192.168.1.20:8080", "Robots.lan.:80"]
        {
            assert_eq!(access.check_host(Some(host)), Ok(()), "{host}");
        }
        for host in
            ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example:8080", "[::1", ""]
        {
            assert!(access.check_host(Some(host)).is_err(), "{host}");
        }
        assert_eq!(access.check_host(None), Err(Refusal::NoHost));
    }

    #[test]
    fn only_a_page_of_this_server_connects() {
        let access = access("127.0.0.1:8080", None);
        let from = |origin| access.check_origin(origin, Some("localhost:8080"));
        assert_eq!((from(Some("http://localhost:8080")), from(None)), (Ok(()), Ok(())));
        for origin in ["http://evil.example", "http://localhost:9090", "http://localhost", "null", "", "file://"] {
            assert!(from(Some(origin)).is_err(), "{origin}");
        }
    }

    #[test]
    fn a_token_is_wanted_where_more_than_this_machine_can_connect() {
        assert_eq!(access("127.0.0.1:8080", None).check_token(None), Ok(()));
        assert_eq!(access("[::1]:8080", None).check_token(None), Ok(()));
        assert_eq!(access("[::ffff:127.0.0.1]:8080", None).check_token(None), Ok(()));
        assert_eq!(access("0.0.0.0:8080", None).check_token(None), Err(Refusal::Token));
    }

    #[test]
    fn a_token_that_was_chosen_is_wanted_everywhere() {
        // A proxy in front of the loopback lets others in.
        for addr in ["127.0.0.1:8080", "0.0.0.0:8080"] {
            let access = access(addr, Some("5ec7e7"));
            assert_eq!(access.check_token(Some("5ec7e7")), Ok(()), "{addr}");
            for guess in [None, Some(""), Some("5ec7e"), Some("5ec7e8"), Some("5ec7e77"), Some("5EC7E7")] {
                assert_eq!(access.check_token(guess), Err(Refusal::Token), "{addr}: {guess:?}");
            }
        }
    }

    #[test]
    fn two_tokens_differ_and_fit_into_a_url() {
        let [one, other] = [Token::random().unwrap(), Token::random().unwrap()];
        assert_ne!(one, other);
        assert!(one.0.len() == 32 && one.0.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
