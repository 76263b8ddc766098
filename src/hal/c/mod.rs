//! The C functions `HAL_*`: declared here, called by the core through [`Hal`], and defined here where a
//! firmware does not define them.

#![allow(unsafe_code, reason = "it calls the functions of the firmware")]

mod decl;
pub(crate) mod defaults;
pub(crate) mod entry;
pub mod enums;
mod imported;
mod linked;

use std::ffi::{CStr, c_char, c_int};
use std::sync::OnceLock;

pub use decl::*;
use imported::Imported;

use super::Hal;

/// The HAL that was linked: the firmware's functions where it has them, else the library's own.
pub fn hal() -> &'static dyn Hal {
    static HAL: Imported = Imported;
    &HAL
}

/// Functions of the HAL that not every release has: a product's own HAL need not have a function
/// that its release does not know.
///
/// cbindgen:ignore
struct Since {
    /// `HAL_GetFirmwareVersion`, as the release spells it.
    firmware_version: unsafe extern "C" fn(version: *mut c_char) -> c_int,
    /// `HAL_GetUUID`.
    uuid: Option<unsafe extern "C" fn(buf: *mut u8, len: c_int) -> c_int>,
    /// `HAL_GetNetifInfo`.
    network_interfaces: Option<unsafe extern "C" fn(nif_str: *mut c_char) -> c_int>,
}

#[cfg(abi = "2.2")]
const SINCE: Since =
    Since { firmware_version: HAL_GetFirmwareVesion, uuid: None, network_interfaces: None };
#[cfg(not(abi = "2.2"))]
const SINCE: Since = Since {
    firmware_version: HAL_GetFirmwareVersion,
    uuid: Some(HAL_GetUUID),
    network_interfaces: Some(HAL_GetNetifInfo),
};

/// Is told the keys for which `HAL_Kv_Set` fails, from when it is set.
pub(crate) static KV_SET_FAILED: OnceLock<fn(&CStr)> = OnceLock::new();
