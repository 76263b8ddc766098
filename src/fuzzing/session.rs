//! The decoder and the session between a firmware that does anything and a broker that says
//! anything, beside a model of what must be true.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use crate::mqtt::packet::{self, Decoder, Frame, Malformed, Packet, QoS};
use crate::mqtt::session::{
    Config, Handlers, HandlersCount, Incoming, PUBLISHES_MAX, REQUESTS_MAX, Session,
};
use crate::mqtt::topic::{check_filter, check_name, is_received_name};
use crate::mqtt::{Error, Event, Handler, Message};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// After this the session gives up a SUBSCRIBE, or sends it again if it is its own.
const REQUEST_LIFE: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(500);
const READ_LIMIT: usize = 512;
const SEND_LIMIT: usize = 64;
/// The most that the broker's bytes come by at once.
const CHUNK_MAX: usize = 32 * 64;
/// The longest script: a longer one finds no more, and takes longer.
const STEPS_MAX: usize = 64;

const NAMES: [&str; 4] = ["/a", "/a/b", "/a/+", "no slash"];
const FILTERS: [&str; 8] = ["/a", "/a/b", "/a/+", "/+/b", "/#", "/a/#/b", "no slash", "/a/b/c/d"];

/// Two bytes with the packet id to go on after, one with the length of the script, the script, and
/// then what the broker sends. A step of the script is a byte: three bits say what is done, the
/// other five how.
pub fn session(data: &[u8]) {
    let [high, low, len, rest @ ..] = data else { return };
    let (script, stream) = rest.split_at(usize::from(*len).min(STEPS_MAX).min(rest.len()));
    let mut run = Run::new(u16::from_be_bytes([*high, *low]), stream);
    for step in script {
        let how = usize::from(step >> 3);
        match step & 7 {
            0 => run.feed(how + 1),
            1 => run.feed((how + 1) * 64),
            2 => run.publish(NAMES[how % NAMES.len()], how / NAMES.len()),
            3 => run.subscribe(FILTERS[how % FILTERS.len()]),
            4 => run.unsubscribe(FILTERS[how % FILTERS.len()]),
            5 => run.tick(TICK * u32::from(step >> 3)),
            6 => run.connected(how % 2 == 1),
            _ => run.fill(how),
        }
        run.check();
    }
    while !run.stream.is_empty() {
        run.feed(CHUNK_MAX);
        run.check();
    }
}

struct Run<'a> {
    session: Session,
    decoder: Decoder,
    now: Instant,
    /// What the broker will send.
    stream: &'a [u8],
    /// The ids of messages that wait for their PUBACK, in order.
    publishes: Vec<u16>,
    /// The ids of requests, and whether they are subscriptions.
    requests: BTreeMap<u16, bool>,
    /// The ids of the session's own subscriptions, and when they were sent.
    own_requests: BTreeMap<u16, Instant>,
    /// The ids of QoS 2 messages that were delivered and not released.
    unreleased: BTreeSet<u16>,
}

impl<'a> Run<'a> {
    fn new(last_id: u16, stream: &'a [u8]) -> Self {
        let now = Instant::now();
        let config = Config {
            request_timeout: REQUEST_TIMEOUT,
            keep_alive: KEEP_ALIVE,
            send_limit: SEND_LIMIT,
            publish_limit: SEND_LIMIT,
            handlers: Handlers { count: HandlersCount::WhileGranted, newest_first: false },
        };
        let mut session = Session::new(config, now);
        session.continue_after(last_id);
        Run {
            session,
            decoder: Decoder::new(READ_LIMIT),
            now,
            stream,
            publishes: Vec::new(),
            requests: BTreeMap::new(),
            own_requests: BTreeMap::new(),
            unreleased: BTreeSet::new(),
        }
    }

    /// What is true between any two steps.
    fn check(&self) {
        assert!(self.publishes.len() <= PUBLISHES_MAX);
        assert!(self.requests.len() <= REQUESTS_MAX);
        assert!(self.decoder.buffer.len() <= READ_LIMIT, "what is buffered has a bound");
        assert!(self.decoder.buffer.capacity() <= 2 * (READ_LIMIT + CHUNK_MAX));
        self.session.next_deadline();
    }

