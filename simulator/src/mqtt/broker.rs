//! The MQTT broker: sessions, routing, retained messages, and each device's right to its topics.
//!
//! It is our own on top of rumqttc's packet codec, because no kept broker crate gives what the
//! platform's rules need. rumqttd, the one that is embeddable, has a login hook, but no topic
//! rules for each device (so no SUBACK 0x80 for a foreign topic), no trace of packets with their
//! ids, and no way to drop one client; rmqtt and the like are servers rather than libraries.
//!
//! The platform has no QoS 2, no retained messages and no wills. The first two are here all the
//! same, because a device's side should be tested against them; wills are not carried out.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rumqttc::{
    Packet, PubAck, PubComp, PubRec, Publish, QoS, SubAck, Subscribe, SubscribeReasonCode,
    UnsubAck, Unsubscribe,
};
use serde::Serialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::config::DeviceId;
use crate::faults::Faults;
use crate::mqtt::session::{Command, Connection, Session};
use crate::mqtt::topic;
use crate::registry::Registry;
use crate::trace::{Event, From, Trace};

/// The broker of one cloud.
pub(crate) struct Broker {
    pub(crate) registry: Arc<Registry>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) trace: Trace,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    sessions: HashMap<DeviceId, Session>,
    retained: BTreeMap<String, Message>,
    connections: u64,
    watchers: Vec<Watcher>,
}

/// Who gets a copy of every message that matches.
struct Watcher {
    filter: String,
    messages: UnboundedSender<Seen>,
}

/// A message as a watcher sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Seen {
    /// The device that published it, `None` for the cloud.
    pub(crate) from: Option<String>,
    pub(crate) topic: String,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    pub(crate) payload: String,
}

/// A message without anything that belongs to one hop.
#[derive(Clone)]
struct Message {
    payload: Bytes,
    qos: QoS,
}

/// A device's place at the broker.
pub(crate) struct Attachment {
    /// Tells the connection from the device's other ones.
    pub(crate) number: u64,
    /// What the connection has to do.
    pub(crate) commands: UnboundedReceiver<Command>,
    /// Whether an earlier session goes on.
    pub(crate) session_present: bool,
}

/// Why a connection ends on the device's own account.
pub(crate) enum End {
    /// It said DISCONNECT.
    Disconnect,
    /// It broke the protocol, like this.
    Violation(&'static str),
}

impl Broker {
    pub(crate) fn new(registry: Arc<Registry>, faults: Arc<Faults>, trace: Trace) -> Self {
        Broker { registry, faults, trace, shared: Mutex::default() }
    }

    /// Gives a device that logged in its session; an older connection of it is closed.
    pub(crate) fn attach(&self, device: &DeviceId, clean: bool) -> Attachment {
        let mut shared = self.lock();
        shared.connections += 1;
        let number = shared.connections;
        let session_before = shared.sessions.remove(device);
        if let Some(older) = session_before.as_ref().and_then(|s| s.connection.as_ref()) {
            older.command(Command::Close("taken over by a newer connection".into()));
        }
        let kept = session_before.filter(|session| !clean && !session.clean);
        let session_present = kept.is_some();
        let mut session = kept.unwrap_or_default();
        session.clean = clean;
        let (sender, commands) = unbounded_channel();
        session.resume(Connection { number, commands: sender });
        shared.sessions.insert(device.clone(), session);
        Attachment { number, commands, session_present }
    }

    /// Notes that a connection is gone. A newer one of the same device is left alone.
    pub(crate) fn detach(&self, device: &DeviceId, number: u64) {
        let mut shared = self.lock();
        let Some(session) = shared.sessions.get_mut(device) else { return };
        if session.connection.as_ref().is_some_and(|connection| connection.number == number) {
            session.connection = None;
            if session.clean {
                shared.sessions.remove(device);
            }
        }
    }

    /// Closes a device's connection; returns whether it had one.
    pub(crate) fn kick(&self, device: &DeviceId) -> bool {
        let shared = self.lock();
        let connection = shared.sessions.get(device).and_then(|s| s.connection.as_ref());
        if let Some(connection) = connection {
            connection.command(Command::Close("kicked".into()));
        }
        connection.is_some()
    }

    /// Whether a device is connected.
    pub(crate) fn is_online(&self, device: &DeviceId) -> bool {
        self.lock().sessions.get(device).is_some_and(|session| session.connection.is_some())
    }

    /// Does what a packet of a device asks for.
    pub(crate) fn handle(&self, device: &DeviceId, number: u64, packet: Packet) -> Result<(), End> {
        let mut shared = self.lock();
        // Packets of a connection that was taken over may still be on their way.
        let current = |session: &Session| {
            session.connection.as_ref().is_some_and(|connection| connection.number == number)
        };
        if !shared.sessions.get(device).is_some_and(current) {
            return Ok(());
        }
        match packet {
            Packet::Publish(publish) => self.publish_from(&mut shared, device, publish),
            Packet::PubRel(rel) => {
                shared.session(device).release(rel.pkid);
                shared.send(device, Packet::PubComp(PubComp::new(rel.pkid)));
            }
            Packet::PubAck(ack) => shared.session(device).acknowledge(ack.pkid),
            Packet::Subscribe(subscribe) => self.subscribe(&mut shared, device, subscribe),
            Packet::Unsubscribe(unsubscribe) => Self::unsubscribe(&mut shared, device, unsubscribe),
            Packet::PingReq => shared.send(device, Packet::PingResp),
            Packet::Disconnect => return Err(End::Disconnect),
            Packet::Connect(_) => return Err(End::Violation("a second CONNECT")),
            _ => return Err(End::Violation("a packet that no device sends")),
        }
        Ok(())
    }

