//! The binary interface of the release that this build replaces: its types, numbers and limits.
//!
//! The releases of the C SDK number their options and lay out their structures differently, so
//! one build serves one release, and a release is one file here; what they share is in `shared`. The C headers under `include/` are generated from these files by
//! `cargo run -p linkkit-headers`.
//!
//! Names are the C SDK's own, misspellings included, because firmware uses them.

#![allow(non_camel_case_types)]

mod shared;

#[cfg(abi = "2.2")]
mod v2_2;
#[cfg(abi = "2.2")]
pub use v2_2::*;

#[cfg(abi = "2.3")]
mod v2_3;
#[cfg(abi = "2.3")]
pub use v2_3::*;

use std::ffi::{c_int, c_uint};
use std::ops::RangeInclusive;

pub(crate) use shared::layout;
pub use shared::{enums, errno::*, identity::*, message::*, product::*};

use crate::cloud::servers::ServerText;
use crate::device::dialect::Dialect;
use crate::device::{ConnInfo, Setting};

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

/// A release: what it says as data, for behaviour that is written once.
pub(crate) trait Abi {
    /// What the cloud sees.
    const DIALECT: Dialect;
    /// What a keepalive interval is cut to, in seconds.
    const KEEP_ALIVE_S: RangeInclusive<u32>;
    /// How many clients a process has.
    const CLIENTS: Clients;
    /// Whether `IOT_SetupConnInfo` may be called for its effect alone, with NULL for the result.
    const INFO_MAY_BE_NULL: bool;
    /// Whether `IOT_SetupConnInfo` tells the HAL who the device is, for an `IOT_MQTT_Construct` that
    /// takes the identity from there; otherwise the firmware tells it.
    const HAL_KNOWS_IDENTITY: bool;
    /// What `IOT_SetupConnInfo` fills in.
    type ConnInfo;
    /// What `IOT_MQTT_Construct` is given.
    type MqttParam;

    /// Shows the login data to C. The pointer is valid for the life of the process.
    fn publish(info: &ConnInfo) -> Result<*mut Self::ConnInfo, String>;

    /// What a number of `IOT_Ioctl` means, `None` when the release has none such.
    fn option(number: c_int) -> Option<IoctlOption>;

    /// What is wrong with the buffers that the firmware has to bring.
    fn check_buffers(params: &Self::MqttParam) -> Result<(), &'static str>;
}

/// How many MQTT clients a process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "a release has one of them")]
pub(crate) enum Clients {
    /// As many as the firmware constructs.
    Many,
    /// One, for which NULL stands as a handle.
    One,
}
