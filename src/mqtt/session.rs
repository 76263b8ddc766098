//! The MQTT session: packet ids, what waits for an acknowledgement, subscriptions, keepalive.
//!
//! A state machine without I/O: it is told the time and the packets that came, and says what to
//! send and what happened. It outlives connections, so that QoS 1 survives a drop.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};

use super::packet::{self, Frame, Packet, QoS, SubscribeReasonCode};
use super::topic::FilterTree;
use super::{Error, Event, Handler, Message};

/// How many published messages may wait for their PUBACK.
pub const PUBLISHES_MAX: usize = 20;
/// How many SUBSCRIBE and UNSUBSCRIBE packets may wait for their acknowledgement.
pub const REQUESTS_MAX: usize = 30;
/// How many filters one SUBSCRIBE carries when a lost session is set up again.
const FILTERS_A_PACKET: usize = 5;
/// A message is sent again after this many request timeouts.
const RESEND_AFTER: u32 = 2;
/// A SUBSCRIBE or UNSUBSCRIBE is given up after this many request timeouts.
const REQUEST_LIFE: u32 = 10;

/// What does not change in a session's life.
#[derive(Clone, Debug)]
pub struct Config {
    /// The unit of the acknowledgement timers.
    pub request_timeout: Duration,
    /// A PINGREQ is sent when nothing else was, or nothing came, for this long.
    pub keep_alive: Duration,
    /// The largest packet that is sent, in bytes.
    pub send_limit: usize,
    /// The same for a PUBLISH.
    pub publish_limit: usize,
    /// What the firmware expects of its handlers.
    pub handlers: Handlers,
}

/// What a firmware expects of its handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handlers {
    /// When they get messages.
    pub count: HandlersCount,
    /// Of several that match, whether the one that subscribed last is called first.
    pub newest_first: bool,
}

/// From when to when the handler of a subscription gets messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandlersCount {
    /// From when SUBSCRIBE is made, so that it gets what the broker has kept for the device, until
    /// UNSUBSCRIBE is made.
    WhileAskedFor,
    /// From the broker's grant until its answer to UNSUBSCRIBE, in the order of the wire: a message
    /// that came before an answer goes to whom it would have gone before it.
    WhileGranted,
}

/// A client's session with the broker.
#[derive(Debug)]
pub struct Session {
    config: Config,
    last_id: u16,
    publishes: VecDeque<Waiting>,
    requests: Vec<Request>,
    subscriptions: Subscriptions,
    /// Ids of QoS 2 messages that came and are not released yet.
    unreleased: BTreeSet<u16>,
    last_sent: Instant,
    last_received: Instant,
    ping_sent: Option<Instant>,
    /// Whether the answer to the ping was missed before.
    ping_missed: bool,
}

/// A published message that waits for its PUBACK.
#[derive(Debug)]
struct Waiting {
    id: u16,
    frame: Bytes,
    sent: Instant,
}

/// A SUBSCRIBE or UNSUBSCRIBE that waits for its acknowledgement.
#[derive(Debug)]
struct Request {
    id: u16,
    kind: Kind,
    frame: Bytes,
    sent: Instant,
}

#[derive(Debug)]
enum Kind {
    Subscribe {
        filter: String,
        qos: QoS,
        handler: Handler,
        /// Whether the handler gets messages because of this request.
        added: bool,
    },
    Unsubscribe {
        filter: String,
    },
    /// The session's own: it sets subscriptions up again that the broker has forgotten.
    Resubscribe {
        filters: Vec<String>,
    },
}

/// What a packet meant.
#[derive(Debug)]
pub enum Incoming {
    /// Something to tell the firmware.
    Event(Event),
    /// A message to deliver, and then to pass to [`Session::acknowledge`].
    Message(Message),
    /// Who gets messages changes: to be passed to [`Session::change`] after the messages before it
    /// were delivered, and then told.
    Change(Change, Event),
}

/// A change of who gets messages.
#[derive(Debug)]
pub enum Change {
    /// The handler gets those of the filter.
    Add(String, Handler),
    /// Nobody gets those of the filter any more.
    Remove(String),
}

/// What the passing of time brought about.
#[derive(Debug, Default)]
pub struct Tick {
    /// Requests that were given up.
    pub events: Vec<Event>,
    /// The broker has not answered the last ping in time, and nothing came since that was noticed
    /// first: the connection is dead.
    pub silent: bool,
}

impl Session {
    /// A session that nothing has happened in yet.
    pub fn new(config: Config, now: Instant) -> Self {
        Session {
            config,
            last_id: 0,
            publishes: VecDeque::new(),
            requests: Vec::new(),
            subscriptions: Subscriptions::default(),
            unreleased: BTreeSet::new(),
            last_sent: now,
            last_received: now,
            ping_sent: None,
            ping_missed: false,
        }
    }

    /// Whether a message waits for its PUBACK.
    #[cfg(test)]
    pub(crate) fn is_waiting_for(&self, id: u16) -> bool {
        self.publishes.iter().any(|waiting| waiting.id == id)
    }

