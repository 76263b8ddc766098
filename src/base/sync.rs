//! Locks that outlive a panic, a signal to wait for, and a door for one thread at a time.

#![forbid(unsafe_code)]

use std::cell::Cell;
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

/// Lets one thread at a time do what calls the firmware meanwhile.
///
/// A lock would not do: firmware that asks for the same from inside of it would wait for itself.
#[derive(Debug)]
pub(crate) struct OneAtATime {
    inside: Mutex<Option<ThreadMark>>,
    left: Condvar,
}

/// Where a variable of a thread's own lies, which tells it from all others that live. The standard
/// library's ids would allocate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ThreadMark(usize);

impl ThreadMark {
    fn of_this() -> Self {
        thread_local!(static MARK: Cell<u8> = const { Cell::new(0) });
        MARK.with(|mark| ThreadMark(std::ptr::from_ref(mark).addr()))
    }
}

/// Being inside, until this is dropped.
pub(crate) struct Inside<'a>(&'a OneAtATime);

impl OneAtATime {
    /// Nobody is inside.
    pub(crate) const fn new() -> Self {
        OneAtATime { inside: Mutex::new(None), left: Condvar::new() }
    }

    /// Waits until no other thread is inside; `None`: this one is.
    pub(crate) fn enter(&self) -> Option<Inside<'_>> {
        let this = ThreadMark::of_this();
        let mut inside = lock(&self.inside);
        while let Some(other) = *inside {
            if other == this {
                return None;
            }
            inside = self.left.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
        *inside = Some(this);
        Some(Inside(self))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        *lock(&self.0.inside) = None;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn one_thread_at_a_time_is_inside_and_does_not_wait_for_itself() {
        let door = OneAtATime::new();
        let first = door.enter().unwrap();
        assert!(door.enter().is_none());
        thread::scope(|scope| {
            let second = scope.spawn(|| door.enter().is_some());
            assert!(!second.is_finished());
            drop(first);
            assert!(second.join().unwrap());
        });
        assert!(door.enter().is_some(), "who has left may come again");
    }

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
