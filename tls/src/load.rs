//! Certificates and keys from PEM files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio_rustls::rustls;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why files cannot be used for TLS: the user's fault.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its PEM is damaged.
    #[error("{} is damaged ({reason}); copy it anew", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no certificate in it.
    #[error(
        "{} holds no certificate; give a PEM file, which has a line -----BEGIN CERTIFICATE-----", path.display()
    )]
    NoCertificate {
        /// Which file.
        path: PathBuf,
    },
    /// There is no private key in it.
    #[error(
        "{} holds no private key that can be read; give a PEM file, which has a line -----BEGIN PRIVATE KEY-----, \
         and is not encrypted", path.display()
    )]
    NoKey {
        /// Which file.
        path: PathBuf,
    },
    /// A certificate of an authority that is none.
    #[error("{} holds a certificate that cannot be trusted ({source}); give that of the authority", path.display())]
    BadAuthority {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: rustls::Error,
    },
    /// Certificate and key do not go together, or are of a kind that is not supported.
    #[error("{} and {} cannot be used together", cert.display(), key.display())]
    Mismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
}

/// The certificates of a file, in their order.
pub(crate) fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, LoadError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|error| damaged(path, &error))?;
    if certificates.is_empty() {
        return Err(LoadError::NoCertificate { path: path.to_owned() });
    }
    Ok(certificates)
}

/// The first private key of a file.
pub(crate) fn key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, LoadError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        PemError::NoItemsFound => LoadError::NoKey { path: path.to_owned() },
        error => damaged(path, &error),
    })
}

/// What is trusted.
pub(crate) fn authorities(path: &Path, pem: &[u8]) -> Result<RootCertStore, LoadError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(path, pem)? {
        store.add(certificate).map_err(|source| LoadError::BadAuthority { path: path.to_owned(), source })?;
    }
    Ok(store)
}

/// The bytes of a file. A pipe or a device may have no end, and the thread that looks at the files every second would hang.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let read = || {
        let file = fs::metadata(path)?;
        match file.len() {
            _ if !file.is_file() => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
            len @ MOST_BYTES.. => {
                let message = format!("it has {len} bytes, limit {MOST_BYTES}; give a PEM file");
                Err(io::Error::new(io::ErrorKind::FileTooLarge, message))
            }
            _ => fs::read(path),
        }
    };
    read().map_err(|source| LoadError::Read { path: path.to_owned(), source })
}

/// A chain of certificates has a few thousand.
const MOST_BYTES: u64 = 1 << 20;

fn damaged(path: &Path, error: &PemError) -> LoadError {
    LoadError::Damaged { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_no_end_is_not_read() {
        let LoadError::Read { source, .. } = read(Path::new("/dev/zero")).unwrap_err() else { unreachable!() };
        assert_eq!(source.to_string(), "it is not a regular file");
    }
}
