//! The firmware's own `HAL_SSL_*`.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;

use super::framing::Inbound;
use super::{Connection, Framing, GLOBALSIGN_R1_PEM, Trust};
use crate::base::deadline::Deadline;
use crate::base::error::TransportError;
use crate::base::sync::lock;
use crate::hal::{Hal, ReadStyle, SslHandle};

/// The longest that one read call waits.
///
/// A thread that sends waits for that call, so it is what a publish may be late by: less than one
/// trip over a mobile network. Shorter, and a device that only listens would wake up too often.
const SLICE: Duration = Duration::from_millis(50);

/// The least time that one write call gets.
///
/// A call that ran out of time may have written a part, so it cannot be repeated and ends the
/// connection: it must not be the short time that is left of a yield.
const WRITE_PATIENCE: Duration = Duration::from_secs(2);

/// A connection of the firmware's SSL, closed when dropped.
///
/// Few of these libraries allow a read and a write of one connection at the same time, so they take
/// turns.
pub(super) struct HalSsl {
    hal: &'static dyn Hal,
    handle: SslHandle,
    turns: Turns,
    inbound: Mutex<Inbound>,
    closed: AtomicBool,
}

impl HalSsl {
    /// Connects and shakes hands; how long that may take is the firmware's own decision.
    ///
    /// # Errors
    /// What `HAL_SSL_Establish` reports.
    pub(super) fn connect(
        hal: &'static dyn Hal,
        host: &str,
        port: u16,
        trust: &Trust,
        framing: Framing,
    ) -> Result<Self, TransportError> {
        let root_pem = match trust {
            Trust::BuiltIn => GLOBALSIGN_R1_PEM,
            Trust::Pem(pem) => pem,
        };
        Ok(HalSsl {
            hal,
            handle: hal.ssl_establish(host, port, root_pem)?,
            turns: Turns::default(),
            inbound: Mutex::new(Inbound::new(ReadStyle::Exact, framing)),
            closed: AtomicBool::new(false),
        })
    }

    fn check_open(&self) -> Result<(), TransportError> {
        if self.closed.load(Ordering::Relaxed) { Err(TransportError::Closed) } else { Ok(()) }
    }
}

impl Connection for HalSsl {
    fn send(&self, bytes: &[u8], deadline: Deadline) -> Result<usize, TransportError> {
        let deadline = Deadline::after(deadline.left().max(WRITE_PATIENCE));
        let _turn = self.turns.take_to_send(deadline)?;
        self.check_open()?;
        match self.hal.ssl_write(self.handle, bytes, deadline.left())? {
            0 if !bytes.is_empty() => Err(TransportError::TimedOut),
            written => Ok(written),
        }
    }

    fn flush(&self, _deadline: Deadline) -> Result<bool, TransportError> {
        // What was taken has been written.
        Ok(true)
    }

    fn receive(&self, into: &mut BytesMut, timeout: Duration) -> Result<usize, TransportError> {
        let deadline = Deadline::after(timeout);
        let mut inbound = lock(&self.inbound);
        loop {
            self.check_open()?;
            let Some(_turn) = self.turns.take_to_receive(deadline) else { return Ok(0) };
            let slice = deadline.left().min(SLICE);
            let came = inbound.read(|room| self.hal.ssl_read(self.handle, room, slice))?;
            if !came.is_empty() || deadline.is_over() {
                into.extend_from_slice(came);
                return Ok(came.len());
            }
        }
    }

    fn receives_at_once(&self) -> bool {
        false
    }

    fn greeted(&self) {
        // How the firmware's own connection acknowledges is its own affair.
    }

    fn close(&self) {
        // The HAL has no call that wakes a reader; it looks here after each slice.
        self.closed.store(true, Ordering::Relaxed);
    }
}

impl Drop for HalSsl {
    fn drop(&mut self) {
        self.hal.ssl_destroy(self.handle);
    }
}

/// Whose turn it is to call the HAL.
///
/// A plain mutex would not do: a thread that receives takes it again as soon as it has let it go,
/// and the one that wants to send could wait for ever.
#[derive(Default)]
struct Turns {
    state: Mutex<TurnState>,
    changed: Condvar,
}

#[derive(Default)]
struct TurnState {
    taken: bool,
    senders_waiting: usize,
}

/// A turn, given back when dropped.
struct Turn<'a>(&'a Turns);

