//! `IOT_MQTT_*`: the functions that are alike in all releases, and what the releases make the others
//! of. From release 2.3.0 on NULL as a handle stands for the process's one client.

#[cfg(abi = "2.2")]
pub mod many;
#[cfg(not(abi = "2.2"))]
mod offline;
#[cfg(not(abi = "2.2"))]
pub mod single;

use std::borrow::Cow;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Arc;
use std::time::Duration;

use super::abi::{
    Abi as _, FAIL_RETURN, IOT_RETURN_CODES as Code, NULL_VALUE_ERROR, Release, SUCCESS_RETURN,
    enums::iotx_mqtt_event_type_t as EventType, iotx_mqtt_event_handle_func_fpt,
    iotx_mqtt_event_handle_t, iotx_mqtt_event_msg_t, iotx_mqtt_param_t, iotx_mqtt_qos_t,
    iotx_mqtt_topic_info_pt, iotx_mqtt_topic_info_t,
};
use super::sdk::SDK;
use super::{callbacks, clients};
use crate::device::Device;
use crate::ffi::context::Context;
use crate::ffi::guard::cancellation_point;
use crate::ffi::objects::Handle;
use crate::ffi::ptr::{self, BadText};
use crate::hal::c::entry::{guard, guard_or};
use crate::hal::c::hal;
use crate::mqtt::backoff::Backoff;
use crate::mqtt::client::{Client, EventHandler, Params};
use crate::mqtt::connect::Login;
use crate::mqtt::{Error, Event, Handler, Message, QoS};
use crate::transport::{Endpoint, Security, Trust};

/// The interval, in milliseconds, that `IOT_MQTT_Yield` takes 0 for.
const YIELD_DEFAULT_MS: c_int = 10;

/// Connects, calls `first` with the client before anything is published, and reports.
///
/// # Safety
/// The strings in `given` are either NULL or end with a NUL.
pub(crate) unsafe fn construct(
    given: &iotx_mqtt_param_t,
    first: impl FnOnce(&Client, Handle),
) -> *mut c_void {
    let handle = Handle::new();
    // SAFETY: as the caller promises.
    let params = unsafe { params(given, handle) };
    let device = params.map_err(|wrong| format!("Invalid argument: {wrong}")).and_then(|params| {
        Device::connect(&SDK, hal(), params, |client| first(client, handle)).map_err(|error| {
            callbacks::login_failed(&error);
            error.to_string()
        })
    });
    match device {
        Ok(device) => {
            clients::insert(handle, device);
            handle.as_ptr()
        }
        Err(why) => {
            ::log::error!(target: "IOT_MQTT_Construct", "{why}");
            std::ptr::null_mut()
        }
    }
}

/// # Safety
/// The strings in `given` are either NULL or end with a NUL.
unsafe fn params(given: &iotx_mqtt_param_t, handle: Handle) -> Result<Params, Wrong> {
    // SAFETY: as the caller promises.
    let owned = |name: &str, given: *const c_char| unsafe { text(name, given) }.map(str::to_owned);
    let dialect = SDK.dialect();
    Release::check_buffers(given)?;
    let security = if given.pub_key.is_null() {
        ::log::warn!(target: "IOT_MQTT_Construct", "pub_key is NULL: the connection is not protected by TLS");
        Security::Plain
    } else {
        Security::Tls(Trust::from_pem(&owned("pub_key", given.pub_key)?))
    };
    let keep_alive_s = keep_alive_s(given.keepalive_interval_ms);
    let login = Login {
        endpoint: Endpoint { host: owned("host", given.host)?, port: given.port, security },
        client_id: owned("client_id", given.client_id)?,
        username: owned("username", given.username)?,
        password: crate::base::identity::Secret::new(owned("password", given.password)?),
        clean_session: given.clean_session != 0,
        keep_alive_s: keep_alive_s.saturating_mul(dialect.announced_keep_alives),
    };
    let send_limit = given.write_buf_size as usize;
    Ok(Params {
        relogin: SDK.relogin(hal(), &login),
        login,
        request_timeout: request_timeout(given.request_timeout_ms),
        keep_alive: Duration::from_secs(keep_alive_s.into()),
        read_limit: given.read_buf_size as usize,
        send_limit,
        publish_limit: if dialect.limits_publishes { send_limit } else { usize::MAX },
        handlers: dialect.handlers,
        backoff: Backoff::default(),
        on_event: event_handler(handle, given.handle_event),
    })
}

fn request_timeout(ms: u32) -> Duration {
    const DEFAULT_MS: u32 = 2000;
    let ms = if (500..=5000).contains(&ms) { ms } else { DEFAULT_MS };
    Duration::from_millis(ms.into())
}

