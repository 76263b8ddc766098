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

mod deliver;
mod link;
mod lock;
mod send;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::BytesMut;

use self::deliver::may_deliver;
use self::lock::Locked;
use super::backoff::Backoff;
use super::connect::{Login, establish};
use super::outbox::Outbox;
use super::packet::{self, Decoder};
use super::session::{Config, Handlers, Incoming, Session};
use super::{Error, Event, Handler, NoLogin, QoS, topic};
use crate::base::deadline::Deadline;
use crate::base::log::Repeated;
use crate::base::sync::Signal;
use crate::hal::Hal;
use crate::transport::{Connection, send_all};

/// The longest single wait for bytes. Another thread's publish can bring a timer forward while a
/// thread waits; this is how late that timer may be noticed.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// How often a stalled write is tried again.
const STALL_POLL: Duration = Duration::from_millis(10);
/// How much may wait to be told before no more is received.
const INBOX_MAX: usize = 1024;
/// The time that a farewell may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(100);

/// The firmware's event handler.
pub type EventHandler = Arc<dyn Fn(&mut Event) + Send + Sync>;

/// Finds out where to log in again, and as whom. May block; called by no thread of the firmware.
pub type Relogin = Arc<dyn Fn() -> Result<Login, NoLogin> + Send + Sync>;

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
    /// The same for a PUBLISH.
    pub publish_limit: usize,
    /// What the firmware expects of its handlers.
    pub handlers: Handlers,
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
    /// What was asked for while too many packets waited for their answer.
    full: Repeated,
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
            publish_limit: params.publish_limit,
            handlers: params.handlers,
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
                full: Repeated::default(),
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
    /// when this returns, except in a handler behind which others wait to be called: then it is
    /// written together with what they send. Blocks for at most one request timeout.
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
        let (link, writing, mut last) = {
            let mut state = self.lock();
            state.generation += 1;
            state.inbox.clear();
            state.full.end();
            self.changed.notify();
            let link = std::mem::replace(&mut state.link, Link::Closed);
            let writing = state.outbox.is_being_written();
            (link, writing, state.outbox.take().unwrap_or_default())
        };
        if let Link::Up { connection, .. } = link {
            // A broker that does not take it in time, or is in the middle of another packet, sees
            // the connection end instead.
            if !writing {
                let deadline = Deadline::after(CLOSE_TIMEOUT);
                last.extend_from_slice(&packet::DISCONNECT);
                let _ = send_all(&*connection, &last, deadline);
            }
            connection.close();
        }
        log::info!(target: "iotx_mc_disconnect", "mqtt disconnect!");
    }

    /// Does all the client's work until `deadline`, or until `done`.
    fn drive(self: &Arc<Self>, deadline: Instant, done: &dyn Fn(&State) -> bool) {
        loop {
            let mut state = self.lock();
            if !state.inbox.is_empty() && may_deliver() {
                drop(state);
                self.dispatch();
                state = self.lock();
            }
            let now = Instant::now();
            if now >= deadline || done(&state) || matches!(state.link, Link::Closed) {
                return;
            }
            let wake = self.advance(&mut state, now);
            if !state.inbox.is_empty() && may_deliver() {
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
}

#[cfg(test)]
mod tests;
