//! A client: the session, its connection, and the firmware's threads that drive them.
//!
//! There is no thread of the library's own while connected: a firmware thread calls
//! [`Client::yield_for`], which receives, runs the timers and calls the firmware back. One lock
//! guards the session; waiting for bytes and every call back happen outside of it, so a thread
//! that yields never delays one that publishes, and a handler may call anything.
//!
//! Only reconnecting runs on a thread of its own, for as long as it takes, because resolving and
//! connecting block for as long as the HAL likes and `yield_for` must end in time.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::backoff::Backoff;
use super::connect::{Established, Login, establish};
use super::packet::{self, Decoder};
use super::session::{Config, Incoming, Session};
use super::{Error, Event, Handler, Message, QoS, topic};
use crate::error::TransportError;
use crate::hal::Hal;
use crate::sync::lock;
use crate::transport::Connection;

/// The longest single wait for bytes. Another thread's publish can bring a timer forward while a
/// thread waits; this is how late that timer may be noticed.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// The time that a farewell may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(100);

/// The firmware's event handler.
pub type EventHandler = Arc<dyn Fn(&mut Event) + Send + Sync>;

/// What a client is made of.
pub struct Params {
    /// Where to log in, and as whom.
    pub login: Login,
    /// The unit of all time-outs.
    pub request_timeout: Duration,
    /// How long the connection may be quiet before a ping is sent.
    pub keep_alive: Duration,
    /// The largest packet that is received, in bytes.
    pub read_limit: usize,
    /// The largest packet that is sent, in bytes.
    pub send_limit: usize,
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
    changed: Condvar,
}

