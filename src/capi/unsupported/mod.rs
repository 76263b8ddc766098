//! Functions of the release that exist, so that every firmware links, and do nothing yet.
//!
//! Each answers with the value by which the C SDK says that it failed, and one line of the log names
//! it. Each feature has its list; those of the HAL are in `shim/hal_unsupported.c`,
//! because a firmware may define them itself.

#![allow(non_snake_case, non_upper_case_globals, reason = "the names are the C SDK's")]

mod coap;
mod gateway;
mod http;
mod http2;
mod ota;
mod provisioning;
mod shadow;
mod thing;

use std::ffi::{CStr, c_char};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::hal::c::entry::guard;

/// Says that a function is not supported yet. Called by the shim.
///
/// # Safety
/// `function` ends with a NUL.
#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_unsupported(function: *const c_char) {
    // SAFETY: as the caller promises.
    let function = unsafe { CStr::from_ptr(function) };
    guard(|| say(&function.to_string_lossy()));
}

pub(crate) fn say(function: &str) {
    log::error!(target: function, "{function} is not supported yet");
}

/// Says once that a function is not supported, and from then on counts its calls: firmware calls it in
/// a loop that is made to wait there. How often it was called is said at each power of two.
pub(crate) fn say_and_count(function: &'static str, calls: &AtomicU32) {
    match calls.fetch_add(1, Ordering::Relaxed).wrapping_add(1) {
        1 => say(function),
        count if count.is_power_of_two() => {
            log::error!(target: function, "{function} is not supported yet ({count} calls by now)");
        }
        _ => {}
    }
}

/// Defines functions that firmware calls in a loop: each waits for the time that it is given, says so
/// in the log once, and answers with its failure value.
///
/// A line is `name(parameter: type, …) -> type, failure, time to wait;`.
macro_rules! waiting {
    ($($name:ident($($parameter:ident: $kind:ty),*) -> $type:ty, $failure:expr, $time:expr;)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C-unwind" fn $name($($parameter: $kind),*) -> $type {
                static CALLS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
                $crate::hal::c::entry::guard(|| {
                    $crate::capi::unsupported::say_and_count(stringify!($name), &CALLS);
                    std::thread::sleep($time);
                });
                // Firmware ends such a thread by HAL_ThreadDelete.
                $crate::ffi::guard::cancellation_point();
                $failure
            }
        )*
    };
}
pub(crate) use waiting;

/// Milliseconds, of which a negative number is none.
pub(crate) fn milliseconds(ms: std::ffi::c_int) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

/// Defines functions by what they return: `int` -1, `pointer` NULL, `number` 0, or `nothing`; and
/// `data`, variables that are 0.
///
/// They take no parameters, because none would be looked at: by the calling conventions of C on
/// Linux the caller cleans up what it passes. The headers declare them with those that they have.
macro_rules! unsupported {
    ($($kind:ident { $($name:ident)* })*) => {
        $($($crate::capi::unsupported::unsupported!(@ $kind $name);)*)*
    };
    (@ int $name:ident) => {
        $crate::capi::unsupported::unsupported!(@ $name -> std::ffi::c_int, -1);
    };
    (@ pointer $name:ident) => {
        $crate::capi::unsupported::unsupported!(@ $name -> *mut std::ffi::c_void, std::ptr::null_mut());
    };
    (@ number $name:ident) => {
        $crate::capi::unsupported::unsupported!(@ $name -> u32, 0);
    };
    (@ nothing $name:ident) => {
        $crate::capi::unsupported::unsupported!(@ $name -> (), ());
    };
    (@ data $name:ident) => {
        #[unsafe(no_mangle)]
        static $name: std::sync::atomic::AtomicI32 = std::sync::atomic::AtomicI32::new(0);
    };
    (@ $name:ident -> $type:ty, $failure:expr) => {
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> $type {
            $crate::hal::c::entry::guard_or($failure, || {
                $crate::capi::unsupported::say(stringify!($name));
                $failure
            })
        }
    };
}
pub(crate) use unsupported;
