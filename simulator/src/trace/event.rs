//! One thing that happened, as JSON and as a line for people.

#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use rumqttc::{Connect, Packet, SubscribeReasonCode};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A payload longer than this is cut when it is displayed.
const DISPLAY_MAX: usize = 256;

/// Who sent what an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// The device.
    Device,
    /// The cloud.
    Cloud,
}

/// One thing that happened. `Debug` is the display form, because only that masks secrets.
#[derive(Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Seconds since the cloud started.
    pub t: f64,
    /// The device, `<product key>.<device name>`, or the peer's address while it is unknown.
    pub who: String,
    /// Who sent it.
    pub from: From,
    /// What it was.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened. It may hold secrets, so it has no `Debug`.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "ev", rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names are those of MQTT 3.1.1 and of HTTP")]
pub enum Event {
    Http {
        method: String,
        path: String,
        /// In the order and spelling of the wire.
        headers: Vec<(String, String)>,
        body: String,
        /// `null` when a fault took the place of the reply.
        reply: Value,
    },
    Connect {
        /// The address that the device connected to.
        #[serde(rename = "where")]
        at: String,
        protocol: &'static str,
        level: u8,
        clean: bool,
        keepalive: u16,
        client_id: String,
        username: String,
        password: String,
    },
    Connack {
        code: u8,
        session_present: bool,
    },
    Publish {
        topic: String,
        qos: u8,
        dup: u8,
        retain: u8,
        /// `None` at QoS 0.
        id: Option<u16>,
        #[serde(serialize_with = "as_text")]
        payload: Bytes,
    },
    Puback {
        id: u16,
    },
    Pubrec {
        id: u16,
    },
    Pubrel {
        id: u16,
    },
    Pubcomp {
        id: u16,
    },
    Subscribe {
        id: u16,
        filters: Vec<(String, u8)>,
    },
    Suback {
        id: u16,
        /// The granted QoS of each filter, 128 for a refusal.
        granted: Vec<u8>,
    },
    Unsubscribe {
        id: u16,
        filters: Vec<String>,
    },
    Unsuback {
        id: u16,
    },
    Pingreq,
    Pingresp,
    Disconnect,
    /// The cloud did not do what the packet before asked for.
    #[serde(rename = "refused")]
    Refused {
        why: String,
    },
    /// A fault that was asked for took place.
    #[serde(rename = "fault")]
    Fault {
        what: String,
    },
    /// The connection is gone.
    #[serde(rename = "closed")]
    Closed {
        why: String,
    },
}

fn as_text<S: Serializer>(payload: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(payload))
}

impl Event {
    pub(crate) fn connect(connect: &Connect, at: &str) -> Self {
        let login = connect
            .login
            .clone()
            .unwrap_or(rumqttc::Login { username: String::new(), password: String::new() });
        Event::Connect {
            at: at.to_owned(),
            protocol: "MQTT",
            level: match connect.protocol {
                rumqttc::Protocol::V4 => 4,
                rumqttc::Protocol::V5 => 5,
            },
            clean: connect.clean_session,
            keepalive: connect.keep_alive,
            client_id: connect.client_id.clone(),
            username: login.username,
            password: login.password,
        }
    }

