//! A client: the session, its connection, and the firmware's threads that drive them.
//!
//! There is no thread of the library's own while connected: a firmware thread calls
//! [`Client::yield_for`], which receives, runs the timers and calls the firmware back. One lock
//! guards the session; waiting for bytes, writing them and every call of firmware code happen
//! outside of it, so a thread that yields never delays one that publishes, and a handler may call
//! anything.
//!
//! Only reconnecting runs on a thread of its own, for as long as it takes, because resolving and
//! connecting block for as long as the HAL likes and `yield_for` must end in time.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes, BytesMut};

use super::backoff::Backoff;
use super::connect::{Established, Login, establish};
use super::outbox::Outbox;
use super::packet::{self, Decoder};
use super::session::{Config, Incoming, Session, Subscription};
use super::{Error, Event, Handler, Message, QoS, topic};
use crate::deadline::Deadline;
use crate::error::TransportError;
use crate::hal::Hal;
use crate::log::{Held, Repeated, hold};
use crate::refusal;
use crate::sync::{Signal, lock};
use crate::transport::{Connection, send_all};

/// The longest single wait for bytes. Another thread's publish can bring a timer forward while a
/// thread waits; this is how late that timer may be noticed.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// How often a stalled write is tried again.
const STALL_POLL: Duration = Duration::from_millis(10);
/// How long an acknowledgement may wait for others, to go out together with them.
const ACK_DELAY: Duration = Duration::from_millis(5);
/// The time that a farewell may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(100);

/// The firmware's event handler.
pub type EventHandler = Arc<dyn Fn(&mut Event) + Send + Sync>;

/// Finds out where to log in again, and as whom. May block; called by no thread of the firmware.
pub type Relogin = Arc<dyn Fn() -> Result<Login, crate::error::Error> + Send + Sync>;

/// What a client is made of.
pub struct Params {
    /// Where to log in, and as whom.
    pub login: Login,
    /// Asked before every reconnection; `None`: `login` holds for ever.
    pub relogin: Option<Relogin>,
    /// The unit of all time-outs.
    pub request_timeout: Duration,
    /// How long the connection may be quiet before a ping is sent.
    pub keep_alive: Duration,
    /// The largest packet that is received, in bytes.
    pub read_limit: usize,
    /// The largest packet that is sent, in bytes.
    pub send_limit: usize,
    /// How long to wait before each attempt to reconnect.
    pub backoff: Backoff,
    /// Gets every event. Called only by threads that are inside [`Client::yield_for`] or
    /// [`Client::subscribe_sync`], with no lock held.
    pub on_event: EventHandler,
}

/// An MQTT client. All methods may be called from any thread and from inside handlers.
pub struct Client {
    hal: &'static dyn Hal,
    params: Params,
    state: Mutex<State>,
    /// Signals that a thread which waits should look at the state again.
    changed: Signal,
}

struct State {
    session: Session,
    link: Link,
    /// Whether the firmware has been told that the link is up: by `Construct`, or by an event.
    told_up: bool,
    /// Counts connections, so that what belongs to a lost one is recognised.
    generation: u64,
    /// What happened over which connection and has not been told to the firmware yet.
    inbox: VecDeque<(u64, Incoming)>,
    /// What has to be sent over this connection.
    outbox: Outbox,
    /// The ids of the packets in the outbox whose senders wait, and hear it if the connection is lost.
    sending: Vec<u16>,
    backoff: Backoff,
    /// A random number for the next back-off, drawn while the lock was free.
    jitter: u32,
    /// A lost connection, to be closed once the lock is free.
    lost: Option<Arc<dyn Connection>>,
    /// Why reconnecting fails.
    failure: Repeated,
    /// What was asked for while there was no connection.
    refused: Repeated,
    /// What became of the subscriptions that a thread waits for; `None` while unknown.
    awaited: BTreeMap<u16, Option<Result<(), Error>>>,
}

enum Link {
    Up {
        connection: Arc<dyn Connection>,
        /// Away while a thread receives with it: whoever has it is the one who reads.
        decoder: Option<Decoder>,
    },
    Down {
        retry_at: Instant,
    },
    Connecting,
    Closed,
}

impl Client {
    /// Connects and logs in.
    pub fn connect(hal: &'static dyn Hal, params: Params) -> Result<Arc<Self>, Error> {
        let established = establish(hal, &params.login, params.read_limit, params.request_timeout)?;
        let now = Instant::now();
        let config = Config {
            request_timeout: params.request_timeout,
            keep_alive: params.keep_alive,
            send_limit: params.send_limit,
        };
        let backoff = params.backoff.clone();
        let client = Client {
            hal,
            params,
            state: Mutex::new(State {
                session: Session::new(config, now),
                link: Link::Connecting,
                told_up: true,
                generation: 0,
                inbox: VecDeque::new(),
                outbox: Outbox::default(),
                sending: Vec::new(),
                backoff,
                jitter: hal.random(u32::MAX),
                lost: None,
                failure: Repeated::default(),
                refused: Repeated::default(),
                awaited: BTreeMap::new(),
            }),
            changed: Signal::default(),
        };
        client.link_up(&mut client.lock(), established);
        log::info!(target: "iotx_mc_connect", "mqtt connect success!");
        Ok(Arc::new(client))
    }