fn keep_alive_s(ms: u32) -> u16 {
    let asked = ms / 1000;
    let kept = asked.clamp(*Release::KEEP_ALIVE_S.start(), *Release::KEEP_ALIVE_S.end());
    if kept != asked {
        ::log::warn!(target: "iotx_mc_set_connect_params", "Reset heartbeat interval => {} Millisecond", kept * 1000);
    }
    // Every release has a limit far below 65536, so nothing is cut.
    kept as u16
}

/// Ends the client with this handle.
pub(crate) fn destroy(handle: Handle) -> c_int {
    let Some(device) = clients::remove(handle) else {
        return unknown_handle("IOT_MQTT_Destroy");
    };
    device.close();
    ::log::info!(target: "iotx_mc_release", "mqtt release!");
    SUCCESS_RETURN
}

/// # Safety
/// `topic_filter` is either NULL or ends with a NUL.
pub(crate) unsafe fn subscribe(
    target: Handle,
    topic_filter: *const c_char,
    qos: iotx_mqtt_qos_t,
    topic_handle_func: iotx_mqtt_event_handle_func_fpt,
    pcontext: *mut c_void,
) -> c_int {
    checked(c"IOT_MQTT_Subscribe", || {
        let client = client(target)?;
        // SAFETY: as the caller promises.
        let filter = unsafe { text("topic_filter", topic_filter) }?;
        let handler = topic_handler(target, topic_handle_func, pcontext)?;
        let outcome = client.subscribe(filter, subscription_qos(qos), handler);
        Ok(packet_id("iotx_mc_subscribe", outcome, Code::MQTT_SUBSCRIBE_PACKET_ERROR))
    })
}

/// Subscribes and waits; the packet id once the subscription is granted.
///
/// # Safety
/// `topic_filter` is either NULL or ends with a NUL.
pub(crate) unsafe fn subscribe_sync(
    target: Handle,
    topic_filter: *const c_char,
    qos: iotx_mqtt_qos_t,
    topic_handle_func: iotx_mqtt_event_handle_func_fpt,
    pcontext: *mut c_void,
    timeout: Duration,
    drive: bool,
) -> c_int {
    checked(c"IOT_MQTT_Subscribe_Sync", || {
        let client = client(target)?;
        // SAFETY: as the caller promises.
        let filter = unsafe { text("topic_filter", topic_filter) }?;
        let handler = topic_handler(target, topic_handle_func, pcontext)?;
        match client.subscribe_sync(filter, subscription_qos(qos), handler, timeout, drive) {
            Ok(id) => Ok(id.into()),
            Err(error) => {
                ::log::error!(target: "IOT_MQTT_Subscribe_Sync", "'{filter}': {error}");
                Ok(FAIL_RETURN)
            }
        }
    })
}

/// Receives, keeps the connection alive or brings it back, and calls handlers, for `timeout_ms`.
///
/// Lasts its time even when nothing is to be done, so that firmware can pace itself by it, and
/// hands messages over at once as they come. 0 counts as 10 ms. Several threads may yield on the
/// same client; each handler then runs on one of them.
///
/// # Returns
/// 0 when the time is up; -1 when `timeout_ms` is negative; -2 when there is no such client.
///
/// # Safety
/// None: `handle` may have any value.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn IOT_MQTT_Yield(handle: *mut c_void, timeout_ms: c_int) -> c_int {
    let outcome = guard(|| {
        let Some(device) = clients::device(clients::handle(handle)) else {
            return unknown_handle("IOT_MQTT_Yield");
        };
        let timeout_ms = if timeout_ms == 0 { YIELD_DEFAULT_MS } else { timeout_ms };
        let Ok(timeout_ms) = u64::try_from(timeout_ms) else {
            ::log::error!(target: "IOT_MQTT_Yield", "Invalid argument, timeout_ms = {timeout_ms}");
            return FAIL_RETURN;
        };
        device.yield_for(Duration::from_millis(timeout_ms));
        SUCCESS_RETURN
    });
    // A firmware ends its yielding thread by HAL_ThreadDelete.
    cancellation_point();
    outcome
}

