//! A TCP connection of the HAL.

#![forbid(unsafe_code)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::BytesMut;

use super::framing::Inbound;
use super::{Connection, Framing};
use crate::base::deadline::Deadline;
use crate::base::error::TransportError;
use crate::base::sync::lock;
use crate::hal::{Hal, ReadStyle, TcpHandle};

/// A connected TCP stream, closed when dropped.
pub(super) struct Tcp {
    hal: &'static dyn Hal,
    handle: TcpHandle,
    inbound: Mutex<Inbound>,
    /// Whether the conversation is still a question and its answer, so that the peer may be waiting
    /// for an acknowledgement before it goes on.
    greeting: AtomicBool,
}

impl Tcp {
    pub(super) fn handle(&self) -> TcpHandle {
        self.handle
    }

    /// Resolves and connects by the deadline, where the HAL knows of one.
    ///
    /// # Errors
    /// [`TransportError::Connect`], whatever the reason: the HAL has logged it.
    pub(super) fn connect(
        hal: &'static dyn Hal,
        host: &str,
        port: u16,
        framing: Framing,
        deadline: Deadline,
    ) -> Result<Self, TransportError> {
        let handle = hal.tcp_establish(host, port, deadline)?;
        let inbound = Mutex::new(Inbound::new(hal.tcp_read_style(), framing));
        Ok(Tcp { hal, handle, inbound, greeting: AtomicBool::new(true) })
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
        if self.greeting.load(Ordering::Relaxed) {
            self.hal.tcp_acknowledge_at_once(self.handle);
        }
        inbound.read(|room| self.hal.tcp_read(self.handle, room, timeout)).map(take)
    }

    /// Writes what goes out by the deadline and returns how much that was.
    pub(super) fn write(&self, bytes: &[u8], deadline: Deadline) -> Result<usize, TransportError> {
        let mut sent = 0;
        while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
            sent += self.hal.tcp_write(self.handle, rest, deadline.left())?.min(rest.len());
            if sent < bytes.len() && deadline.is_over() {
                break;
            }
        }
        Ok(sent)
    }

    /// Whether a read without timeout waits for nothing.
    pub(super) fn reads_at_once(&self) -> bool {
        self.hal.tcp_read_style() == ReadStyle::Available
    }

    /// From now on acknowledgements may wait for something to go out with.
    pub(super) fn greeted(&self) {
        self.greeting.store(false, Ordering::Relaxed);
    }

    /// Makes a read that waits in another thread return, where the HAL can do that.
    pub(super) fn shutdown(&self) {
        self.hal.tcp_shutdown(self.handle);
    }
}

impl Connection for Tcp {
    fn send(&self, bytes: &[u8], deadline: Deadline) -> Result<usize, TransportError> {
        self.write(bytes, deadline)
    }

    fn flush(&self, _deadline: Deadline) -> Result<bool, TransportError> {
        // What was taken has been written.
        Ok(true)
    }

    fn receive(&self, into: &mut BytesMut, timeout: Duration) -> Result<usize, TransportError> {
        self.read(timeout, |bytes| {
            into.extend_from_slice(bytes);
            bytes.len()
        })
    }

    fn receives_at_once(&self) -> bool {
        self.reads_at_once()
    }

    fn greeted(&self) {
        Tcp::greeted(self);
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

#[cfg(test)]
mod tests {
    use std::io::{self, Read as _, Write as _};
    use std::time::Instant;

    use super::*;
    use crate::hal::ReadStyle;
    use crate::hal::fake::FakeHal;
    use crate::transport::test_support::{PATIENCE, serve_tcp};
    use crate::transport::{Endpoint, Security, connect, send_all};

    const HOST: &str = "cloud.test";

    #[test]
    fn an_exact_read_is_never_asked_for_more_than_a_packet() {
        let hal = FakeHal::leak();
        hal.state().read_style = ReadStyle::Exact;
        hal.state().write_at_most = 3;
        let server = serve_tcp(|mut socket| {
            let mut packet = [0; 6];
            socket.read_exact(&mut packet).unwrap();
            socket.write_all(&packet).unwrap();
            let _ = io::copy(&mut socket, &mut io::sink());
        });
        hal.redirect(HOST, 1883, server);
        let endpoint = Endpoint { host: HOST.into(), port: 1883, security: Security::Plain };
        let connection = connect(hal, &endpoint, Framing::Mqtt, PATIENCE).unwrap();
        let start = Instant::now();
        send_all(&*connection, b"\x30\x04abcd", Deadline::after(PATIENCE)).unwrap();
        let mut received = BytesMut::new();
        while received.len() < 6 && start.elapsed() < PATIENCE {
            connection.receive(&mut received, PATIENCE).unwrap();
        }
        assert_eq!(&received[..], b"\x30\x04abcd");
        assert!(start.elapsed() < PATIENCE / 2);
        drop(connection);
        assert_eq!(hal.open_connections(), 0);
    }

    #[test]
    fn what_cannot_be_reached_is_an_error_that_names_it() {
        let outcome =
            Tcp::connect(FakeHal::leak(), HOST, 1883, Framing::Mqtt, Deadline::after(PATIENCE));
        assert_eq!(outcome.err().unwrap().to_string(), "no connection to cloud.test:1883");
    }
}
