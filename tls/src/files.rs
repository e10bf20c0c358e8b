//! Which files make a configuration of rustls.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, ClientConfig, ServerConfig};

use crate::chains::ShortChains;
use crate::load::{LoadError, authorities, certificates, key, read};

/// What a viewer shows of itself, and whom it lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFiles {
    /// Its certificate, and those that lead to the authority.
    pub cert: PathBuf,
    /// The private key of the certificate.
    pub key: PathBuf,
    /// Authorities that sign robots' certificates; without them every robot may come.
    pub client_ca: Option<PathBuf>,
}

/// Whom a robot trusts, and what it shows of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFiles {
    /// Authorities that sign viewers' certificates.
    pub ca: PathBuf,
    /// The robot's certificate and its private key, for viewers that ask for one.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// What was read from [`ServerFiles`], to see whether they have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerContents {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl ServerFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// Fails on a file that cannot be read.
    pub fn read(&self) -> Result<ServerContents, LoadError> {
        let client_ca = self.client_ca.as_deref().map(read).transpose()?;
        Ok(ServerContents { cert: read(&self.cert)?, key: read(&self.key)?, client_ca })
    }

    /// The configuration that `contents` make. Sessions are not resumed, so that each connection is checked anew.
    ///
    /// # Errors
    /// Fails on contents that are no certificate or key, and where the key is another one's.
    pub fn config(&self, contents: &ServerContents) -> Result<Arc<ServerConfig>, LoadError> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring has ciphers for all versions");
        let builder = match (&self.client_ca, &contents.client_ca) {
            (Some(path), Some(pem)) => {
                let authorities = Arc::new(authorities(path, pem)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(authorities, provider()).build();
                builder.with_client_cert_verifier(Arc::new(ShortChains(verifier.expect("there is an authority"))))
            }
            _ => builder.with_no_client_auth(),
        };
        let (chain, key) = (certificates(&self.cert, &contents.cert)?, key(&self.key, &contents.key)?);
        let mut config = builder.with_single_cert(chain, key).map_err(|source| self.mismatch(source))?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }

    fn mismatch(&self, source: rustls::Error) -> LoadError {
        LoadError::Mismatch { cert: self.cert.clone(), key: self.key.clone(), source }
    }
}

impl ClientFiles {
    /// The configuration that the files make.
    ///
    /// # Errors
    /// Fails on a file that cannot be read, or is no certificate or key, and where the key is another one's.
    pub fn load(&self) -> Result<Arc<ClientConfig>, LoadError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring has ciphers for all versions")
            .with_root_certificates(authorities(&self.ca, &read(&self.ca)?)?);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((cert, key_path)) => {
                let (chain, key) = (certificates(cert, &read(cert)?)?, key(key_path, &read(key_path)?)?);
                let mismatch = |source| LoadError::Mismatch { cert: cert.clone(), key: key_path.clone(), source };
                builder.with_client_auth_cert(chain, key).map_err(mismatch)?
            }
        };
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
