//! What the broker keeps of one device: its subscriptions, and what it has not acknowledged yet.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashSet, VecDeque};

use bytes::Bytes;
use rumqttc::{Packet, Publish, QoS};
use tokio::sync::mpsc::UnboundedSender;

use crate::mqtt::topic;

/// More unacknowledged messages than this are not kept for a device.
const PENDING_MAX: usize = 1000;

/// What a connection is told to do.
pub(crate) enum Command {
    /// Send this.
    Send(Packet),
    /// Close, for this reason.
    Close(String),
}

/// One connection of a device.
pub(crate) struct Connection {
    /// Tells it from the device's other ones.
    pub(crate) number: u64,
    /// Where it takes its commands from.
    pub(crate) commands: UnboundedSender<Command>,
}

impl Connection {
    pub(crate) fn command(&self, command: Command) {
        // A connection that is gone does not need to be told anything.
        let _ = self.commands.send(command);
    }
}

/// The session of one device.
#[derive(Default)]
pub(crate) struct Session {
    /// `None` while the device is away.
    pub(crate) connection: Option<Connection>,
    /// Whether the session ends with the connection.
    pub(crate) clean: bool,
    subscriptions: BTreeMap<String, QoS>,
    pending: VecDeque<Pending>,
    last_id: u16,
    /// Ids of QoS 2 messages that came and are not released: a repetition is not a new message.
    received: HashSet<u16>,
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
    ///
    /// Returns `false` when it cannot be kept.
    pub(crate) fn deliver(&mut self, topic: &str, payload: &Bytes, qos: QoS, retain: bool) -> bool {
        let mut publish = Publish::from_bytes(topic, qos, payload.clone());
        publish.retain = retain;
        if qos == QoS::AtMostOnce {
            self.send(Packet::Publish(publish));
            return true;
        }
        if self.pending.len() == PENDING_MAX {
            return false;
        }
        publish.pkid = self.free_id();
        self.send(Packet::Publish(publish.clone()));
        self.pending.push_back(Pending { publish, sent: self.connection.is_some() });
        true
    }

    /// Takes a new connection and sends it what the device has not acknowledged.
    pub(crate) fn resume(&mut self, connection: Connection) {
        for pending in &mut self.pending {
            pending.publish.dup = pending.sent;
            pending.sent = true;
            connection.command(Command::Send(Packet::Publish(pending.publish.clone())));
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
            connection.command(Command::Send(packet));
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
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    fn connect(session: &mut Session) -> UnboundedReceiver<Command> {
        let (commands, received) = unbounded_channel();
        session.resume(Connection { number: 1, commands });
        received
    }

    fn sent(received: &mut UnboundedReceiver<Command>) -> Vec<(u16, bool)> {
        let mut all = Vec::new();
        while let Ok(Command::Send(Packet::Publish(publish))) = received.try_recv() {
            all.push((publish.pkid, publish.dup));
        }
        all
    }

    #[test]
    fn messages_wait_for_the_device_and_are_repeated_until_acknowledged() {
        let mut session = Session::default();
        let payload = Bytes::from_static(b"x");
        assert!(session.deliver("/t", &payload, QoS::AtMostOnce, false));
        assert!(session.deliver("/t", &payload, QoS::AtLeastOnce, false));
        assert!(session.deliver("/t", &payload, QoS::AtLeastOnce, false));
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
            assert!(session.deliver("/t", &payload, QoS::AtLeastOnce, false));
        }
        session.last_id = u16::MAX - 1;
        assert!(session.deliver("/t", &payload, QoS::AtLeastOnce, false));
        assert_eq!(sent(&mut received), [(65535, false), (1, false), (2, false)]);
    }

    #[test]
    fn the_queue_has_an_end() {
        let mut session = Session::default();
        for _ in 0..PENDING_MAX {
            assert!(session.deliver("/t", &Bytes::new(), QoS::AtLeastOnce, false));
        }
        assert!(!session.deliver("/t", &Bytes::new(), QoS::AtLeastOnce, false));
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
