//! Who the device is.

use std::ffi::{c_char, c_int};

use super::values::{put_text, set_field};
use crate::hal::c::entry::guard;
use crate::hal::linux::identity;

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SetProductKey(product_key: *mut c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    unsafe { set_field("HAL_SetProductKey", &identity::PRODUCT_KEY, product_key) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SetDeviceName(device_name: *mut c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    unsafe { set_field("HAL_SetDeviceName", &identity::DEVICE_NAME, device_name) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SetDeviceSecret(device_secret: *mut c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    unsafe { set_field("HAL_SetDeviceSecret", &identity::DEVICE_SECRET, device_secret) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SetProductSecret(product_secret: *mut c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    unsafe { set_field("HAL_SetProductSecret", &identity::PRODUCT_SECRET, product_secret) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetProductKey(product_key: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(|| unsafe { put_text(product_key, &identity::PRODUCT_KEY.get()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetDeviceName(device_name: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(|| unsafe { put_text(device_name, &identity::DEVICE_NAME.get()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetDeviceSecret(device_secret: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(|| unsafe { put_text(device_secret, &identity::DEVICE_SECRET.get()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetProductSecret(product_secret: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(|| unsafe { put_text(product_secret, &identity::PRODUCT_SECRET.get()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetPartnerID(pid_str: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(|| unsafe { put_text(pid_str, identity::PARTNER_ID.as_bytes()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetModuleID(mid_str: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(|| unsafe { put_text(mid_str, identity::MODULE_ID.as_bytes()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetDeviceID(device_id: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(|| unsafe { put_text(device_id, &identity::device_id()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetChipID(cid_str: *mut c_char) -> *mut c_char {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(|| unsafe {
        put_text(cid_str, identity::CHIP_ID.as_bytes());
        cid_str
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetFirmwareVersion(version: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(|| unsafe { put_text(version, identity::FIRMWARE_VERSION.as_bytes()) })
}