    /// What the client calls itself to the broker.
    pub fn client_id(&self) -> &str {
        &self.params.login.client_id
    }

    /// Whether the client is connected at the moment and, after a reconnection, has said so.
    pub fn is_connected(&self) -> bool {
        let state = self.lock();
        state.told_up && matches!(state.link, Link::Up { .. })
    }

    /// Publishes a message and returns its packet id, 0 for QoS 0. The packet has been written
    /// when this returns; it blocks for at most one request timeout.
    pub fn publish(
        &self,
        topic: &str,
        qos: QoS,
        retain: bool,
        payload: &[u8],
    ) -> Result<u16, Error> {
        topic::check_name(topic).map_err(Error::BadTopic)?;
        self.send("iotx_mc_publish", |session, now| {
            session.publish(now, topic, qos, retain, payload)
        })
    }

    /// Asks for a subscription and returns the packet id that its event will carry.
    pub fn subscribe(&self, filter: &str, qos: QoS, handler: Handler) -> Result<u16, Error> {
        topic::check_filter(filter).map_err(Error::BadTopic)?;
        let id = self.send("iotx_mc_subscribe", |session, now| {
            session.subscribe(now, filter, qos, handler)
        })?;
        log::info!(target: "iotx_mc_subscribe", "mqtt subscribe success,topic = {filter}!");
        Ok(id)
    }

    /// Ends a subscription, whoever made it, and returns the packet id that its event will carry.
    pub fn unsubscribe(&self, filter: &str) -> Result<u16, Error> {
        topic::check_filter(filter).map_err(Error::BadTopic)?;
        let id =
            self.send("iotx_mc_unsubscribe", |session, now| session.unsubscribe(now, filter))?;
        log::info!(target: "iotx_mc_unsubscribe", "mqtt unsubscribe success,topic = {filter}!");
        Ok(id)
    }

    /// Subscribes and waits until the broker has granted it, for at most `timeout`; returns the
    /// packet id.
    ///
    /// With `drive` the calling thread yields meanwhile; without, another thread has to.
    pub fn subscribe_sync(
        self: &Arc<Self>,
        filter: &str,
        qos: QoS,
        handler: Handler,
        timeout: Duration,
        drive: bool,
    ) -> Result<u16, Error> {
        topic::check_filter(filter).map_err(Error::BadTopic)?;
        let deadline = Instant::now() + timeout;
        let wait = |done: &dyn Fn(&State) -> bool| {
            if drive { self.drive(deadline, done) } else { self.watch(deadline, done) }
        };

        wait(&|state| matches!(state.link, Link::Up { .. }));
        let mut state = self.lock();
        let (id, ticket) = self.enqueue(&mut state, "iotx_mc_subscribe", |session, now| {
            session.subscribe(now, filter, qos, handler)
        })?;
        state.awaited.insert(id, None);
        if let Err(cause) = self.send_until_gone(state, id, ticket) {
            self.lock().awaited.remove(&id);
            return Err(cause);
        }
        wait(&|state| !matches!(state.awaited.get(&id), Some(None)));
        let outcome = self.lock().awaited.remove(&id).flatten();
        outcome.unwrap_or(Err(Error::NoAnswer)).map(|()| id)
    }

    /// Receives, keeps the connection alive or brings it back, and calls handlers, for `timeout`.
    ///
    /// Ends early only when the client is closed.
    pub fn yield_for(self: &Arc<Self>, timeout: Duration) {
        self.drive(Instant::now() + timeout, &|_| false);
    }

    /// Says good-bye and ends the client: no handler is called from now on, except that one which
    /// runs in another thread at this moment may still be running.
    pub fn close(&self) {
        let (link, writing) = {
            let mut state = self.lock();
            state.generation += 1;
            state.inbox.clear();
            self.changed.notify();
            (std::mem::replace(&mut state.link, Link::Closed), state.outbox.is_being_written())
        };
        if let Link::Up { connection, .. } = link {
            // A broker that does not take it in time, or is in the middle of another packet, sees
            // the connection end instead.
            if !writing {
                let deadline = Deadline::after(CLOSE_TIMEOUT);
                let _ = send_all(&*connection, &packet::DISCONNECT, deadline);
            }
            connection.close();
        }
        log::info!(target: "iotx_mc_disconnect", "mqtt disconnect!");
    }

