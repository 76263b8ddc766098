//! What the broker keeps of one device: its subscriptions, and what it has not acknowledged yet.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::future;

use bytes::Bytes;
use rumqttc::{Packet, Publish, QoS};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::watch;

use crate::mqtt::broker::Link;
use crate::mqtt::topic;

/// More unacknowledged messages than this are not kept for a device.
const PENDING_MAX: usize = 1000;
/// More packets than this do not wait for a device to read them: all that is pending, and as much
/// again.
const QUEUE_MAX: usize = 2 * PENDING_MAX;

/// One connection of a device.
pub(crate) struct Connection {
    /// Tells it from the device's other ones.
    pub(crate) number: u64,
    /// What it is to send.
    packets: Sender<Packet>,
    /// Why it is to close, once it is.
    closing: watch::Sender<Option<String>>,
}

/// A connection's end of its [`Connection`].
pub(crate) struct Orders {
    /// What to send.
    pub(crate) packets: Receiver<Packet>,
    closing: watch::Receiver<Option<String>>,
}

impl Orders {
    /// Waits for the order to close, and its reason. It counts at once, whatever is still to be
    /// sent.
    pub(crate) fn close(&self) -> impl Future<Output = String> + use<> {
        let mut closing = self.closing.clone();
        async move {
            let why = closing.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
            match why {
                Some(why) => why,
                // The session went to a newer connection, whose order came before.
                None => future::pending().await,
            }
        }
    }
}

impl Connection {
    /// A connection, and the end that carries its orders out.
    pub(crate) fn new(number: u64) -> (Self, Orders) {
        let (packets, queue) = mpsc::channel(QUEUE_MAX);
        let (closing, closed) = watch::channel(None);
        (Connection { number, packets, closing }, Orders { packets: queue, closing: closed })
    }

    /// Sends a packet. To a device that does not read, messages of QoS 0 are lost, and what it has
    /// to be told ends its connection.
    pub(crate) fn send(&self, packet: Packet) {
        // A connection that is gone does not need to be told anything.
        if let Err(TrySendError::Full(packet)) = self.packets.try_send(packet)
            && !matches!(packet, Packet::Publish(Publish { qos: QoS::AtMostOnce, .. }))
        {
            self.close("it does not read what it is sent");
        }
    }

    /// Closes it, for this reason.
    pub(crate) fn close(&self, why: &str) {
        self.closing.send_if_modified(|closing| {
            let first = closing.is_none();
            closing.get_or_insert_with(|| why.to_owned());
            first
        });
    }
}

/// The session of one device.
#[derive(Default)]
pub(crate) struct Session {
    /// `None` while the device is away.
    pub(crate) connection: Option<Connection>,
    /// How the device came, while it is there.
    pub(crate) link: Option<Link>,
    /// Whether the session ends with the connection.
    pub(crate) clean: bool,
    subscriptions: BTreeMap<String, QoS>,
    pending: VecDeque<Pending>,
    last_id: u16,
    /// Ids of QoS 2 messages that came and are not released: a repetition is not a new message.
    received: HashSet<u16>,
}

/// What became of a message for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It is on its way.
    Sent,
    /// It waits for the device to come back.
    Queued,
    /// The device is away, and its QoS does not ask to keep it.
    Missed,
    /// Too much waits already.
    Full,
}

/// A QoS 1 message on its way to the device.
struct Pending {
    publish: Publish,
    sent: bool,
}

impl Session {
    /// Adds or replaces a subscription.
    pub(crate) fn subscribe(&mut self, filter: String, qos: QoS) {
        self.subscriptions.insert(filter, qos);
    }

    pub(crate) fn unsubscribe(&mut self, filter: &str) {
        self.subscriptions.remove(filter);
    }

    /// The highest QoS at which a subscription asks for this topic.
    pub(crate) fn wants(&self, topic: &str) -> Option<QoS> {
        self.subscriptions
            .iter()
            .filter(|(filter, _)| topic::matches(topic, filter))
            .map(|(_, qos)| *qos)
            .max_by_key(|qos| *qos as u8)
    }

    /// Sends a message now, or keeps it for an absent device when its QoS asks for that.
    pub(crate) fn deliver(
        &mut self,
        topic: &str,
        payload: &Bytes,
        qos: QoS,
        retain: bool,
    ) -> Delivery {
        let now = if self.connection.is_some() { Delivery::Sent } else { Delivery::Queued };
        let mut publish = Publish::from_bytes(topic, qos, payload.clone());
        publish.retain = retain;
        if qos == QoS::AtMostOnce {
            self.send(Packet::Publish(publish));
            return if self.connection.is_some() { now } else { Delivery::Missed };
        }
        if self.pending.len() == PENDING_MAX {
            return Delivery::Full;
        }
        publish.pkid = self.free_id();
        self.send(Packet::Publish(publish.clone()));
        self.pending.push_back(Pending { publish, sent: self.connection.is_some() });
        now
    }

