//! What can go wrong, in words. `capi` maps each error to the code that the SDK documents.

#![forbid(unsafe_code)]

use std::error::Error as StdError;
use std::fmt;

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
    /// TLS failed: the certificate is not trusted, the peer sent an alert, the record is broken. The
    /// text says which and why.
    Tls(String),
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
            TransportError::Tls(why) => write!(f, "TLS failed: {why}"),
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
            _ => None,
        }
    }
}

impl From<std::io::Error> for TransportError {
    fn from(cause: std::io::Error) -> Self {
        TransportError::Io(cause)
    }
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
