//! How long to wait before the next attempt to connect.

#![forbid(unsafe_code)]

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const CAP: Duration = Duration::from_secs(60);

/// Doubles from 1 s to 60 s with full jitter, so that a fleet that lost its broker does not come
/// back all at once.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    ceiling: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff::between(FIRST, CAP)
    }
}

impl Backoff {
    /// Waits between these two. The C interface has only the default; shorter waits are for a lab,
    /// where a drop after another is wanted and the cloud is one's own.
    pub fn between(first: Duration, cap: Duration) -> Self {
        Backoff { first, cap, ceiling: first }
    }

    /// The next wait. `jitter` is a random number.
    ///
    /// The first one is the shortest; each later one lies anywhere between that and a doubling
    /// ceiling.
    pub fn next_wait(&mut self, jitter: u32) -> Duration {
        let spread = self.ceiling.saturating_sub(self.first);
        self.ceiling = (self.ceiling * 2).min(self.cap);
        self.first + spread.mul_f64(f64::from(jitter) / f64::from(u32::MAX))
    }

    /// Goes to the longest waits at once: trying again soon cannot help.
    pub fn give_time(&mut self) {
        self.ceiling = self.cap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_the_cap_and_stay_there() {
        let mut backoff = Backoff::default();
        let longest: Vec<u64> = (0..8).map(|_| backoff.next_wait(u32::MAX).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.next_wait(0), FIRST);
        assert_eq!(backoff.next_wait(u32::MAX / 2).as_secs(), 30);
    }

    #[test]
    fn giving_time_goes_to_the_cap_at_once() {
        let mut backoff = Backoff::default();
        backoff.give_time();
        assert_eq!(backoff.next_wait(u32::MAX), CAP);
    }
}