/// Posts a line of the firmware's own log to the cloud's log service, by QoS 0.
///
/// `level` is a word such as `debug`. A text longer than 128 bytes is cut. May be called from any
/// thread and inside handlers. Blocks for at most one request timeout, when the connection does not
/// take the bytes.
///
/// # Returns
/// 0 on success; -1 when a parameter is NULL, there is no such client, `IOT_SetupConnInfo` has not
/// succeeded, or the client cannot send.
///
/// # Safety
/// Each string is either NULL or ends with a NUL; none is kept. `pHandle` may have any value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_MQTT_LogPost(
    pHandle: *mut c_void,
    level: *const c_char,
    module: *const c_char,
    msg: *const c_char,
) -> c_int {
    guard(|| {
        let posted = checked(c"IOT_MQTT_LogPost", || {
            let device = clients::device(clients::handle(pHandle)).ok_or(NO_CLIENT)?;
            // SAFETY: each is NULL or a string, as the caller promises.
            let (level, module, text) = unsafe {
                (present("level", level)?, present("module", module)?, present("msg", msg)?)
            };
            let posted = device.log_post(level, module, text);
            match posted.ok_or("IOT_SetupConnInfo has not been called")? {
                Ok(_) => Ok(SUCCESS_RETURN),
                Err(error) => {
                    refused("iotx_mc_log_post", &error);
                    Ok(FAIL_RETURN)
                }
            }
        });
        // It has no other code.
        posted.max(FAIL_RETURN)
    })
}

/// Whether a client is connected at the moment.
///
/// # Returns
/// 1 when it is, 0 when it is not; -2 when there is no such client.
///
/// # Safety
/// None: `handle` may have any value.
#[unsafe(no_mangle)]
pub extern "C" fn IOT_MQTT_CheckStateNormal(handle: *mut c_void) -> c_int {
    guard_or(0, || match clients::get(clients::handle(handle)) {
        Some(client) => c_int::from(client.is_connected()),
        None => unknown_handle("IOT_MQTT_CheckStateNormal"),
    })
}

/// Ends a subscription with all its handlers. The answer comes as an event with the packet id.
///
/// The filter need not have been subscribed to by this client. May be called from any thread and
/// inside handlers. Blocks for at most one request timeout, when the connection does not take the
/// bytes.
///
/// # Returns
/// As for `IOT_MQTT_Subscribe`, with -22 for a packet larger than `write_buf_size`.
///
/// # Safety
/// `topic_filter` is either NULL or ends with a NUL; it is not kept. `handle` may have any value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_MQTT_Unsubscribe(
    handle: *mut c_void,
    topic_filter: *const c_char,
) -> c_int {
    guard(|| {
        checked(c"IOT_MQTT_Unsubscribe", || {
            let client = client(clients::handle(handle))?;
            // SAFETY: NULL or a string, as the caller promises.
            let filter = unsafe { text("topic_filter", topic_filter) }?;
            let outcome = client.unsubscribe(filter);
            Ok(packet_id("iotx_mc_unsubscribe", outcome, Code::MQTT_UNSUBSCRIBE_PACKET_ERROR))
        })
    })
}

/// Publishes a message.
///
/// Of `topic_msg` the fields `qos`, `retain`, `payload` and `payload_len` (bytes) are read, and
/// `packet_id` is written for QoS 1; the rest may be uninitialised. The packet has been written to
/// the connection when this returns, except in a handler while others wait to be called: what they
/// publish leaves in one write, when the last of them publishes or all have run, when it fills
/// 16 KiB, or when a handler calls a function of the library that waits. A QoS 1 message that is not acknowledged is sent again after
/// two request timeouts, and after every reconnection, without limit.
///
/// May be called from any thread and inside handlers. Blocks for at most one request timeout, when
/// the connection does not take the bytes.
///
/// # Returns
/// The packet id, above 0, for QoS 1; 0 for QoS 0; -2 when a parameter is NULL or empty or there is
/// no such client; -41 for a topic that may not be used; -27 when not connected; -20 for QoS 2 and
/// above; -42 when 20 messages wait for their answer; -21 when the packet is larger than
/// `write_buf_size`, in release 2.2.1 when it is larger than MQTT allows; -14 when it could not be sent: then the message is given up.
///
/// # Safety
/// `topic_name` is either NULL or ends with a NUL; `topic_msg` is either NULL or points to a
/// message whose `payload` is either NULL or points to `payload_len` bytes. None is kept. `handle`
/// may have any value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_MQTT_Publish(
    handle: *mut c_void,
    topic_name: *const c_char,
    topic_msg: iotx_mqtt_topic_info_pt,
) -> c_int {
    guard(|| {
        checked(c"IOT_MQTT_Publish", || {
            let client = client(clients::handle(handle))?;
            // SAFETY: NULL or a string, as the caller promises.
            let topic = unsafe { text("topic_name", topic_name) }?;
            if topic_msg.is_null() {
                return Err("topic_msg is NULL".into());
            }
            // SAFETY: a message, as the caller promises. Only the fields that the firmware must
            // have set are read.
            let (qos, retain, payload) = unsafe {
                let len = (*topic_msg).payload_len as usize;
                ((*topic_msg).qos, (*topic_msg).retain != 0, ptr::bytes((*topic_msg).payload, len))
            };
            let payload = payload.ok_or("payload is NULL and payload_len is not 0")?;

            let outcome = client.publish(topic, publish_qos(qos), retain, payload);
            if let Ok(id @ 1..) = outcome {
                // SAFETY: as above.
                unsafe { (*topic_msg).packet_id = id };
            }
            Ok(packet_id("iotx_mc_publish", outcome, Code::MQTT_PUBLISH_PACKET_ERROR))
        })
    })
}

