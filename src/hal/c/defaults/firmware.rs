//! New firmware.

use std::ffi::{c_char, c_int};

use super::values::{FAILED, bytes, length, outcome, refuse};
use crate::hal::c::entry::guard;
use crate::hal::linux::firmware;

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Firmware_Persistence_Start() {
    guard(|| {
        outcome("HAL_Firmware_Persistence_Start", firmware::start());
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Firmware_Persistence_Write(
    buffer: *mut c_char,
    len: u32,
) -> c_int {
    const FUNCTION: &str = "HAL_Firmware_Persistence_Write";
    // SAFETY: the caller passes `len` readable bytes, or NULL.
    let part = unsafe { bytes(buffer.cast(), length(len)) };
    guard(|| match part {
        Some(part) => outcome(FUNCTION, firmware::write(part)),
        None => refuse(FUNCTION, FAILED),
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Firmware_Persistence_Stop() -> c_int {
    guard(|| outcome("HAL_Firmware_Persistence_Stop", firmware::stop()))
}
