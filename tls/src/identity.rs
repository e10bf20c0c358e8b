//! Whose certificate it is.

use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// The name in a certificate: its subject's common name, or else its first DNS name (RFC 5280, 4.1.2.6 and 4.2.1.6).
///
/// `None` where it has neither, or only spaces; control characters are left out, and a name of more than 253 letters is cut there.
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
    let cut = name.char_indices().nth(LONGEST).map(|(end, _)| format!("{}…", &name[..end]));
    cut.or_else(|| (!name.is_empty()).then(|| name.to_owned()))
}

/// Letters: as many as a DNS name may have (RFC 1035, 2.3.4, without the dot at its end); a common name may have 64 (RFC 5280,
/// appendix A.1). Whoever signs certificates may write what he likes, and each frame's line in the report and on the page has it.
const LONGEST: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_where_no_dns_name_is_longer() {
        let shown = |name: &str| shown(name.to_owned());
        assert_eq!(shown(" ro\u{7}bot\n"), Some("robot".to_owned()));
        assert_eq!(shown("\n \t"), None);
        let longest = "字".repeat(253);
        assert_eq!(shown(&longest), Some(longest.clone()));
        assert_eq!(shown(&"字".repeat(254)), Some(longest.clone() + "…"));
        assert_eq!(shown(&"字".repeat(20_000)), Some(longest + "…"));
    }
}
