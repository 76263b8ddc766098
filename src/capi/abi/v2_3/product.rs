//! The rest of `imports/iot_import_product.h`.

/// Room for a firmware version, in bytes with the NUL.
pub const FIRMWARE_VERSION_MAXLEN: usize = 65;
/// The longest text of `HAL_GetNetifInfo`, in bytes with the NUL.
pub const NIF_STRLEN_MAX: usize = 160;