impl Turns {
    fn take_to_send(&self, deadline: Deadline) -> Result<Turn<'_>, TransportError> {
        let mut state = lock(&self.state);
        state.senders_waiting += 1;
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, deadline.left(), |state| state.taken)
            .unwrap_or_else(PoisonError::into_inner);
        state.senders_waiting -= 1;
        if state.taken {
            return Err(TransportError::TimedOut);
        }
        state.taken = true;
        Ok(Turn(self))
    }

    fn take_to_receive(&self, deadline: Deadline) -> Option<Turn<'_>> {
        let (mut state, _) = self
            .changed
            .wait_timeout_while(lock(&self.state), deadline.left(), |state| {
                state.taken || state.senders_waiting > 0
            })
            .unwrap_or_else(PoisonError::into_inner);
        if state.taken || state.senders_waiting > 0 {
            return None;
        }
        state.taken = true;
        Some(Turn(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).taken = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write as _};
    use std::net::TcpStream;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::hal::fake::FakeHal;
    use crate::transport::test_support::{PATIENCE, serve_tcp};
    use crate::transport::{Endpoint, Security, connect, send_all};

    const HOST: &str = "cloud.test";

    fn connected(
        hal: &'static FakeHal,
        framing: Framing,
        serve: impl FnMut(TcpStream) + Send + 'static,
    ) -> std::sync::Arc<dyn Connection> {
        hal.state().own_ssl = true;
        hal.redirect(HOST, 1883, serve_tcp(serve));
        let security = Security::Tls(Trust::BuiltIn);
        let endpoint = Endpoint { host: HOST.into(), port: 1883, security };
        connect(hal, &endpoint, framing, PATIENCE).unwrap()
    }

    fn receive(connection: &dyn Connection, len: usize) -> BytesMut {
        let deadline = Deadline::after(PATIENCE);
        let mut received = BytesMut::new();
        while received.len() < len && !deadline.is_over() {
            connection.receive(&mut received, deadline.left()).unwrap();
        }
        received
    }

    fn silent(mut socket: TcpStream) {
        let _ = io::copy(&mut socket, &mut io::sink());
    }

    fn echo(mut socket: TcpStream) {
        let mut sending = socket.try_clone().unwrap();
        let _ = io::copy(&mut socket, &mut sending);
    }

    #[test]
    fn the_firmwares_ssl_carries_everything_and_gets_the_root() {
        let hal = FakeHal::leak();
        let connection = connected(hal, Framing::Mqtt, echo);
        connection.send(&[0xc0, 0], Deadline::after(PATIENCE)).unwrap();
        assert_eq!(&receive(&*connection, 2)[..], [0xc0, 0]);
        assert_eq!(hal.state().ssl_root.as_deref(), Some(GLOBALSIGN_R1_PEM));
        assert_eq!(hal.calls("tcp_establish"), 0);
        drop(connection);
        assert_eq!(hal.open_connections(), 0);
    }

    #[test]
    fn a_packet_is_there_as_soon_as_it_has_come() {
        let hal = FakeHal::leak();
        let connection = connected(hal, Framing::Mqtt, echo);
        let mut packet = vec![0x30, 0xac, 0x02];
        packet.resize(3 + 300, 7);
        let start = Instant::now();
        for _ in 0..100 {
            connection.send(&packet, Deadline::after(PATIENCE)).unwrap();
            assert_eq!(receive(&*connection, packet.len())[..], packet);
        }
        // Asking for one byte too many would cost a slice each time.
        assert!(start.elapsed() < 50 * SLICE, "{:?}", start.elapsed());
        assert!(hal.calls("ssl_read") >= 4 * 100);
    }

    #[test]
    fn a_packet_that_trickles_is_put_together() {
        let connection = connected(FakeHal::leak(), Framing::Mqtt, |mut socket| {
            for byte in [0x30, 4, b'a', b'b', b'c', b'd'] {
                thread::sleep(SLICE / 2);
                socket.write_all(&[byte]).unwrap();
            }
            silent(socket);
        });
        assert_eq!(&receive(&*connection, 6)[..], b"\x30\x04abcd");
    }

    #[test]
    fn nothing_comes_within_the_timeout() {
        let connection = connected(FakeHal::leak(), Framing::Mqtt, silent);
        let timeout = SLICE * 5 / 2;
        let start = Instant::now();
        assert_eq!(connection.receive(&mut BytesMut::new(), timeout).unwrap(), 0);
        assert!((timeout..PATIENCE / 2).contains(&start.elapsed()));
    }

    #[test]
    fn a_waiting_receiver_delays_a_sender_by_a_slice_at_most() {
        let hal = FakeHal::leak();
        let connection = connected(hal, Framing::Mqtt, silent);
        thread::scope(|scope| {
            scope.spawn(|| {
                let received = connection.receive(&mut BytesMut::new(), PATIENCE);
                assert!(matches!(received, Err(TransportError::Closed)));
            });
            while hal.calls("ssl_read") == 0 {
                thread::yield_now();
            }
            let start = Instant::now();
            for _ in 0..3 {
                connection.send(&[0xc0, 0], Deadline::after(PATIENCE)).unwrap();
            }
            assert!(start.elapsed() < 3 * SLICE + PATIENCE / 10, "{:?}", start.elapsed());
            // Ends the receiver as well, long before its timeout.
            connection.close();
        });
        assert!(matches!(
            connection.send(b"x", Deadline::after(PATIENCE)),
            Err(TransportError::Closed)
        ));
    }

    #[test]
    fn data_comes_before_the_close() {
        let connection = connected(FakeHal::leak(), Framing::Unframed, |mut socket| {
            socket.write_all(b"last words").unwrap();
        });
        assert_eq!(&receive(&*connection, 10)[..], b"last words");
        let mut rest = BytesMut::new();
        assert!(matches!(connection.receive(&mut rest, PATIENCE), Err(TransportError::Closed)));
    }

    #[test]
    fn a_peer_that_does_not_read_lets_a_send_time_out() {
        let (stop, stopped) = mpsc::channel::<()>();
        let connection = connected(FakeHal::leak(), Framing::Mqtt, move |_socket| {
            let _ = stopped.recv_timeout(PATIENCE);
        });
        let outcome = send_all(&*connection, &vec![0; 64 << 20], Deadline::after(SLICE));
        assert!(matches!(outcome, Err(TransportError::TimedOut)), "{outcome:?}");
        drop(stop);
    }

    #[test]
    fn one_that_sends_does_not_outlast_its_timeout_waiting_for_a_turn() {
        let turns = Turns::default();
        let _turn = turns.take_to_send(Deadline::after(PATIENCE)).unwrap();
        let outcome = turns.take_to_send(Deadline::after(SLICE));
        assert!(matches!(outcome, Err(TransportError::TimedOut)));
        assert!(turns.take_to_receive(Deadline::after(SLICE)).is_none());
    }
}