struct State {
    session: Session,
    link: Link,
    /// Counts connections, so that what belongs to a lost one is recognised.
    generation: u64,
    /// What happened over which connection and has not been told to the firmware yet.
    inbox: VecDeque<(u64, Incoming)>,
    /// What has to be sent; empty whenever the lock is free.
    out: BytesMut,
    backoff: Backoff,
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
        let client = Client {
            hal,
            params,
            state: Mutex::new(State {
                session: Session::new(config, now),
                link: Link::Connecting,
                generation: 0,
                inbox: VecDeque::new(),
                out: BytesMut::new(),
                backoff: Backoff::default(),
                awaited: BTreeMap::new(),
            }),
            changed: Condvar::new(),
        };
        client.link_up(&mut lock(&client.state), established);
        log::info!(target: "iotx_mc_connect", "mqtt connect success!");
        Ok(Arc::new(client))
    }

    /// Whether the client is connected at the moment.
    pub fn is_connected(&self) -> bool {
        matches!(lock(&self.state).link, Link::Up { .. })
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
        self.send(|session, now| session.publish(now, topic, qos, retain, payload))
    }

    /// Asks for a subscription and returns the packet id that its event will carry.
    pub fn subscribe(&self, filter: &str, qos: QoS, handler: Handler) -> Result<u16, Error> {
        topic::check_filter(filter).map_err(Error::BadTopic)?;
        let id = self.send(|session, now| session.subscribe(now, filter, qos, handler))?;
        log::info!(target: "iotx_mc_subscribe", "mqtt subscribe success,topic = {filter}!");
        Ok(id)
    }

    /// Ends a subscription, whoever made it, and returns the packet id that its event will carry.
    pub fn unsubscribe(&self, filter: &str) -> Result<u16, Error> {
        topic::check_filter(filter).map_err(Error::BadTopic)?;
        let id = self.send(|session, now| session.unsubscribe(now, filter))?;
        log::info!(target: "iotx_mc_unsubscribe", "mqtt unsubscribe success,topic = {filter}!");
        Ok(id)
    }

    /// Subscribes and waits until the broker has granted it, for at most `timeout`.
    ///
    /// With `drive` the calling thread yields meanwhile; without, another thread has to.
    pub fn subscribe_sync(
        self: &Arc<Self>,
        filter: &str,
        qos: QoS,
        handler: Handler,
        timeout: Duration,
        drive: bool,
    ) -> Result<(), Error> {
        topic::check_filter(filter).map_err(Error::BadTopic)?;
        let deadline = Instant::now() + timeout;
        let wait = |done: &dyn Fn(&State) -> bool| {
            if drive { self.drive(deadline, done) } else { self.watch(deadline, done) }
        };

        wait(&|state| matches!(state.link, Link::Up { .. }));
        let id = {
            let mut state = lock(&self.state);
            let id = self.send_locked(&mut state, |session, now| {
                session.subscribe(now, filter, qos, handler)
            })?;
            state.awaited.insert(id, None);
            id
        };
        wait(&|state| !matches!(state.awaited.get(&id), Some(None)));
        lock(&self.state).awaited.remove(&id).flatten().unwrap_or(Err(Error::NoAnswer))
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
        let mut state = lock(&self.state);
        if let Link::Up { connection, .. } = &state.link {
            // A broker that does not take it in time sees the connection end instead.
            let _ = connection.send(&packet::DISCONNECT, CLOSE_TIMEOUT);
            connection.close();
        }
        state.link = Link::Closed;
        state.generation += 1;
        state.inbox.clear();
        self.changed.notify_all();
        log::info!(target: "iotx_mc_disconnect", "mqtt disconnect!");
    }

    fn send(
        &self,
        make: impl FnOnce(&mut Session, Instant) -> Result<(u16, bytes::Bytes), Error>,
    ) -> Result<u16, Error> {
        self.send_locked(&mut lock(&self.state), make)
    }

    fn send_locked(
        &self,
        state: &mut State,
        make: impl FnOnce(&mut Session, Instant) -> Result<(u16, bytes::Bytes), Error>,
    ) -> Result<u16, Error> {
        let Link::Up { connection, .. } = &state.link else { return Err(Error::NotConnected) };
        let (id, frame) = make(&mut state.session, Instant::now())?;
        if let Err(cause) = connection.send(&frame, self.params.request_timeout) {
            // Told to the caller as failed, so it must not go out later by itself.
            state.session.forget(id);
            self.lost(state, &cause);
            return Err(cause.into());
        }
        Ok(id)
    }

    /// Does all the client's work until `deadline`, or until `done`.
    fn drive(self: &Arc<Self>, deadline: Instant, done: &dyn Fn(&State) -> bool) {
        loop {
            self.dispatch();
            let now = Instant::now();
            let mut state = lock(&self.state);
            if now >= deadline || done(&state) || matches!(state.link, Link::Closed) {
                return;
            }
            let wake = self.advance(&mut state, now);
            if state.inbox.is_empty() {
                self.wait(state, now, wake.min(deadline).min(now + LONGEST_WAIT));
            }
        }
    }

    /// Waits until `deadline`, or until another thread's work has made `done` true.
    fn watch(&self, deadline: Instant, done: &dyn Fn(&State) -> bool) {
        let mut state = lock(&self.state);
        while !done(&state) && !matches!(state.link, Link::Closed) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state =
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Does what is due by now and says when there is more to do.
    fn advance(self: &Arc<Self>, state: &mut State, now: Instant) -> Instant {
        match &state.link {
            Link::Up { .. } => {
                let tick = state.session.tick(now, &mut state.out);
                for event in tick.events {
                    state.push(Incoming::Event(event));
                }
                self.flush(state);
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
    fn wait(&self, mut state: MutexGuard<'_, State>, now: Instant, until: Instant) {
        let timeout = until.saturating_duration_since(now);
        if let Link::Up { connection, decoder } = &mut state.link
            && let Some(mut decoder) = decoder.take()
        {
            let connection = Arc::clone(connection);
            let generation = state.generation;
            drop(state);
            let outcome = connection.receive(&mut decoder.buffer, timeout);
            let mut state = lock(&self.state);
            if state.generation == generation {
                self.take_in(&mut state, decoder, outcome);
            }
            self.changed.notify_all();
        } else {
            drop(self.changed.wait_timeout(state, timeout));
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
        let malformed = loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => {
                    if let Some(incoming) = state.session.receive(now, frame, &mut state.out) {
                        state.push(incoming);
                    }
                }
                Ok(None) => break None,
                Err(cause) => break Some(cause),
            }
        };
        if let Link::Up { decoder: slot, .. } = &mut state.link {
            *slot = Some(decoder);
        }
        self.flush(state);
        match (malformed, outcome) {
            (Some(cause), _) => self.lost(state, &cause),
            (None, Err(cause)) => self.lost(state, &cause),
            (None, Ok(_)) => {}
        }
    }

    fn flush(&self, state: &mut State) {
        if state.out.is_empty() {
            return;
        }
        if let Link::Up { connection, .. } = &state.link
            && let Err(cause) = connection.send(&state.out, self.params.request_timeout)
        {
            self.lost(state, &cause);
        }
        state.out.clear();
    }

    /// The connection is gone: tell the firmware once, and try again later.
    fn lost(&self, state: &mut State, why: &dyn std::fmt::Display) {
        if let Link::Up { connection, .. } = &state.link {
            log::error!(target: "iotx_mc_cycle", "the connection is lost: {why}");
            connection.close();
            state.generation += 1;
            state.out.clear();
            state.push(Incoming::Event(Event::Disconnect));
            self.retry_later(state, Instant::now());
        }
    }

    fn retry_later(&self, state: &mut State, now: Instant) {
        let wait = state.backoff.next_wait(|below| self.hal.random(below));
        state.link = Link::Down { retry_at: now + wait };
        self.changed.notify_all();
    }

    fn start_reconnecting(self: &Arc<Self>, state: &mut State, now: Instant) {
        state.link = Link::Connecting;
        let client = Arc::clone(self);
        let attempt =
            thread::Builder::new().name("linkkit-connect".into()).spawn(move || client.reconnect());
        if let Err(cause) = attempt {
            log::error!(target: "iotx_mc_attempt_reconnect", "no thread to reconnect with: {cause}");
            self.retry_later(state, now);
        }
    }

    fn reconnect(&self) {
        const TARGET: &str = "iotx_mc_attempt_reconnect";
        log::info!(target: TARGET, "reconnecting to {}", self.params.login.endpoint.host);
        let params = &self.params;
        let outcome = establish(self.hal, &params.login, params.read_limit, params.request_timeout);
        let mut state = lock(&self.state);
        if matches!(state.link, Link::Closed) {
            return;
        }
        match outcome {
            Ok(established) => {
                // The event comes before whatever the broker sends over the new connection.
                state.push(Incoming::Event(Event::Reconnect));
                self.link_up(&mut state, established);
                log::info!(target: TARGET, "mqtt reconnect success!");
            }
            Err(cause) => {
                log::error!(target: TARGET, "mqtt reconnect failed: {cause}");
                if matches!(cause, Error::ConnectRefused(code) if code != 3) {
                    state.backoff.give_time();
                }
                self.retry_later(&mut state, Instant::now());
            }
        }
        self.changed.notify_all();
    }

    fn link_up(&self, state: &mut State, established: Established) {
        let Established { connection, decoder, session_present } = established;
        state.generation += 1;
        state.backoff = Backoff::default();
        state.link = Link::Up { connection, decoder: None };
        state.session.connected(Instant::now(), session_present, &mut state.out);
        // Packets may have come together with the CONNACK.
        self.take_in(state, decoder, Ok(0));
    }

    /// Tells the firmware what happened, with no lock held.
    fn dispatch(&self) {
        while let Some((generation, incoming)) = self.next_incoming() {
            match incoming {
                Incoming::Event(mut event) => (self.params.on_event)(&mut event),
                Incoming::Message(message) => self.deliver(message, generation),
            }
        }
    }

    fn next_incoming(&self) -> Option<(u64, Incoming)> {
        lock(&self.state).inbox.pop_front()
    }

    fn deliver(&self, mut message: Message, generation: u64) {
        let (id, qos) = (message.id, message.qos);
        let handlers = lock(&self.state).session.handlers(message.topic());
        if handlers.is_empty() {
            (self.params.on_event)(&mut Event::PublishReceived(message));
        } else {
            for handler in handlers {
                (handler.call)(&mut message);
            }
        }

        let mut state = lock(&self.state);
        // A broker that lost the connection meanwhile sends the message again over the next one.
        if state.generation == generation
            && let Some(answer) = state.session.acknowledge(Instant::now(), qos, id)
        {
            state.out.extend_from_slice(&answer);
            self.flush(&mut state);
        }
    }
}

impl State {
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

    use super::super::packet::{Frame, Packet};
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
        decoder: Decoder,
    }

    impl Peer {
        /// The next packet, `None` once the client has gone.
        fn next(&mut self) -> Option<Packet> {
            loop {
                match self.decoder.next_frame().unwrap() {
                    Some(Frame::Packet(packet)) => return Some(packet),
                    Some(other) => panic!("{other:?}"),
                    None => {}
                }
                let mut bytes = [0; 4096];
                let len = self.stream.read(&mut bytes).ok().filter(|len| *len > 0)?;
                self.decoder.buffer.extend_from_slice(&bytes[..len]);
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
            script(&mut Peer { stream, decoder: Decoder::new(1 << 20) }, number);
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
            request_timeout: REQUEST_TIMEOUT,
            keep_alive: Duration::from_secs(60),
            read_limit: 1024,
            send_limit: 1024,
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
    fn an_oversized_packet_is_skipped_and_told() {
        let address = broker(|peer, _| {
            peer.accept(&ACCEPTED);
            peer.send(&packet::publish("/t", 0, QoS::AtMostOnce, false, &[0; 2000]).unwrap());
            peer.send(&packet::publish("/next", 0, QoS::AtMostOnce, false, b"").unwrap());
            while peer.next().is_some() {}
        });
        let (client, events) = connect(address);
        assert_eq!(next_event(&client, &events), "BufferOverflow");
        assert_eq!(next_event(&client, &events), "message on /next");
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
}
