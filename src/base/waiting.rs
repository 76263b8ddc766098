//! What a thread has to do before it waits.
//!
//! A client collects what a handler sends, to write it together with what other handlers send. A
//! handler that then sleeps, or waits for another thread, must not keep it back.

#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::sync::Arc;

/// Somebody who has something to do before the thread waits.
pub(crate) trait BeforeWaiting {
    /// Does it, without waiting for long.
    fn before_waiting(&self);
}

thread_local! {
    /// The ones who have, the innermost last.
    static BEFORE: RefCell<Vec<Arc<dyn BeforeWaiting>>> = const { RefCell::new(Vec::new()) };
}

/// Takes it back when dropped.
pub(crate) struct Registered;

/// Has this one called before the thread waits, until what is returned is dropped.
pub(crate) fn before(who: Arc<dyn BeforeWaiting>) -> Registered {
    BEFORE.with_borrow_mut(|before| before.push(who));
    Registered
}

impl Drop for Registered {
    fn drop(&mut self) {
        BEFORE.with_borrow_mut(|before| before.pop());
    }
}

/// To be called by what makes the firmware's thread wait.
pub(crate) fn about_to_wait() {
    // Copied, because what is called may come back here.
    let before = BEFORE.try_with(|before| before.borrow().clone()).unwrap_or_default();
    before.iter().for_each(|who| who.before_waiting());
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl BeforeWaiting for Counter {
        fn before_waiting(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn who_has_something_to_do_is_called_until_it_takes_it_back() {
        let counter = Arc::new(Counter::default());
        about_to_wait();
        {
            let _registered = before(Arc::<Counter>::clone(&counter));
            about_to_wait();
            let _again = before(Arc::<Counter>::clone(&counter));
            about_to_wait();
        }
        about_to_wait();
        assert_eq!(counter.0.load(Ordering::Relaxed), 3);
    }
}