    /// Goes on with the packet ids after this one: they start again after 65535.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn continue_after(&mut self, id: u16) {
        self.last_id = id;
    }

    /// Makes a PUBLISH to a topic that `topic::check_name` has checked. Returns its packet id, 0 for
    /// QoS 0, and the bytes to send.
    ///
    /// A QoS 1 message is kept until it is acknowledged; when sending it fails, the caller takes
    /// it back by [`Session::forget`].
    pub fn publish(
        &mut self,
        now: Instant,
        topic: &str,
        qos: QoS,
        retain: bool,
        payload: &[u8],
    ) -> Result<(u16, Bytes), Error> {
        let id = match qos {
            QoS::AtMostOnce => 0,
            QoS::AtLeastOnce if self.publishes.len() < PUBLISHES_MAX => self.next_id(),
            QoS::AtLeastOnce => return Err(Error::WaitListFull { limit: PUBLISHES_MAX }),
            QoS::ExactlyOnce => return Err(Error::UnsupportedQos),
        };
        let frame = packet::publish(topic, id, qos, retain, payload);
        let frame = fitting(frame, self.config.publish_limit)?;
        if id != 0 {
            self.publishes.push_back(Waiting { id, frame: frame.clone(), sent: now });
        }
        self.last_sent = now;
        Ok((id, frame))
    }

    /// Makes a SUBSCRIBE of a filter that `topic::check_filter` has checked. Returns its packet id
    /// and the bytes to send. When the handler gets messages is said by [`HandlersCount`].
    pub fn subscribe(
        &mut self,
        now: Instant,
        filter: &str,
        qos: QoS,
        handler: Handler,
    ) -> Result<(u16, Bytes), Error> {
        let known = handler.clone();
        let kind = Kind::Subscribe { filter: filter.to_owned(), qos, handler, added: false };
        let encode = |id| packet::subscribe(id, std::iter::once((filter, qos)));
        let request = self.request(now, kind, encode)?;
        if self.config.handlers.count == HandlersCount::WhileAskedFor
            && self.subscriptions.add(filter, known)
            && let Some(Request { kind: Kind::Subscribe { added, .. }, .. }) =
                self.requests.last_mut()
        {
            *added = true;
        }
        Ok(request)
    }

    /// Makes an UNSUBSCRIBE of a filter that `topic::check_filter` has checked. Returns its packet id
    /// and the bytes to send. The filter need not have been subscribed to: a broker may remember it
    /// from an earlier run.
    pub fn unsubscribe(&mut self, now: Instant, filter: &str) -> Result<(u16, Bytes), Error> {
        let kind = Kind::Unsubscribe { filter: filter.to_owned() };
        let request = self.request(now, kind, |id| packet::unsubscribe(id, filter))?;
        if self.config.handlers.count == HandlersCount::WhileAskedFor {
            self.subscriptions.tree.remove(filter);
        }
        Ok(request)
    }

    fn request(
        &mut self,
        now: Instant,
        kind: Kind,
        encode: impl FnOnce(u16) -> Option<Bytes>,
    ) -> Result<(u16, Bytes), Error> {
        let own = |request: &&Request| !matches!(request.kind, Kind::Resubscribe { .. });
        if self.requests.iter().filter(own).count() >= REQUESTS_MAX {
            return Err(Error::WaitListFull { limit: REQUESTS_MAX });
        }
        let id = self.next_id();
        let frame = fitting(encode(id), self.config.send_limit)?;
        self.requests.push(Request { id, kind, frame: frame.clone(), sent: now });
        self.last_sent = now;
        Ok((id, frame))
    }

    /// Takes back a packet that could not be sent.
    pub fn forget(&mut self, id: u16) {
        self.publishes.retain(|waiting| waiting.id != id);
        if let Some(position) = self.requests.iter().position(|request| request.id == id) {
            let request = self.requests.remove(position);
            self.subscriptions.withdraw(&request.kind);
        }
    }

    fn next_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            let id = self.last_id;
            let used = self.publishes.iter().any(|waiting| waiting.id == id)
                || self.requests.iter().any(|request| request.id == id);
            if !used {
                return id;
            }
        }
    }

    /// Takes in what came, and appends to `out` what has to be answered at once.
    pub fn receive(&mut self, now: Instant, frame: Frame, out: &mut BytesMut) -> Option<Incoming> {
        self.last_received = now;
        self.ping_sent = None;
        let packet = match frame {
            Frame::Message(message) => return self.receive_message(message, out),
            Frame::Packet(packet) => packet,
            Frame::Oversized { size, owed } => {
                return self.receive_oversized(now, size, owed, out);
            }
            Frame::UnknownConnack { .. } => return None,
        };
        match packet {
            Packet::PubAck(ack) => self.receive_puback(ack.pkid),
            Packet::SubAck(ack) => self.receive_suback(ack.pkid, &ack.return_codes),
            Packet::UnsubAck(ack) => self.receive_unsuback(ack.pkid),
            Packet::PubRel(release) => {
                self.unreleased.remove(&release.pkid);
                out.extend_from_slice(&packet::pubcomp(release.pkid));
                None
            }
            Packet::PingResp => {
                log::info!(target: "iotx_mc_cycle", "receive ping response!");
                None
            }
            other => {
                log::debug!(target: "iotx_mc_cycle", "INVALID TYPE: the broker sent {other:?}, which is ignored");
                None
            }
        }
    }

    fn receive_message(&mut self, message: Message, out: &mut BytesMut) -> Option<Incoming> {
        if !self.is_new(message.qos, message.id) {
            // Sent again because our PUBREC was lost: it has been delivered.
            out.extend_from_slice(&packet::pubrec(message.id));
            return None;
        }
        Some(Incoming::Message(message))
    }

    /// Whether a message has not come before. By QoS 2 it comes once; by the others, as often as the
    /// broker likes.
    fn is_new(&mut self, qos: QoS, id: u16) -> bool {
        qos != QoS::ExactlyOnce || self.unreleased.insert(id)
    }

    /// It is acknowledged all the same, or the broker would send it again over every connection,
    /// and with a persistent session for ever.
    fn receive_oversized(
        &mut self,
        now: Instant,
        size: usize,
        owed: Option<(QoS, u16)>,
        out: &mut BytesMut,
    ) -> Option<Incoming> {
        let mut is_new = true;
        if let Some((qos, id)) = owed {
            is_new = self.is_new(qos, id);
            out.extend(self.acknowledge(now, qos, id).iter().flatten());
        }
        is_new.then(|| {
            log::error!(target: "iotx_mc_read_packet", "mqtt read buffer is too short, the packet of {size} bytes is skipped");
            Incoming::Event(Event::BufferOverflow)
        })
    }

    fn receive_puback(&mut self, id: u16) -> Option<Incoming> {
        let before = self.publishes.len();
        self.publishes.retain(|waiting| waiting.id != id);
        if self.publishes.len() == before {
            log::debug!(target: "iotx_mc_cycle", "PUBACK {id} answers nothing that waits, ignored");
            return None;
        }
        Some(Incoming::Event(Event::PublishSuccess(id)))
    }

    fn receive_suback(&mut self, id: u16, codes: &[SubscribeReasonCode]) -> Option<Incoming> {
        let request = self.take_request(id, |kind| !matches!(kind, Kind::Unsubscribe { .. }))?;
        let granted = |code: Option<&SubscribeReasonCode>| {
            matches!(code, Some(SubscribeReasonCode::Success(_)))
        };
        match request.kind {
            Kind::Subscribe { ref filter, .. } if !granted(codes.first()) => {
                log::error!(target: "iotx_mc_handle_recv_SUBACK", "MQTT SUBSCRIBE failed, ack code is 0x80: the broker does not grant '{filter}'");
                self.subscriptions.withdraw(&request.kind);
                Some(Incoming::Event(Event::SubscribeNack(id)))
            }
            Kind::Subscribe { filter, qos, handler, .. } => {
                self.subscriptions.granted.insert(filter.clone(), qos);
                Some(self.answered(Change::Add(filter, handler), Event::SubscribeSuccess(id)))
            }
            Kind::Resubscribe { filters } => {
                for (index, filter) in filters.iter().enumerate() {
                    if !granted(codes.get(index)) {
                        log::error!(target: "iotx_mc_handle_recv_SUBACK", "after reconnecting the broker does not grant '{filter}' any more");
                    }
                }
                None
            }
            Kind::Unsubscribe { .. } => None,
        }
    }

    fn receive_unsuback(&mut self, id: u16) -> Option<Incoming> {
        let request = self.take_request(id, |kind| matches!(kind, Kind::Unsubscribe { .. }))?;
        let Kind::Unsubscribe { filter } = request.kind else { return None };
        self.subscriptions.granted.remove(&filter);
        Some(self.answered(Change::Remove(filter), Event::UnsubscribeSuccess(id)))
    }

    fn answered(&self, change: Change, event: Event) -> Incoming {
        match self.config.handlers.count {
            HandlersCount::WhileGranted => Incoming::Change(change, event),
            // It was made when it was asked for.
            HandlersCount::WhileAskedFor => Incoming::Event(event),
        }
    }

    /// Changes who gets messages.
    pub fn change(&mut self, change: Change) {
        match change {
            Change::Add(filter, handler) => {
                self.subscriptions.add(&filter, handler);
            }
            Change::Remove(filter) => {
                self.subscriptions.tree.remove(&filter);
            }
        }
    }

    fn take_request(&mut self, id: u16, is_wanted: impl Fn(&Kind) -> bool) -> Option<Request> {
        let position =
            self.requests.iter().position(|request| request.id == id && is_wanted(&request.kind));
        if position.is_none() {
            log::debug!(target: "iotx_mc_cycle", "acknowledgement {id} answers nothing that waits, ignored");
        }
        Some(self.requests.remove(position?))
    }

    /// Puts into `found` who wants a message of this topic, in the order in which they are called.
    pub fn matching(&self, topic: &str, found: &mut Vec<Subscription>) {
        self.subscriptions.matching(topic, self.config.handlers.newest_first, found);
    }

    /// The answer that a message is owed once it has been delivered.
    pub fn acknowledge(&mut self, now: Instant, qos: QoS, id: u16) -> Option<[u8; 4]> {
        let answer = match qos {
            QoS::AtMostOnce => return None,
            QoS::AtLeastOnce => packet::puback(id),
            QoS::ExactlyOnce => packet::pubrec(id),
        };
        self.last_sent = now;
        Some(answer)
    }

    /// Does what is due by now, and appends to `out` what has to be sent.
    ///
    /// Only while connected: without a connection no timer of the session runs.
    pub fn tick(&mut self, now: Instant, out: &mut BytesMut) -> Tick {
        let mut tick = Tick::default();
        self.resend_overdue(now, out);
        self.resubscribe_overdue(now, out);
        self.give_up_overdue(now, &mut tick.events);
        match self.ping_sent {
            Some(sent) if now >= sent + self.config.request_timeout => {
                // The firmware may not have yielded for long: then the answer came and was not read.
                tick.silent = std::mem::replace(&mut self.ping_missed, true);
            }
            None if now >= self.ping_due() => {
                log::info!(target: "iotx_mc_keepalive_sub", "send MQTT ping...");
                out.extend_from_slice(&packet::PINGREQ);
                self.ping_sent = Some(now);
                self.ping_missed = false;
                self.last_sent = now;
            }
            _ => {}
        }
        tick
    }

    /// A ping is due when the broker has not heard of us, or we of it, for a keepalive interval.
    fn ping_due(&self) -> Instant {
        self.last_sent.min(self.last_received) + self.config.keep_alive
    }

    fn resend_overdue(&mut self, now: Instant, out: &mut BytesMut) {
        let patience = self.config.request_timeout * RESEND_AFTER;
        for waiting in &mut self.publishes {
            if now >= waiting.sent + patience {
                log::debug!(target: "MQTTRePublish", "no PUBACK for {}, it is sent again", waiting.id);
                out.extend_from_slice(&packet::duplicate(&waiting.frame));
                waiting.sent = now;
                self.last_sent = now;
            }
        }
    }

    /// The firmware knows nothing of these requests and could not make them again.
    fn resubscribe_overdue(&mut self, now: Instant, out: &mut BytesMut) {
        let patience = self.config.request_timeout * REQUEST_LIFE;
        for request in &mut self.requests {
            if let Kind::Resubscribe { filters } = &request.kind
                && now >= request.sent + patience
            {
                let filters = filters.join("', '");
                log::error!(target: "iotx_mc_resubscribe", "after reconnecting the broker does not answer for '{filters}', it is asked again");
                out.extend_from_slice(&request.frame);
                request.sent = now;
                self.last_sent = now;
            }
        }
    }

    fn give_up_overdue(&mut self, now: Instant, events: &mut Vec<Event>) {
        let patience = self.config.request_timeout * REQUEST_LIFE;
        for request in self.requests.extract_if(.., |request| now >= request.sent + patience) {
            match request.kind {
                Kind::Subscribe { .. } => events.push(Event::SubscribeTimeout(request.id)),
                Kind::Unsubscribe { .. } => events.push(Event::UnsubscribeTimeout(request.id)),
                Kind::Resubscribe { .. } => {}
            }
            self.subscriptions.withdraw(&request.kind);
        }
    }

    /// When [`Session::tick`] has something to do next.
    pub fn next_deadline(&self) -> Instant {
        let ping = match self.ping_sent {
            Some(sent) => sent + self.config.request_timeout,
            None => self.ping_due(),
        };
        let resend = self.config.request_timeout * RESEND_AFTER;
        let life = self.config.request_timeout * REQUEST_LIFE;
        self.publishes
            .iter()
            .map(|waiting| waiting.sent + resend)
            .chain(self.requests.iter().map(|request| request.sent + life))
            .chain(std::iter::once(ping))
            .min()
            .unwrap_or(ping)
    }

    /// Goes on over a new connection: appends to `out` what the broker has to hear again.
    pub fn connected(&mut self, now: Instant, session_present: bool, out: &mut BytesMut) {
        self.last_sent = now;
        self.last_received = now;
        self.ping_sent = None;
        self.requests.retain(|request| !matches!(request.kind, Kind::Resubscribe { .. }));
        if !session_present {
            self.unreleased.clear();
            self.resubscribe(now);
        }
        for request in &mut self.requests {
            request.sent = now;
            out.extend_from_slice(&request.frame);
        }
        for waiting in &mut self.publishes {
            waiting.sent = now;
            out.extend_from_slice(&packet::duplicate(&waiting.frame));
        }
    }

    fn resubscribe(&mut self, now: Instant) {
        let granted = self.subscriptions.granted();
        for filters in granted.chunks(FILTERS_A_PACKET) {
            let id = self.next_id();
            let pairs = filters.iter().map(|(filter, qos)| (filter.as_str(), *qos));
            // Each of them fitted into a packet of its own, and none is limited by the firmware's
            // buffer here.
            if let Some(frame) = packet::subscribe(id, pairs) {
                let filters = filters.iter().map(|(filter, _)| filter.clone()).collect();
                self.requests.push(Request {
                    id,
                    kind: Kind::Resubscribe { filters },
                    frame,
                    sent: now,
                });
            }
        }
    }
}