    /// Publishes from the cloud's side; returns how many devices subscribed.
    pub(crate) fn publish(&self, topic: &str, payload: Bytes, qos: QoS, retain: bool) -> usize {
        self.route(&mut self.lock(), None, topic, Message { payload, qos }, retain)
    }

    /// Every message that matches from now on. To drop the receiver ends it.
    pub(crate) fn watch(&self, filter: &str) -> UnboundedReceiver<Seen> {
        let (messages, receiver) = unbounded_channel();
        self.lock().watchers.push(Watcher { filter: filter.to_owned(), messages });
        receiver
    }

    fn publish_from(&self, shared: &mut Shared, device: &DeviceId, publish: Publish) {
        let id = publish.pkid;
        let new = publish.qos != QoS::ExactlyOnce || shared.session(device).receive(id);
        if let Some(why) = topic::publish_refusal(device, &publish.topic) {
            // The platform drops the message and acknowledges it all the same.
            self.refused(device, format!("message dropped, {}: {why}", publish.topic));
        } else if new {
            let message = Message { payload: publish.payload, qos: publish.qos };
            self.route(shared, Some(device), &publish.topic, message, publish.retain);
        }
        match publish.qos {
            QoS::AtMostOnce => {}
            QoS::AtLeastOnce => shared.send(device, Packet::PubAck(PubAck::new(id))),
            QoS::ExactlyOnce => shared.send(device, Packet::PubRec(PubRec::new(id))),
        }
    }

    /// Gives a message to everyone who subscribed; returns how many devices that are.
    fn route(
        &self,
        shared: &mut Shared,
        from: Option<&DeviceId>,
        topic: &str,
        message: Message,
        retain: bool,
    ) -> usize {
        let mut receivers = 0;
        shared.show(from, topic, &message, retain);
        for (device, session) in &mut shared.sessions {
            let Some(wanted) = session.wants(topic) else { continue };
            if !session.deliver(topic, &message.payload, lower(wanted, message.qos), false) {
                self.refused(device, format!("message dropped, {topic}: its queue is full"));
                continue;
            }
            receivers += 1;
        }
        if retain && message.payload.is_empty() {
            shared.retained.remove(topic);
        } else if retain {
            shared.retained.insert(topic.to_owned(), message);
        }
        receivers
    }

    fn subscribe(&self, shared: &mut Shared, device: &DeviceId, subscribe: Subscribe) {
        let mut granted = Vec::new();
        let mut accepted = Vec::new();
        for filter in subscribe.filters {
            if let Some(why) = topic::subscribe_refusal(device, &filter.path) {
                self.refused(device, format!("subscription refused, {}: {why}", filter.path));
                granted.push(SubscribeReasonCode::Failure);
                continue;
            }
            // The platform grants QoS 1 at most.
            let qos = lower(filter.qos, QoS::AtLeastOnce);
            shared.session(device).subscribe(filter.path.clone(), qos);
            granted.push(SubscribeReasonCode::Success(qos));
            accepted.push((filter.path, qos));
        }
        shared.send(device, Packet::SubAck(SubAck::new(subscribe.pkid, granted)));
        for (filter, qos) in accepted {
            self.send_retained(shared, device, &filter, qos);
        }
    }

    fn send_retained(&self, shared: &mut Shared, device: &DeviceId, filter: &str, qos: QoS) {
        let Shared { sessions, retained, .. } = shared;
        let session = sessions.entry(device.clone()).or_default();
        for (topic, message) in retained.iter().filter(|(topic, _)| topic::matches(topic, filter)) {
            if !session.deliver(topic, &message.payload, lower(qos, message.qos), true) {
                self.refused(device, format!("message dropped, {topic}: its queue is full"));
            }
        }
    }

    fn unsubscribe(shared: &mut Shared, device: &DeviceId, unsubscribe: Unsubscribe) {
        for filter in &unsubscribe.topics {
            shared.session(device).unsubscribe(filter);
        }
        shared.send(device, Packet::UnsubAck(UnsubAck::new(unsubscribe.pkid)));
    }

    fn refused(&self, device: &DeviceId, why: String) {
        self.trace.record(device, From::Cloud, Event::Refused { why });
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Shows a message to the watchers, and forgets those that have left.
    fn show(&mut self, from: Option<&DeviceId>, topic: &str, message: &Message, retain: bool) {
        self.watchers.retain(|Watcher { filter, messages }| {
            if !topic::matches(topic, filter) {
                return !messages.is_closed();
            }
            let seen = Seen {
                from: from.map(DeviceId::to_string),
                topic: topic.to_owned(),
                qos: message.qos as u8,
                retain,
                payload: String::from_utf8_lossy(&message.payload).into_owned(),
            };
            messages.send(seen).is_ok()
        });
    }

    fn session(&mut self, device: &DeviceId) -> &mut Session {
        self.sessions.entry(device.clone()).or_default()
    }

    fn send(&mut self, device: &DeviceId, packet: Packet) {
        if let Some(connection) = &self.session(device).connection {
            connection.command(Command::Send(packet));
        }
    }
}

/// The lower of two; QoS 2 is only ever spoken on the way from a device to the broker.
fn lower(one: QoS, other: QoS) -> QoS {
    match (one, other) {
        (QoS::AtMostOnce, _) | (_, QoS::AtMostOnce) => QoS::AtMostOnce,
        _ => QoS::AtLeastOnce,
    }
}
