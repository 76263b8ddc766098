//! Byte streams to the cloud: plain TCP, TLS over the HAL's TCP, or the firmware's own SSL.

#![forbid(unsafe_code)]

mod framing;
mod hal_ssl;
mod tcp;
#[cfg(test)]
pub(crate) mod test_support;
pub mod tls;

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;

pub use framing::Framing;

use crate::base::deadline::Deadline;
use crate::base::error::TransportError;
use crate::hal::Hal;

/// The root that every release of the C SDK pins: GlobalSign Root CA (R1). Ends 2028-01-28.
pub const GLOBALSIGN_R1_PEM: &str = include_str!("globalsign-root-r1.pem");

/// Where to connect to, and how.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Host name; with TLS the certificate must be for this name.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What protects the connection.
    pub security: Security,
}

/// What protects a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// Nothing. Only where the firmware asks for it by giving no root certificate at all.
    Plain,
    /// TLS, always verified against these anchors.
    Tls(Trust),
}

/// Which certificates a TLS peer may be signed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Mozilla's list and GlobalSign R1, which the platform's servers chain to.
    BuiltIn,
    /// The roots in this PEM text, as the firmware gave it, and no others.
    Pem(String),
}

impl Trust {
    /// What the firmware's PEM means: our own root handed back to us is no choice of the firmware.
    pub fn from_pem(pem: &str) -> Self {
        if pem.trim() == GLOBALSIGN_R1_PEM.trim() {
            Trust::BuiltIn
        } else {
            Trust::Pem(pem.to_owned())
        }
    }
}

/// A connected stream. One thread may receive while another sends; dropping it closes it.
pub trait Connection: Send + Sync {
    /// Takes bytes to send, waiting until `deadline` for room, and returns how many it took.
    ///
    /// What was taken goes out in this order, but may still have to be flushed. Only one thread
    /// may send or flush at a time.
    fn send(&self, bytes: &[u8], deadline: Deadline) -> Result<usize, TransportError>;

    /// Waits until `deadline`, or until all that was taken has gone out; `false`: it has not.
    fn flush(&self, deadline: Deadline) -> Result<bool, TransportError>;

    /// Waits at most `timeout` for bytes and appends them to `into`; `Ok(0)`: none came.
    ///
    /// `Ok(0)` may come early (a TLS record without payload), so the caller loops on its own
    /// deadline. Only one thread may receive at a time.
    fn receive(&self, into: &mut BytesMut, timeout: Duration) -> Result<usize, TransportError>;

    /// Whether a `receive` without timeout returns what has come and waits for nothing.
    ///
    /// A firmware's own read function may take its time: the C SDK never called it with none.
    fn receives_at_once(&self) -> bool;

    /// The handshakes are over: acknowledgements of TCP, which went out at once, may from now on wait
    /// for something to go out with. Not to be called where each answer ends a conversation.
    fn greeted(&self);

    /// Tells the peer that no more will come, and wakes a thread that waits in `receive`.
    fn close(&self);
}

/// Sends all of `bytes` by the deadline. A failure half-way leaves the stream unusable.
///
/// # Errors
/// [`TransportError::TimedOut`], and whatever ends the connection.
pub fn send_all(
    connection: &dyn Connection,
    bytes: &[u8],
    deadline: Deadline,
) -> Result<(), TransportError> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match connection.send(rest, deadline)? {
            0 if deadline.is_over() => return Err(TransportError::TimedOut),
            taken => rest = rest.get(taken..).unwrap_or_default(),
        }
    }
    if connection.flush(deadline)? { Ok(()) } else { Err(TransportError::TimedOut) }
}

/// Connects to `endpoint`, to speak there what `framing` says.
///
/// `timeout` bounds the TLS handshake and runs from the start of the call. Resolving and connecting
/// are bounded by the HAL, and so is the handshake of a firmware's own SSL.
///
/// # Errors
/// Each of [`TransportError`]: no connection, a peer that is not trusted or does not answer in
/// time, an unusable trust anchor.
pub fn connect(
    hal: &'static dyn Hal,
    endpoint: &Endpoint,
    framing: Framing,
    timeout: Duration,
) -> Result<Arc<dyn Connection>, TransportError> {
    let Endpoint { host, port, security } = endpoint;
    Ok(match security {
        Security::Plain => {
            let deadline = Deadline::after(timeout);
            Arc::new(tcp::Tcp::connect(hal, host, *port, framing, deadline)?)
        }
        Security::Tls(trust) if hal.has_own_ssl() => {
            Arc::new(hal_ssl::HalSsl::connect(hal, host, *port, trust, framing)?)
        }
        Security::Tls(trust) => Arc::new(tls::Tls::connect(hal, host, *port, trust, timeout)?),
    })
}
