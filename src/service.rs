//! What the platform's HTTPS services have in common: when asking again can help, and the form of
//! a reply.

#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::deadline::Deadline;
use crate::error::{Error, chain};
use crate::hal::Hal;
use crate::https::Reply;
use crate::identity::Secret;
use crate::refusal;

/// How often a service is asked at most.
const ATTEMPTS: u32 = 3;
/// The longest pause before the second attempt; it doubles before the next.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const CODE_SUCCESS: i64 = 200;

/// Whether a failed request was not carried out and the same one may succeed a moment later.
pub fn may_succeed_later(error: &Error) -> bool {
    match error {
        Error::Transport(cause) => cause.is_passing(),
        Error::Refused { code, .. } => refusal::is_passing(*code),
        _ => false,
    }
}

/// Calls `attempt` until it succeeds or fails in a way that `worth_another` says no to, at most
/// three times.
///
/// Blocks between attempts, by chance for half a second to one and then for one to two, so that a
/// fleet that powers up at once does not ask at once. A pause that would outlast `deadline` ends
/// it with the last failure.
pub fn persist<T>(
    hal: &dyn Hal,
    deadline: Deadline,
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
        let pause = pause(hal, longest);
        if pause >= deadline.left() {
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

fn pause(hal: &dyn Hal, longest: Duration) -> Duration {
    let half = longest / 2;
    let spread = u32::try_from(half.as_millis()).unwrap_or(u32::MAX);
    // A firmware's HAL_Random may not keep below the bound.
    half + Duration::from_millis(hal.random(spread).min(spread).into())
}

/// A reply in the platform's form: `{"code": …, "message": …, "data": {…}}`.
pub struct Answer {
    json: Value,
    secret: Option<Zeroizing<String>>,
}

impl Answer {
    /// Reads a reply and takes the secret at the JSON pointer `secret_at` out of it, so that the
    /// rest can be shown in a log.
    ///
    /// # Errors
    /// [`Error::BadReply`] when it is not JSON; [`Error::Refused`] when it is a server's failure
    /// (HTTP status 5xx) that only the status tells of.
    pub fn read(reply: &Reply, secret_at: &str) -> Result<Self, Error> {
        let Ok(mut json) = serde_json::from_slice::<Value>(&reply.body) else {
            // Not printed: half a reply can hold a whole secret.
            let what = format!("HTTP status {}, {} bytes", reply.status, reply.body.len());
            return Err(if (500..=599).contains(&reply.status) {
                Error::Refused { code: reply.status.into(), message: format!("({what})") }
            } else {
                Error::BadReply(format!("{what} that are not JSON"))
            });
        };
        let secret = take_secret(&mut json, secret_at);
        Ok(Answer { json, secret })
    }

    /// What a log may show: the reply with the secret masked.
    pub fn shown(&self) -> &Value {
        &self.json
    }

    /// The platform's result code, 200 for success.
    pub fn code(&self) -> Result<i64, Error> {
        let code = self.json.get("code").and_then(Value::as_i64);
        code.ok_or_else(|| Error::BadReply("it has no code".into()))
    }

    /// Whether the service did what it was asked to.
    pub fn check(&self) -> Result<(), Error> {
        let code = self.code()?;
        if code == CODE_SUCCESS {
            return Ok(());
        }
        let message = self.json.get("message").and_then(Value::as_str).unwrap_or_default();
        Err(Error::Refused { code, message: printable(message) })
    }

    /// The value at a JSON pointer.
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        self.json.pointer(pointer)
    }

    /// The secret, `None` when there is none or it is not a string.
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_ref().map(|secret| secret.as_str())
    }
}

/// Takes the secret out of a reply and leaves what a log may show in its place.
fn take_secret(json: &mut Value, pointer: &str) -> Option<Zeroizing<String>> {
    match json.pointer_mut(pointer)? {
        Value::String(text) => {
            let secret = Zeroizing::new(std::mem::take(text));
            *text = Secret::new(secret.as_str()).masked();
            Some(secret)
        }
        other => {
            *other = Value::Null;
            None
        }
    }
}

/// What of a foreign text may go into a log line.
fn printable(text: &str) -> String {
    const SHOWN: usize = 128;
    text.chars().filter(|character| !character.is_control()).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::error::TransportError;
    use crate::hal::fake::FakeHal;

    fn answer(status: u16, body: &str) -> Result<Answer, Error> {
        let body = Zeroizing::new(body.as_bytes().to_vec());
        Answer::read(&Reply { status, body }, "/data/secret")
    }

    fn unreachable() -> Error {
        Error::Transport(TransportError::Connect { host: "h".into(), port: 1 })
    }

    fn attempts(deadline: Deadline, fail: impl Fn() -> Error) -> u32 {
        let mut count = 0;
        let outcome = persist(FakeHal::leak(), deadline, "test", may_succeed_later, || {
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
        let untrusted = || rustls::Error::General("no trust".into());
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
    fn what_is_left_for_the_log_holds_no_secret() {
        let body = r#"{"code":6289,"data":{"secret":"KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4"}}"#;
        let answer = answer(200, body).unwrap();
        assert_eq!(answer.secret(), Some("KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4"));
        assert_eq!(answer.shown().to_string(), r#"{"code":6289,"data":{"secret":"KGQQ****PZD4"}}"#);
    }
}
