//! Who a device is: part of `iot_export.h` in all releases.

use std::ffi::c_char;

/// The longest product key, in bytes without the NUL.
pub const PRODUCT_KEY_LEN: usize = 20;
/// The longest device name, in bytes without the NUL.
pub const DEVICE_NAME_LEN: usize = 32;
/// The longest device id, in bytes without the NUL.
pub const DEVICE_ID_LEN: usize = 64;
/// The longest device secret, in bytes without the NUL.
pub const DEVICE_SECRET_LEN: usize = 64;
/// The longest product secret, in bytes without the NUL.
pub const PRODUCT_SECRET_LEN: usize = 64;

/// The longest partner id in `iotx_device_info_t`, in bytes without the NUL.
pub const MODULE_VENDOR_ID: usize = 32;

/// The longest host name, in bytes without the NUL.
pub const HOST_ADDRESS_LEN: usize = 128;
/// The longest port number as text, in bytes.
pub const HOST_PORT_LEN: usize = 8;
/// The longest MQTT client id, in bytes without the NUL.
pub const CLIENT_ID_LEN: usize = 256;
/// The longest MQTT user name, in bytes without the NUL.
pub const USER_NAME_LEN: usize = 512;
/// The longest MQTT password, in bytes without the NUL.
pub const PASSWORD_LEN: usize = 256;
/// The length of an AES-128 key as hexadecimal text, in bytes without the NUL.
pub const AESKEY_STR_LEN: usize = 32;
/// The length of an AES-128 key, in bytes.
pub const AESKEY_HEX_LEN: usize = 16;

/// Who a device is. Each text ends in a NUL.
#[repr(C)]
pub struct iotx_device_info_t {
    /// The product key.
    pub product_key: [c_char; 21],
    /// The device name.
    pub device_name: [c_char; 33],
    /// The device id, `<product key>.<device name>`.
    pub device_id: [c_char; 65],
    /// The device secret.
    pub device_secret: [c_char; 65],
    /// The partner id.
    pub module_vendor_id: [c_char; 33],
}
