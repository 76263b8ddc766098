//! Makes `iot_export.h`, together with the functions of `capi`.

use std::ffi::{c_char, c_int};

/// How a device connects: what `IOT_SetupConnInfo` fills in. Each text ends in a NUL and belongs to
/// the library.
#[repr(C)]
pub struct iotx_conn_info_t {
    /// The broker's port.
    pub port: u16,
    /// 1 when the rest is filled in.
    pub init: u8,
    /// The broker's host name.
    pub host_name: *mut c_char,
    /// The MQTT client id.
    pub client_id: *mut c_char,
    /// The MQTT user name.
    pub username: *mut c_char,
    /// The MQTT password.
    pub password: *mut c_char,
    /// The root certificate as PEM text, NULL for a connection without TLS.
    pub pub_key: *const c_char,
}

/// Points to how a device connects.
pub type iotx_conn_info_pt = *mut iotx_conn_info_t;

/// The data of `IOTX_IOCTL_SET_SUBDEV_SIGN`, which is not supported yet.
#[repr(C)]
pub struct iotx_ioctl_set_subdev_sign_t {
    /// The sub-device.
    pub devid: c_int,
    /// Its signature.
    pub sign: *const c_char,
}

/// The data of `IOTX_IOCTL_GET_SUBDEV_LOGIN`, which is not supported yet.
#[repr(C)]
pub struct iotx_ioctl_get_subdev_info_t {
    /// The sub-device.
    pub devid: c_int,
    /// 1 when it is logged in.
    pub status: c_int,
}
