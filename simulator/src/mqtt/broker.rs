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
use std::time::SystemTime;

use bytes::Bytes;
use rumqttc::{
    Packet, PubAck, PubComp, PubRec, Publish, QoS, SubAck, Subscribe, SubscribeReasonCode,
    UnsubAck, Unsubscribe,
};
use serde::{Serialize, Serializer};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::config::DeviceId;
use crate::faults::Faults;
use crate::mqtt::session::{Connection, Delivery, Orders, Session};
use crate::mqtt::topic;
use crate::registry::Registry;
use crate::trace::{Event, From, Trace, milliseconds};

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
    messages: Sender<Seen>,
    /// How many it lost since the last one that it got, because it does not keep up.
    lost: u64,
}

/// More messages than this do not wait for a watcher.
const WATCHED_MAX: usize = 1000;

/// A message as a watcher sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Seen {
    /// The device that published it, `None` for the cloud.
    pub(crate) from: Option<String>,
    pub(crate) topic: String,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    pub(crate) payload: String,
    /// How many before it are not shown, because they came too fast.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) lost: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What became of a message from the cloud, in devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Deliveries {
    /// To how many it was sent.
    pub delivered: usize,
    /// For how many it waits, because they are away.
    pub queued: usize,
}

/// A device's connection and session, as the operator sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Presence {
    pub(crate) link: Option<Link>,
    /// Filters and their QoS.
    pub(crate) subscriptions: Vec<(String, u8)>,
    pub(crate) queued: usize,
}

/// What a device said when it logged in, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Link {
    #[serde(serialize_with = "as_milliseconds")]
    pub(crate) since: SystemTime,
    pub(crate) address: String,
    pub(crate) region: String,
    pub(crate) client_id: String,
    pub(crate) keepalive: u16,
    pub(crate) clean: bool,
}

fn as_milliseconds<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(milliseconds(*time))
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
    pub(crate) orders: Orders,
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
    pub(crate) fn attach(&self, device: &DeviceId, link: Link) -> Attachment {
        let clean = link.clean;
        let mut shared = self.lock();
        shared.connections += 1;
        let number = shared.connections;
        let session_before = shared.sessions.remove(device);
        if let Some(older) = session_before.as_ref().and_then(|s| s.connection.as_ref()) {
            older.close("taken over by a newer connection");
        }
        let kept = session_before.filter(|session| !clean && !session.clean);
        let session_present = kept.is_some();
        let mut session = kept.unwrap_or_default();
        session.clean = clean;
        let (connection, orders) = Connection::new(number);
        session.link = Some(link);
        session.resume(connection);
        shared.sessions.insert(device.clone(), session);
        Attachment { number, orders, session_present }
    }

    /// Notes that a connection is gone. A newer one of the same device is left alone.
    pub(crate) fn detach(&self, device: &DeviceId, number: u64) {
        let mut shared = self.lock();
        let Some(session) = shared.sessions.get_mut(device) else { return };
        if session.connection.as_ref().is_some_and(|connection| connection.number == number) {
            session.connection = None;
            session.link = None;
            if session.clean {
                shared.sessions.remove(device);
            }
        }
    }

    /// Closes a device's connection for this reason; returns whether it had one.
    pub(crate) fn kick(&self, device: &DeviceId, why: &str) -> bool {
        let shared = self.lock();
        let connection = shared.sessions.get(device).and_then(|s| s.connection.as_ref());
        if let Some(connection) = connection {
            connection.close(why);
        }
        connection.is_some()
    }

    /// Whether and how a device is connected, and what is kept for it.
    pub(crate) fn presence(&self, device: &DeviceId) -> Presence {
        let shared = self.lock();
        let Some(session) = shared.sessions.get(device) else { return Presence::default() };
        let subscriptions = session.subscriptions();
        Presence {
            link: session.link.clone(),
            subscriptions: subscriptions.map(|(filter, qos)| (filter.into(), qos as u8)).collect(),
            queued: session.queued(),
        }
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

    /// Publishes from the cloud's side.
    pub(crate) fn publish(
        &self,
        topic: &str,
        payload: Bytes,
        qos: QoS,
        retain: bool,
    ) -> Deliveries {
        self.route(&mut self.lock(), None, topic, Message { payload, qos }, retain)
    }

    /// Every message that matches from now on. To drop the receiver ends it.
    pub(crate) fn watch(&self, filter: &str) -> Receiver<Seen> {
        let (messages, receiver) = mpsc::channel(WATCHED_MAX);
        self.lock().watchers.push(Watcher { filter: filter.to_owned(), messages, lost: 0 });
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

    /// Gives a message to everyone who subscribed.
    fn route(
        &self,
        shared: &mut Shared,
        from: Option<&DeviceId>,
        topic: &str,
        message: Message,
        retain: bool,
    ) -> Deliveries {
        let mut deliveries = Deliveries::default();
        shared.show(from, topic, &message, retain);
        for (device, session) in &mut shared.sessions {
            let Some(wanted) = session.wants(topic) else { continue };
            match session.deliver(topic, &message.payload, lower(wanted, message.qos), false) {
                Delivery::Sent => deliveries.delivered += 1,
                Delivery::Queued => deliveries.queued += 1,
                Delivery::Missed => {}
                Delivery::Full => self.full(device, topic),
            }
        }
        if retain && message.payload.is_empty() {
            shared.retained.remove(topic);
        } else if retain {
            shared.retained.insert(topic.to_owned(), message);
        }
        deliveries
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
            let qos = lower(qos, message.qos);
            if session.deliver(topic, &message.payload, qos, true) == Delivery::Full {
                self.full(device, topic);
            }
        }
    }

    fn unsubscribe(shared: &mut Shared, device: &DeviceId, unsubscribe: Unsubscribe) {
        for filter in &unsubscribe.topics {
            shared.session(device).unsubscribe(filter);
        }
        shared.send(device, Packet::UnsubAck(UnsubAck::new(unsubscribe.pkid)));
    }

    fn full(&self, device: &DeviceId, topic: &str) {
        self.refused(device, format!("message dropped, {topic}: its queue is full"));
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
        self.watchers.retain_mut(|Watcher { filter, messages, lost }| {
            if !topic::matches(topic, filter) {
                return !messages.is_closed();
            }
            let seen = Seen {
                from: from.map(DeviceId::to_string),
                topic: topic.to_owned(),
                qos: message.qos as u8,
                retain,
                payload: String::from_utf8_lossy(&message.payload).into_owned(),
                lost: std::mem::take(lost),
            };
            match messages.try_send(seen) {
                Ok(()) => true,
                Err(TrySendError::Full(seen)) => {
                    *lost = seen.lost + 1;
                    true
                }
                Err(TrySendError::Closed(_)) => false,
            }
        });
    }

    fn session(&mut self, device: &DeviceId) -> &mut Session {
        self.sessions.entry(device.clone()).or_default()
    }

    fn send(&mut self, device: &DeviceId, packet: Packet) {
        if let Some(connection) = &self.session(device).connection {
            connection.send(packet);
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