fn fitting(frame: Option<Bytes>, limit: usize) -> Result<Bytes, Error> {
    match frame {
        Some(frame) if frame.len() <= limit => Ok(frame),
        Some(frame) => Err(Error::TooLarge { size: frame.len(), limit }),
        None => Err(Error::TooLarge { size: usize::MAX, limit }),
    }
}

/// What the broker has granted, and who wants it.
#[derive(Debug, Default)]
struct Subscriptions {
    tree: FilterTree<Subscription>,
    granted: BTreeMap<String, QoS>,
    count: u64,
}

/// Somebody who wants the messages of a filter.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Tells in which order handlers subscribed.
    order: u64,
    /// The function to call.
    pub handler: Handler,
}

impl Subscriptions {
    /// Adds a handler; one that is there for this filter already is not called twice, and `false`
    /// is returned.
    fn add(&mut self, filter: &str, handler: Handler) -> bool {
        let handlers = self.tree.values_mut(filter);
        if handlers.iter().any(|subscription| subscription.handler == handler) {
            return false;
        }
        self.count += 1;
        handlers.push(Subscription { order: self.count, handler });
        true
    }

    /// Takes back the handler that a request has added which came to nothing: the firmware may free
    /// what the handler needs.
    fn withdraw(&mut self, request: &Kind) {
        if let Kind::Subscribe { filter, handler, added: true, .. } = request {
            let handlers = self.tree.values_mut(filter);
            handlers.retain(|subscription| subscription.handler != *handler);
            if handlers.is_empty() {
                self.tree.remove(filter);
            }
        }
    }

