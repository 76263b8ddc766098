//! The binary interface of the release that this build replaces: its types, numbers and limits.
//!
//! The releases of the C SDK number their options and lay out their structures differently, so
//! one build serves one release, and a release is one folder here; what they share is beside the
//! folders. The C headers under `include/` are generated from these files by
//! `cargo run -p linkkit-headers`.
//!
//! Names are the C SDK's own, misspellings included, because firmware uses them.

#![allow(non_camel_case_types)]

pub mod enums;
mod errno;
mod identity;
mod layout;
mod message;
mod product;

#[cfg(abi = "2.2")]
mod v2_2;
#[cfg(abi = "2.2")]
pub use v2_2::*;

#[cfg(abi = "2.3")]
mod v2_3;
#[cfg(abi = "2.3")]
pub use v2_3::*;

use std::ffi::{c_int, c_uint};

pub use errno::*;
pub use identity::*;
pub use message::*;
pub use product::*;

use crate::cloud::servers::ServerText;
use crate::device::Setting;

/// All went well.
pub(crate) const SUCCESS_RETURN: c_int = IOT_RETURN_CODES::SUCCESS_RETURN as c_int;
/// Something failed, and the log says what.
pub(crate) const FAIL_RETURN: c_int = IOT_RETURN_CODES::FAIL_RETURN as c_int;
/// A parameter is missing, or a handle is no handle.
pub(crate) const NULL_VALUE_ERROR: c_int = IOT_RETURN_CODES::NULL_VALUE_ERROR as c_int;

// A C enumeration crosses the border as a plain integer. Firmware can pass any number, and a Rust
// enum that holds a number without a variant is undefined behaviour. The headers show the
// enumeration of the same name in `enums`.

/// A log level, one of `options::_IOT_LogLevel`.
///
/// cbindgen:ignore
pub type IOT_LogLevel = c_uint;

/// A quality of service, one of [`enums::iotx_mqtt_qos_t`].
///
/// cbindgen:ignore
pub type iotx_mqtt_qos_t = c_uint;

/// An event, one of [`enums::iotx_mqtt_event_type_t`].
///
/// cbindgen:ignore
pub type iotx_mqtt_event_type_t = c_uint;

/// What a number of `IOT_Ioctl` means and what its data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "a release uses the kinds that it has")]
pub(crate) enum IoctlOption {
    /// An `int`.
    Int(Setting),
    /// A number of 16 bits, which are all that the C SDK reads.
    Short(Setting),
    /// A string.
    Text(ServerText),
    /// An option of the release that the library does not have; its name.
    Unsupported(&'static str),
}
