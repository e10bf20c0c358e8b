//! What went wrong with TLS, and what to do about it, as either end sees it.

use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// Why a robot's handshake failed, for the person at the viewer.
pub fn of_robot(error: &io::Error) -> String {
    let certificate = "its certificate (--tls-cert)";
    match tls_error(error) {
        None if error.kind() == io::ErrorKind::UnexpectedEof => "it left during the TLS handshake".to_owned(),
        None => format!("it left during the TLS handshake ({error})"),
        Some(Error::InvalidMessage(_)) => {
            "what it sends is not TLS, and this port is encrypted; give the robot --tls-ca".to_owned()
        }
        Some(Error::NoCertificatesPresented) => {
            "it shows no certificate, and --tls-client-ca lets only robots with one in; give it --tls-cert and --tls-key"
                .to_owned()
        }
        Some(Error::InvalidCertificate(wrong)) => match wrong {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                format!("{certificate} was not signed by the authority in --tls-client-ca")
            }
            wrong => certificate_fault(certificate, wrong),
        },
        Some(Error::AlertReceived(alert)) => match alert {
            AlertDescription::UnknownCA => {
                "it does not know who signed the viewer's certificate; give it the authority's certificate as --tls-ca"
                    .to_owned()
            }
            AlertDescription::CertificateExpired => {
                "to it the viewer's certificate has expired; make a new one, or set the robot's clock".to_owned()
            }
            AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate => {
                "it does not accept the viewer's certificate; does that name the address that the robot dials, and is its \
                 clock right?"
                    .to_owned()
            }
            alert => format!("it broke off the TLS handshake ({alert:?})"),
        },
        // A verifier's own words.
        Some(Error::General(why)) => why.clone(),
        Some(error) => format!("the TLS handshake failed ({error})"),
    }
}

/// A program that is dialled, and the options of the one that dials, by the words for them.
#[derive(Debug, Clone, Copy)]
pub struct Dialled {
    /// What it is.
    pub name: &'static str,
    /// Who may dial it.
    pub clients: &'static str,
    /// Its option by which it lets in some only, without TLS.
    pub allows: Option<&'static str>,
    /// The option that says whom to trust.
    pub ca: &'static str,
    /// The option for a certificate of one's own.
    pub cert: &'static str,
    /// The option for the key of that.
    pub key: &'static str,
    /// How to dial it without TLS.
    pub plainly: &'static str,
}

/// A viewer, as robots dial it.
pub const VIEWER: Dialled = Dialled {
    name: "viewer",
    clients: "robots",
    allows: Some("--allow"),
    ca: "--tls-ca",
    cert: "--tls-cert",
    key: "--tls-key",
    plainly: "leave out --tls-ca",
};

/// A fleet's router, as its other programs dial it.
pub const ROUTER: Dialled = Dialled {
    name: "router",
    clients: "clients",
    allows: None,
    ca: "--zenoh-ca",
    cert: "--zenoh-cert",
    key: "--zenoh-key",
    plainly: "give --zenoh tcp/HOST:PORT",
};

/// Why a connection to `dialled` failed, for the person who dialled it; also when a connection that stood is over.
pub fn of_dialled(error: &io::Error, dialled: &Dialled) -> String {
    let Dialled { name, clients, allows, ca, cert, key, plainly } = dialled;
    let certificate = &format!("the {name}'s certificate");
    match tls_error(error) {
        None if is_end(error) => {
            let does_it_allow =
                allows.map_or_else(String::new, |allow| format!(", and does its {allow} let this robot in"));
            format!("it closed during the TLS handshake; was it started with --tls-cert{does_it_allow}?")
        }
        None => error.to_string(),
        Some(Error::InvalidMessage(_)) => format!("what it sends is not TLS; start it with --tls-cert, or {plainly}"),
        Some(Error::InvalidCertificate(wrong)) => match wrong {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                format!("{certificate} was not signed by the authority in {ca}")
            }
            wrong => certificate_fault(certificate, wrong),
        },
        Some(Error::AlertReceived(alert)) => match alert {
            AlertDescription::CertificateRequired => {
                format!("it lets only {clients} with a certificate in; give {cert} and {key}")
            }
            AlertDescription::UnknownCA | AlertDescription::DecryptError => {
                format!(
                    "it does not know who signed the certificate in {cert}; its --tls-client-ca says whom it trusts"
                )
            }
            AlertDescription::CertificateExpired => format!("to it the certificate in {cert} has expired"),
            AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate => {
                format!(
                    "it does not accept the certificate in {cert}; is it one for {clients}, and is the {name}'s clock right?"
                )
            }
            alert => format!("it broke off TLS ({alert:?})"),
        },
        Some(error) => format!("TLS failed ({error})"),
    }
}

/// Whether these first bytes are how TLS says that it does not understand: an alert record (RFC 8446, 5.1).
pub fn is_tls_alert(bytes: &[u8]) -> bool {
    matches!(bytes, [21, 3, 0..=4, ..])
}

fn certificate_fault(certificate: &str, wrong: &CertificateError) -> String {
    match wrong {
        CertificateError::ExpiredContext { time, not_after } => {
            let ago = days(time.as_secs().saturating_sub(not_after.as_secs()));
            format!("{certificate} expired {ago} ago; make a new one, or set the clock")
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            let left = days(not_before.as_secs().saturating_sub(time.as_secs()));
            format!("{certificate} becomes valid only in {left}; is the clock right?")
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            let presented = if presented.is_empty() { "no address".to_owned() } else { presented.join(", ") };
            format!("{certificate} is for {presented}, and not for {}; make one for that", expected.to_str())
        }
        CertificateError::InvalidPurposeContext { .. } | CertificateError::InvalidPurpose => {
            format!("{certificate} is not meant for that end of a connection; use the one that was made for it")
        }
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            format!("{certificate} is that of an authority; use one that the authority has signed")
        }
        wrong => format!("{certificate} is not accepted ({wrong})"),
    }
}

/// The name alone, of which rustls gives the kind as well: `DnsName("pc.local")`, `IpAddress(192.168.1.20)`.
fn bare(name: &str) -> &str {
    let inside = name.split_once('(').and_then(|(_, behind)| behind.strip_suffix(')'));
    inside.map_or(name, |inside| inside.trim_matches('"'))
}

fn days(seconds: u64) -> String {
    match seconds / SECONDS_A_DAY {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Whether the other end is gone, which is how a program that does not know TLS answers it.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
    )
}

const SECONDS_A_DAY: u64 = 24 * 60 * 60;
