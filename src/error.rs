//! What can go wrong, in words. `capi` maps each error to the code that the SDK documents.

#![forbid(unsafe_code)]

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use httpdate::HttpDate;
use rustls::{AlertDescription, CertificateError};

/// Why a feature of the library could not do what it was asked to.
#[derive(Debug)]
pub enum Error {
    /// A parameter is missing, empty or malformed; the text says which and why.
    InvalidArgument(String),
    /// A string is longer than the platform allows.
    TooLong {
        /// What the string is, as a user would call it: "product key".
        what: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The most that is allowed, in bytes without the NUL.
        max: usize,
    },
    /// A function of the firmware's that a set-up has called asks for another set-up.
    CalledInside,
    /// The firmware has no product secret, so the device cannot register.
    NoProductSecret,
    /// The library's own key-value store cannot be used; the text says why, and what to do.
    Store(String),
    /// The cloud answered, and its answer is no.
    Refused {
        /// The platform's error code, such as 6289.
        code: i64,
        /// The platform's message, made printable.
        message: String,
    },
    /// The cloud's answer is not what the protocol says; the text says what is wrong with it.
    BadReply(String),
    /// The cloud could not be reached: it has been sent nothing.
    Transport(TransportError),
    /// The cloud may have been sent the request, and has not answered it.
    Unanswered(TransportError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InvalidArgument(what) => f.write_str(what),
            Error::TooLong { what, len, max } => {
                write!(f, "the {what} is {len} bytes long, at most {max} are allowed")
            }
            Error::CalledInside => {
                f.write_str("it was called from inside of itself: call it again after it has returned")
            }
            Error::NoProductSecret => f.write_str(
                "Product Secret Is Not Exist: set one by HAL_SetProductSecret, or turn dynamic registration off",
            ),
            Error::Store(why) => write!(f, "the device secret could not be kept: {why}"),
            Error::Refused { code, message } => write!(f, "the cloud refused: {code} {message}"),
            Error::BadReply(what) => write!(f, "the cloud's answer makes no sense: {what}"),
            Error::Transport(_) => f.write_str("the cloud cannot be reached"),
            Error::Unanswered(_) => f.write_str("the request was sent and not answered"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Error::Transport(cause) | Error::Unanswered(cause) => Some(cause),
            _ => None,
        }
    }
}

/// Why bytes could not be carried.
#[derive(Debug)]
pub enum TransportError {
    /// No connection came about; the HAL has said why in the log.
    Connect {
        /// The host name that was asked for.
        host: String,
        /// The port that was asked for.
        port: u16,
    },
    /// The peer closed the connection.
    Closed,
    /// The time is up.
    TimedOut,
    /// The operating system reported an error.
    Io(std::io::Error),
    /// TLS failed: the certificate is not trusted, the peer sent an alert, the record is broken.
    Tls(rustls::Error),
    /// The PEM text that should hold a trust anchor does not; the text says why.
    TrustAnchor(String),
    /// The host name can't be in a certificate.
    HostName(String),
    /// A function of the HAL reported an error that it does not explain.
    Hal {
        /// The function's name.
        function: &'static str,
        /// What it returned.
        code: i32,
    },
}

impl TransportError {
    /// Whether the same attempt can succeed a moment later. A certificate stays as it is.
    pub fn is_passing(&self) -> bool {
        match self {
            TransportError::Connect { .. }
            | TransportError::Closed
            | TransportError::TimedOut
            | TransportError::Io(_)
            | TransportError::Hal { .. } => true,
            TransportError::Tls(_)
            | TransportError::TrustAnchor(_)
            | TransportError::HostName(_) => false,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TransportError::Connect { host, port } => write!(f, "no connection to {host}:{port}"),
            TransportError::Closed => f.write_str("peer closed the connection"),
            TransportError::TimedOut => f.write_str("the time is up"),
            TransportError::Io(cause) => write!(f, "{cause}"),
            TransportError::Tls(cause) => write!(f, "TLS failed: {}", explain(cause)),
            TransportError::TrustAnchor(why) => {
                write!(f, "the root certificate is unusable: {why}")
            }
            TransportError::HostName(host) => write!(f, "'{host}' is not a host name"),
            TransportError::Hal { function, code } => write!(f, "{function} returned {code}"),
        }
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            TransportError::Io(cause) => Some(cause),
            // A TLS error has been put into other words already.
            _ => None,
        }
    }
}

impl From<std::io::Error> for TransportError {
    fn from(cause: std::io::Error) -> Self {
        TransportError::Io(cause)
    }
}

impl From<rustls::Error> for TransportError {
    fn from(cause: rustls::Error) -> Self {
        TransportError::Tls(cause)
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

/// An error and everything that caused it, in one line: `a: b: c`.
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        // An outer error that already quotes its cause would say it twice.
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_names_each_cause_once() {
        let error = Error::Transport(TransportError::Io(std::io::Error::other("wire cut")));
        assert_eq!(chain(&error), "the cloud cannot be reached: wire cut");
    }
}