    /// The broker's next bytes.
    fn feed(&mut self, size: usize) {
        let (bytes, rest) = self.stream.split_at(size.min(self.stream.len()));
        self.stream = rest;
        self.decoder.buffer.extend_from_slice(bytes);
        loop {
            let mut before = self.decoder.buffer.clone();
            match self.decoder.next_frame() {
                Ok(Some(frame)) => {
                    if let Frame::Message(message) = &frame {
                        check_read(message, packet::next_sent(&mut before));
                    }
                    self.receive(frame);
                }
                Ok(None) => return,
                Err(_) => return self.connected(true),
            }
        }
    }

    fn receive(&mut self, frame: Frame) {
        let mut out = BytesMut::new();
        let (mut released, mut repeated, mut skipped) = (None, None, None);
        match &frame {
            Frame::Packet(Packet::PubRel(release)) => {
                self.unreleased.remove(&release.pkid);
                released = Some(release.pkid);
            }
            Frame::Message(message)
                if message.qos == QoS::ExactlyOnce && self.unreleased.contains(&message.id) =>
            {
                repeated = Some(message.id);
            }
            Frame::Packet(Packet::SubAck(ack)) => {
                self.own_requests.remove(&ack.pkid);
            }
            Frame::Oversized { size, owed } => {
                assert!(*size > READ_LIMIT);
                skipped = *owed;
            }
            _ => {}
        }
        let incoming = self.session.receive(self.now, frame, &mut out);
        // Nothing is confirmed here but the release of a message, one that was delivered before, and
        // one that is too large to be delivered.
        let answers: Vec<Packet> = sent(&out);
        match answers.as_slice() {
            [] => assert!(released.is_none() && repeated.is_none() && skipped.is_none()),
            [Packet::PubAck(answer)] => {
                assert_eq!(skipped, Some((QoS::AtLeastOnce, answer.pkid)));
            }
            [Packet::PubRec(answer)] if skipped.is_some() => {
                assert_eq!(skipped, Some((QoS::ExactlyOnce, answer.pkid)));
                assert_eq!(incoming.is_some(), self.unreleased.insert(answer.pkid));
            }
            [Packet::PubComp(answer)] => assert_eq!(Some(answer.pkid), released),
            [Packet::PubRec(answer)] => assert_eq!(Some(answer.pkid), repeated),
            other => panic!("{other:?}"),
        }
        match incoming {
            Some(Incoming::Message(message)) => {
                assert!(repeated.is_none(), "it is delivered twice");
                self.deliver(&message);
            }
            Some(Incoming::Event(event)) => self.note(&event),
            Some(Incoming::Change(change, event)) => {
                self.session.change(change);
                self.note(&event);
            }
            None => {}
        }
    }

    fn deliver(&mut self, message: &Message) {
        assert!(is_received_name(message.topic()));
        assert!(message.topic().len() + message.payload().len() < READ_LIMIT);
        self.session.matching(message.topic(), &mut Vec::new());
        let answer = self.session.acknowledge(self.now, message.qos, message.id);
        let packets = sent(answer.as_ref().map_or(&[], |bytes| &bytes[..]));
        match (message.qos, packets.as_slice()) {
            (QoS::AtMostOnce, []) => {}
            (QoS::AtLeastOnce, [Packet::PubAck(ack)]) => assert_eq!(ack.pkid, message.id),
            (QoS::ExactlyOnce, [Packet::PubRec(ack)]) => {
                assert_eq!(ack.pkid, message.id);
                assert!(self.unreleased.insert(message.id), "it is delivered twice");
            }
            other => panic!("{other:?}"),
        }
        assert!(message.qos == QoS::AtMostOnce || message.id != 0);
    }

