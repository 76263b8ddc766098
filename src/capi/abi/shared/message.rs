//! Messages and events: part of `exports/iot_export_mqtt.h` in all releases.

use std::ffi::{c_char, c_int, c_void};

use crate::capi::abi::iotx_mqtt_event_type_t;

/// The most topics that firmware should subscribe in one call; the library sets no such limit.
pub const MUTLI_SUBSCIRBE_MAX: c_int = 5;

/// A message, in either direction.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct iotx_mqtt_topic_info_t {
    /// The packet id; `IOT_MQTT_Publish` sets it.
    pub packet_id: u16,
    /// The quality of service, 0 or 1.
    pub qos: u8,
    /// 1 when the message may have come before.
    pub dup: u8,
    /// 1 when the broker keeps the message for later subscribers.
    pub retain: u8,
    /// The topic's length in bytes, set for a received message.
    pub topic_len: u16,
    /// The payload's length in bytes.
    pub payload_len: u32,
    /// The topic of a received message, without a NUL.
    pub ptopic: *const c_char,
    /// The payload, without a NUL.
    pub payload: *const c_char,
}

/// Points to a message.
pub type iotx_mqtt_topic_info_pt = *mut iotx_mqtt_topic_info_t;

/// An event, as an event handler gets it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct iotx_mqtt_event_msg_t {
    /// What happened.
    pub event_type: iotx_mqtt_event_type_t,
    /// What the event is about, by `event_type`: for `IOTX_MQTT_EVENT_PUBLISH_RECEIVED` a pointer
    /// to `iotx_mqtt_topic_info_t`, valid until the handler returns; for an answer to a
    /// subscription, its end or a message the packet id itself, as a number.
    pub msg: *mut c_void,
}

/// Points to an event.
pub type iotx_mqtt_event_msg_pt = *mut iotx_mqtt_event_msg_t;

/// A function that the library calls with an event, on the thread that is in one of its functions.
///
/// `pcontext` is what was registered with the function, `pclient` is the client's handle, and
/// `msg` is valid until the function returns.
pub type iotx_mqtt_event_handle_func_fpt = Option<
    unsafe extern "C" fn(pcontext: *mut c_void, pclient: *mut c_void, msg: iotx_mqtt_event_msg_pt),
>;

/// An event handler and its context.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct iotx_mqtt_event_handle_t {
    /// The function, NULL for none.
    pub h_fp: iotx_mqtt_event_handle_func_fpt,
    /// What the function gets as its first argument.
    pub pcontext: *mut c_void,
}

/// Points to an event handler.
pub type iotx_mqtt_event_handle_pt = *mut iotx_mqtt_event_handle_t;
