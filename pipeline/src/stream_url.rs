//! The HTTP address of a robot that waits to be asked for its stream.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use percent_encoding::percent_decode_str;

/// An address such as `http://192.168.1.30:81/stream`, with or without user and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamUrl {
    /// Without user and password, so that they end up in no message.
    shown: Arc<str>,
    uri: Uri,
    authorization: Option<HeaderValue>,
}

impl StreamUrl {
    /// Whom to dial; an IPv6 address stands in brackets.
    pub(crate) fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    /// The port to dial.
    pub(crate) fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(HTTP)
    }

    /// What to ask for: path and query.
    pub(crate) fn target(&self) -> &str {
        self.uri.path_and_query().map_or("/", |target| target.as_str())
    }

    /// The value of the header `Host`.
    pub(crate) fn authority(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }

    /// The value of the header `Authorization`: RFC 7617's Basic scheme.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// As users may see it.
    pub(crate) fn as_shown(&self) -> &Arc<str> {
        &self.shown
    }
}

impl fmt::Display for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl FromStr for StreamUrl {
    type Err = StreamUrlError;

    /// Takes an absolute `http` address.
    fn from_str(typed: &str) -> Result<Self, StreamUrlError> {
        let (scheme, rest) = typed.trim().split_once("://").ok_or(StreamUrlError::NoScheme)?;
        if rest.is_empty() || rest.starts_with('/') {
            return Err(StreamUrlError::NoHost);
        }
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(StreamUrlError::OtherScheme { scheme: scheme.to_owned() });
        }
        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(authority_end);
        // Only the last @ ends user and password: people type passwords as they are.
        let (userinfo, authority) = match authority.rsplit_once('@') {
            Some((userinfo, authority)) => (Some(userinfo), authority),
            None => (None, authority),
        };
        // A fragment is the reader's own business, and a request needs a path.
        let target = target.split_once('#').map_or(target, |(target, _)| target);
        let root = if target.starts_with('/') { "" } else { "/" };
        let shown = format!("http://{authority}{root}{target}");
        let uri: Uri = shown.parse().map_err(|error| StreamUrlError::Malformed { why: format!("{error}") })?;
        if uri.host().is_none_or(str::is_empty) {
            return Err(StreamUrlError::NoHost);
        }
        let has_bad_port = uri.port_u16().is_none() && !authority.ends_with(']') && authority.contains(':');
        if has_bad_port || uri.port_u16() == Some(0) {
            return Err(StreamUrlError::Port);
        }
        Ok(Self { shown: shown.into(), uri, authorization: userinfo.map(basic) })
    }
}

fn basic(userinfo: &str) -> HeaderValue {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let mut credentials: Vec<u8> = percent_decode_str(user).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(password));
    let value = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let mut value = HeaderValue::try_from(value).expect("base64 is ASCII");
    value.set_sensitive(true);
    value
}

/// Why something is not the address of a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamUrlError {
    /// It does not start with `http://`.
    #[error("does not start with http://; give the stream's whole address, such as http://192.168.1.30:81/stream")]
    NoScheme,
    /// It is of another protocol.
    #[error(
        "{scheme}:// is not supported, only http://; many cameras that offer {scheme} serve MJPEG over HTTP as well"
    )]
    OtherScheme {
        /// What comes before `://`.
        scheme: String,
    },
    /// No host follows `http://`.
    #[error("names no host; give one, such as http://192.168.1.30:81/stream")]
    NoHost,
    /// The port is no number from 1 to 65535.
    #[error(
        "the port after the colon is not a number from 1 to 65535; write `#`, `/` and `?` in a password as %23, %2F and %3F"
    )]
    Port,
    /// It is no address at all.
    #[error("{why}; write spaces and special characters as % and two hexadecimal digits")]
    Malformed {
        /// What the parser says.
        why: String,
    },
}

const HTTP: u16 = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn url(typed: &str) -> StreamUrl {
        typed.parse().unwrap()
    }

    fn parts(typed: &str) -> (String, u16, String) {
        let url = url(typed);
        (url.host().to_owned(), url.port(), url.target().to_owned())
    }

    #[test]
    fn the_addresses_of_usual_cameras_are_taken_apart() {
        let whole = |host: &str, port, target: &str| (host.to_owned(), port, target.to_owned());
        assert_eq!(parts("http://192.168.1.30:81/stream"), whole("192.168.1.30", 81, "/stream"));
        assert_eq!(parts("HTTP://camera.local/?action=stream"), whole("camera.local", 80, "/?action=stream"));
        assert_eq!(parts("http://camera?action=stream"), whole("camera", 80, "/?action=stream"));
        assert_eq!(parts("http://camera/a#b"), whole("camera", 80, "/a"));
        assert_eq!(parts("http://[fe80::1]:8080"), whole("[fe80::1]", 8080, "/"));
        assert_eq!(url("http://camera:8080/video").authority(), "camera:8080");
    }

    #[test]
    fn user_and_password_are_sent_and_never_shown() {
        let url = url("http://pupil:p%40ss@w0rd:x@10.0.0.7:8080/video");
        let authorization = url.authorization().unwrap();
        let encoded = authorization.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(BASE64_STANDARD.decode(encoded).unwrap(), b"pupil:p@ss@w0rd:x");
        assert_eq!((url.to_string().as_str(), url.host()), ("http://10.0.0.7:8080/video", "10.0.0.7"));
        assert!(!format!("{url:?}").contains(encoded));
    }

    #[test]
    fn what_is_no_stream_address_says_why() {
        let error = |typed: &str| typed.parse::<StreamUrl>().unwrap_err();
        assert_eq!(error("192.168.1.30:81/stream"), StreamUrlError::NoScheme);
        assert_eq!(error("rtsp://camera/1"), StreamUrlError::OtherScheme { scheme: "rtsp".to_owned() });
        assert!(error("https://camera/stream").to_string().starts_with("https:// is not supported, only http://"));
        assert_eq!([error("http:///stream"), error("http://")], [StreamUrlError::NoHost, StreamUrlError::NoHost]);
        assert_eq!(url(" http://camera/ ").to_string(), "http://camera/");
        assert_eq!(error("http://camera:eighty/"), StreamUrlError::Port);
        assert_eq!(error("http://camera:70000/"), StreamUrlError::Port);
        assert_eq!(error("http://camera:0/"), StreamUrlError::Port);
        assert!(matches!(error("http://camera/a b"), StreamUrlError::Malformed { .. }));
    }
}
