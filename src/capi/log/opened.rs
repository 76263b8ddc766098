//! `IOT_OpenLog`, `IOT_CloseLog`, `IOT_SetLogLevel`, and `LITE_syslog` behind its C part.

use std::ffi::{CStr, c_char, c_int};

use crate::base::log::{self, Level};
use crate::capi::abi::IOT_LogLevel;
use crate::capi::log::level_of;
use crate::ffi::ptr;
use crate::hal::c::entry::guard;
use crate::hal::c::hal;

/// Opens the log. Nothing is printed before `IOT_SetLogLevel`.
///
/// `ident` names the program; NULL is allowed. An empty name leaves the log closed. Lines go out
/// by `HAL_Printf`, one call a line, from whatever thread has something to say.
///
/// # Safety
/// `ident` is either NULL or a string that ends with a NUL; it is not kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_OpenLog(ident: *const c_char) {
    guard(|| {
        // SAFETY: as the caller promises.
        match unsafe { ptr::required(ident) } {
            Err(ptr::BadText::Empty) => log::close(),
            _ => log::open(hal()),
        }
    });
}

/// Closes the log: nothing is printed until it is opened again.
#[unsafe(no_mangle)]
pub extern "C" fn IOT_CloseLog() {
    guard(log::close);
}

/// Prints lines of this level and of all more urgent ones from now on.
///
/// A number that is no level changes nothing and is said in the log.
#[unsafe(no_mangle)]
pub extern "C" fn IOT_SetLogLevel(level: IOT_LogLevel) {
    guard(|| match level_of(level) {
        Some(level) => log::set_level(level),
        None => {
            ::log::error!(target: "IOT_SetLogLevel", "Invalid input level: {level} out of [0, 5]")
        }
    });
}

unsafe extern "C" {
    fn LITE_syslog();
}

/// Has the linker take `LITE_syslog` along: a product's HAL that calls it comes later on the link
/// line, when the linker does not look into this archive again. What nobody calls is dropped in the end.
#[used]
static SYSLOG: unsafe extern "C" fn() = LITE_syslog;

/// Prints a line of a product's own HAL. Called by `LITE_syslog` in shim/syslog.c, which makes the
/// text of the format and its arguments.
///
/// # Safety
/// `function` is either NULL or ends with a NUL, and `text` ends with one.
#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_log_line(
    function: *const c_char,
    line: c_int,
    level: c_int,
    text: *const c_char,
) {
    guard(|| {
        let Some(level) = Level::from_number(level) else { return };
        // SAFETY: as the caller promises.
        let (function, text) = unsafe {
            let function = if function.is_null() { c"" } else { CStr::from_ptr(function) };
            (function.to_string_lossy(), CStr::from_ptr(text).to_string_lossy())
        };
        log::print(level, &function, line.into(), &text);
    });
}