    fn lock(&self) -> Locked<'_> {
        let held = hold();
        Locked { state: lock(&self.state), lost: None, _held: held }
    }

    /// Makes a packet and sends it; waits at most one request timeout until it has gone out.
    fn send(
        &self,
        target: &'static str,
        make: impl FnOnce(&mut Session, Instant) -> Result<(u16, Bytes), Error>,
    ) -> Result<u16, Error> {
        let mut state = self.lock();
        let (id, ticket) = self.enqueue(&mut state, target, make)?;
        self.send_until_gone(state, id, ticket)?;
        Ok(id)
    }

    /// Makes a packet and queues it. The ticket tells when it has gone out.
    ///
    /// Without a connection it says so under the name of `target`, once: firmware that publishes
    /// all the time would flood the log.
    fn enqueue(
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
        let (id, frame) = make(&mut state.session, now)?;
        state.outbox.put(&frame);
        let deadline = Deadline::from(now, self.params.request_timeout);
        Ok((id, Ticket { generation: state.generation, position: state.outbox.end(), deadline }))
    }

    /// Waits until a packet has gone out. One that has not in time, or before the connection was
    /// lost, is told to the caller as failed, and must not go out later by itself.
    fn send_until_gone(&self, mut state: Locked<'_>, id: u16, ticket: Ticket) -> Result<(), Error> {
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
    fn write_out<'a>(&'a self, mut state: Locked<'a>, deadline: Deadline) -> Locked<'a> {
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

    /// Does all the client's work until `deadline`, or until `done`.
    fn drive(self: &Arc<Self>, deadline: Instant, done: &dyn Fn(&State) -> bool) {
        loop {
            let mut state = self.lock();
            if !state.inbox.is_empty() {
                drop(state);
                self.dispatch();
                state = self.lock();
            }
            let now = Instant::now();
            if now >= deadline || done(&state) || matches!(state.link, Link::Closed) {
                return;
            }
            let wake = self.advance(&mut state, now);
            if !state.inbox.is_empty() {
                continue;
            }
            let mut longest = LONGEST_WAIT;
            if !state.outbox.is_idle() {
                state = self.write_out(state, Deadline::OVER);
                if state.outbox.is_idle() {
                    // Everything may have changed meanwhile.
                    continue;
                }
                longest = STALL_POLL;
            }
            self.wait(state, now, wake.min(deadline).min(now + longest));
        }
    }

    /// Waits until `deadline`, or until another thread's work has made `done` true.
    fn watch(&self, deadline: Instant, done: &dyn Fn(&State) -> bool) {
        loop {
            let state = self.lock();
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || done(&state) || matches!(state.link, Link::Closed) {
                return;
            }
            self.wait_for_change(state, left);
        }
    }

    /// Lets the lock go and waits until another thread has changed something.
    fn wait_for_change(&self, state: Locked<'_>, timeout: Duration) {
        let ticket = self.changed.ticket();
        drop(state);
        self.changed.wait(ticket, timeout);
    }

    /// Does what is due by now and says when there is more to do.
    fn advance(self: &Arc<Self>, state: &mut State, now: Instant) -> Instant {
        match &state.link {
            Link::Up { .. } => {
                let due = state.session.next_deadline();
                if now < due {
                    return due;
                }
                let mut out = BytesMut::new();
                let tick = state.session.tick(now, &mut out);
                state.outbox.put(&out);
                for event in tick.events {
                    state.push(Incoming::Event(event));
                }
                if tick.silent {
                    self.lost(state, &"the broker does not answer pings");
                }
                state.session.next_deadline()
            }
            Link::Down { retry_at } if now >= *retry_at => {
                self.start_reconnecting(state, now);
                now + LONGEST_WAIT
            }
            Link::Down { retry_at } => *retry_at,
            Link::Connecting | Link::Closed => now + LONGEST_WAIT,
        }
    }

    /// Waits for bytes, or for the thread that does so already.
    fn wait(&self, mut state: Locked<'_>, now: Instant, until: Instant) {
        let timeout = until.saturating_duration_since(now);
        if let Link::Up { connection, decoder } = &mut state.link
            && let Some(mut decoder) = decoder.take()
        {
            let connection = Arc::clone(connection);
            let generation = state.generation;
            drop(state);
            let outcome = connection.receive(&mut decoder.buffer, timeout);
            let mut state = self.lock();
            if state.generation == generation {
                match outcome {
                    Ok(0) => state.put_back(decoder),
                    outcome => self.take_in(&mut state, decoder, outcome),
                }
            }
            self.changed.notify();
        } else {
            self.wait_for_change(state, timeout);
        }
    }

    /// Decodes what was received and puts the decoder back: first the data, then the error.
    fn take_in(
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
    fn lost(&self, state: &mut State, why: &dyn std::fmt::Display) {
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

    fn start_reconnecting(self: &Arc<Self>, state: &mut State, now: Instant) {
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
                let text = format!("mqtt reconnect failed: {cause}");
                state.failure.error("iotx_mc_attempt_reconnect", &text);
                if is_final(&cause) {
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

    fn link_up(&self, state: &mut State, established: Established) {
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

    /// Tells the firmware what happened, with no lock held.
    fn dispatch(&self) {
        let mut wanted_by = Vec::new();
        let mut owed_since = None;
        while let Some((generation, incoming)) = self.next_incoming(&mut wanted_by) {
            match incoming {
                Incoming::Event(mut event) => (self.params.on_event)(&mut event),
                Incoming::Message(message) => {
                    if let Some(now) = self.deliver(message, &wanted_by, generation)
                        && now - *owed_since.get_or_insert(now) >= ACK_DELAY
                    {
                        drop(self.write_out(self.lock(), Deadline::OVER));
                        owed_since = None;
                    }
                }
            }
        }
        if owed_since.is_some() {
            drop(self.write_out(self.lock(), Deadline::OVER));
        }
    }

    /// The next thing to tell, and over which connection it came; of a message also who wants it.
    fn next_incoming(&self, wanted_by: &mut Vec<Subscription>) -> Option<(u64, Incoming)> {
        let mut state = self.lock();
        let next = state.inbox.pop_front()?;
        match &next.1 {
            Incoming::Message(message) => state.session.matching(message.topic(), wanted_by),
            Incoming::Event(Event::Reconnect) => {
                // Not if the connection that it tells of is lost again already.
                state.told_up = next.0 + 1 == state.generation;
            }
            Incoming::Event(_) => {}
        }
        Some(next)
    }

    /// Calls the handlers and queues the acknowledgement that the broker is owed then, if any;
    /// returns the time of that.
    fn deliver(
        &self,
        mut message: Message,
        wanted_by: &[Subscription],
        generation: u64,
    ) -> Option<Instant> {
        let (id, qos) = (message.id, message.qos);
        if wanted_by.is_empty() {
            (self.params.on_event)(&mut Event::PublishReceived(message));
        } else {
            for subscription in wanted_by {
                (subscription.handler.call)(&mut message);
            }
        }
        if qos == QoS::AtMostOnce {
            return None;
        }
        let now = Instant::now();
        let mut state = self.lock();
        // A broker that lost the connection meanwhile sends the message again over the next one.
        if state.generation != generation {
            return None;
        }
        let answer = state.session.acknowledge(now, qos, id)?;
        state.outbox.put(&answer);
        Some(now)
    }
}

/// Whether the cloud has said no, and asking soon again cannot help.
fn is_final(cause: &Error) -> bool {
    match cause {
        Error::ConnectRefused(code) => *code != 3,
        Error::NoLogin(crate::error::Error::Refused { code, .. }) => !refusal::is_passing(*code),
        _ => false,
    }
}

/// Where in the outbox of which connection a packet ends, and until when it has to have gone out.
#[derive(Clone, Copy)]
struct Ticket {
    generation: u64,
    position: u64,
    deadline: Deadline,
}

/// The state under its lock. What must not happen under the lock happens when it is let go, in this
/// order: unlock, close a lost connection, print.
struct Locked<'a> {
    state: MutexGuard<'a, State>,
    lost: Option<Lost>,
    _held: Held,
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.lost = self.state.lost.take().map(Lost);
    }
}

/// A lost connection, closed when dropped, also if another thread still waits for its bytes.
struct Lost(Arc<dyn Connection>);

impl Drop for Lost {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl State {
    /// Lets the next thread receive.
    fn put_back(&mut self, decoder: Decoder) {
        if let Link::Up { decoder: slot, .. } = &mut self.link {
            *slot = Some(decoder);
        }
    }

    fn push(&mut self, incoming: Incoming) {
        let outcome = match &incoming {
            Incoming::Event(Event::SubscribeSuccess(id)) => Some((id, Ok(()))),
            Incoming::Event(Event::SubscribeNack(id)) => Some((id, Err(Error::NotGranted))),
            Incoming::Event(Event::SubscribeTimeout(id)) => Some((id, Err(Error::NoAnswer))),
            _ => None,
        };
        if let Some((id, outcome)) = outcome
            && let Some(slot) = self.awaited.get_mut(id)
        {
            *slot = Some(outcome);
        }
        self.inbox.push_back((self.generation, incoming));
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpStream};
    use std::sync::mpsc::{self, Receiver};
    use std::thread;

    use super::super::packet::Packet;
    use super::*;
    use crate::hal::fake::FakeHal;
    use crate::identity::Secret;
    use crate::transport::test_support::{PATIENCE, serve_tcp, within};
    use crate::transport::{Endpoint, Security};

    const HOST: &str = "broker.test";
    const REQUEST_TIMEOUT: Duration = Duration::from_millis(500);
    const ACCEPTED: [u8; 4] = [0x20, 2, 0, 0];
    const SESSION_PRESENT: [u8; 4] = [0x20, 2, 1, 0];

    /// The broker's end of a connection.
    struct Peer {
        stream: TcpStream,
        received: BytesMut,
    }

    impl Peer {
        /// The next packet, `None` once the client has gone.
        fn next(&mut self) -> Option<Packet> {
            loop {
                if let Some(packet) = packet::next_sent(&mut self.received).unwrap() {
                    return Some(packet);
                }
                let mut bytes = [0; 4096];
                let len = self.stream.read(&mut bytes).ok().filter(|len| *len > 0)?;
                self.received.extend_from_slice(&bytes[..len]);
            }
        }

        /// The client may have gone; then the test looks at that.
        fn send(&mut self, bytes: &[u8]) {
            let _ = self.stream.write_all(bytes);
        }

        fn accept(&mut self, connack: &[u8]) {
            assert!(matches!(self.next(), Some(Packet::Connect(_))));
            self.send(connack);
        }
    }

    /// A broker that plays `script` for each connection, with the connection's number from 1 on.
    fn broker(script: impl Fn(&mut Peer, usize) + Send + 'static) -> SocketAddr {
        let mut number = 0;
        serve_tcp(move |stream| {
            number += 1;
            script(&mut Peer { stream, received: BytesMut::new() }, number);
        })
    }

    fn params(on_event: EventHandler) -> Params {
        Params {
            login: Login {
                endpoint: Endpoint { host: HOST.to_owned(), port: 1883, security: Security::Plain },
                client_id: "client".to_owned(),
                username: "user".to_owned(),
                password: Secret::new("password"),
                clean_session: false,
                keep_alive_s: 60,
            },
            relogin: None,
            request_timeout: REQUEST_TIMEOUT,
            keep_alive: Duration::from_secs(60),
            read_limit: 1024,
            send_limit: 1024,
            backoff: Backoff::default(),
            on_event,
        }
    }

    fn connect_with(address: SocketAddr, on_event: EventHandler) -> Result<Arc<Client>, Error> {
        let hal = FakeHal::leak();
        hal.redirect(HOST, 1883, address);
        Client::connect(hal, params(on_event))
    }

    /// A connected client, and its events as text.
    fn connect(address: SocketAddr) -> (Arc<Client>, Receiver<String>) {
        let (tell, told) = mpsc::channel();
        let tell = Mutex::new(tell);
        let on_event: EventHandler = Arc::new(move |event| {
            // A test that looks at no events has dropped the receiver.
            let _ = lock(&tell).send(match event {
                Event::PublishReceived(message) => format!("message on {}", message.topic()),
                other => format!("{other:?}"),
            });
        });
        (connect_with(address, on_event).unwrap(), told)
    }

    fn handler(call: impl Fn(&mut Message) + Send + Sync + 'static) -> Handler {
        Handler { key: (1, 1), call: Arc::new(call) }
    }

    /// Yields until `done`.
    fn yield_until(client: &Arc<Client>, done: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done() {
            assert!(Instant::now() < end, "it took too long");
            client.yield_for(Duration::from_millis(5));
        }
    }

    fn next_event(client: &Arc<Client>, events: &Receiver<String>) -> String {
        let event = Mutex::new(None);
        yield_until(client, || {
            let mut event = lock(&event);
            *event = event.take().or_else(|| events.try_recv().ok());
            event.is_some()
        });
        lock(&event).take().unwrap()
    }

    #[test]
    fn a_message_is_published_and_its_acknowledgement_told() {
        let address = broker(|peer, _| {
            peer.accept(&ACCEPTED);
            while let Some(packet) = peer.next() {
                if let Packet::Publish(publish) = packet {
                    assert_eq!(publish.topic, "/t");
                    peer.send(&packet::puback(publish.pkid));
                }
            }
        });
        let (client, events) = connect(address);
        assert!(client.is_connected());
        assert_eq!(client.publish("/t", QoS::AtLeastOnce, false, b"x").unwrap(), 1);
        assert_eq!(next_event(&client, &events), "PublishSuccess(1)");
    }

    #[test]
    fn refusals_and_nonsense_end_the_attempt() {
        for code in [1, 2, 3, 4, 5, 99] {
            let address = broker(move |peer, _| peer.accept(&[0x20, 2, 0, code]));
            let outcome = connect_with(address, Arc::new(|_| {}));
            assert!(matches!(outcome, Err(Error::ConnectRefused(got)) if got == code));
        }
        let address = broker(|peer, _| peer.accept(&[0xD0, 0]));
        assert!(matches!(connect_with(address, Arc::new(|_| {})), Err(Error::NoConnack)));
        let address = broker(|peer, _| peer.accept(&[0xFF, 0]));
        assert!(matches!(connect_with(address, Arc::new(|_| {})), Err(Error::Malformed(_))));
        let address = broker(|peer, _| drop(peer.next()));
        assert!(matches!(connect_with(address, Arc::new(|_| {})), Err(Error::Transport(_))));
    }

    #[test]
    fn a_silent_broker_is_given_up_in_time() {
        let address = broker(|peer, _| while peer.next().is_some() {});
        let outcome = within(PATIENCE, move || connect_with(address, Arc::new(|_| {})).map(|_| ()));
        assert!(matches!(outcome, Err(Error::NoAnswer)));
    }

    #[test]
    fn what_comes_with_the_connack_is_delivered() {
        let address = broker(|peer, _| {
            let message = packet::publish("/early", 3, QoS::AtLeastOnce, false, b"").unwrap();
            peer.accept(&[&SESSION_PRESENT[..], &message].concat());
            assert!(matches!(peer.next(), Some(Packet::PubAck(ack)) if ack.pkid == 3));
            peer.send(&packet::publish("/acknowledged", 0, QoS::AtMostOnce, false, b"").unwrap());
            while peer.next().is_some() {}
        });
        let (client, events) = connect(address);
        assert_eq!(next_event(&client, &events), "message on /early");
        assert_eq!(next_event(&client, &events), "message on /acknowledged");
    }

    #[test]
    fn a_yield_that_ends_leaves_nothing_unacknowledged() {
        let (tell, told) = mpsc::channel();
        let address = broker(move |peer, _| {
            let message = |id| packet::publish("/t", id, QoS::AtLeastOnce, false, b"").unwrap();
            peer.accept(&[&ACCEPTED[..], &message(1), &message(2), &message(3)].concat());
            for _ in 0..3 {
                let Some(Packet::PubAck(ack)) = peer.next() else { panic!("no PUBACK") };
                tell.send(ack.pkid).unwrap();
            }
        });
        let (client, events) = connect(address);
        client.yield_for(Duration::ZERO);
        assert_eq!(events.try_iter().count(), 3);
        let acknowledged = || told.recv_timeout(PATIENCE).unwrap();
        assert_eq!([acknowledged(), acknowledged(), acknowledged()], [1, 2, 3]);
    }

    #[test]
    fn what_is_asked_for_without_a_connection_is_refused_in_one_line_and_a_count() {
        let hal = crate::hal::fake::shared_log();
        let address = broker(|peer, number| {
            peer.accept(&ACCEPTED);
            while number > 1 && peer.next().is_some() {}
        });
        let (client, events) = connect(address);
        assert_eq!(next_event(&client, &events), "Disconnect");
        for _ in 0..3 {
            assert!(matches!(client.unsubscribe("/t"), Err(Error::NotConnected)));
        }
        let lines = || {
            let printed = hal.printed();
            let ours = printed.lines().filter(|line| line.contains("iotx_mc_unsubscribe"));
            ours.filter(|line| line.contains("not connected"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(lines().len(), 1, "{:?}", lines());
        assert_eq!(next_event(&client, &events), "Reconnect");
        assert!(lines()[1].ends_with("not connected (2 times more)"), "{:?}", lines());
    }

    /// Grants every subscription and echoes every message.
    fn echo(peer: &mut Peer, _: usize) {
        peer.accept(&ACCEPTED);
        while let Some(packet) = peer.next() {
            match packet {
                Packet::Subscribe(subscribe) => {
                    let [high, low] = subscribe.pkid.to_be_bytes();
                    peer.send(&[0x90, 3, high, low, 0]);
                }
                Packet::Publish(publish) => {
                    peer.send(&packet::puback(publish.pkid));
                    let echo = packet::publish(
                        &publish.topic,
                        0,
                        QoS::AtMostOnce,
                        false,
                        &publish.payload,
                    );
                    peer.send(&echo.unwrap());
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_handler_may_publish_and_close() {
        let (client, _events) = connect(broker(echo));
        let (tell, told) = mpsc::channel();
        let inner = Arc::downgrade(&client);
        let tell = Mutex::new(tell);
        let handle = move |message: &mut Message| {
            let client = inner.upgrade().unwrap();
            lock(&tell).send(message.payload().to_vec()).unwrap();
            if message.payload() == b"first" {
                client.publish("/t", QoS::AtLeastOnce, false, b"second").unwrap();
            } else {
                client.close();
            }
        };
        client.subscribe_sync("/t", QoS::AtMostOnce, handler(handle), PATIENCE, true).unwrap();
        client.publish("/t", QoS::AtLeastOnce, false, b"first").unwrap();
        let yielding = Arc::clone(&client);
        within(PATIENCE, move || yielding.yield_for(Duration::from_secs(3600)));
        assert_eq!(
            told.iter().take(2).collect::<Vec<_>>(),
            [b"first".to_vec(), b"second".to_vec()]
        );
        assert!(!client.is_connected());
    }

    #[test]
    fn a_waiting_thread_subscribes_while_another_yields() {
        let (client, _events) = connect(broker(echo));
        let yielding = Arc::clone(&client);
        let yielder = thread::spawn(move || yielding.yield_for(PATIENCE));
        client.subscribe_sync("/t", QoS::AtMostOnce, handler(|_| {}), PATIENCE, false).unwrap();
        client.close();
        yielder.join().unwrap();
    }

    #[test]
    fn a_subscription_that_nobody_answers_ends_in_time() {
        let address = broker(|peer, _| {
            peer.accept(&ACCEPTED);
            while peer.next().is_some() {}
        });
        let (client, _events) = connect(address);
        for drive in [true, false] {
            let outcome = client.subscribe_sync(
                "/t",
                QoS::AtMostOnce,
                handler(|_| {}),
                Duration::from_millis(50),
                drive,
            );
            assert!(matches!(outcome, Err(Error::NoAnswer)));
        }
    }

    #[test]
    fn a_yield_lasts_its_time_and_delivers_at_once() {
        let (client, events) = connect(broker(echo));
        let start = Instant::now();
        client.yield_for(Duration::from_millis(50));
        assert!(start.elapsed() >= Duration::from_millis(50));

        let yielding = Arc::clone(&client);
        let yielder = thread::spawn(move || yielding.yield_for(Duration::from_secs(3600)));
        client.publish("/t", QoS::AtLeastOnce, false, b"").unwrap();
        assert_eq!(events.recv_timeout(PATIENCE).unwrap(), "PublishSuccess(1)");
        assert_eq!(events.recv_timeout(PATIENCE).unwrap(), "message on /t");
        client.close();
        yielder.join().unwrap();
    }

    #[test]
    fn a_lost_connection_is_told_once_and_comes_back_with_what_was_not_acknowledged() {
        let address = broker(|peer, number| {
            if number == 1 {
                peer.accept(&ACCEPTED);
                assert!(matches!(peer.next(), Some(Packet::Publish(first)) if !first.dup));
                return;
            }
            peer.accept(&SESSION_PRESENT);
            assert!(matches!(peer.next(), Some(Packet::Publish(again)) if again.dup));
            peer.send(&packet::puback(1));
            while peer.next().is_some() {}
        });
        let (client, events) = connect(address);
        client.publish("/t", QoS::AtLeastOnce, false, b"x").unwrap();
        assert_eq!(next_event(&client, &events), "Disconnect");
        assert!(!client.is_connected());
        assert!(matches!(
            client.publish("/t", QoS::AtMostOnce, false, b""),
            Err(Error::NotConnected)
        ));
        assert_eq!(next_event(&client, &events), "Reconnect");
        assert!(client.is_connected());
        assert_eq!(next_event(&client, &events), "PublishSuccess(1)");
        assert!(events.try_recv().is_err());
    }

    #[test]
    fn garbage_ends_the_connection_after_what_came_before_it() {
        let address = broker(|peer, number| {
            peer.accept(&ACCEPTED);
            if number == 1 {
                let good = packet::publish("/good", 0, QoS::AtMostOnce, false, b"").unwrap();
                peer.send(&[&good[..], &[0xF0, 0]].concat());
            }
            while peer.next().is_some() {}
        });
        let (client, events) = connect(address);
        assert_eq!(next_event(&client, &events), "message on /good");
        assert_eq!(next_event(&client, &events), "Disconnect");
        assert_eq!(next_event(&client, &events), "Reconnect");
    }

    #[test]
    fn an_oversized_message_is_skipped_told_and_acknowledged() {
        let address = broker(|peer, _| {
            peer.accept(&ACCEPTED);
            peer.send(&packet::publish("/t", 5, QoS::AtLeastOnce, false, &[0; 2000]).unwrap());
            assert!(matches!(peer.next(), Some(Packet::PubAck(ack)) if ack.pkid == 5));
            peer.send(&packet::publish("/next", 0, QoS::AtMostOnce, false, b"").unwrap());
            while peer.next().is_some() {}
        });
        let (client, events) = connect(address);
        assert_eq!(next_event(&client, &events), "BufferOverflow");
        assert_eq!(next_event(&client, &events), "message on /next");
    }

    /// A broker that reads nothing but the CONNECT, until what is returned beside it is dropped.
    fn deaf_broker() -> (&'static FakeHal, mpsc::Sender<()>) {
        let (stop, stopped) = mpsc::channel();
        let address = broker(move |peer, _| {
            peer.accept(&ACCEPTED);
            let _ = stopped.recv_timeout(PATIENCE);
        });
        let hal = FakeHal::leak();
        hal.redirect(HOST, 1883, address);
        (hal, stop)
    }

    #[test]
    fn a_broker_that_does_not_read_holds_up_neither_a_yield_nor_a_close() {
        let (hal, stop) = deaf_broker();
        let patience = Duration::from_secs(3);
        let params =
            Params { send_limit: 1 << 26, request_timeout: patience, ..params(Arc::new(|_| {})) };
        let client = Client::connect(hal, params).unwrap();
        let publishing = Arc::clone(&client);
        let publisher = thread::spawn(move || {
            publishing.publish("/t", QoS::AtMostOnce, false, &vec![0; 1 << 25])
        });
        yield_until(&client, || lock(&client.state).outbox.is_being_written());
        let start = Instant::now();
        client.yield_for(Duration::from_millis(20));
        assert!(start.elapsed() < patience / 2, "{:?}", start.elapsed());
        let start = Instant::now();
        client.close();
        assert!(start.elapsed() < patience / 2, "{:?}", start.elapsed());
        assert!(matches!(publisher.join().unwrap(), Err(Error::Transport(_))));
        drop(stop);
    }

    #[test]
    fn what_is_told_as_failed_is_not_sent_over_the_next_connection() {
        let (hal, stop) = deaf_broker();
        let params =
            Params { send_limit: 1 << 26, request_timeout: PATIENCE, ..params(Arc::new(|_| {})) };
        let client = Client::connect(hal, params).unwrap();
        let publishers = [vec![0; 1 << 25], vec![0]].map(|payload| {
            let publishing = Arc::clone(&client);
            let publisher =
                thread::spawn(move || publishing.publish("/t", QoS::AtLeastOnce, false, &payload));
            yield_until(&client, || lock(&client.state).outbox.is_being_written());
            publisher
        });
        yield_until(&client, || lock(&client.state).sending.len() == 2);
        {
            // The next connection is there before the publishers know that this one is lost.
            let mut state = client.lock();
            client.lost(&mut state, &"the test says so");
            let mut again = BytesMut::new();
            state.session.connected(Instant::now(), true, &mut again);
            assert!(again.is_empty());
        }
        for publisher in publishers {
            assert!(matches!(publisher.join().unwrap(), Err(Error::Transport(_))));
        }
        drop(stop);
        client.close();
    }

    #[test]
    fn what_a_broker_does_not_take_in_time_ends_the_connection() {
        let (hal, stop) = deaf_broker();
        let client =
            Client::connect(hal, Params { send_limit: 1 << 26, ..params(Arc::new(|_| {})) })
                .unwrap();
        let outcome = client.publish("/t", QoS::AtLeastOnce, false, &vec![0; 1 << 25]);
        assert!(matches!(outcome, Err(Error::Transport(TransportError::TimedOut))));
        assert!(!client.is_connected());
        drop(stop);
    }

    #[test]
    fn closing_says_goodbye() {
        let (tell, told) = mpsc::channel();
        let address = broker(move |peer, _| {
            peer.accept(&ACCEPTED);
            tell.send(matches!(peer.next(), Some(Packet::Disconnect))).unwrap();
        });
        let (client, _events) = connect(address);
        client.close();
        assert!(told.recv_timeout(PATIENCE).unwrap());
        assert!(matches!(
            client.publish("/t", QoS::AtMostOnce, false, b""),
            Err(Error::NotConnected)
        ));
        assert!(matches!(
            client.publish("t", QoS::AtMostOnce, false, b""),
            Err(Error::BadTopic(_))
        ));
    }

    #[test]
    fn closing_while_reconnecting_ends_a_yield() {
        let address = broker(|peer, _| peer.accept(&ACCEPTED));
        let (client, events) = connect(address);
        assert_eq!(next_event(&client, &events), "Disconnect");
        let yielding = Arc::clone(&client);
        let yielder = thread::spawn(move || yielding.yield_for(Duration::from_secs(3600)));
        client.close();
        within(PATIENCE, move || yielder.join().unwrap());
    }

    #[test]
    fn a_reconnection_asks_for_a_new_login_and_goes_where_it_says() {
        let first = broker(|peer, _| peer.accept(&ACCEPTED));
        let second = broker(|peer, _| {
            let Some(Packet::Connect(connect)) = peer.next() else { panic!("no CONNECT") };
            assert_eq!(connect.login.unwrap().username, "another user");
            peer.send(&ACCEPTED);
            while peer.next().is_some() {}
        });
        let hal = FakeHal::leak();
        hal.redirect(HOST, 1883, first);
        hal.redirect("another.test", 8883, second);
        let params = params(Arc::new(|_| {}));
        let mut login = params.login.clone();
        login.endpoint.host = "another.test".to_owned();
        login.endpoint.port = 8883;
        login.username = "another user".to_owned();
        let asked = Arc::new(Mutex::new(0));
        let counter = Arc::clone(&asked);
        let relogin: Relogin = Arc::new(move || {
            let mut asked = lock(&counter);
            *asked += 1;
            match *asked {
                1 => Err(crate::error::Error::BadReply("at first".into())),
                _ => Ok(login.clone()),
            }
        });
        let client = Client::connect(hal, Params { relogin: Some(relogin), ..params }).unwrap();
        assert_eq!(*lock(&asked), 0, "the first login is the one that was given");
        yield_until(&client, || *lock(&asked) == 2 && client.is_connected());
        client.close();
    }
}
