//! Options about TLS between robots and the viewer.

use std::path::PathBuf;

use clap::Args;
use clap::error::ErrorKind;

/// The viewer's certificate, and robots'.
#[derive(Debug, Args)]
#[command(next_help_heading = "Encryption")]
pub(super) struct Encryption {
    /// Encrypt robots' streams (TLS), with this certificate of the viewer
    ///
    /// A PEM file with the certificate, and those behind it that lead to the authority. It has to name the address that robots
    /// dial. `cargo xtask certs` makes an authority and certificates. Robots that are not encrypted are refused. Files that
    /// change are read again, and robots that are there stay. The page (--web) and cameras (--connect) are not encrypted by this.
    ///
    /// Example: --tls-cert certs/viewer.pem --tls-key certs/viewer-key.pem
    #[arg(long = "tls-cert", value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// The private key of --tls-cert, as a PEM file
    ///
    /// Example: --tls-key certs/viewer-key.pem
    #[arg(long = "tls-key", value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Accept only robots with a certificate that this authority has signed
    ///
    /// A PEM file with the authority's certificate, or several. The name in a robot's certificate is the robot's name, whatever
    /// --name says.
    ///
    /// Example: --tls-client-ca certs/ca.pem
    #[arg(long = "tls-client-ca", value_name = "FILE", requires = "cert")]
    client_ca: Option<PathBuf>,
}

impl Encryption {
    pub(super) fn asks_for_certificates(&self) -> bool {
        self.client_ca.is_some()
    }

    /// The files, where streams are encrypted; `is_listening` is whether robots can connect at all.
    pub(super) fn files(self, is_listening: bool) -> Result<Option<tls::ServerFiles>, clap::Error> {
        let Self { cert: Some(cert), key: Some(key), client_ca } = self else { return Ok(None) };
        if is_listening {
            return Ok(Some(tls::ServerFiles { cert, key, client_ca }));
        }
        let message = "--tls-cert is for robots that connect, and with --connect alone none can; add --listen ADDR\n";
        Err(clap::Error::raw(ErrorKind::ArgumentConflict, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        encryption: Encryption,
    }

    fn parse(arguments: &[&str], is_listening: bool) -> Result<Option<tls::ServerFiles>, clap::Error> {
        let typed = Typed::try_parse_from([&["viewer"], arguments].concat())?;
        typed.encryption.files(is_listening)
    }

    const BOTH: [&str; 4] = ["--tls-cert", "viewer.pem", "--tls-key", "key.pem"];

    #[test]
    fn nothing_is_encrypted_until_asked() {
        assert_eq!(parse(&[], true).unwrap(), None);
        let files = parse(&[&BOTH[..], &["--tls-client-ca", "ca.pem"]].concat(), true).unwrap().unwrap();
        let (cert, key, client_ca) = ("viewer.pem".into(), "key.pem".into(), Some("ca.pem".into()));
        assert_eq!(files, tls::ServerFiles { cert, key, client_ca });
    }

    #[test]
    fn options_without_the_others_that_they_need_are_refused() {
        for (typed, missing) in [
            (&["--tls-cert", "viewer.pem"][..], "--tls-key"),
            (&["--tls-key", "key.pem"], "--tls-cert"),
            (&["--tls-client-ca", "ca.pem"], "--tls-cert"),
        ] {
            let error = parse(typed, true).unwrap_err();
            assert!(error.exit_code() == 2 && error.to_string().contains(missing), "{error}");
        }
        let error = parse(&BOTH, false).unwrap_err().to_string();
        assert!(error.contains("add --listen"), "{error}");
    }
}
