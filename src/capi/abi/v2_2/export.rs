//! Makes `iot_export.h`, together with the functions of `capi`.

use std::ffi::c_char;

use super::iotx_device_info_t;

/// Points to who a device is.
pub type iotx_device_info_pt = *mut iotx_device_info_t;

/// How a device connects: what `IOT_SetupConnInfo` fills in. Each text ends in a NUL.
#[repr(C)]
pub struct iotx_conn_info_t {
    /// The broker's port.
    pub port: u16,
    /// The broker's host name.
    pub host_name: [c_char; 129],
    /// The MQTT client id.
    pub client_id: [c_char; 257],
    /// The MQTT user name.
    pub username: [c_char; 513],
    /// The MQTT password.
    pub password: [c_char; 257],
    /// The root certificate as PEM text, NULL for a connection without TLS.
    pub pub_key: *const c_char,
}

/// Points to how a device connects.
pub type iotx_conn_info_pt = *mut iotx_conn_info_t;
