//! Timers that fire once. Each has a thread of its own while it runs.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::thread;
use crate::base::sync::lock;

/// What a timer does when its time is up.
pub(crate) type Action = Box<dyn Fn() + Send + Sync>;

/// A timer. Dropping it stops it.
pub(crate) struct Timer(Arc<Shared>);

struct Shared {
    action: Action,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// When to fire; `None` while the timer is stopped.
    due: Option<Instant>,
    /// Whether there is a thread that will look at `due`.
    served: bool,
}

impl Timer {
    pub(crate) fn new(action: Action) -> Self {
        let (state, changed) = (Mutex::default(), Condvar::new());
        Timer(Arc::new(Shared { action, state, changed }))
    }

    /// Fires once after `delay`, and not when an earlier start would have.
    pub(crate) fn start(&self, delay: Duration) -> io::Result<()> {
        let mut state = lock(&self.0.state);
        if !state.served {
            let shared = Arc::clone(&self.0);
            thread::spawn(c"linkkit-timer", Box::new(move || shared.serve()))?;
            state.served = true;
        }
        state.due = Some(Instant::now() + delay);
        self.0.changed.notify_all();
        Ok(())
    }

    /// Does not fire any more; the action may be running at this moment.
    pub(crate) fn stop(&self) {
        lock(&self.0.state).due = None;
        self.0.changed.notify_all();
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    /// Fires when it is due, until the timer is stopped.
    fn serve(&self) {
        while self.wait() {
            (self.action)();
        }
    }

    /// Waits until the timer is due. `false`: it was stopped, and this thread is to end.
    fn wait(&self) -> bool {
        let mut state = lock(&self.state);
        loop {
            let Some(due) = state.due else {
                state.served = false;
                return false;
            };
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.due = None;
                return true;
            }
            state = self.sleep(state, left);
        }
    }

    fn sleep<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, channel};

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn a_timer_fires_once_a_start() {
        let (tell, told) = channel();
        let timer = Timer::new(Box::new(move || tell.send(Instant::now()).unwrap()));
        for _ in 0..2 {
            let start = Instant::now();
            timer.start(Duration::from_millis(20)).unwrap();
            let fired = told.recv_timeout(LONG).unwrap();
            assert!(fired - start >= Duration::from_millis(20));
            assert_eq!(
                told.recv_timeout(Duration::from_millis(50)),
                Err(RecvTimeoutError::Timeout)
            );
        }
    }

    #[test]
    fn a_start_replaces_the_one_before_and_a_stop_ends_it() {
        let (tell, told) = channel();
        let timer = Timer::new(Box::new(move || tell.send(()).unwrap()));
        timer.start(LONG).unwrap();
        timer.start(Duration::from_millis(1)).unwrap();
        told.recv_timeout(LONG).unwrap();
        timer.start(Duration::from_millis(30)).unwrap();
        timer.stop();
        assert_eq!(told.recv_timeout(Duration::from_millis(60)), Err(RecvTimeoutError::Timeout));
    }

    #[test]
    fn a_dropped_timer_does_not_fire() {
        let (tell, told) = channel::<()>();
        let timer = Timer::new(Box::new(move || tell.send(()).unwrap()));
        timer.start(Duration::from_millis(30)).unwrap();
        drop(timer);
        // The action goes with the timer's thread, and the sender with it.
        assert_eq!(told.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
    }
}
