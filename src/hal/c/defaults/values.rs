//! From what C passes to Rust values, and failures in words.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt::Display;
use std::io;
use std::os::fd::RawFd;
use std::time::Duration;

use crate::hal::c::entry::guard;
use crate::hal::linux::identity::Field;
use crate::hal::linux::kv::KvError;

pub(crate) const FAILED: c_int = -1;

/// NULL may be destroyed, as it may be freed.
pub(crate) fn ended<T>(function: &str, handle: *mut c_void, object: Option<T>) {
    if object.is_none() && !handle.is_null() {
        refuse(function, ());
    }
}

/// # Safety
/// The pointer is NULL, or to a NUL-terminated string that lives as long as the result.
pub(crate) unsafe fn c_string<'a>(text: *const c_char) -> Option<&'a CStr> {
    // SAFETY: as the caller promises.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// # Safety
/// As [`c_string`].
pub(crate) unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    // SAFETY: as the caller promises.
    unsafe { c_string(text) }.and_then(|text| text.to_str().ok())
}

/// # Safety
/// The pointer is NULL, or to `len` readable bytes that live as long as the result.
pub(crate) unsafe fn bytes<'a>(data: *const c_void, len: c_int) -> Option<&'a [u8]> {
    let len = usize::try_from(len).ok().filter(|_| !data.is_null())?;
    // SAFETY: as the caller promises.
    Some(unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// # Safety
/// The pointer is NULL, or to `len` writable bytes that nobody else uses as long as the result
/// lives.
pub(crate) unsafe fn bytes_mut<'a>(data: *mut c_void, len: c_int) -> Option<&'a mut [u8]> {
    let len = usize::try_from(len).ok().filter(|_| !data.is_null())?;
    // SAFETY: as the caller promises.
    Some(unsafe { std::slice::from_raw_parts_mut(data.cast(), len) })
}

/// Copies a text and its NUL; the text's length, or -1 for NULL.
///
/// # Safety
/// The pointer is NULL, or to room for the text and its NUL.
pub(crate) unsafe fn put_text(to: *mut c_char, text: &[u8]) -> c_int {
    if to.is_null() {
        return FAILED;
    }
    // SAFETY: as the caller promises; the text is in Rust's memory and so cannot overlap.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), to.cast(), text.len());
        to.add(text.len()).write(0);
    }
    length(text.len())
}

/// # Safety
/// As [`c_string`].
pub(crate) unsafe fn set_field(function: &str, field: &Field, text: *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    let text = unsafe { c_string(text) };
    guard(|| {
        let Some(text) = text.map(CStr::to_bytes) else {
            return refuse(function, FAILED);
        };
        if field.set(text) {
            return length(text.len());
        }
        let (len, max) = (text.len(), field.max());
        fail(function, FAILED, &format_args!("{len} bytes are too long, at most {max} are allowed"))
    })
}

/// A length in the type that C has for it. What does not fit is more than a call can carry.
pub(crate) fn length<T: TryInto<c_int>>(len: T) -> c_int {
    len.try_into().unwrap_or(c_int::MAX)
}

/// A handle that is no descriptor becomes one that is never open.
pub(crate) fn descriptor(handle: usize) -> RawFd {
    RawFd::try_from(handle).unwrap_or(-1)
}

pub(crate) fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

/// A negative time is one that is up.
pub(crate) fn signed_milliseconds(ms: c_int) -> Duration {
    milliseconds(u32::try_from(ms).unwrap_or(0))
}

pub(crate) fn fail<T>(function: &str, code: T, why: &dyn Display) -> T {
    log::error!(target: function, "{why}");
    code
}

pub(crate) fn outcome(function: &str, outcome: io::Result<()>) -> c_int {
    match outcome {
        Ok(()) => 0,
        Err(cause) => fail(function, FAILED, &cause),
    }
}

pub(crate) fn refuse<T>(function: &str, code: T) -> T {
    fail(function, code, &"a parameter is NULL, negative, not UTF-8 or no handle (any more)")
}

/// Logs what a function that returns nothing has to say; `None`: its handle was none.
pub(crate) fn report(function: &str, result: Option<io::Result<()>>) {
    match result {
        Some(Ok(())) => {}
        Some(Err(cause)) => fail(function, (), &cause),
        None => refuse(function, ()),
    }
}

pub(crate) fn kv_code(function: &str, result: Result<(), KvError>) -> c_int {
    match result {
        Ok(()) => 0,
        // What every device meets at its first start is not worth a line.
        Err(KvError::NotFound) => FAILED,
        Err(error) => fail(function, FAILED, &error),
    }
}
