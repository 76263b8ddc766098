//! Locks that outlive a panic, and a signal to wait for.

#![forbid(unsafe_code)]

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Locks `mutex` even if a thread panicked while it held it.
///
/// Panics end at the C boundary as a failed call, and the next call must still work: what the
/// library guards by a lock is whole between any two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes threads that wait for a change of something that another lock guards.
///
/// Who waits takes a ticket while it holds that lock, lets the lock go, and waits with the ticket:
/// a change after the ticket was taken ends the wait at once, so none is missed.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    changes: Mutex<Changes>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Changes {
    count: u64,
    /// How many threads wait. Waking nobody costs a system call all the same, and most changes
    /// find nobody waiting.
    waiting: usize,
}

/// Tells which changes are old.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignalTicket(u64);

impl Signal {
    /// Says that something has changed.
    pub(crate) fn notify(&self) {
        let mut changes = lock(&self.changes);
        changes.count += 1;
        if changes.waiting > 0 {
            self.changed.notify_all();
        }
    }

    /// What [`Signal::wait`] compares with.
    pub(crate) fn ticket(&self) -> SignalTicket {
        SignalTicket(lock(&self.changes).count)
    }

    /// Waits until something changes after the ticket was taken, or `timeout` is over.
    pub(crate) fn wait(&self, ticket: SignalTicket, timeout: Duration) {
        let mut changes = lock(&self.changes);
        changes.waiting += 1;
        let unchanged = |changes: &mut Changes| changes.count == ticket.0;
        let waited = self.changed.wait_timeout_while(changes, timeout, unchanged);
        waited.unwrap_or_else(PoisonError::into_inner).0.waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_change_after_the_ticket_ends_the_wait() {
        let signal = Signal::default();
        signal.notify();
        let ticket = signal.ticket();
        let start = Instant::now();
        signal.wait(ticket, Duration::from_millis(20));
        assert!(start.elapsed() >= Duration::from_millis(20), "an old change does not count");
        signal.notify();
        signal.wait(ticket, Duration::from_secs(3600));
    }
}