pub(crate) fn subscription_qos(qos: iotx_mqtt_qos_t) -> QoS {
    match qos {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        2 => QoS::ExactlyOnce,
        _ => {
            ::log::warn!(target: "IOT_MQTT_Subscribe", "Invalid qos({qos}) out of [0, 2], using 0");
            QoS::AtMostOnce
        }
    }
}

/// QoS 2 stands for all that cannot be published.
fn publish_qos(qos: u8) -> QoS {
    match qos {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    }
}

fn packet_id(target: &str, outcome: Result<u16, Error>, too_large: Code) -> c_int {
    outcome.map_or_else(
        |error| {
            refused(target, &error);
            code(&error, too_large) as c_int
        },
        c_int::from,
    )
}

/// Logs why, except what the client tells itself, once for all that it refuses.
pub(crate) fn refused(target: &str, error: &Error) {
    if !matches!(error, Error::NotConnected | Error::WaitListFull { .. }) {
        ::log::error!(target: target, "{error}");
    }
}

fn code(error: &Error, too_large: Code) -> Code {
    match error {
        Error::NotConnected => Code::MQTT_STATE_ERROR,
        Error::BadTopic(_) => Code::MQTT_TOPIC_FORMAT_ERROR,
        Error::UnsupportedQos => Code::MQTT_PUBLISH_QOS_ERROR,
        Error::WaitListFull { .. } => Code::MQTT_PUSH_TO_LIST_ERROR,
        Error::TooLarge { .. } => too_large,
        Error::Transport(_) => Code::MQTT_NETWORK_ERROR,
        Error::NotGranted => Code::MQTT_SUBSCRIBE_ACK_FAILURE,
        Error::NoAnswer
        | Error::Malformed(_)
        | Error::ConnectRefused(_)
        | Error::NoConnack
        | Error::NoLogin(_) => Code::FAIL_RETURN,
    }
}

/// What is wrong with a parameter, in words.
pub(crate) type Wrong = Cow<'static, str>;

/// Runs a function that refuses what is wrong with its parameters. Tells a release that has events
/// for it.
pub(crate) fn checked(function: &CStr, body: impl FnOnce() -> Result<c_int, Wrong>) -> c_int {
    body().unwrap_or_else(|wrong| {
        ::log::error!(target: &function.to_string_lossy(), "Invalid argument: {wrong}");
        callbacks::null_pointer(function);
        NULL_VALUE_ERROR
    })
}

/// The function that a subscription is for is missing.
pub(crate) const NO_HANDLER: &str = "topic_handle_func is NULL";
const NO_CLIENT: &str = "there is no client with this handle (any more)";

/// The client with this handle.
pub(crate) fn client(handle: Handle) -> Result<Arc<Client>, Wrong> {
    clients::get(handle).ok_or(Cow::Borrowed(NO_CLIENT))
}

/// The text of the parameter `name`.
///
/// # Safety
/// As for [`ptr::required`].
pub(crate) unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<&'a str, Wrong> {
    // SAFETY: passed on.
    unsafe { ptr::required(text) }.map_err(|bad| format!("{name} {bad}").into())
}

/// The same for a text that may be empty.
///
/// # Safety
/// As for [`ptr::required`].
unsafe fn present<'a>(name: &str, text: *const c_char) -> Result<&'a str, Wrong> {
    // SAFETY: passed on.
    match unsafe { ptr::required(text) } {
        Err(BadText::Empty) => Ok(""),
        other => other.map_err(|bad| format!("{name} {bad}").into()),
    }
}

fn unknown_handle(function: &str) -> c_int {
    ::log::error!(target: function, "Invalid argument: {NO_CLIENT}");
    NULL_VALUE_ERROR
}

