//! The mutex and the semaphore of the C interface.

use std::cell::UnsafeCell;
use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A mutex that is locked and unlocked by separate calls. Not recursive.
///
/// It is the C library's, since the standard library's cannot be unlocked without its guard.
pub(crate) struct RawMutex(Box<UnsafeCell<libc::pthread_mutex_t>>);

// SAFETY: a pthread mutex is made to be shared by threads; nothing else is inside.
unsafe impl Send for RawMutex {}
// SAFETY: as above.
unsafe impl Sync for RawMutex {}

impl RawMutex {
    /// An unlocked mutex.
    pub(crate) fn new() -> Self {
        // On the heap, because a pthread mutex must never move.
        RawMutex(Box::new(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER)))
    }

    /// Waits for the mutex.
    pub(crate) fn lock(&self) -> io::Result<()> {
        // SAFETY: the mutex is initialised and lives as long as self.
        os_result(unsafe { libc::pthread_mutex_lock(self.0.get()) })
    }

    /// Lets the mutex go.
    pub(crate) fn unlock(&self) -> io::Result<()> {
        // SAFETY: as above.
        os_result(unsafe { libc::pthread_mutex_unlock(self.0.get()) })
    }
}

impl Drop for RawMutex {
    fn drop(&mut self) {
        // SAFETY: the mutex is initialised and not used afterwards. One that is still locked gives
        // an error, and owns nothing that could leak.
        unsafe { libc::pthread_mutex_destroy(self.0.get()) };
    }
}

/// The functions of pthread return the error instead of setting `errno`.
pub(crate) fn os_result(code: libc::c_int) -> io::Result<()> {
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code)) }
}

/// A counting semaphore that starts at 0.
///
/// Not the C library's `sem_t`: its timed wait follows the wall clock, which jumps when a device
/// gets its time from the network.
#[derive(Default)]
pub(crate) struct Semaphore {
    count: Mutex<u64>,
    posted: Condvar,
}

impl Semaphore {
    /// Adds one and wakes a waiter, under the lock: a waiter may destroy the semaphore as soon as
    /// its wait has returned, so nothing of it may be touched after the lock is let go.
    pub(crate) fn post(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        self.posted.notify_one();
    }

    /// Takes one, waiting for it at most `timeout`, for ever with `None`. `false`: the time is up.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> bool {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let mut count = match timeout {
            None => self
                .posted
                .wait_while(count, |count| *count == 0)
                .unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                self.posted
                    .wait_timeout_while(count, timeout, |count| *count == 0)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        let got = *count > 0;
        if got {
            *count -= 1;
        }
        got
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_mutex_lets_one_thread_in() {
        let mutex = RawMutex::new();
        let inside = AtomicUsize::new(0);
        let turns = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        mutex.lock().unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        turns.fetch_add(1, Ordering::SeqCst);
                        mutex.unlock().unwrap();
                    }
                });
            }
        });
        assert_eq!(turns.into_inner(), 800);
    }

    #[test]
    fn a_semaphore_counts() {
        let semaphore = Semaphore::default();
        semaphore.post();
        semaphore.post();
        assert!(semaphore.wait(None));
        assert!(semaphore.wait(Some(Duration::ZERO)));
        assert!(!semaphore.wait(Some(Duration::ZERO)));
    }

    #[test]
    fn a_semaphore_waits_as_long_as_it_is_told() {
        let semaphore = Semaphore::default();
        let start = Instant::now();
        assert!(!semaphore.wait(Some(Duration::from_millis(50))));
        assert!(start.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn a_post_wakes_a_waiter() {
        let semaphore = Semaphore::default();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| semaphore.wait(Some(Duration::from_secs(10))));
            semaphore.post();
            assert!(waiter.join().unwrap());
        });
    }
}
