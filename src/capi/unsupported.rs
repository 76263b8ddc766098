//! Functions of the release that exist, so that every firmware links, and do nothing yet.
//!
//! Each answers with the value by which the C SDK says that it failed, and one line of the log names
//! it. A release lists its functions in a table; those of the HAL are in `shim/hal_unsupported.c`,
//! because a firmware may define them itself.

use std::ffi::{CStr, c_char};

use super::boundary::guard;

/// Says that a function is not supported yet. Called by the shim.
///
/// # Safety
/// `function` ends with a NUL.
#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_unsupported(function: *const c_char) {
    // SAFETY: as the caller promises.
    let function = unsafe { CStr::from_ptr(function) };
    guard((), || say(&function.to_string_lossy()));
}

pub(crate) fn say(function: &str) {
    log::error!(target: function, "{function} is not supported yet");
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
            $crate::capi::boundary::guard($failure, || {
                $crate::capi::unsupported::say(stringify!($name));
                $failure
            })
        }
    };
}
pub(crate) use unsupported;
