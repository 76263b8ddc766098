//! Release 2.3.0. Files make the C headers together with those that the releases share.

#[allow(non_snake_case, reason = "parameters are named as in the C headers")]
pub mod client;
mod conn_info;
pub mod events;
mod export;
pub mod files;
mod ioctl;
mod layout;
pub mod log;
mod mqtt;
mod offline;
pub mod options;
mod product;
mod state;
#[allow(non_snake_case, non_upper_case_globals, reason = "the names are the C SDK's")]
mod unsupported;

use std::ffi::c_char;
use std::ops::RangeInclusive;

pub(crate) use conn_info::publish;
pub use events::*;
pub(crate) use events::{login_failed, no_memory, null_pointer};
pub use export::*;
pub(crate) use ioctl::ioctl;
pub use mqtt::*;
pub use product::*;
pub use state::*;

use super::*;
use crate::device::dialect::{Dialect, Reports};
use crate::hal::c;
use crate::mqtt::QoS;
use crate::mqtt::session::{Handlers, HandlersCount};

/// What the cloud sees.
pub(crate) static DIALECT: Dialect = Dialect {
    sdk_version: "2.3.0",
    reports: Reports {
        status_id: Some("0"),
        status_qos: QoS::AtLeastOnce,
        interfaces: true,
        firmware_id: "2",
        connection: true,
        version_field: "version",
    },
    partner_id_field: "pid",
    module_id_field: "mid",
    mqtt_port: 443,
    custom_domains: true,
    announced_keep_alives: 2,
    handlers: Handlers { count: HandlersCount::WhileAskedFor, newest_first: true },
    limits_publishes: true,
};

/// What a keepalive interval is cut to, in seconds.
pub(crate) const KEEP_ALIVE_S: RangeInclusive<u32> = 60..=1200;

/// Whether there is one client a process, for which NULL stands as a handle.
pub(crate) const SINGLE_CLIENT: bool = true;

/// Whether `IOT_SetupConnInfo` may be called for its effect alone, with NULL for the result.
pub(crate) const INFO_MAY_BE_NULL: bool = true;

/// Tells the HAL who the device is, for an `IOT_MQTT_Construct` that takes the identity from there.
///
/// # Safety
/// `product_key` and `device_name` end with a NUL; `device_secret` does, or is NULL.
pub(crate) unsafe fn remember_identity(
    product_key: *const c_char,
    device_name: *const c_char,
    device_secret: *const c_char,
) {
    // SAFETY: each is a string, as the caller promises or is checked here. A port does not write to
    // what it is given to keep, though C does not say so.
    unsafe {
        c::HAL_SetProductKey(product_key.cast_mut());
        c::HAL_SetDeviceName(device_name.cast_mut());
        if !device_secret.is_null() {
            c::HAL_SetDeviceSecret(device_secret.cast_mut());
        }
    }
}