    /// An event is about what waits, and once.
    fn note(&mut self, event: &Event) {
        match event {
            Event::PublishSuccess(id) => {
                let before = self.publishes.len();
                self.publishes.retain(|waiting| waiting != id);
                assert_eq!(self.publishes.len() + 1, before, "{event:?}");
            }
            Event::SubscribeSuccess(id)
            | Event::SubscribeNack(id)
            | Event::SubscribeTimeout(id) => {
                assert_eq!(self.requests.remove(id), Some(true), "{event:?}");
            }
            Event::UnsubscribeSuccess(id) | Event::UnsubscribeTimeout(id) => {
                assert_eq!(self.requests.remove(id), Some(false), "{event:?}");
            }
            Event::BufferOverflow => {}
            other => panic!("{other:?}"),
        }
    }

    fn check_new_id(&self, id: u16) {
        assert_ne!(id, 0);
        assert!(!self.publishes.contains(&id), "{id} is in flight");
        assert!(!self.requests.contains_key(&id), "{id} is in flight");
        assert!(!self.own_requests.contains_key(&id), "{id} is in flight");
    }

    fn publish(&mut self, topic: &str, how: usize) {
        if check_name(topic).is_err() {
            return;
        }
        let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][how % 3];
        let payload = b"x".repeat(how * SEND_LIMIT / 4);
        match self.session.publish(self.now, topic, qos, false, &payload) {
            Ok((id, frame)) => {
                let packets = sent(&frame);
                let [Packet::Publish(publish)] = packets.as_slice() else { panic!("{packets:?}") };
                assert_eq!((publish.pkid, publish.qos, publish.dup), (id, qos, false));
                assert_eq!((publish.topic.as_str(), &publish.payload[..]), (topic, &payload[..]));
                if qos == QoS::AtLeastOnce {
                    self.check_new_id(id);
                    self.publishes.push(id);
                } else {
                    assert_eq!(id, 0);
                }
            }
            Err(Error::UnsupportedQos) => assert_eq!(qos, QoS::ExactlyOnce),
            Err(Error::WaitListFull { .. }) => assert_eq!(self.publishes.len(), PUBLISHES_MAX),
            Err(Error::TooLarge { size, limit }) => assert!(size > limit),
            Err(other) => panic!("{other}"),
        }
    }

    /// Publishes so often.
    fn fill(&mut self, times: usize) {
        for _ in 0..times {
            self.publish(NAMES[0], 1);
        }
    }

    fn subscribe(&mut self, filter: &str) {
        if check_filter(filter).is_err() {
            return;
        }
        let handler = Handler { key: (filter.len(), 0), call: Arc::new(|_| {}) };
        let outcome = self.session.subscribe(self.now, filter, QoS::AtLeastOnce, handler);
        self.asked(filter, outcome.map(|(id, frame)| (id, sent(&frame))), true);
    }

    fn unsubscribe(&mut self, filter: &str) {
        if check_filter(filter).is_err() {
            return;
        }
        let outcome = self.session.unsubscribe(self.now, filter);
        self.asked(filter, outcome.map(|(id, frame)| (id, sent(&frame))), false);
    }

    fn asked(
        &mut self,
        filter: &str,
        outcome: Result<(u16, Vec<Packet>), Error>,
        subscribes: bool,
    ) {
        match outcome {
            Ok((id, packets)) => {
                match packets.as_slice() {
                    [Packet::Subscribe(packet)] => {
                        assert!(subscribes && packet.pkid == id && packet.filters.len() == 1);
                        assert_eq!(packet.filters[0].path, filter);
                    }
                    [Packet::Unsubscribe(packet)] => {
                        assert!(!subscribes && packet.pkid == id);
                        assert_eq!(packet.topics, [filter]);
                    }
                    other => panic!("{other:?}"),
                }
                self.check_new_id(id);
                self.requests.insert(id, subscribes);
            }
            Err(Error::WaitListFull { .. }) => assert_eq!(self.requests.len(), REQUESTS_MAX),
            Err(other) => panic!("{other}"),
        }
    }

    fn tick(&mut self, time: Duration) {
        self.now += time;
        let mut out = BytesMut::new();
        let tick = self.session.tick(self.now, &mut out);
        for packet in sent(&out) {
            match packet {
                Packet::Publish(publish) => {
                    assert!(publish.dup && self.publishes.contains(&publish.pkid), "{publish:?}");
                }
                Packet::Subscribe(again) => {
                    let sent = self.own_requests.get_mut(&again.pkid).expect("it is our own");
                    assert!(self.now >= *sent + REQUEST_LIFE, "it is asked for again too soon");
                    *sent = self.now;
                }
                Packet::PingReq => {}
                other => panic!("{other:?}"),
            }
        }
        tick.events.iter().for_each(|event| self.note(event));
        // A missed answer is looked for once more before the broker counts as silent.
        let missed = self.session.next_deadline() <= self.now;
        if tick.silent || missed && self.session.tick(self.now, &mut BytesMut::new()).silent {
            return self.connected(true);
        }
        assert!(self.session.next_deadline() > self.now, "all that was due is done");
    }

    /// The connection was lost, and here is another one.
    fn connected(&mut self, session_present: bool) {
        self.decoder = Decoder::new(READ_LIMIT);
        self.own_requests.clear();
        if !session_present {
            self.unreleased.clear();
        }
        let mut out = BytesMut::new();
        self.session.connected(self.now, session_present, &mut out);
        let (mut publishes, mut requests) = (Vec::new(), Vec::new());
        for packet in sent(&out) {
            match packet {
                Packet::Publish(publish) => {
                    assert!(publish.dup && publish.qos == QoS::AtLeastOnce);
                    publishes.push(publish.pkid);
                }
                Packet::Subscribe(packet) if self.requests.contains_key(&packet.pkid) => {
                    requests.push((packet.pkid, true));
                }
                Packet::Subscribe(packet) => {
                    assert!(!session_present);
                    self.check_new_id(packet.pkid);
                    self.own_requests.insert(packet.pkid, self.now);
                }
                Packet::Unsubscribe(packet) => requests.push((packet.pkid, false)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(publishes, self.publishes, "all are sent again, in order");
        requests.sort_unstable();
        assert_eq!(
            requests,
            self.requests.iter().map(|(id, kind)| (*id, *kind)).collect::<Vec<_>>()
        );
    }
}

/// The packets in what the session sends, which have to be such that a client may send them.
fn sent(bytes: &[u8]) -> Vec<Packet> {
    let mut packets = Vec::new();
    let mut rest = BytesMut::from(bytes);
    while let Some(&first) = rest.first() {
        let Ok(Some(packet)) = packet::next_sent(&mut rest) else {
            panic!("{bytes:02x?} is not MQTT")
        };
        check_sent(first & 0b1111, &packet);
        packets.push(packet);
    }
    packets
}

/// A message has to be what the codec reads from the same bytes.
fn check_read(message: &Message, read: Result<Option<Packet>, Malformed>) {
    let Ok(Some(Packet::Publish(read))) = read else { panic!("{read:?} is no message") };
    assert_eq!((message.topic(), message.payload()), (&*read.topic, &*read.payload));
    assert_eq!((message.id, message.qos), (read.pkid, read.qos));
    assert_eq!((message.dup, message.retain), (read.dup, read.retain));
}

fn check_sent(flags: u8, packet: &Packet) {
    match packet {
        Packet::Publish(publish) => {
            assert!(check_name(&publish.topic).is_ok());
            assert!(publish.qos != QoS::AtMostOnce || !publish.dup && publish.pkid == 0);
            assert!(publish.qos == QoS::AtMostOnce || publish.pkid != 0);
        }
        // MQTT 3.1.1 has these bits as they are, and a broker hangs up on others.
        Packet::Subscribe(_) | Packet::Unsubscribe(_) => assert_eq!(flags, 0b0010),
        Packet::PubAck(_) | Packet::PubRec(_) | Packet::PubComp(_) | Packet::PingReq => {
            assert_eq!(flags, 0);
        }
        other => panic!("a client sends no {other:?}"),
    }
}
