//! How long to wait before the next attempt to connect.

#![forbid(unsafe_code)]

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const CAP: Duration = Duration::from_secs(60);

/// Doubles from 1 s to 60 s with full jitter, so that a fleet that lost its broker does not come
/// back all at once.
#[derive(Clone, Debug)]
pub struct Backoff {
    ceiling: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { ceiling: FIRST }
    }
}

impl Backoff {
    /// The next wait. `jitter` is a random number.
    ///
    /// The first wait is 1 s; each later one lies anywhere between 1 s and a doubling ceiling.
    pub fn next_wait(&mut self, jitter: u32) -> Duration {
        let spread = self.ceiling - FIRST;
        self.ceiling = (self.ceiling * 2).min(CAP);
        FIRST + spread.mul_f64(f64::from(jitter) / f64::from(u32::MAX))
    }

    /// Goes to the longest waits at once: trying again soon cannot help.
    pub fn give_time(&mut self) {
        self.ceiling = CAP;
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
