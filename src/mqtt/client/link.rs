//! The connection: what comes in over it, how it is lost, and how it comes back.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::lock::Locked;
use super::{Client, INBOX_MAX, Link, State};
use crate::base::error::{TransportError, chain};
use crate::mqtt::connect::{Established, establish};
use crate::mqtt::outbox::Outbox;
use crate::mqtt::packet::Decoder;
use crate::mqtt::session::Incoming;
use crate::mqtt::{Error, Event};
use crate::transport::Connection;

impl Client {
    /// Waits for bytes, or for the thread that does so already, or, when too much has come that may not
    /// be told yet, for the thread that may.
    pub(super) fn wait(&self, mut state: Locked<'_>, now: Instant, until: Instant) {
        let timeout = until.saturating_duration_since(now);
        match state.take_reader() {
            Some(reader) => drop(self.receive(state, reader, timeout)),
            None => self.wait_for_change(state, timeout),
        }
    }

    /// Takes in what has come by now, where that can be found out without waiting.
    pub(super) fn look<'a>(&'a self, mut state: Locked<'a>) -> Locked<'a> {
        if let Link::Up { connection, .. } = &state.link
            && connection.receives_at_once()
            && let Some(reader) = state.take_reader()
        {
            return self.receive(state, reader, Duration::ZERO);
        }
        state
    }

    /// Receives with the lock let go, and hands it back.
    fn receive<'a>(
        &'a self,
        state: Locked<'a>,
        (connection, mut decoder): Reader,
        timeout: Duration,
    ) -> Locked<'a> {
        let generation = state.generation;
        drop(state);
        let outcome = connection.receive(&mut decoder.buffer, timeout);
        // It may be nobody else's any more, and its farewell calls the firmware.
        drop(connection);
        let mut state = self.lock();
        if state.generation == generation {
            match outcome {
                Ok(0) => state.put_back(decoder),
                outcome => self.take_in(&mut state, decoder, outcome),
            }
        }
        self.changed.notify();
        state
    }

    /// Decodes what was received and puts the decoder back: first the data, then the error.
    pub(super) fn take_in(
        &self,
        state: &mut State,
        mut decoder: Decoder,
        outcome: Result<usize, TransportError>,
    ) {
        let now = Instant::now();
        let mut out = BytesMut::new();
        let malformed = loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => {
                    if let Some(incoming) = state.session.receive(now, frame, &mut out) {
                        state.push(incoming);
                    }
                }
                Ok(None) => break None,
                Err(cause) => break Some(cause),
            }
        };
        state.put_back(decoder);
        state.outbox.put(&out);
        match (malformed, outcome) {
            (Some(cause), _) => self.lost(state, &cause),
            (None, Err(cause)) => self.lost(state, &cause),
            (None, Ok(_)) => {}
        }
    }

    /// The connection is gone: tell the firmware once, and try again later.
    pub(super) fn lost(&self, state: &mut State, why: &dyn std::fmt::Display) {
        if let Link::Up { connection, .. } = &state.link {
            log::error!(target: "iotx_mc_cycle", "the connection is lost: {why}");
            state.lost = Some(Arc::clone(connection));
            state.told_up = false;
            state.generation += 1;
            state.outbox = Outbox::default();
            for id in std::mem::take(&mut state.sending) {
                state.session.forget(id);
            }
            state.push(Incoming::Event(Event::Disconnect));
            self.retry_later(state, Instant::now());
        }
    }

    fn retry_later(&self, state: &mut State, now: Instant) {
        let wait = state.backoff.next_wait(state.jitter);
        state.link = Link::Down { retry_at: now + wait };
        self.changed.notify();
    }

    pub(super) fn start_reconnecting(self: &Arc<Self>, state: &mut State, now: Instant) {
        state.link = Link::Connecting;
        let client = Arc::clone(self);
        let attempt = self.hal.spawn(c"linkkit-connect", Box::new(move || client.reconnect()));
        if let Err(cause) = attempt {
            log::error!(target: "iotx_mc_attempt_reconnect", "no thread to reconnect with: {cause}");
            self.retry_later(state, now);
        }
    }

    fn reconnect(&self) {
        let outcome = self.log_in_again();
        let jitter = self.hal.random(u32::MAX);
        let mut state = self.lock();
        state.jitter = jitter;
        if matches!(state.link, Link::Closed) {
            return;
        }
        match outcome {
            Ok(established) => {
                state.failure.end();
                state.refused.end();
                // The event comes before whatever the broker sends over the new connection.
                state.push(Incoming::Event(Event::Reconnect));
                self.link_up(&mut state, established);
                log::info!(target: "iotx_mc_attempt_reconnect", "mqtt reconnect success!");
            }
            Err(cause) => {
                let text = format!("mqtt reconnect failed: {}", chain(&cause));
                state.failure.error("iotx_mc_attempt_reconnect", &text);
                if cause.is_final() {
                    state.backoff.give_time();
                }
                self.retry_later(&mut state, Instant::now());
            }
        }
        self.changed.notify();
    }

    fn log_in_again(&self) -> Result<Established, Error> {
        let params = &self.params;
        let login = match &params.relogin {
            Some(relogin) => relogin().map_err(Error::NoLogin)?,
            None => params.login.clone(),
        };
        establish(self.hal, &login, params.read_limit, params.request_timeout)
    }

    pub(super) fn link_up(&self, state: &mut State, established: Established) {
        let Established { connection, decoder, session_present } = established;
        state.generation += 1;
        state.backoff = self.params.backoff.clone();
        state.link = Link::Up { connection, decoder: None };
        let mut out = BytesMut::new();
        state.session.connected(Instant::now(), session_present, &mut out);
        state.outbox = Outbox::default();
        state.outbox.put(&out);
        // Packets may have come together with the CONNACK.
        self.take_in(state, decoder, Ok(0));
    }
}

/// What it takes to receive. Who has it is the one who does.
type Reader = (Arc<dyn Connection>, Decoder);

impl State {
    /// `None`: another thread receives, or too much has come that is not told yet.
    fn take_reader(&mut self) -> Option<Reader> {
        match &mut self.link {
            Link::Up { connection, decoder } if self.inbox.len() < INBOX_MAX => {
                Some((Arc::clone(connection), decoder.take()?))
            }
            _ => None,
        }
    }

    /// Lets the next thread receive.
    fn put_back(&mut self, decoder: Decoder) {
        if let Link::Up { decoder: slot, .. } = &mut self.link {
            *slot = Some(decoder);
        }
    }
}
