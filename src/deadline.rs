//! The end of a caller's patience.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

/// A moment of the monotonic clock that a call made of several waits must not outlast.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(
    /// `None`: so far away that the clock cannot express it.
    Option<Instant>,
);

impl Deadline {
    /// `timeout` from now.
    pub fn after(timeout: Duration) -> Self {
        Deadline(Instant::now().checked_add(timeout))
    }

    /// What is left of the time, zero once it is up.
    pub fn left(&self) -> Duration {
        self.0.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()))
    }

    /// Whether the time is up.
    pub fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_out_and_stays_out() {
        assert!(Deadline::after(Duration::ZERO).is_over());
        assert_eq!(Deadline::after(Duration::ZERO).left(), Duration::ZERO);
        assert!(!Deadline::after(Duration::from_secs(60)).is_over());
    }

    #[test]
    fn the_longest_timeout_never_ends() {
        assert_eq!(Deadline::after(Duration::MAX).left(), Duration::MAX);
    }
}
