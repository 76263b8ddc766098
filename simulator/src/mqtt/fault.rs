//! Faults of MQTT connections: rules that say which packets meet which fault.
//!
//! Chance is drawn from a seed, by rule and device: the same seed and the same packets of a device
//! meet the same faults, whatever other devices do meanwhile.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use rumqttc::{ConnectReturnCode, Packet, valid_filter};
use serde::{Deserialize, Serialize};

use crate::config::DeviceId;
use crate::mqtt::topic;

/// More rules than this at once is a mistake.
const RULES_MAX: usize = 100;
/// A packet is not held longer than this: no device waits so long.
const DELAY_MAX_MS: u64 = 10 * 60 * 1000;

/// What happens to a packet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum MqttFault {
    /// It is lost.
    Drop,
    /// It, and what comes after it, is this late.
    Delay {
        /// How late.
        ms: u64,
    },
    /// It comes twice.
    Duplicate,
    /// It comes after the next one, or a second late when there is none.
    Reorder,
    /// The login is refused with this code of CONNACK, 1 to 5.
    Connack {
        /// The code.
        code: u8,
    },
    /// The device's messages are not acknowledged.
    NoPuback,
    /// Half of it is sent, and the connection is dropped.
    HalfPacket,
    /// A fatal TLS alert takes its place.
    TlsAlert,
    /// The connection is dropped once this many bytes were sent to the device.
    Cut {
        /// How many bytes.
        after_bytes: u64,
    },
    /// Nothing passes, in either direction, while the connection stays open.
    Silence,
    /// What is sent to the device trickles.
    Slow {
        /// How many bytes a second.
        bytes_per_second: u32,
    },
}

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the device to the cloud.
    Up,
    /// From the cloud to the device.
    Down,
}

/// A fault, and the packets that meet it: those that all of its conditions hold for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultRule {
    /// What happens.
    #[serde(flatten)]
    pub fault: MqttFault,
    /// The device, as `<product key>.<device name>` or by its device name; `None` for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The direction, `None` for both where the fault has both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The packet's name, such as `PUBACK`, or `any`; `None` for what the fault is about: mostly
    /// `PUBLISH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet: Option<String>,
    /// A filter for the topics of messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// How likely it is, 0 to 1.
    #[serde(default = "certain")]
    pub chance: f64,
    /// How often it happens at most, `None` for without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

fn certain() -> f64 {
    1.0
}

impl FaultRule {
    /// A rule without conditions.
    pub fn new(fault: MqttFault) -> Self {
        let (device, direction, packet, topic, count) = (None, None, None, None, None);
        FaultRule { fault, device, direction, packet, topic, chance: 1.0, count }
    }

    /// Says what is wrong with it.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.chance) {
            return Err("a chance is from 0 to 1".into());
        }
        if let Some(packet) = &self.packet
            && packet != ANY
            && !PACKETS.contains(&packet.as_str())
        {
            return Err(format!("no packet {packet}, but any, {}", PACKETS.join(", ")));
        }
        if let Some(filter) = &self.topic
            && !valid_filter(filter)
        {
            return Err(format!("'{filter}' is not a topic filter"));
        }
        match self.fault {
            MqttFault::Connack { code } if login_code(code).is_none() => {
                Err("a code that refuses a login is from 1 to 5".into())
            }
            MqttFault::Delay { ms } if ms > DELAY_MAX_MS => {
                Err(format!("at most {DELAY_MAX_MS} ms late"))
            }
            MqttFault::Slow { bytes_per_second: 0 } => Err("at least one byte a second".into()),
            _ => Ok(()),
        }
    }

    fn meets(&self, device: &DeviceId, direction: Direction, packet: &Packet) -> bool {
        let name = name(packet);
        let of_kind = match (&self.fault, self.packet.as_deref()) {
            (MqttFault::Connack { .. }, _) => false,
            (MqttFault::NoPuback, _) => direction == Direction::Down && name == "PUBACK",
            (MqttFault::Silence, _) | (_, Some(ANY)) => true,
            (_, Some(wanted)) => name == wanted,
            (MqttFault::Slow { .. } | MqttFault::Cut { .. }, None) => true,
            (_, None) => name == "PUBLISH",
        };
        let on_topic = match (&self.topic, packet) {
            (None, _) => true,
            (Some(filter), Packet::Publish(publish)) => topic::matches(&publish.topic, filter),
            (Some(_), _) => false,
        };
        of_kind
            && on_topic
            && self.is_for(device)
            && self.direction.is_none_or(|wanted| wanted == direction)
            && (direction == Direction::Down || self.fault.is_possible_upwards())
    }

    fn is_for(&self, device: &DeviceId) -> bool {
        self.device.as_ref().is_none_or(|wanted| device.is_called(wanted))
    }
}

impl MqttFault {
    /// The others are about what the cloud writes.
    fn is_possible_upwards(&self) -> bool {
        use MqttFault::{Delay, Drop, Duplicate, Reorder, Silence};
        matches!(self, Drop | Delay { .. } | Duplicate | Reorder | Silence)
    }