    fn matching(&self, topic: &str, newest_first: bool, found: &mut Vec<Subscription>) {
        found.clear();
        self.tree.for_each_match(topic, |subscription| {
            let is_before =
                |other: &Subscription| (other.order < subscription.order) != newest_first;
            let place = found.partition_point(is_before);
            found.insert(place, subscription.clone());
        });
    }

    fn granted(&self) -> Vec<(String, QoS)> {
        self.granted.iter().map(|(filter, qos)| (filter.clone(), *qos)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
    const KEEP_ALIVE: Duration = Duration::from_secs(60);
    const HANDLERS: Handlers = Handlers { count: HandlersCount::WhileGranted, newest_first: false };
    const FROM_THE_REQUEST_ON: Handlers =
        Handlers { count: HandlersCount::WhileAskedFor, newest_first: true };

    fn session(now: Instant) -> Session {
        let config = Config {
            request_timeout: REQUEST_TIMEOUT,
            keep_alive: KEEP_ALIVE,
            send_limit: 1024,
            publish_limit: 1024,
            handlers: HANDLERS,
        };
        Session::new(config, now)
    }

    fn session_with(now: Instant, handlers: Handlers) -> Session {
        let mut session = session(now);
        session.config.handlers = handlers;
        session
    }

    fn handler(key: usize) -> Handler {
        Handler { key: (key, 0), call: Arc::new(|_| {}) }
    }

    fn decoded(bytes: &[u8]) -> Vec<Packet> {
        let mut bytes = BytesMut::from(bytes);
        std::iter::from_fn(|| packet::next_sent(&mut bytes).unwrap()).collect()
    }

    /// Feeds one packet, given as its bytes, and returns what it meant and what is answered.
    fn feed(session: &mut Session, now: Instant, bytes: &[u8]) -> (Option<Incoming>, Vec<Packet>) {
        let mut out = BytesMut::new();
        let mut decoder = packet::Decoder::new(4096);
        decoder.buffer.extend_from_slice(bytes);
        let frame = decoder.next_frame().unwrap().unwrap();
        let incoming = match session.receive(now, frame, &mut out) {
            Some(Incoming::Change(change, event)) => {
                session.change(change);
                Some(Incoming::Event(event))
            }
            other => other,
        };
        (incoming, decoded(&out))
    }

    fn suback(id: u16, code: u8) -> [u8; 5] {
        let [high, low] = id.to_be_bytes();
        [0x90, 3, high, low, code]
    }

    fn unsuback(id: u16) -> [u8; 4] {
        let [high, low] = id.to_be_bytes();
        [0xB0, 2, high, low]
    }

    fn subscribed(session: &mut Session, now: Instant, filter: &str, key: usize) {
        let (id, _) = session.subscribe(now, filter, QoS::AtLeastOnce, handler(key)).unwrap();
        let (incoming, _) = feed(session, now, &suback(id, 1));
        assert!(
            matches!(incoming, Some(Incoming::Event(Event::SubscribeSuccess(got))) if got == id)
        );
    }

    fn handlers(session: &Session, topic: &str) -> Vec<usize> {
        let mut found = Vec::new();
        session.matching(topic, &mut found);
        found.iter().map(|subscription| subscription.handler.key.0).collect()
    }

    #[test]
    fn publishing_numbers_messages_and_waits_for_twenty() {
        let now = Instant::now();
        let mut session = session(now);
        let publish = |session: &mut Session, qos| session.publish(now, "/t", qos, false, b"x");
        assert_eq!(publish(&mut session, QoS::AtMostOnce).unwrap().0, 0);
        for id in 1..=20 {
            assert_eq!(publish(&mut session, QoS::AtLeastOnce).unwrap().0, id);
        }
        assert!(matches!(
            publish(&mut session, QoS::AtLeastOnce),
            Err(Error::WaitListFull { limit: 20 })
        ));
        assert!(publish(&mut session, QoS::AtMostOnce).is_ok(), "QoS 0 waits for nothing");

        let (incoming, _) = feed(&mut session, now, &packet::puback(7));
        assert!(matches!(incoming, Some(Incoming::Event(Event::PublishSuccess(7)))));
        let (again, _) = feed(&mut session, now, &packet::puback(7));
        assert!(again.is_none(), "a second PUBACK says nothing new");
        assert_eq!(publish(&mut session, QoS::AtLeastOnce).unwrap().0, 21);
    }

    #[test]
    fn what_may_not_be_published_is_refused() {
        let now = Instant::now();
        let mut session = session(now);
        assert!(matches!(
            session.publish(now, "/t", QoS::ExactlyOnce, false, b""),
            Err(Error::UnsupportedQos)
        ));
        let fits = 1024 - 3 - 2 - 2;
        assert!(session.publish(now, "/t", QoS::AtMostOnce, false, &vec![0; fits]).is_ok());
        assert!(matches!(
            session.publish(now, "/t", QoS::AtLeastOnce, false, &vec![0; fits + 1]),
            Err(Error::TooLarge { limit: 1024, .. })
        ));
        assert!(session.publishes.is_empty(), "what was refused waits for nothing");
    }

    #[test]
    fn a_publish_may_have_a_limit_of_its_own() {
        let now = Instant::now();
        let mut session = session(now);
        session.config.publish_limit = 4096;
        assert!(session.publish(now, "/t", QoS::AtLeastOnce, false, &[0; 4000]).is_ok());
        let long = format!("/{}", "t".repeat(1024));
        assert!(matches!(session.unsubscribe(now, &long), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn a_handler_may_count_from_the_request_on_until_its_end_is_asked_for() {
        let now = Instant::now();
        let mut session = session_with(now, FROM_THE_REQUEST_ON);
        let (id, _) = session.subscribe(now, "/t", QoS::AtLeastOnce, handler(1)).unwrap();
        assert_eq!(handlers(&session, "/t"), [1]);
        feed(&mut session, now, &suback(id, 1));
        assert_eq!(handlers(&session, "/t"), [1]);
        let (end, _) = session.unsubscribe(now, "/t").unwrap();
        assert!(handlers(&session, "/t").is_empty());
        let (again, _) = session.subscribe(now, "/t", QoS::AtLeastOnce, handler(2)).unwrap();
        feed(&mut session, now, &unsuback(end));
        feed(&mut session, now, &suback(again, 1));
        assert_eq!(handlers(&session, "/t"), [2], "an old answer ends no new subscription");
        assert_eq!(session.subscriptions.granted().len(), 1);
    }

    #[test]
    fn a_handler_does_not_outlive_a_request_that_came_to_nothing() {
        let now = Instant::now();
        let mut session = session_with(now, FROM_THE_REQUEST_ON);
        subscribed(&mut session, now, "/t", 1);
        let subscribe = |session: &mut Session, key| {
            session.subscribe(now, "/t", QoS::AtLeastOnce, handler(key)).unwrap().0
        };
        let id = subscribe(&mut session, 2);
        assert_eq!(handlers(&session, "/t"), [2, 1], "the newest first");
        feed(&mut session, now, &suback(id, 0x80));
        assert_eq!(handlers(&session, "/t"), [1]);
        let id = subscribe(&mut session, 3);
        session.forget(id);
        assert_eq!(handlers(&session, "/t"), [1]);
        subscribe(&mut session, 4);
        let mut out = BytesMut::new();
        let tick = session.tick(now + REQUEST_TIMEOUT * REQUEST_LIFE, &mut out);
        assert!(matches!(tick.events[..], [Event::SubscribeTimeout(_)]));
        assert_eq!(handlers(&session, "/t"), [1]);
        let id = subscribe(&mut session, 1);
        session.forget(id);
        assert_eq!(handlers(&session, "/t"), [1], "it was there before");
    }

    #[test]
    fn what_an_answer_changes_waits_for_its_turn() {
        let now = Instant::now();
        let mut session = session(now);
        subscribed(&mut session, now, "/t", 1);
        let (id, _) = session.unsubscribe(now, "/t").unwrap();
        let mut decoder = packet::Decoder::new(4096);
        decoder.buffer.extend_from_slice(&unsuback(id));
        let frame = decoder.next_frame().unwrap().unwrap();
        let incoming = session.receive(now, frame, &mut BytesMut::new());
        assert_eq!(handlers(&session, "/t"), [1], "a message before it may still be delivered");
        let Some(Incoming::Change(change, Event::UnsubscribeSuccess(_))) = incoming else {
            panic!("{incoming:?}")
        };
        session.change(change);
        assert!(handlers(&session, "/t").is_empty());
    }

    #[test]
    fn ids_run_around_past_zero_and_past_those_in_use() {
        let now = Instant::now();
        let mut session = session(now);
        let first = session.publish(now, "/t", QoS::AtLeastOnce, false, b"").unwrap().0;
        let second = session.subscribe(now, "/t", QoS::AtMostOnce, handler(1)).unwrap().0;
        assert_eq!((first, second), (1, 2));
        session.continue_after(65534);
        assert_eq!(session.unsubscribe(now, "/t").unwrap().0, 65535);
        assert_eq!(session.unsubscribe(now, "/t").unwrap().0, 3);
    }

    #[test]
    fn thirty_requests_may_wait() {
        let now = Instant::now();
        let mut session = session(now);
        for _ in 0..REQUESTS_MAX {
            session.unsubscribe(now, "/t").unwrap();
        }
        assert!(matches!(
            session.subscribe(now, "/t", QoS::AtMostOnce, handler(1)),
            Err(Error::WaitListFull { limit: REQUESTS_MAX })
        ));
    }

    #[test]
    fn a_handler_is_active_from_suback_to_unsuback() {
        let now = Instant::now();
        let mut session = session(now);
        let (id, _) = session.subscribe(now, "/a/+", QoS::AtLeastOnce, handler(1)).unwrap();
        assert!(handlers(&session, "/a/b").is_empty());
        feed(&mut session, now, &suback(id, 1));
        assert_eq!(handlers(&session, "/a/b"), [1]);

        subscribed(&mut session, now, "/a/b", 2);
        subscribed(&mut session, now, "/a/b", 2);
        assert_eq!(handlers(&session, "/a/b"), [1, 2], "the same handler is not called twice");

        let (id, _) = session.unsubscribe(now, "/a/+").unwrap();
        assert_eq!(handlers(&session, "/a/b"), [1, 2]);
        let (incoming, _) = feed(&mut session, now, &unsuback(id));
        assert!(
            matches!(incoming, Some(Incoming::Event(Event::UnsubscribeSuccess(got))) if got == id)
        );
        assert_eq!(handlers(&session, "/a/b"), [2]);
    }

    #[test]
    fn a_refused_subscription_and_foreign_acknowledgements_change_nothing() {
        let now = Instant::now();
        let mut session = session(now);
        let (id, _) = session.subscribe(now, "/a", QoS::AtLeastOnce, handler(1)).unwrap();
        assert!(feed(&mut session, now, &unsuback(id)).0.is_none(), "wrong kind");
        assert!(feed(&mut session, now, &suback(id + 1, 0)).0.is_none(), "wrong id");
        let (incoming, _) = feed(&mut session, now, &suback(id, 0x80));
        assert!(matches!(incoming, Some(Incoming::Event(Event::SubscribeNack(got))) if got == id));
        assert!(handlers(&session, "/a").is_empty());
        assert!(feed(&mut session, now, &suback(id, 0)).0.is_none(), "too late");
    }

    #[test]
    fn messages_are_acknowledged_by_their_qos_and_qos_2_comes_once() {
        let now = Instant::now();
        let mut session = session(now);
        let frame = |qos| packet::publish("/t", 9, qos, false, b"x").unwrap();
        let (incoming, _) = feed(&mut session, now, &frame(QoS::AtLeastOnce));
        assert!(matches!(incoming, Some(Incoming::Message(_))));
        assert_eq!(session.acknowledge(now, QoS::AtLeastOnce, 9), Some(packet::puback(9)));
        assert_eq!(session.acknowledge(now, QoS::AtMostOnce, 0), None);

        let (incoming, _) = feed(&mut session, now, &frame(QoS::ExactlyOnce));
        assert!(matches!(incoming, Some(Incoming::Message(_))));
        assert_eq!(session.acknowledge(now, QoS::ExactlyOnce, 9), Some(packet::pubrec(9)));
        let (again, answer) = feed(&mut session, now, &frame(QoS::ExactlyOnce));
        assert!(again.is_none());
        assert!(matches!(answer.as_slice(), [Packet::PubRec(ack)] if ack.pkid == 9));
        let (_, answer) = feed(&mut session, now, &[0x62, 2, 0, 9]);
        assert!(matches!(answer.as_slice(), [Packet::PubComp(ack)] if ack.pkid == 9));
        let (next, _) = feed(&mut session, now, &frame(QoS::ExactlyOnce));
        assert!(matches!(next, Some(Incoming::Message(_))), "released, so it is another message");
    }

    #[test]
    fn an_oversized_message_is_told_once_and_acknowledged() {
        let now = Instant::now();
        let mut session = session(now);
        let mut come = |owed| {
            let mut out = BytesMut::new();
            let told = session.receive(now, Frame::Oversized { size: 9999, owed }, &mut out);
            let told = told.map(|told| matches!(told, Incoming::Event(Event::BufferOverflow)));
            (told, out.to_vec())
        };
        assert_eq!(come(None), (Some(true), vec![]));
        let once = Some((QoS::AtLeastOnce, 7));
        assert_eq!(come(once), (Some(true), packet::puback(7).to_vec()));
        let exactly = Some((QoS::ExactlyOnce, 8));
        assert_eq!(come(exactly), (Some(true), packet::pubrec(8).to_vec()));
        assert_eq!(come(exactly), (None, packet::pubrec(8).to_vec()));
    }

    #[test]
    fn an_unacknowledged_message_is_sent_again_with_dup_and_without_end() {
        let start = Instant::now();
        let mut session = session(start);
        session.publish(start, "/t", QoS::AtLeastOnce, false, b"x").unwrap();
        for round in 1..4 {
            let due = start + REQUEST_TIMEOUT * RESEND_AFTER * round;
            let mut out = BytesMut::new();
            session.tick(due - Duration::from_millis(1), &mut out);
            assert!(out.is_empty());
            assert_eq!(session.next_deadline(), due);
            session.tick(due, &mut out);
            let packets = decoded(&out);
            assert!(
                matches!(packets.as_slice(), [Packet::Publish(again)] if again.dup && again.pkid == 1)
            );
        }
    }

    #[test]
    fn requests_without_an_answer_are_given_up() {
        let start = Instant::now();
        let mut session = session(start);
        let (sub, _) = session.subscribe(start, "/t", QoS::AtMostOnce, handler(1)).unwrap();
        let (unsub, _) = session.unsubscribe(start, "/t").unwrap();
        let due = start + REQUEST_TIMEOUT * REQUEST_LIFE;
        let mut out = BytesMut::new();
        assert!(session.tick(due - Duration::from_millis(1), &mut out).events.is_empty());
        let events = session.tick(due, &mut out).events;
        assert!(
            matches!(events.as_slice(), [Event::SubscribeTimeout(a), Event::UnsubscribeTimeout(b)] if (*a, *b) == (sub, unsub))
        );
        assert!(session.tick(due, &mut out).events.is_empty());
    }

    #[test]
    fn a_quiet_connection_is_pinged_and_a_dead_one_noticed() {
        let start = Instant::now();
        let mut session = session(start);
        let mut out = BytesMut::new();
        let due = start + KEEP_ALIVE;
        assert_eq!(session.next_deadline(), due);
        assert!(!session.tick(due, &mut out).silent);
        assert_eq!(out.as_ref(), packet::PINGREQ);
        assert_eq!(session.next_deadline(), due + REQUEST_TIMEOUT);

        // An answer, or anything else, clears it.
        feed(&mut session, due + Duration::from_secs(1), &[0xD0, 0]);
        assert!(!session.tick(due + REQUEST_TIMEOUT, &mut out).silent);

        let due = due + Duration::from_secs(1) + KEEP_ALIVE;
        session.tick(due, &mut out);
        assert!(!session.tick(due + REQUEST_TIMEOUT - Duration::from_millis(1), &mut out).silent);
        let late = due + REQUEST_TIMEOUT;
        assert!(!session.tick(late, &mut out).silent, "the answer may be there to be read");
        assert!(session.tick(late, &mut out).silent);
    }

    #[test]
    fn a_client_that_only_sends_or_only_listens_still_pings() {
        let start = Instant::now();
        let half = KEEP_ALIVE / 2;
        let mut sender = session(start);
        sender.publish(start + half, "/t", QoS::AtMostOnce, false, b"").unwrap();
        let mut out = BytesMut::new();
        sender.tick(start + KEEP_ALIVE, &mut out);
        assert_eq!(out.as_ref(), packet::PINGREQ, "it has not heard of the broker");

        let mut listener = session(start);
        let message = packet::publish("/t", 0, QoS::AtMostOnce, false, b"").unwrap();
        feed(&mut listener, start + half, &message);
        let mut out = BytesMut::new();
        listener.tick(start + KEEP_ALIVE, &mut out);
        assert_eq!(out.as_ref(), packet::PINGREQ, "the broker has not heard of it");
    }

    #[test]
    fn a_new_connection_repeats_what_was_not_acknowledged() {
        let now = Instant::now();
        let mut session = session(now);
        subscribed(&mut session, now, "/granted", 1);
        session.publish(now, "/a", QoS::AtLeastOnce, false, b"1").unwrap();
        session.publish(now, "/b", QoS::AtLeastOnce, false, b"2").unwrap();
        session.subscribe(now, "/open", QoS::AtMostOnce, handler(2)).unwrap();

        let mut out = BytesMut::new();
        session.connected(now, true, &mut out);
        let packets = decoded(&out);
        assert!(
            matches!(packets.as_slice(), [Packet::Subscribe(open), Packet::Publish(a), Packet::Publish(b)]
                if open.filters[0].path == "/open" && a.topic == "/a" && a.dup && b.topic == "/b" && b.dup)
        );
    }

    #[test]
    fn a_broker_that_does_not_answer_a_resubscription_is_asked_again() {
        let now = Instant::now();
        let mut session = session(now);
        subscribed(&mut session, now, "/t", 1);
        session.connected(now, false, &mut BytesMut::new());
        let due = now + REQUEST_TIMEOUT * REQUEST_LIFE;
        let mut out = BytesMut::new();
        let tick = session.tick(due, &mut out);
        assert!(tick.events.is_empty(), "the firmware has not asked");
        let packets = decoded(&out);
        let [Packet::Subscribe(again), ..] = packets.as_slice() else { panic!("{packets:?}") };
        assert_eq!(again.filters[0].path, "/t");
        assert!(feed(&mut session, due, &suback(again.pkid, 1)).0.is_none());
        assert_eq!(handlers(&session, "/t"), [1]);
        assert!(session.next_deadline() > due + REQUEST_TIMEOUT * REQUEST_LIFE, "it is answered");
    }

    #[test]
    fn a_forgotten_session_is_set_up_again_without_telling_the_firmware() {
        let now = Instant::now();
        let mut session = session(now);
        for index in 0..7 {
            subscribed(&mut session, now, &format!("/t{index}"), index);
        }
        let mut out = BytesMut::new();
        session.connected(now, false, &mut out);
        // Once more before the broker answered: nothing is asked for twice.
        let mut out_again = BytesMut::new();
        session.connected(now, false, &mut out_again);
        let packets = decoded(&out_again);
        let filters: Vec<String> = packets
            .iter()
            .flat_map(|packet| match packet {
                Packet::Subscribe(subscribe) => subscribe.filters.clone(),
                other => panic!("{other:?}"),
            })
            .map(|filter| filter.path)
            .collect();
        assert_eq!(filters, (0..7).map(|index| format!("/t{index}")).collect::<Vec<_>>());
        let [Packet::Subscribe(first), _] = packets.as_slice() else { panic!("{packets:?}") };
        assert!(feed(&mut session, now, &suback(first.pkid, 1)).0.is_none());
        assert_eq!(handlers(&session, "/t3"), [3]);
    }
}
