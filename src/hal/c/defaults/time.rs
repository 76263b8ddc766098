//! Time, and random numbers.

use std::ffi::{c_char, c_int, c_longlong};

use super::values::{FAILED, fail, milliseconds, put_text};
use crate::base::waiting::about_to_wait;
use crate::ffi::guard::cancellation_point;
use crate::hal::c::entry::{guard, guard_or};
use crate::hal::linux::{random, time};

/// The least room for `HAL_GetTimeStr`, in bytes; the C SDK refuses less.
const TIME_TEXT_ROOM: c_int = 28;

#[unsafe(no_mangle)]
extern "C-unwind" fn linkkit_default_HAL_SleepMs(ms: u32) {
    guard(|| {
        about_to_wait();
        std::thread::sleep(milliseconds(ms));
    });
    cancellation_point();
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_UptimeMs() -> u64 {
    guard(time::uptime_ms)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetTimeStr(buf: *mut c_char, len: c_int) -> *mut c_char {
    guard(|| {
        if len < TIME_TEXT_ROOM {
            return std::ptr::null_mut();
        }
        let Some(text) = time::local_time_text() else { return std::ptr::null_mut() };
        // SAFETY: the caller's buffer has room for 28 bytes, more than the text and its NUL.
        match unsafe { put_text(buf, text.as_bytes()) } {
            FAILED => std::ptr::null_mut(),
            _ => buf,
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_UTC_Set(ms: c_longlong) {
    guard(|| time::set_utc_ms(ms));
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_UTC_Get() -> c_longlong {
    guard_or(0, time::utc_ms)
}

/// Does nothing: the operating system's random numbers need no seed.
#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Srandom(_seed: u32) {}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Random(region: u32) -> u32 {
    guard(|| random::below(region).unwrap_or_else(|cause| fail("HAL_Random", 0, &cause)))
}
