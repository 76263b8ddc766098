//! The functions of `IOT_MQTT_*` where a process may have many clients.

use std::ffi::{c_char, c_int, c_void};
use std::time::Duration;

use crate::capi::abi::{
    NULL_VALUE_ERROR, SUCCESS_RETURN, iotx_mqtt_event_handle_func_fpt, iotx_mqtt_param_t,
    iotx_mqtt_qos_t,
};
use crate::capi::clients;
use crate::capi::mqtt;
use crate::hal::c::entry::guard;

/// Connects to the cloud, logs in and reports the device's versions.
///
/// `pInitParams` and its strings are read and not kept. `host`, `client_id`, `username`,
/// `password`, `pwrite_buf` and `pread_buf` must be there; `pub_key` is the root certificate as
/// PEM, and NULL means a connection without TLS. The two buffers are not written to: their sizes
/// are the limits of what is received and, but for messages, of what is sent. `request_timeout_ms` outside of 500 to 5000 becomes
/// 2000; `keepalive_interval_ms` is cut to 60000 to 180000.
///
/// With HTTPS authentication (`LINKKIT_IOCTL_SET_MQTT_DIRECT` 0) `host` and `username` must be those
/// of the device's last `IOT_SetupConnInfo` for the client to authenticate again before each
/// reconnection; otherwise it reconnects with the login that it was given, which the cloud lets
/// expire.
///
/// Blocks for at most 20 seconds to resolve, connect and shake hands (with the library's own
/// `HAL_TCP_*`), one request timeout for the broker's answer, and two more if the connection does not
/// take the bytes.
///
/// # Returns
/// The client's handle, to be ended by `IOT_MQTT_Destroy`; several clients may live side by side.
/// NULL on failure, and the log says why in words.
///
/// # Safety
/// `pInitParams` is either NULL or points to an `iotx_mqtt_param_t` whose strings are either NULL
/// or end with a NUL. `handle_event.h_fp` may be called, with `handle_event.pcontext`, by any
/// thread that yields, until the client is destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_MQTT_Construct(pInitParams: *mut iotx_mqtt_param_t) -> *mut c_void {
    guard(|| {
        // SAFETY: NULL or valid, as the caller promises.
        let Some(given) = (unsafe { pInitParams.as_ref() }) else {
            ::log::error!(target: "IOT_MQTT_Construct", "Invalid argument: pInitParams is NULL");
            return std::ptr::null_mut();
        };
        // SAFETY: its strings are as the caller promises.
        unsafe { mqtt::construct(given, |_, _| {}) }
    })
}

/// Ends a client: says good-bye to the broker and frees what the client holds.
///
/// `phandle` points to the handle, which is set to NULL. May be called at any time from any thread
/// and from inside handlers. Returns promptly (the C SDK sleeps for 200 ms). No handler is called
/// afterwards; one that runs in another thread at this moment may still be running.
///
/// # Returns
/// 0 on success; -2 when `phandle` or the handle is NULL or there is no such client.
///
/// # Safety
/// `phandle` is either NULL or points to a pointer, which may have any value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_MQTT_Destroy(phandle: *mut *mut c_void) -> c_int {
    guard(|| {
        if phandle.is_null() {
            ::log::error!(target: "IOT_MQTT_Destroy", "Invalid argument: phandle is NULL");
            return NULL_VALUE_ERROR;
        }
        // SAFETY: not NULL, so it points to a pointer.
        let code = mqtt::destroy(clients::handle(unsafe { phandle.read_unaligned() }));
        if code == SUCCESS_RETURN {
            // SAFETY: as above.
            unsafe { phandle.write_unaligned(std::ptr::null_mut()) };
        }
        code
    })
}

/// Asks for a subscription. The answer comes as an event with the packet id.
///
/// `topic_handle_func` is called with `pcontext` for every message that matches, once the broker
/// has granted the subscription, on a thread that yields. The same function with the same context
/// is called once a message, however often it subscribes. `qos` above 2 counts as 0.
///
/// May be called from any thread and inside handlers. Blocks for at most one request timeout, when
/// the connection does not take the bytes.
///
/// # Returns
/// The packet id, above 0; -2 when a parameter is NULL or empty or there is no such client; -41 for
/// a filter that may not be used; -27 when not connected; -42 when 30 requests wait for their
/// answer; -26 when the packet is larger than `write_buf_size`; -14 when it could not be sent.
///
/// # Safety
/// `topic_filter` is either NULL or ends with a NUL; it is not kept. `handle` may have any value.
/// `topic_handle_func` may be called until the client is destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_MQTT_Subscribe(
    handle: *mut c_void,
    topic_filter: *const c_char,
    qos: iotx_mqtt_qos_t,
    topic_handle_func: iotx_mqtt_event_handle_func_fpt,
    pcontext: *mut c_void,
) -> c_int {
    guard(|| {
        let target = clients::handle(handle);
        // SAFETY: as the caller promises.
        unsafe { mqtt::subscribe(target, topic_filter, qos, topic_handle_func, pcontext) }
    })
}

/// Asks for a subscription and waits until the broker has granted it.
///
/// Waits for at most `timeout_ms`. With `do_yield` other than 0 this thread yields meanwhile; with 0
/// another thread has to, or no answer is seen. Otherwise like `IOT_MQTT_Subscribe`.
///
/// # Returns
/// 0 once the subscription is granted; -1 when it is refused or `timeout_ms` is over; -2 when a
/// parameter is NULL or empty or there is no such client. Returns at once when the broker refuses,
/// where the C SDK asks again until the time is up.
///
/// # Safety
/// As for `IOT_MQTT_Subscribe`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_MQTT_Subscribe_Sync(
    handle: *mut c_void,
    topic_filter: *const c_char,
    qos: iotx_mqtt_qos_t,
    topic_handle_func: iotx_mqtt_event_handle_func_fpt,
    pcontext: *mut c_void,
    timeout_ms: c_int,
    do_yield: c_int,
) -> c_int {
    let target = clients::handle(handle);
    let timeout = Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0));
    let drive = do_yield != 0;
    // SAFETY: as the caller promises.
    guard(|| unsafe {
        mqtt::subscribe_sync(target, topic_filter, qos, topic_handle_func, pcontext, timeout, drive)
            .min(SUCCESS_RETURN)
    })
}
