//! The end of a caller's patience.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

/// A moment of the monotonic clock that a call made of several waits must not outlast.
///
/// It is handed down as it is, not as the time that is left of it: reading the clock at every layer
/// cost a sixth of the time that publishing takes.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(End);

#[derive(Clone, Copy, Debug)]
enum End {
    /// Over from the start.
    Over,
    At(Instant),
    /// So far away that the clock cannot express it.
    Never,
}

impl Deadline {
    /// No waiting at all.
    pub const OVER: Deadline = Deadline(End::Over);

    /// `timeout` from now.
    pub fn after(timeout: Duration) -> Self {
        if timeout.is_zero() { Self::OVER } else { Self::from(Instant::now(), timeout) }
    }

    /// `timeout` from `start`.
    pub fn from(start: Instant, timeout: Duration) -> Self {
        Deadline(start.checked_add(timeout).map_or(End::Never, End::At))
    }

    /// The moment that is `earlier` than this one.
    pub fn before(self, earlier: Duration) -> Self {
        match self.0 {
            End::At(end) => Deadline(end.checked_sub(earlier).map_or(End::Over, End::At)),
            _ => self,
        }
    }

    /// What is left of the time, zero once it is up.
    pub fn left(&self) -> Duration {
        match self.0 {
            End::Over => Duration::ZERO,
            End::At(end) => end.saturating_duration_since(Instant::now()),
            End::Never => Duration::MAX,
        }
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
        assert!(Deadline::OVER.is_over());
        assert!(!Deadline::after(Duration::from_secs(60)).is_over());
    }

    #[test]
    fn the_longest_timeout_never_ends() {
        assert_eq!(Deadline::after(Duration::MAX).left(), Duration::MAX);
    }
}
