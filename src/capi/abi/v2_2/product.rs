//! The rest of `imports/iot_import_product.h`.

/// Room for a firmware version, in bytes with the NUL.
pub const FIRMWARE_VERSION_MAXLEN: usize = 33;
