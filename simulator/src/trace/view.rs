//! An entry as the console and `serve --json` show it: JSON without secrets.

#![forbid(unsafe_code)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::event::masked;
use super::{Entry, Event, Trace};

impl Entry {
    /// Roughly what it takes in memory.
    pub(super) fn weight(&self) -> usize {
        let held = match &self.event {
            Event::Http { headers, body, path, .. } => {
                let headers = headers.iter().map(|(name, value)| name.len() + value.len());
                headers.sum::<usize>() + body.len() + path.len() + 512
            }
            Event::Publish { topic, payload, .. } => topic.len() + payload.len(),
            _ => 128,
        };
        size_of::<Entry>() + self.who.len() + held
    }
}

impl Trace {
    /// An entry with its wall-clock time in milliseconds since 1970, without secrets. A payload that
    /// is no text is there in Base64 too.
    pub fn shown(&self, entry: &Entry) -> Map<String, Value> {
        let Value::Object(mut shown) = json!(entry) else { return Map::new() };
        let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
        put("time", milliseconds(self.started() + Duration::from_secs_f64(entry.t)).into());
        match &entry.event {
            Event::Connect { .. } => {
                put("password", "****".into());
            }
            Event::Http { reply, .. } => {
                put("reply", masked(reply).into_owned());
            }
            Event::Publish { payload, .. } if std::str::from_utf8(payload).is_err() => {
                put("payloadBase64", STANDARD.encode(payload).into());
            }
            _ => {}
        }
        shown
    }
}

/// The milliseconds since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::From;
    use super::*;

    #[test]
    fn what_is_shown_has_no_secret_and_keeps_bytes() {
        let trace = Trace::new();
        let secret = "KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4";
        let mut connect = rumqttc::Connect::new("pk.dn|securemode=2|");
        connect.set_login("dn&pk", secret);
        let reply = json!({"data": {"deviceSecret": secret, "iotToken": secret}});
        let http = Event::Http {
            method: "POST".into(),
            path: "/auth/devicename".into(),
            headers: vec![],
            body: String::new(),
            reply,
        };
        for event in [Event::connect(&connect, "127.0.0.1:1883"), http] {
            let entry = Entry { t: 1.0, who: "pk.dn".into(), from: From::Device, event };
            assert!(!json!(trace.shown(&entry)).to_string().contains(secret));
        }
        let payload = Bytes::from_static(&[0xff, 0]);
        let (topic, qos, dup, retain, id) = ("/t".into(), 0, 0, 0, None);
        let event = Event::Publish { topic, qos, dup, retain, id, payload };
        let entry = Entry { t: 1.0, who: "pk.dn".into(), from: From::Device, event };
        let shown = trace.shown(&entry);
        assert_eq!(shown["payloadBase64"], "/wA=");
        assert_eq!(shown["time"], milliseconds(trace.started()) + 1000);
    }
}
