//! The firmware's own `HAL_SSL_*`.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;

use super::framing::Inbound;
use super::{Connection, Deadline, Framing, GLOBALSIGN_R1_PEM, Trust};
use crate::error::TransportError;
use crate::hal::{Hal, ReadStyle, SslHandle};
use crate::sync::lock;

/// The longest that one read call waits.
///
/// A thread that sends waits for that call, so it is what a publish may be late by: less than one
/// trip over a mobile network. Shorter, and a device that only listens would wake up too often.
const SLICE: Duration = Duration::from_millis(50);

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
    fn send(&self, bytes: &[u8], timeout: Duration) -> Result<(), TransportError> {
        let deadline = Deadline::after(timeout);
        let _turn = self.turns.take_to_send(deadline)?;
        let mut rest = bytes;
        while !rest.is_empty() {
            self.check_open()?;
            match self.hal.ssl_write(self.handle, rest, deadline.left())? {
                0 => return Err(TransportError::TimedOut),
                written => rest = rest.get(written..).unwrap_or_default(),
            }
        }
        Ok(())
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
