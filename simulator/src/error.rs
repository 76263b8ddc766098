//! What can go wrong around the cloud, in words for the person at the terminal.

#![forbid(unsafe_code)]

use std::io;

/// Why the simulator could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file, socket or process did not cooperate.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried: "read the configuration /tmp/a.toml".
        what: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The configuration or the state file does not say what it has to.
    #[error("{file}: {why}")]
    Content {
        /// The file, or "configuration" for a text that came from elsewhere.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// A compiler or linker refused.
    #[error("{command} failed ({status}){output}")]
    Command {
        /// The command line.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it printed to standard error, after a line break; empty when it went to the
        /// terminal.
        output: String,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS configuration was refused.
    #[error("cannot set TLS up: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
}

/// Says what was tried when an I/O operation fails.
pub(crate) trait Trying<T> {
    /// Wraps the error with `what`, which completes "cannot …".
    fn trying(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T> Trying<T> for io::Result<T> {
    fn trying(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Io { what: what(), source })
    }
}