    /// How many messages wait for the device or for its acknowledgement.
    pub(crate) fn queued(&self) -> usize {
        self.pending.len()
    }

    /// What the device subscribed to.
    pub(crate) fn subscriptions(&self) -> impl Iterator<Item = (&str, QoS)> {
        self.subscriptions.iter().map(|(filter, qos)| (filter.as_str(), *qos))
    }

    /// Takes a new connection and sends it what the device has not acknowledged.
    pub(crate) fn resume(&mut self, connection: Connection) {
        for pending in &mut self.pending {
            pending.publish.dup = pending.sent;
            pending.sent = true;
            connection.send(Packet::Publish(pending.publish.clone()));
        }
        self.connection = Some(connection);
    }

    /// Forgets a message that arrived. An unknown id is not an error: it may be a repetition.
    pub(crate) fn acknowledge(&mut self, id: u16) {
        self.pending.retain(|pending| pending.publish.pkid != id);
    }

    /// Whether this QoS 2 message is new.
    pub(crate) fn receive(&mut self, id: u16) -> bool {
        self.received.insert(id)
    }

    /// Ends the exchange of a QoS 2 message.
    pub(crate) fn release(&mut self, id: u16) {
        self.received.remove(&id);
    }

    fn send(&self, packet: Packet) {
        if let Some(connection) = &self.connection {
            connection.send(packet);
        }
    }

    /// The next id that no pending message has; there is one, because few are kept.
    fn free_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if self.pending.iter().all(|pending| pending.publish.pkid != self.last_id) {
                return self.last_id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(session: &mut Session) -> Orders {
        let (connection, orders) = Connection::new(1);
        session.resume(connection);
        orders
    }

    fn sent(orders: &mut Orders) -> Vec<(u16, bool)> {
        let mut all = Vec::new();
        while let Ok(Packet::Publish(publish)) = orders.packets.try_recv() {
            all.push((publish.pkid, publish.dup));
        }
        all
    }

    #[test]
    fn messages_wait_for_the_device_and_are_repeated_until_acknowledged() {
        let mut session = Session::default();
        let payload = Bytes::from_static(b"x");
        assert_eq!(session.deliver("/t", &payload, QoS::AtMostOnce, false), Delivery::Missed);
        for _ in 0..2 {
            assert_eq!(session.deliver("/t", &payload, QoS::AtLeastOnce, false), Delivery::Queued);
        }
        let mut first = connect(&mut session);
        assert_eq!(sent(&mut first), [(1, false), (2, false)]);
        session.acknowledge(1);
        session.acknowledge(77);
        session.connection = None;
        let mut second = connect(&mut session);
        assert_eq!(sent(&mut second), [(2, true)]);
    }

    #[test]
    fn ids_wrap_past_zero_and_past_those_in_use() {
        let mut session = Session { last_id: u16::MAX - 1, ..Session::default() };
        let payload = Bytes::new();
        let mut received = connect(&mut session);
        for _ in 0..2 {
            assert_eq!(session.deliver("/t", &payload, QoS::AtLeastOnce, false), Delivery::Sent);
        }
        session.last_id = u16::MAX - 1;
        assert_eq!(session.deliver("/t", &payload, QoS::AtLeastOnce, false), Delivery::Sent);
        assert_eq!(sent(&mut received), [(65535, false), (1, false), (2, false)]);
    }

    #[test]
    fn the_queue_has_an_end() {
        let mut session = Session::default();
        for _ in 0..PENDING_MAX {
            assert_eq!(
                session.deliver("/t", &Bytes::new(), QoS::AtLeastOnce, false),
                Delivery::Queued
            );
        }
        assert_eq!(session.deliver("/t", &Bytes::new(), QoS::AtLeastOnce, false), Delivery::Full);
    }

    #[test]
    fn a_device_that_does_not_read_is_let_go() {
        let mut session = Session::default();
        let orders = connect(&mut session);
        for _ in 0..2 * QUEUE_MAX {
            session.deliver("/t", &Bytes::new(), QoS::AtMostOnce, false);
        }
        assert_eq!(*orders.closing.borrow(), None, "messages of QoS 0 are lost");
        session.deliver("/t", &Bytes::new(), QoS::AtLeastOnce, false);
        assert!(orders.closing.borrow().is_some());
    }

    #[test]
    fn the_highest_matching_qos_counts() {
        let mut session = Session::default();
        session.subscribe("/a/#".into(), QoS::AtMostOnce);
        session.subscribe("/a/+".into(), QoS::AtLeastOnce);
        assert_eq!(session.wants("/a/b"), Some(QoS::AtLeastOnce));
        assert_eq!(session.wants("/a/b/c"), Some(QoS::AtMostOnce));
        assert_eq!(session.wants("/b"), None);
    }
}
