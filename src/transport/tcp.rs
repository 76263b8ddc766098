//! A TCP connection of the HAL.

#![forbid(unsafe_code)]

use std::sync::Mutex;
use std::time::Duration;

use bytes::BytesMut;

use super::framing::Inbound;
use super::{Connection, Deadline, Framing};
use crate::error::TransportError;
use crate::hal::{Hal, TcpHandle};
use crate::sync::lock;

/// A connected TCP stream, closed when dropped.
pub(super) struct Tcp {
    hal: &'static dyn Hal,
    handle: TcpHandle,
    inbound: Mutex<Inbound>,
}

impl Tcp {
    /// Resolves and connects; how long that may take is the HAL's own decision.
    ///
    /// # Errors
    /// [`TransportError::Connect`], whatever the reason: the HAL has logged it.
    pub(super) fn connect(
        hal: &'static dyn Hal,
        host: &str,
        port: u16,
        framing: Framing,
    ) -> Result<Self, TransportError> {
        let handle = hal.tcp_establish(host, port)?;
        let inbound = Mutex::new(Inbound::new(hal.tcp_read_style(), framing));
        Ok(Tcp { hal, handle, inbound })
    }

    /// Waits at most `timeout` for bytes and shows them to `take`; none when the time was up.
    ///
    /// No copy is made of them, because TLS wants them only to decrypt them somewhere else.
    pub(super) fn read<T>(
        &self,
        timeout: Duration,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, TransportError> {
        let mut inbound = lock(&self.inbound);
        inbound.read(|room| self.hal.tcp_read(self.handle, room, timeout)).map(take)
    }

    /// Writes what goes out at once or by the deadline; at least one byte.
    pub(super) fn write(&self, bytes: &[u8], deadline: Deadline) -> Result<usize, TransportError> {
        loop {
            match self.hal.tcp_write(self.handle, bytes, deadline.left())? {
                0 if deadline.is_over() => return Err(TransportError::TimedOut),
                0 => {}
                written => return Ok(written.min(bytes.len())),
            }
        }
    }

    /// Makes a read that waits in another thread return, where the HAL can do that.
    pub(super) fn shutdown(&self) {
        self.hal.tcp_shutdown(self.handle);
    }
}

impl Connection for Tcp {
    fn send(&self, bytes: &[u8], timeout: Duration) -> Result<(), TransportError> {
        let deadline = Deadline::after(timeout);
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = self.write(rest, deadline)?;
            rest = rest.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    fn receive(&self, into: &mut BytesMut, timeout: Duration) -> Result<usize, TransportError> {
        self.read(timeout, |bytes| {
            into.extend_from_slice(bytes);
            bytes.len()
        })
    }

    fn close(&self) {
        self.shutdown();
    }
}

impl Drop for Tcp {
    fn drop(&mut self) {
        self.hal.tcp_destroy(self.handle);
    }
}
