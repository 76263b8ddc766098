//! What the platform's HTTPS services have in common: when asking again can help.

#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use crate::base::deadline::Deadline;
use crate::base::error::{Error, chain};
use crate::cloud::error_code;
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::base::error::TransportError;
    use crate::hal::fake::FakeHal;

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
}
