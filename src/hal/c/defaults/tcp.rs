//! TCP connections.

use std::ffi::c_char;

use super::values::{
    FAILED, bytes, bytes_mut, descriptor, fail, length, milliseconds, outcome, refuse, text,
};
use crate::base::deadline::Deadline;
use crate::base::error::{TransportError, chain};
use crate::hal::c::entry::{guard, guard_or};
use crate::hal::linux::tcp;

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_TCP_Establish(host: *const c_char, port: u16) -> usize {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    let host = unsafe { text(host) };
    guard(|| {
        let Some(host) = host else {
            return refuse("HAL_TCP_Establish", 0);
        };
        tcp::connect(host, port, Deadline::after(tcp::CONNECT_TIMEOUT))
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_TCP_Destroy(fd: usize) -> i32 {
    guard(|| outcome("HAL_TCP_Destroy", tcp::destroy(descriptor(fd))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_TCP_Write(
    fd: usize,
    buf: *const c_char,
    len: u32,
    timeout_ms: u32,
) -> i32 {
    // SAFETY: the caller passes `len` readable bytes, or NULL.
    let data = unsafe { bytes(buf.cast(), length(len)) };
    guard(|| {
        let Some(data) = data else {
            return refuse("HAL_TCP_Write", FAILED);
        };
        match tcp::write(descriptor(fd), data, milliseconds(timeout_ms)) {
            Ok(count) => length(count),
            Err(cause) => fail("HAL_TCP_Write", FAILED, &chain(&cause)),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_TCP_Read(
    fd: usize,
    buf: *mut c_char,
    len: u32,
    timeout_ms: u32,
) -> i32 {
    const CLOSED: i32 = -1;
    const BROKEN: i32 = -2;
    // SAFETY: the caller passes `len` writable bytes, or NULL.
    let buffer = unsafe { bytes_mut(buf.cast(), length(len)) };
    guard_or(BROKEN, || {
        let Some(buffer) = buffer else {
            return refuse("HAL_TCP_Read", BROKEN);
        };
        match tcp::read_exact(descriptor(fd), buffer, milliseconds(timeout_ms)) {
            Ok(count) => length(count),
            Err(TransportError::Closed) => CLOSED,
            Err(cause) => fail("HAL_TCP_Read", BROKEN, &chain(&cause)),
        }
    })
}