pub(crate) fn topic_handler(
    client: Handle,
    function: iotx_mqtt_event_handle_func_fpt,
    context: *mut c_void,
) -> Result<Handler, Wrong> {
    let function = function.ok_or(NO_HANDLER)?;
    let context = Context::new(context);
    Ok(Handler {
        key: (function as usize, context.pointer().addr()),
        call: Arc::new(move |message| {
            with_topic_info(message, |info| {
                let mut event = iotx_mqtt_event_msg_t {
                    event_type: EventType::IOTX_MQTT_EVENT_PUBLISH_RECEIVED as _,
                    msg: info.cast(),
                };
                // SAFETY: the firmware gave the function to be called so.
                unsafe { function(context.pointer(), client.as_ptr(), &raw mut event) };
            });
        }),
    })
}

fn event_handler(client: Handle, handler: iotx_mqtt_event_handle_t) -> EventHandler {
    let context = Context::new(handler.pcontext);
    let function = handler.h_fp;
    Arc::new(move |event| {
        let Some(function) = function else { return };
        let tell = |event_type: EventType, msg: *mut c_void| {
            let mut event = iotx_mqtt_event_msg_t { event_type: event_type as _, msg };
            // SAFETY: the firmware gave the function to be called so.
            unsafe { function(context.pointer(), client.as_ptr(), &raw mut event) };
        };
        let id = |id: &u16| std::ptr::without_provenance_mut(usize::from(*id));
        match event {
            Event::Disconnect => {
                tell(EventType::IOTX_MQTT_EVENT_DISCONNECT, std::ptr::null_mut());
            }
            Event::Reconnect => tell(EventType::IOTX_MQTT_EVENT_RECONNECT, std::ptr::null_mut()),
            Event::SubscribeSuccess(packet) => {
                tell(EventType::IOTX_MQTT_EVENT_SUBCRIBE_SUCCESS, id(packet));
            }
            Event::SubscribeTimeout(packet) => {
                tell(EventType::IOTX_MQTT_EVENT_SUBCRIBE_TIMEOUT, id(packet));
            }
            Event::SubscribeNack(packet) => {
                tell(EventType::IOTX_MQTT_EVENT_SUBCRIBE_NACK, id(packet));
            }
            Event::UnsubscribeSuccess(packet) => {
                tell(EventType::IOTX_MQTT_EVENT_UNSUBCRIBE_SUCCESS, id(packet));
            }
            Event::UnsubscribeTimeout(packet) => {
                tell(EventType::IOTX_MQTT_EVENT_UNSUBCRIBE_TIMEOUT, id(packet));
            }
            Event::PublishSuccess(packet) => {
                tell(EventType::IOTX_MQTT_EVENT_PUBLISH_SUCCESS, id(packet));
            }
            Event::PublishReceived(message) => with_topic_info(message, |info| {
                tell(EventType::IOTX_MQTT_EVENT_PUBLISH_RECEIVED, info.cast());
            }),
            Event::BufferOverflow => {
                let text = c"mqtt read buffer is too short";
                tell(EventType::IOTX_MQTT_EVENT_BUFFER_OVERFLOW, text.as_ptr().cast_mut().cast());
            }
        }
    })
}

/// Shows a message as C sees it. The pointers are valid until `show` returns.
fn with_topic_info(message: &mut Message, show: impl FnOnce(*mut iotx_mqtt_topic_info_t)) {
    let (packet_id, qos) = (message.id, message.qos as u8);
    let (dup, retain) = (u8::from(message.dup), u8::from(message.retain));
    // A topic is at most 65535 bytes long, and a packet at most 256 MB.
    let topic_len = message.topic().len() as u16;
    let payload_len = message.payload().len() as u32;
    let (topic, payload) = message.parts_mut();
    let mut info = iotx_mqtt_topic_info_t {
        packet_id,
        qos,
        dup,
        retain,
        topic_len,
        payload_len,
        ptopic: topic.as_mut_ptr().cast(),
        payload: payload.as_mut_ptr().cast(),
    };
    show(&raw mut info);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut_as_the_c_sdk_cuts_them() {
        assert_eq!(request_timeout(499), Duration::from_secs(2));
        assert_eq!(request_timeout(500), Duration::from_millis(500));
        assert_eq!(request_timeout(5000), Duration::from_secs(5));
        assert_eq!(request_timeout(5001), Duration::from_secs(2));
        assert_eq!(keep_alive_s(0), 60);
        assert_eq!(keep_alive_s(90_999), 90);
        assert_eq!(keep_alive_s(u32::MAX), *Release::KEEP_ALIVE_S.end() as u16);
    }
}
