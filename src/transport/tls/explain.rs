//! What failed in TLS, in words for someone who has to get a device connected.

#![forbid(unsafe_code)]

use std::time::{Duration, UNIX_EPOCH};

use httpdate::HttpDate;
use rustls::{AlertDescription, CertificateError};

use crate::base::error::TransportError;

impl From<rustls::Error> for TransportError {
    fn from(cause: rustls::Error) -> Self {
        TransportError::Tls(explain(&cause))
    }
}

/// A TLS error in words for someone who has to get a device connected.
fn explain(error: &rustls::Error) -> String {
    use rustls::Error::{
        AlertReceived, DecryptError, InvalidCertificate, InvalidMessage, PeerIncompatible,
        PeerMisbehaved,
    };
    match error {
        InvalidCertificate(cause) => explain_certificate(cause),
        AlertReceived(AlertDescription::ProtocolVersion)
        | PeerIncompatible(rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            "the server speaks neither TLS 1.2 nor TLS 1.3".into()
        }
        AlertReceived(alert) => format!("the server broke off with the TLS alert {alert:?}"),
        PeerMisbehaved(rustls::PeerMisbehaved::TooManyRenegotiationRequests) => {
            "the server asks for a renegotiation, which TLS 1.3 abolished".into()
        }
        PeerMisbehaved(how) => format!("the server breaks the rules of TLS: {how:?}"),
        PeerIncompatible(why) => {
            format!("the server and this library have no way of TLS in common: {why:?}")
        }
        InvalidMessage(how) => {
            format!("what the server sends is not TLS, is it the right port? {how:?}")
        }
        DecryptError => "a record of the server was changed on its way".into(),
        other => other.to_string(),
    }
}

/// The same for what is wrong with a certificate.
fn explain_certificate(certificate: &CertificateError) -> String {
    match certificate {
        CertificateError::Expired => "the server's certificate has expired".into(),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the server's certificate expired on {}, and this device's clock says {}",
            date(*not_after),
            date(*time),
        ),
        CertificateError::NotValidYet => {
            "the server's certificate is not valid yet: is this device's clock right?".into()
        }
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the server's certificate is not valid before {}, and this device's clock says {}: is it right?",
            date(*not_before),
            date(*time),
        ),
        CertificateError::NotValidForName => "the server's certificate is for another name".into(),
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the server's certificate is for another name: wanted {}, has {}",
            expected.to_str(),
            names(presented),
        ),
        CertificateError::UnknownIssuer => {
            "the server's certificate was issued by none of the trust anchors".into()
        }
        // rustls reports both by the same error.
        CertificateError::BadSignature => {
            "the server's certificate bears the name of a trust anchor as its issuer, but not its \
             signature; or the server signs by a key that is too short (RSA below 2048 bits) or \
             not the certificate's"
                .into()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the server's certificate is signed in a way that is not accepted, such as by SHA-1"
                .into()
        }
        CertificateError::BadEncoding => "the server's certificate is malformed".into(),
        CertificateError::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
            Some(webpki::Error::EndEntityUsedAsCa) => {
                "a certificate that is not a CA's has signed the server's certificate".into()
            }
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "the server presents a CA's certificate as its own".into()
            }
            _ => format!("the server's certificate is not accepted: {other}"),
        },
        other => format!("the server's certificate is not accepted: {other}"),
    }
}

/// The names in a certificate, which rustls writes as `DnsName("example.com")`.
fn names(presented: &[String]) -> String {
    let names: Vec<&str> = presented
        .iter()
        .map(|name| {
            let bare = name.strip_prefix("DnsName(\"").and_then(|name| name.strip_suffix("\")"));
            bare.unwrap_or(name)
        })
        .collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// A certificate's date, `Thu, 01 Jan 2026 00:00:00 GMT`.
fn date(since_epoch: rustls::pki_types::UnixTime) -> String {
    // Later dates have more than four digits in the year, which the format cannot express.
    const LAST: u64 = 253_402_300_799;
    let seconds = since_epoch.as_secs().min(LAST);
    HttpDate::from(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}
