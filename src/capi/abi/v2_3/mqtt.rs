//! Makes `exports/iot_export_mqtt.h`, together with `message` and the functions of `capi`.

use std::ffi::c_char;

use super::iotx_mqtt_event_handle_t;

/// What `IOT_MQTT_Construct` needs to know. Each text ends in a NUL.
#[repr(C)]
pub struct iotx_mqtt_param_t {
    /// The broker's port.
    pub port: u16,
    /// The broker's host name.
    pub host: *const c_char,
    /// The MQTT client id.
    pub client_id: *const c_char,
    /// The MQTT user name.
    pub username: *const c_char,
    /// The MQTT password.
    pub password: *const c_char,
    /// The root certificate as PEM text, NULL for a connection without TLS.
    pub pub_key: *const c_char,
    /// 1: the broker forgets subscriptions and messages when the connection ends.
    pub clean_session: u8,
    /// How long an answer may take, in milliseconds.
    pub request_timeout_ms: u32,
    /// How often the client shows that it is alive, in milliseconds.
    pub keepalive_interval_ms: u32,
    /// The largest packet that can be sent, in bytes.
    pub write_buf_size: u32,
    /// The largest packet that can be received, in bytes.
    pub read_buf_size: u32,
    /// Gets the client's events.
    pub handle_event: iotx_mqtt_event_handle_t,
}

/// Points to what `IOT_MQTT_Construct` needs to know.
pub type iotx_mqtt_param_pt = *mut iotx_mqtt_param_t;
