//! What the platform's HTTPS services have in common: when asking again can help, and the form of
//! a reply.

#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::base::deadline::Deadline;
use crate::base::error::{Error, chain};
use crate::base::identity::{Secret, printable};
use crate::cloud::error_code;
use crate::cloud::servers::{HOST_LEN, MqttServer};
use crate::hal::Hal;
use crate::http::{self, Exchange, FormPost, Reply};
use crate::transport::Trust;

/// The form's type as authentication and bootstrap announce it; a registration leaves the
/// character set out.
pub const FORM_UTF_8: &str = "application/x-www-form-urlencoded;charset=utf-8";

/// How often a service is asked at most.
const ATTEMPTS: u32 = 3;
/// The longest pause before the second attempt; it doubles before the next.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const CODE_SUCCESS: i64 = 200;

/// One of the platform's HTTPS services, and how long it may take.
pub struct Service {
    /// The machine that asks.
    pub hal: &'static dyn Hal,
    /// The service's host.
    pub host: String,
    /// What the host must prove itself by.
    pub trust: Trust,
    /// Bounds all attempts together; only a HAL that takes longer to connect can outlast it.
    pub deadline: Deadline,
}

impl Service {
    /// Sends one request and receives its reply.
    ///
    /// # Errors
    /// Those of [`http::post`].
    pub fn post(&self, path: &str, content_type: &str, body: &str) -> Result<Reply, Error> {
        let request = FormPost { host: &self.host, path, content_type, body };
        http::post(self.hal, &self.trust, &request, self.deadline.left())
    }

    /// Sends one request; the reply is still to be received.
    ///
    /// # Errors
    /// Those of [`http::begin`].
    pub fn begin(&self, path: &str, content_type: &str, body: &str) -> Result<Exchange, Error> {
        let request = FormPost { host: &self.host, path, content_type, body };
        http::begin(self.hal, &self.trust, &request, self.deadline)
    }

    /// Calls `attempt` until it succeeds or fails in a way that `worth_another` says no to, at most
    /// three times.
    ///
    /// Blocks between attempts, by chance for half a second to one and then for one to two, so that
    /// a fleet that powers up at once does not ask at once. A pause that would outlast the deadline
    /// ends it with the last failure.
    pub fn retry<T>(
        &self,
        target: &str,
        worth_another: impl Fn(&Error) -> bool,
        mut attempt: impl FnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut longest = FIRST_PAUSE;
        for next in 2..=ATTEMPTS {
            let error = match attempt() {
                Err(error) if worth_another(&error) => error,
                outcome => return outcome,
            };
            let pause = pause(self.hal, longest);
            if pause >= self.deadline.left() {
                return Err(error);
            }
            log::warn!(
                target: target,
                "{}; attempt {next} of {ATTEMPTS} follows in {} ms",
                chain(&error),
                pause.as_millis()
            );
            thread::sleep(pause);
            longest *= 2;
        }
        attempt()
    }
}

/// Whether a failed request was not carried out and the same one may succeed a moment later.
pub fn may_succeed_later(error: &Error) -> bool {
    match error {
        Error::Transport(cause) => cause.is_passing(),
        Error::Refused { code, .. } => error_code::is_passing(*code),
        _ => false,
    }
}

/// The same for a request that does no harm when it is carried out twice: a lost answer is asked
/// for again.
pub fn may_be_repeated(error: &Error) -> bool {
    matches!(error, Error::Unanswered(_)) || may_succeed_later(error)
}

fn pause(hal: &dyn Hal, longest: Duration) -> Duration {
    let half = longest / 2;
    let spread = u32::try_from(half.as_millis()).unwrap_or(u32::MAX);
    // A firmware's HAL_Random may not keep below the bound.
    half + Duration::from_millis(hal.random(spread).min(spread).into())
}

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
    use std::time::Instant;

    use zeroize::Zeroizing;

    use super::*;
    use crate::base::error::TransportError;
    use crate::hal::fake::FakeHal;

    fn answer(status: u16, body: &str) -> Result<Answer, Error> {
        let body = Zeroizing::new(body.as_bytes().to_vec());
        Answer::read(&Reply::of(status, body))
    }

    fn unreachable() -> Error {
        Error::Transport(TransportError::Connect { host: "h".into(), port: 1 })
    }

    fn attempts(deadline: Deadline, fail: impl Fn() -> Error) -> u32 {
        let mut count = 0;
        let service =
            Service { hal: FakeHal::leak(), host: "h".into(), trust: Trust::BuiltIn, deadline };
        let outcome = service.retry("test", may_succeed_later, || {
            count += 1;
            Err::<(), _>(fail())
        });
        assert_eq!(outcome.unwrap_err().to_string(), fail().to_string());
        count
    }

    #[test]
    fn what_may_succeed_later_is_tried_three_times() {
        let start = Instant::now();
        let busy = || Error::Refused { code: 503, message: String::new() };
        assert_eq!(attempts(Deadline::after(Duration::from_secs(10)), busy), 3);
        assert!(start.elapsed() >= Duration::from_millis(1500), "it waits between attempts");
        assert_eq!(attempts(Deadline::after(Duration::from_millis(100)), unreachable), 1);
    }

    #[test]
    fn what_cannot_succeed_later_is_tried_once() {
        let deadline = Deadline::after(Duration::from_secs(10));
        let refused = || Error::Refused { code: 6289, message: String::new() };
        assert_eq!(attempts(deadline, refused), 1);
        assert_eq!(attempts(deadline, || Error::Unanswered(TransportError::TimedOut)), 1);
        assert_eq!(attempts(deadline, || Error::BadReply("it is cut off".into())), 1);
        let untrusted = || "no trust".to_owned();
        assert_eq!(attempts(deadline, || Error::Transport(TransportError::Tls(untrusted()))), 1);
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
