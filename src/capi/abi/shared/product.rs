//! Limits of a product: `imports/iot_import_product.h` in all releases.

use std::ffi::c_int;

/// Truth.
pub const IOT_TRUE: c_int = 1;
/// Falsehood.
pub const IOT_FALSE: c_int = 0;

/// The longest MAC address, in bytes.
pub const MAC_ADDR_LEN_MAX: usize = 10;
/// The longest partner id, in bytes without the NUL.
pub const PID_STRLEN_MAX: usize = 64;
/// The longest module id, in bytes without the NUL.
pub const MID_STRLEN_MAX: usize = 64;
/// The longest URI, in bytes with the NUL.
pub const IOTX_URI_MAX_LEN: usize = 135;
/// The longest partner id, in bytes without the NUL.
pub const PID_STR_MAXLEN: usize = 64;
/// The longest module id, in bytes without the NUL.
pub const MID_STR_MAXLEN: usize = 64;
/// Room for a product key, in bytes with the NUL.
pub const PRODUCT_KEY_MAXLEN: usize = 21;
/// Room for a device name, in bytes with the NUL.
pub const DEVICE_NAME_MAXLEN: usize = 33;
/// Room for a device id, in bytes with the NUL.
pub const DEVICE_ID_MAXLEN: usize = 65;
/// Room for a device secret, in bytes with the NUL.
pub const DEVICE_SECRET_MAXLEN: usize = 65;
/// Room for a product secret, in bytes with the NUL.
pub const PRODUCT_SECRET_MAXLEN: usize = 65;
/// Room for a chip id, in bytes with the NUL.
pub const HAL_CID_LEN: usize = 65;