    /// Whether it goes on by itself, so that a line for each packet would say nothing new.
    fn is_lasting(&self) -> bool {
        matches!(self, MqttFault::Slow { .. } | MqttFault::Cut { .. })
    }

    pub(crate) fn delay(&self) -> Duration {
        match self {
            MqttFault::Delay { ms } => Duration::from_millis(*ms),
            _ => Duration::ZERO,
        }
    }
}

impl fmt::Display for MqttFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MqttFault::Drop => write!(f, "drop"),
            MqttFault::Delay { ms } => write!(f, "delay by {ms} ms"),
            MqttFault::Duplicate => write!(f, "duplicate"),
            MqttFault::Reorder => write!(f, "reorder"),
            MqttFault::Connack { code } => write!(f, "refuse with CONNACK {code}"),
            MqttFault::NoPuback => write!(f, "no PUBACK"),
            MqttFault::HalfPacket => write!(f, "half a packet"),
            MqttFault::TlsAlert => write!(f, "TLS alert"),
            MqttFault::Cut { after_bytes } => write!(f, "cut after {after_bytes} bytes"),
            MqttFault::Silence => write!(f, "silence"),
            MqttFault::Slow { bytes_per_second } => write!(f, "{bytes_per_second} bytes a second"),
        }
    }
}

const ANY: &str = "any";
const PACKETS: [&str; 14] = [
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
];

/// The name of a packet in MQTT's specification.
pub(crate) fn name(packet: &Packet) -> &'static str {
    match packet {
        Packet::Connect(_) => "CONNECT",
        Packet::ConnAck(_) => "CONNACK",
        Packet::Publish(_) => "PUBLISH",
        Packet::PubAck(_) => "PUBACK",
        Packet::PubRec(_) => "PUBREC",
        Packet::PubRel(_) => "PUBREL",
        Packet::PubComp(_) => "PUBCOMP",
        Packet::Subscribe(_) => "SUBSCRIBE",
        Packet::SubAck(_) => "SUBACK",
        Packet::Unsubscribe(_) => "UNSUBSCRIBE",
        Packet::UnsubAck(_) => "UNSUBACK",
        Packet::PingReq => "PINGREQ",
        Packet::PingResp => "PINGRESP",
        Packet::Disconnect => "DISCONNECT",
    }
}

fn login_code(code: u8) -> Option<ConnectReturnCode> {
    Some(match code {
        1 => ConnectReturnCode::RefusedProtocolVersion,
        2 => ConnectReturnCode::BadClientId,
        3 => ConnectReturnCode::ServiceUnavailable,
        4 => ConnectReturnCode::BadUserNamePassword,
        5 => ConnectReturnCode::NotAuthorized,
        _ => return None,
    })
}

/// A rule in force, as the control API lists it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveRule {
    /// Its number, by which it can be taken back.
    pub id: u64,
    #[serde(flatten)]
    /// The rule, with what is left of its count.
    pub rule: FaultRule,
    /// How often the fault has happened.
    pub happened: u64,
    #[serde(skip)]
    chances: HashMap<DeviceId, Rng>,
}

/// A fault that a packet meets.
pub(crate) struct Met {
    pub(crate) fault: MqttFault,
    /// For the trace; `None` when a line was written before.
    pub(crate) words: Option<String>,
}

/// The rules of one cloud. They may be changed from any thread at any time.
pub(crate) struct MqttFaults {
    seed: u64,
    rules: Mutex<Rules>,
}

#[derive(Default)]
struct Rules {
    active: Vec<ActiveRule>,
    last_id: u64,
}

