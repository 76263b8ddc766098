//! Who the device is.

use std::ffi::{c_char, c_int};

unsafe extern "C" {
    /// Sets the product key.
    ///
    /// `product_key`: NUL-terminated, at most 20 bytes; copied. Returns its length, or -1 when it
    /// is NULL or too long.
    pub fn HAL_SetProductKey(product_key: *mut c_char) -> c_int;
    /// Sets the device name.
    ///
    /// `device_name`: NUL-terminated, at most 32 bytes; copied. Returns its length, or -1 when it
    /// is NULL or too long.
    pub fn HAL_SetDeviceName(device_name: *mut c_char) -> c_int;
    /// Sets the device secret. The library calls it when the device has registered.
    ///
    /// `device_secret`: NUL-terminated, at most 64 bytes; copied. Returns its length, or -1 when it
    /// is NULL or too long.
    pub fn HAL_SetDeviceSecret(device_secret: *mut c_char) -> c_int;
    /// Sets the product secret.
    ///
    /// `product_secret`: NUL-terminated, at most 64 bytes; copied. Returns its length, or -1 when
    /// it is NULL or too long.
    pub fn HAL_SetProductSecret(product_secret: *mut c_char) -> c_int;
    /// Gets the product key.
    ///
    /// `product_key`: receives it and a NUL, at most 21 bytes. Returns its length, 0 when none is
    /// set, or -1 for NULL.
    pub fn HAL_GetProductKey(product_key: *mut c_char) -> c_int;
    /// Gets the device name.
    ///
    /// `device_name`: receives it and a NUL, at most 33 bytes. Returns its length, 0 when none is
    /// set, or -1 for NULL.
    pub fn HAL_GetDeviceName(device_name: *mut c_char) -> c_int;
    /// Gets the device secret.
    ///
    /// `device_secret`: receives it and a NUL, at most 65 bytes. Returns its length, 0 when none is
    /// set, or -1 for NULL.
    pub fn HAL_GetDeviceSecret(device_secret: *mut c_char) -> c_int;
    /// Gets the product secret.
    ///
    /// `product_secret`: receives it and a NUL, at most 65 bytes. Returns its length, 0 when none
    /// is set, or -1 for NULL.
    pub fn HAL_GetProductSecret(product_secret: *mut c_char) -> c_int;
    /// Gets the partner id.
    ///
    /// `pid_str`: receives it and a NUL, at most 64 bytes. Returns its length, or -1 for NULL.
    pub fn HAL_GetPartnerID(pid_str: *mut c_char) -> c_int;
    /// Gets the module id.
    ///
    /// `mid_str`: receives it and a NUL, at most 64 bytes. Returns its length, or -1 for NULL.
    pub fn HAL_GetModuleID(mid_str: *mut c_char) -> c_int;
    /// Gets the device id: product key, a dot and device name.
    ///
    /// `device_id`: receives it and a NUL, at most 64 bytes. Returns its length, or -1 for NULL.
    pub fn HAL_GetDeviceID(device_id: *mut c_char) -> c_int;
    /// Gets the chip's id.
    ///
    /// `cid_str`: receives it and a NUL, at most 65 bytes. Returns `cid_str`.
    pub fn HAL_GetChipID(cid_str: *mut c_char) -> *mut c_char;
    /// Gets the firmware's version, by the name that release 2.2 has: the library for it calls this one.
    ///
    /// `version`: receives it and a NUL, at most 33 bytes. Returns its length, or -1 for NULL.
    /// The library's own calls `HAL_GetFirmwareVersion`, so a firmware may define either.
    pub fn HAL_GetFirmwareVesion(version: *mut c_char) -> c_int;
    /// Gets the firmware's version, by the name that later releases have.
    ///
    /// `version`: receives it and a NUL, at most 33 bytes, from release 2.3 on 65. Returns its length,
    /// or -1 for NULL.
    pub fn HAL_GetFirmwareVersion(version: *mut c_char) -> c_int;
}
