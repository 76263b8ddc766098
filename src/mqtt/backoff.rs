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
    /// The next wait. `random_below` gives a random number below its argument.
    ///
    /// The first wait is 1 s; each later one lies anywhere between 1 s and a doubling ceiling.
    pub fn next_wait(&mut self, random_below: impl FnOnce(u32) -> u32) -> Duration {
        let spread = (self.ceiling - FIRST).as_millis();
        let spread = u32::try_from(spread).unwrap_or(u32::MAX);
        let jitter = random_below(spread.saturating_add(1)).min(spread);
        self.ceiling = (self.ceiling * 2).min(CAP);
        FIRST + Duration::from_millis(jitter.into())
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
        let longest: Vec<u64> =
            (0..8).map(|_| backoff.next_wait(|below| below - 1).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.next_wait(|_| 0), FIRST);
        assert_eq!(backoff.next_wait(|_| u32::MAX), CAP, "a random number out of bounds is cut");
    }

    #[test]
    fn giving_time_goes_to_the_cap_at_once() {
        let mut backoff = Backoff::default();
        backoff.give_time();
        assert_eq!(backoff.next_wait(|below| below - 1), CAP);
    }
}