impl MqttFaults {
    pub(crate) fn new(seed: u64) -> Self {
        MqttFaults { seed, rules: Mutex::default() }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Puts a rule in force and returns its number, or says what is wrong with it.
    pub(crate) fn add(&self, rule: FaultRule) -> Result<u64, String> {
        rule.check()?;
        let mut rules = self.lock();
        if rules.active.len() == RULES_MAX {
            return Err(format!("at most {RULES_MAX} faults at once"));
        }
        rules.last_id += 1;
        let id = rules.last_id;
        rules.active.push(ActiveRule { id, rule, happened: 0, chances: HashMap::new() });
        Ok(id)
    }

    pub(crate) fn list(&self) -> Vec<ActiveRule> {
        self.lock().active.clone()
    }

    /// Takes a rule back, all of them without a number; returns how many.
    pub(crate) fn clear(&self, id: Option<u64>) -> usize {
        let mut rules = self.lock();
        let before = rules.active.len();
        rules.active.retain(|active| id.is_some_and(|id| active.id != id));
        before - rules.active.len()
    }

    /// The fault that this packet meets.
    pub(crate) fn meet(
        &self,
        device: &DeviceId,
        direction: Direction,
        packet: &Packet,
    ) -> Option<Met> {
        let met = self.lock().draw(self.seed, device, |rule| rule.meets(device, direction, packet));
        met.map(|(id, fault, first)| {
            let told = first || !fault.is_lasting();
            let words = told.then(|| format!("{fault}, {} (rule {id})", name(packet)));
            Met { fault, words }
        })
    }

    /// The code with which this device's login is refused.
    pub(crate) fn refuse_login(&self, device: &DeviceId) -> Option<ConnectReturnCode> {
        let of_login = |rule: &FaultRule| {
            matches!(rule.fault, MqttFault::Connack { .. }) && rule.is_for(device)
        };
        match self.lock().draw(self.seed, device, of_login)? {
            (_, MqttFault::Connack { code }, _) => login_code(code),
            _ => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rules {
    /// The first rule that is wanted and whose chance comes: its number, its fault, and whether it
    /// is the first time.
    fn draw(
        &mut self,
        seed: u64,
        device: &DeviceId,
        wanted: impl Fn(&FaultRule) -> bool,
    ) -> Option<(u64, MqttFault, bool)> {
        let active = self.active.iter_mut().find_map(|active| {
            (wanted(&active.rule) && active.comes(seed, device)).then_some(active)
        })?;
        active.happened += 1;
        let drawn = (active.id, active.rule.fault.clone(), active.happened == 1);
        if let Some(left) = &mut active.rule.count {
            *left = left.saturating_sub(1);
        }
        Some(drawn)
    }
}

impl ActiveRule {
    fn comes(&mut self, seed: u64, device: &DeviceId) -> bool {
        if self.rule.count == Some(0) {
            return false;
        }
        if self.rule.chance >= 1.0 {
            return true;
        }
        let id = self.id;
        let rng = self.chances.entry(device.clone()).or_insert_with(|| {
            let mut hasher = DefaultHasher::new();
            (seed, id, device).hash(&mut hasher);
            Rng::with_seed(hasher.finish())
        });
        rng.f64() < self.rule.chance
    }
}

#[cfg(test)]
mod tests {
    use rumqttc::{PubAck, Publish, QoS};

    use super::*;

    fn device(name: &str) -> DeviceId {
        DeviceId::new("pk", name)
    }

    fn message() -> Packet {
        Packet::Publish(Publish::new("/pk/dn/t", QoS::AtLeastOnce, "x"))
    }

    fn fates(faults: &MqttFaults, device: &DeviceId) -> Vec<bool> {
        (0..64).map(|_| faults.meet(device, Direction::Up, &message()).is_some()).collect()
    }

    #[test]
    fn the_same_seed_gives_a_device_the_same_fate() {
        let with = |seed| {
            let faults = MqttFaults::new(seed);
            faults.add(FaultRule { chance: 0.5, ..FaultRule::new(MqttFault::Drop) }).unwrap();
            faults
        };
        let alone = fates(&with(7), &device("a"));
        let among_others = with(7);
        fates(&among_others, &device("b"));
        assert_eq!(alone, fates(&among_others, &device("a")));
        assert_ne!(alone, fates(&with(8), &device("a")));
        assert!(alone.contains(&true) && alone.contains(&false));
    }

    #[test]
    fn a_rule_is_for_what_it_names() {
        let faults = MqttFaults::new(0);
        let rule = FaultRule::new(MqttFault::Drop);
        let topic = Some("/pk/dn/#".into());
        faults
            .add(FaultRule { device: Some("pk.dn".into()), topic, count: Some(1), ..rule })
            .unwrap();
        let meets = |name: &str, packet: &Packet| {
            faults.meet(&device(name), Direction::Down, packet).is_some()
        };
        assert!(!meets("other", &message()));
        assert!(!meets("dn", &Packet::PubAck(PubAck::new(1))));
        assert!(meets("dn", &message()));
        assert!(!meets("dn", &message()), "it was for one packet");
        assert_eq!(faults.list().first().map(|rule| rule.happened), Some(1));
        assert_eq!(faults.clear(None), 1);
    }

    #[test]
    fn what_the_cloud_writes_is_not_spoilt_on_the_way_up() {
        let faults = MqttFaults::new(0);
        faults.add(FaultRule::new(MqttFault::HalfPacket)).unwrap();
        assert!(faults.meet(&device("dn"), Direction::Up, &message()).is_none());
        assert!(faults.meet(&device("dn"), Direction::Down, &message()).is_some());
    }

    #[test]
    fn rules_are_read_from_words() {
        let rule: FaultRule =
            serde_json::from_str(r#"{"fault": "delay", "ms": 5, "direction": "down"}"#).unwrap();
        assert_eq!(rule.fault, MqttFault::Delay { ms: 5 });
        let why =
            |rule: &str| serde_json::from_str::<FaultRule>(rule).unwrap().check().unwrap_err();
        assert!(why(r#"{"fault": "connack", "code": 9}"#).contains("1 to 5"));
        assert!(why(r#"{"fault": "drop", "chance": 2}"#).contains("0 to 1"));
        assert!(why(r#"{"fault": "drop", "packet": "PUB"}"#).contains("no packet PUB"));
        assert!(why(r#"{"fault": "drop", "topic": "a#"}"#).contains("filter"));
    }
}
