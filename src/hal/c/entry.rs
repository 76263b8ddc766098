//! What every exported function runs inside of.

use crate::ffi::guard as panics;
use crate::ffi::ret::Failure;

/// [`panics::guard`], with the log open where the release has it open from the start.
pub(crate) fn guard<T: Failure>(body: impl FnOnce() -> T) -> T {
    guard_or(T::FAILURE, body)
}

/// The same for a function with a failure value of its own.
pub(crate) fn guard_or<T>(on_panic: T, body: impl FnOnce() -> T) -> T {
    panics::guard(on_panic, || {
        open_log();
        body()
    })
}

/// From release 2.3 on the log needs no opening, and shows errors until it is told to show more.
#[cfg(all(not(abi = "2.2"), not(test)))]
fn open_log() {
    use std::sync::Once;

    use crate::base::log::{self, Level};

    static OPENED: Once = Once::new();
    OPENED.call_once(|| {
        log::open(super::hal());
        log::set_level(Level::Error);
    });
}

/// Before, `IOT_OpenLog` opens it. The unit tests bring a log of their own.
#[cfg(any(abi = "2.2", test))]
fn open_log() {}