    /// The event of a packet, `at` being the address that the device connected to.
    pub(crate) fn packet(packet: &Packet, at: &str) -> Self {
        match packet {
            Packet::Connect(connect) => Event::connect(connect, at),
            Packet::ConnAck(ack) => {
                Event::Connack { code: ack.code as u8, session_present: ack.session_present }
            }
            Packet::Publish(publish) => Event::Publish {
                topic: publish.topic.clone(),
                qos: publish.qos as u8,
                dup: publish.dup.into(),
                retain: publish.retain.into(),
                id: (publish.pkid != 0).then_some(publish.pkid),
                payload: publish.payload.clone(),
            },
            Packet::PubAck(ack) => Event::Puback { id: ack.pkid },
            Packet::PubRec(rec) => Event::Pubrec { id: rec.pkid },
            Packet::PubRel(rel) => Event::Pubrel { id: rel.pkid },
            Packet::PubComp(comp) => Event::Pubcomp { id: comp.pkid },
            Packet::Subscribe(subscribe) => Event::Subscribe {
                id: subscribe.pkid,
                filters: subscribe
                    .filters
                    .iter()
                    .map(|filter| (filter.path.clone(), filter.qos as u8))
                    .collect(),
            },
            Packet::SubAck(ack) => Event::Suback {
                id: ack.pkid,
                granted: ack
                    .return_codes
                    .iter()
                    .map(|code| match code {
                        SubscribeReasonCode::Success(qos) => *qos as u8,
                        SubscribeReasonCode::Failure => 0x80,
                    })
                    .collect(),
            },
            Packet::Unsubscribe(unsubscribe) => {
                Event::Unsubscribe { id: unsubscribe.pkid, filters: unsubscribe.topics.clone() }
            }
            Packet::UnsubAck(ack) => Event::Unsuback { id: ack.pkid },
            Packet::PingReq => Event::Pingreq,
            Packet::PingResp => Event::Pingresp,
            Packet::Disconnect => Event::Disconnect,
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = match self.from {
            From::Device => "→",
            From::Cloud => "←",
        };
        write!(f, "{:8.3} {} {arrow} {}", self.t, self.who, self.event)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Http { method, path, body, reply, .. } => {
                write!(f, "{method} {path} {} ⇒ {}", shown(body.as_bytes()), masked(reply))
            }
            Event::Connect { level, clean, keepalive, client_id, username, .. } => write!(
                f,
                "CONNECT level {level}, clean {clean}, keepalive {keepalive} s, user {username}, \
                 client {client_id}"
            ),
            Event::Connack { code, session_present } => {
                write!(f, "CONNACK {code}, session present {session_present}")
            }
            Event::Publish { topic, qos, dup, retain, id, payload } => {
                write!(f, "PUBLISH")?;
                if let Some(id) = id {
                    write!(f, " #{id}")?;
                }
                write!(f, " QoS {qos}")?;
                if *dup == 1 {
                    write!(f, " dup")?;
                }
                if *retain == 1 {
                    write!(f, " retain")?;
                }
                write!(f, " {topic} {}", shown(payload))
            }
            Event::Puback { id } => write!(f, "PUBACK #{id}"),
            Event::Pubrec { id } => write!(f, "PUBREC #{id}"),
            Event::Pubrel { id } => write!(f, "PUBREL #{id}"),
            Event::Pubcomp { id } => write!(f, "PUBCOMP #{id}"),
            Event::Subscribe { id, filters } => {
                write!(f, "SUBSCRIBE #{id}")?;
                filters.iter().try_for_each(|(filter, qos)| write!(f, " {filter} (QoS {qos})"))
            }
            Event::Suback { id, granted } => write!(f, "SUBACK #{id} granted {granted:?}"),
            Event::Unsubscribe { id, filters } => {
                write!(f, "UNSUBSCRIBE #{id} {}", filters.join(" "))
            }
            Event::Unsuback { id } => write!(f, "UNSUBACK #{id}"),
            Event::Pingreq => write!(f, "PINGREQ"),
            Event::Pingresp => write!(f, "PINGRESP"),
            Event::Disconnect => write!(f, "DISCONNECT"),
            Event::Refused { why } => write!(f, "refused: {why}"),
            Event::Fault { what } => write!(f, "fault: {what}"),
            Event::Closed { why } => write!(f, "closed: {why}"),
        }
    }
}

/// Bytes as one line of text: control characters escaped, what is too long cut.
fn shown(bytes: &[u8]) -> String {
    let head = bytes.get(..DISPLAY_MAX).unwrap_or(bytes);
    let text = String::from_utf8_lossy(head);
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    if head.len() < bytes.len() {
        line.push_str(&format!("… ({} bytes)", bytes.len()));
    }
    line
}

/// A reply with every secret in it shortened to its first and last four characters.
pub(super) fn masked(reply: &Value) -> Cow<'_, Value> {
    const SECRETS: [&str; 2] = ["deviceSecret", "iotToken"];
    let mut reply = Cow::Borrowed(reply);
    for name in SECRETS {
        if reply.pointer("/data").and_then(|data| data.get(name)).is_some()
            && let Some(secret) = reply.to_mut().pointer_mut(&format!("/data/{name}"))
        {
            *secret = mask(secret.as_str().unwrap_or_default()).into();
        }
    }
    reply
}

pub(crate) fn mask(secret: &str) -> String {
    match (secret.get(..4), secret.get(secret.len().saturating_sub(4)..)) {
        (Some(first), Some(last)) if secret.len() >= 12 => format!("{first}****{last}"),
        _ => "****".into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_has_the_form_of_the_transcripts() {
        let entry = Entry {
            t: 1.5,
            who: "pk.dn".into(),
            from: From::Device,
            event: Event::Publish {
                topic: "/pk/dn/update".into(),
                qos: 1,
                dup: 0,
                retain: 0,
                id: Some(4),
                payload: Bytes::from_static(b"update: hello! start!"),
            },
        };
        assert_eq!(
            serde_json::to_value(&entry).unwrap(),
            json!({"t": 1.5, "who": "pk.dn", "from": "device", "ev": "PUBLISH",
                   "topic": "/pk/dn/update", "qos": 1, "dup": 0, "retain": 0, "id": 4,
                   "payload": "update: hello! start!"})
        );
        assert_eq!(serde_json::to_value(Event::Pingreq).unwrap(), json!({"ev": "PINGREQ"}));
    }

    #[test]
    fn no_secret_is_displayed() {
        let secret = "KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4";
        let register = Event::Http {
            method: "POST".into(),
            path: "/auth/register/device".into(),
            headers: vec![],
            body: "productKey=pk".into(),
            reply: json!({"code": 200, "data": {"deviceSecret": secret}}),
        };
        let line = register.to_string();
        assert!(line.contains("KGQQ****PZD4") && !line.contains(secret), "{line}");

        let mut connect = Connect::new("pk.dn|securemode=2|");
        connect.set_login("dn&pk", secret);
        let entry = Entry {
            t: 0.0,
            who: "pk.dn".into(),
            from: From::Device,
            event: Event::connect(&connect, "127.0.0.1:1883"),
        };
        assert!(!format!("{entry} {entry:?}").contains(secret));
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(shown(b"a\r\nb"), "a\\r\\nb");
        assert!(shown(&[b'x'; 1000]).ends_with("x… (1000 bytes)"));
    }
}
