//! TLS between robots and the viewer: certificates from files, and what goes wrong in words.
//!
//! ```text
//! viewer     --tls-cert --tls-key [--tls-client-ca]   ServerFiles ──▶ ServerConfig
//! robot-sim  --tls-ca [--tls-cert --tls-key]          ClientFiles ──▶ ClientConfig
//! ```
//!
//! rustls does the work, with ring. What is inside the encryption is the same stream as without. Sockets, and when files are
//! read again, belong to the caller.

mod chains;
mod files;
mod identity;
mod load;
mod words;

pub use files::{ClientFiles, ServerContents, ServerFiles};
pub use identity::name_of;
pub use load::LoadError;
pub use tokio_rustls::{TlsAcceptor, TlsConnector, client, rustls, server};
pub use words::{Dialled, ROUTER, VIEWER, is_tls_alert, of_dialled, of_robot};
