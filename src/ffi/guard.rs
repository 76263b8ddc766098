//! What every exported function runs inside of.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of an exported function. Nothing unwinds out of it: a panic becomes
/// `on_panic`, and a `pthread_cancel` from another thread waits until the body is done.
///
/// The state that a panic leaves behind is the body's own affair: locks of this library are taken
/// over from a thread that panicked.
pub(crate) fn guard<T>(on_panic: T, body: impl FnOnce() -> T) -> T {
    let _uncancelled = Uncancelled::enter();
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        log::error!(
            target: "linkkit",
            "a function failed by a bug of this library; standard error has the details"
        );
        on_panic
    })
}

/// Ends the thread here if another one asked for it while [`guard`] held that off.
///
/// The last call of a function that waits, where the C SDK's has a cancellation point: a firmware
/// ends its threads by `HAL_ThreadDelete`, which waits until they have come by one. The frames
/// above it are dropped without being run, so the caller is `extern "C-unwind"` and owns nothing.
pub(crate) fn cancellation_point() {
    // SAFETY: plain call; the callers own nothing that would have to be dropped.
    unsafe { pthread_testcancel() }
}

/// While it lives the thread cannot be cancelled: that would unwind through frames of Rust.
struct Uncancelled {
    before: c_int,
}

impl Uncancelled {
    fn enter() -> Self {
        const PTHREAD_CANCEL_DISABLE: c_int = 1;
        let mut before = 0;
        // SAFETY: the pointer is live. The call cannot fail with this state.
        unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut before) };
        Uncancelled { before }
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        // SAFETY: NULL means that the state before is not wanted. The calls nest.
        unsafe { pthread_setcancelstate(self.before, std::ptr::null_mut()) };
    }
}

// The crate `libc` lacks these two on Linux.
unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}
unsafe extern "C-unwind" {
    fn pthread_testcancel();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_the_failure_value() {
        assert_eq!(guard(-1, || 7), 7);
        assert_eq!(guard(-1, || panic!("of a test")), -1);
    }
}
