//! The platform's form of a reply, and what of it may be shown.

#![forbid(unsafe_code)]

use serde_json::Value;

use crate::base::error::Error;
use crate::base::identity::{Secret, printable};
use crate::cloud::servers::{HOST_LEN, MqttServer};
use crate::http::Reply;

const CODE_SUCCESS: i64 = 200;

/// A reply in the platform's form: `{"code": …, "message": …, "data": {…}}`.
pub struct Answer {
    json: Value,
}

impl Answer {
    /// Reads a reply. The log masks from now on what the reply calls a secret or a token, wherever else
    /// it stands.
    ///
    /// # Errors
    /// [`Error::BadReply`] when it is not JSON; [`Error::Refused`] when it is a server's failure
    /// (HTTP status 5xx) that only the status tells of.
    pub fn read(reply: &Reply) -> Result<Self, Error> {
        let Ok(json) = serde_json::from_slice(&reply.body) else {
            // Not printed: half a reply can hold a whole secret.
            let what = format!("HTTP status {}, {} bytes", reply.status, reply.body.len());
            return Err(if (500..=599).contains(&reply.status) {
                Error::Refused { code: reply.status.into(), message: format!("({what})") }
            } else {
                Error::BadReply(format!("{what} that are not JSON"))
            });
        };
        hide(&json);
        Ok(Answer { json })
    }

    /// What a log may show: the reply with all masked that it calls a secret or a token.
    pub fn shown(&self) -> Value {
        let mut shown = self.json.clone();
        mask(&mut shown);
        shown
    }

    /// The platform's result code, 200 for success, as a number or as the text of one.
    pub fn code(&self) -> Result<i64, Error> {
        let code = self.json.get("code").and_then(|code| match code {
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        });
        code.ok_or_else(|| Error::BadReply("it has no code".into()))
    }

    /// Whether the service did what it was asked to.
    pub fn check(&self) -> Result<(), Error> {
        let code = self.code()?;
        if code == CODE_SUCCESS {
            return Ok(());
        }
        let message = self.json.get("message").and_then(Value::as_str).unwrap_or_default();
        Err(Error::Refused { code, message: loggable(message) })
    }

    /// The value at a JSON pointer.
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        self.json.pointer(pointer)
    }

    /// The text at a JSON pointer, at most `max` bytes. What it is called is for the error.
    pub fn text(&self, what: &'static str, pointer: &str, max: usize) -> Result<&str, Error> {
        checked(what, self.get(pointer).and_then(Value::as_str), max)
    }

    /// The secret at a JSON pointer, at most `max` bytes. What it is called is for the error.
    pub fn secret(&self, what: &'static str, pointer: &str, max: usize) -> Result<Secret, Error> {
        self.text(what, pointer, max).map(Secret::new)
    }

    /// The MQTT server that the cloud assigns. Every part is checked: it decides where the device
    /// connects to.
    pub fn mqtt_server(&self) -> Result<MqttServer, Error> {
        let host = self.text("MQTT host", "/data/resources/mqtt/host", HOST_LEN)?;
        if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) {
            return Err(Error::BadReply("its MQTT host is not a host name".into()));
        }
        let port = self
            .get("/data/resources/mqtt/port")
            .ok_or_else(|| Error::BadReply("it has no MQTT port".into()))?;
        let port = port
            .as_u64()
            .and_then(|port| u16::try_from(port).ok())
            .filter(|port| *port != 0)
            .ok_or_else(|| {
                Error::BadReply("its MQTT port is not a number from 1 to 65535".into())
            })?;
        Ok(MqttServer { host: host.to_owned(), port })
    }
}

/// A text of a reply by the rule for what names or proves a device.
fn checked<'a>(what: &'static str, text: Option<&'a str>, max: usize) -> Result<&'a str, Error> {
    let text = text.ok_or_else(|| Error::BadReply(format!("it has no {what}")))?;
    printable(what, text, max).map_err(|cause| Error::BadReply(format!("in it {cause}")))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["secret", "token"].iter().any(|word| name.contains(word))
}

fn hide(json: &Value) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if is_secret(name) => crate::base::log::hide(text),
                    other => hide(other),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(hide),
        _ => {}
    }
}

/// Masks whatever has a name like a secret's. A service that answers as another one would must not
/// have its secret printed.
fn mask(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                if !is_secret(name) {
                    mask(value);
                } else if let Value::String(text) = value {
                    *text = Secret::new(text.as_str()).masked();
                } else {
                    *value = Value::Null;
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

/// What of a foreign text may go into a log line.
fn loggable(text: &str) -> String {
    const SHOWN: usize = 128;
    text.chars().filter(|character| !character.is_control()).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn answer(status: u16, body: &str) -> Result<Answer, Error> {
        let body = Zeroizing::new(body.as_bytes().to_vec());
        Answer::read(&Reply::of(status, body))
    }

    #[test]
    fn a_failure_of_the_server_is_a_refusal_in_either_form() {
        for outcome in [answer(502, "<html>"), answer(200, r#"{"code":502}"#)] {
            let error = outcome.and_then(|answer| answer.check()).unwrap_err();
            assert!(matches!(error, Error::Refused { code: 502, .. }), "{error}");
        }
        assert!(matches!(answer(404, "<html>"), Err(Error::BadReply(_))));
    }

    #[cfg(not(feature = "log-secrets"))]
    #[test]
    fn what_is_called_a_secret_is_masked_in_a_field_of_another_name() {
        let hal = crate::hal::fake::shared_log();
        let secret = "9a8b7c6d5e4f30211203f4e5d6c7b8a9";
        let body = format!(r#"{{"data":{{"deviceSecret":"{secret}","note":"it is {secret}"}}}}"#);
        let answer = answer(200, &body).unwrap();
        log::info!(target: "unexpected_name", "{}", answer.shown());
        assert!(hal.printed().contains("it is 9a8b****b8a9"));
    }

    #[cfg(not(feature = "log-secrets"))]
    #[test]
    fn what_is_left_for_the_log_holds_no_secret() {
        let body = r#"{"code":6289,"data":{"secret":"KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4","id":"x"},"deviceToken":["y"]}"#;
        let answer = answer(200, body).unwrap();
        let secret = answer.secret("secret", "/data/secret", 32).unwrap();
        assert_eq!(secret.expose(), "KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4");
        assert_eq!(
            answer.shown().to_string(),
            r#"{"code":6289,"data":{"id":"x","secret":"KGQQ****PZD4"},"deviceToken":null}"#
        );
    }
}
