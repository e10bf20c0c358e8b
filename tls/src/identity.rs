//! Whose certificate it is.

use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// The name in a certificate: its subject's common name, or else its first DNS name (RFC 5280, 4.1.2.6 and 4.2.1.6).
///
/// `None` where it has neither, or only spaces; control characters are left out.
pub fn name_of(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let tbs = certificate.tbs_certificate();
    let common = tbs.subject().common_name().ok().flatten().map(|name| name.value().into_owned());
    let alternative = || {
        let (_, names) = tbs.get_extension::<SubjectAltName>().ok().flatten()?;
        names.0.iter().find_map(|name| match name {
            GeneralName::DnsName(name) => Some(name.to_string()),
            _ => None,
        })
    };
    common.and_then(shown).or_else(|| alternative().and_then(shown))
}

fn shown(name: String) -> Option<String> {
    let name: String = name.chars().filter(|char| !char.is_control()).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
