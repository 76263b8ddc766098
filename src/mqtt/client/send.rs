//! What is sent: a packet is made under the lock, queued in the outbox and written with the lock let
//! go, by one thread at a time.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};

use super::lock::Locked;
use super::{Client, Link, State};
use crate::base::deadline::Deadline;
use crate::base::error::TransportError;
use crate::mqtt::Error;
use crate::mqtt::session::Session;

/// How long refusals of one kind are counted before the log is told of another.
const COUNTED_FOR: Duration = Duration::from_secs(60);
/// How many bytes handlers may collect before they are written: a TLS record holds no more.
const COLLECTED_MAX: usize = 16 * 1024;

/// Where in the outbox of which connection a packet ends, and until when it has to have gone out.
#[derive(Clone, Copy)]
pub(super) struct Ticket {
    generation: u64,
    position: u64,
    deadline: Deadline,
}

impl Client {
    /// Makes a packet and sends it; waits at most one request timeout until it has gone out.
    ///
    /// In a handler it is only queued while others wait to be called, so that what they send leaves in
    /// one write. When none waits, also for what has come meanwhile, it goes out at once: the handler
    /// may be about to end the process.
    pub(super) fn send(
        &self,
        target: &'static str,
        make: impl FnOnce(&mut Session, Instant) -> Result<(u16, Bytes), Error>,
    ) -> Result<u16, Error> {
        let mut state = self.lock();
        let (id, ticket) = self.enqueue(&mut state, target, make)?;
        if self.is_delivering() && state.outbox.len() < COLLECTED_MAX {
            if state.inbox.is_empty() {
                // A broker that answers one by one has mostly sent more by now.
                state = self.look(state);
            }
            // Also if the look has found the connection lost: then that is what waits to be told.
            if !state.inbox.is_empty() {
                return Ok(id);
            }
        }
        self.send_until_gone(state, id, ticket)?;
        Ok(id)
    }

    /// Makes a packet and queues it. The ticket tells when it has gone out.
    ///
    /// Without a connection, and when too many packets wait for their answer, it says so under the
    /// name of `target`, once: firmware that publishes all the time would flood the log.
    pub(super) fn enqueue(
        &self,
        state: &mut State,
        target: &'static str,
        make: impl FnOnce(&mut Session, Instant) -> Result<(u16, Bytes), Error>,
    ) -> Result<(u16, Ticket), Error> {
        if !matches!(state.link, Link::Up { .. }) {
            state.refused.error(target, &Error::NotConnected.to_string());
            return Err(Error::NotConnected);
        }
        let now = Instant::now();
        let made = make(&mut state.session, now);
        if let Err(full @ Error::WaitListFull { .. }) = &made {
            state.full.error(target, &full.to_string());
        }
        let (id, frame) = made?;
        state.full.end_after(COUNTED_FOR);
        state.outbox.put(&frame);
        let deadline = Deadline::from(now, self.params.request_timeout);
        Ok((id, Ticket { generation: state.generation, position: state.outbox.end(), deadline }))
    }

    /// Waits until a packet has gone out. One that has not in time, or before the connection was
    /// lost, is told to the caller as failed, and must not go out later by itself.
    pub(super) fn send_until_gone(
        &self,
        mut state: Locked<'_>,
        id: u16,
        ticket: Ticket,
    ) -> Result<(), Error> {
        state.sending.push(id);
        let (mut state, outcome) = self.write_until_gone(state, ticket);
        state.sending.retain(|sending| *sending != id);
        outcome
    }

    /// Writes until the packet of this ticket has gone out, or cannot any more; hands the lock back.
    fn write_until_gone<'a>(
        &'a self,
        mut state: Locked<'a>,
        ticket: Ticket,
    ) -> (Locked<'a>, Result<(), Error>) {
        let deadline = ticket.deadline;
        loop {
            state = self.write_out(state, deadline);
            if state.generation != ticket.generation {
                return (state, Err(Error::Transport(TransportError::Closed)));
            }
            if state.outbox.has_gone(ticket.position) {
                return (state, Ok(()));
            }
            if deadline.is_over() {
                self.lost(&mut state, &TransportError::TimedOut);
                return (state, Err(Error::Transport(TransportError::TimedOut)));
            }
            // Another thread writes; it may well write this packet too.
            if state.outbox.is_being_written() {
                self.wait_for_change(state, deadline.left());
                state = self.lock();
            }
        }
    }

    /// Writes what waits, until `deadline`, with the lock let go meanwhile. Does nothing while
    /// another thread writes.
    pub(super) fn write_out<'a>(&'a self, mut state: Locked<'a>, deadline: Deadline) -> Locked<'a> {
        let Link::Up { connection, .. } = &state.link else { return state };
        let connection = Arc::clone(connection);
        let generation = state.generation;
        let Some(mut bytes) = state.outbox.take() else { return state };
        drop(state);

        let sent = connection.send(&bytes, deadline);
        let flushed = sent.and_then(|taken| {
            bytes.advance(taken.min(bytes.len()));
            Ok(connection.flush(deadline)? && bytes.is_empty())
        });
        // It may be nobody else's any more, and its farewell calls the firmware.
        drop(connection);

        let mut state = self.lock();
        if state.generation == generation {
            match flushed {
                Ok(all) => {
                    state.outbox.give_back(bytes, all);
                    if state.outbox.is_stalled(self.params.request_timeout) {
                        self.lost(&mut state, &"the broker does not read");
                    }
                }
                Err(cause) => self.lost(&mut state, &cause),
            }
        }
        self.changed.notify();
        state
    }
}
