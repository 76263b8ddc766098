//! Release 2.2.1. Files make the C headers together with those that the releases share.

#[allow(non_snake_case, reason = "parameters are named as in the C headers")]
pub mod client;
mod conn_info;
mod export;
mod ioctl;
mod json;
mod layout;
pub mod log;
mod mqtt;
pub mod options;
mod product;
#[allow(non_snake_case, non_upper_case_globals, reason = "the names are the C SDK's")]
mod unsupported;

use std::ffi::{CStr, c_char};
use std::ops::RangeInclusive;

pub(crate) use conn_info::publish;
pub use export::*;
pub(crate) use ioctl::ioctl;
pub use mqtt::*;
pub use product::*;

use super::*;
use crate::device::dialect::{Dialect, Reports};
use crate::mqtt::session::{Handlers, HandlersCount};
use crate::mqtt::{Error, QoS};

/// What the cloud sees.
pub(crate) static DIALECT: Dialect = Dialect {
    sdk_version: "2.2.1.1",
    reports: Reports {
        status_id: None,
        status_qos: QoS::AtMostOnce,
        interfaces: false,
        firmware_id: "3",
        connection: false,
        // Spelt so; the platform expects it.
        version_field: "versoin",
    },
    partner_id_field: "partner_id",
    module_id_field: "module_id",
    mqtt_port: 1883,
    custom_domains: false,
    announced_keep_alives: 1,
    handlers: Handlers { count: HandlersCount::WhileGranted, newest_first: false },
    limits_publishes: false,
};

/// What a keepalive interval is cut to, in seconds.
pub(crate) const KEEP_ALIVE_S: RangeInclusive<u32> = 60..=180;

/// Whether there is one client a process, for which NULL stands as a handle.
pub(crate) const SINGLE_CLIENT: bool = false;

/// Whether `IOT_SetupConnInfo` may be called for its effect alone, with NULL for the result.
pub(crate) const INFO_MAY_BE_NULL: bool = false;

/// The firmware tells the HAL itself who the device is.
///
/// # Safety
/// None: nothing is read.
pub(crate) unsafe fn remember_identity(_: *const c_char, _: *const c_char, _: *const c_char) {}

/// The release has no events of this kind.
pub(crate) fn login_failed(_: &Error) {}

/// The release has no events of this kind.
pub(crate) fn null_pointer(_: &CStr) {}

/// The release has no events of this kind.
pub(crate) fn no_memory(_: &CStr) {}
