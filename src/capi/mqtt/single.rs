//! The functions of `IOT_MQTT_*` where a process has a single client.

use std::ffi::{CString, c_char, c_int, c_void};
use std::time::Duration;

use zeroize::Zeroizing;

use super::offline;
use crate::base::error::Error;
use crate::base::sync::OneAtATime;
use crate::capi::abi::{
    FAIL_RETURN, SUCCESS_RETURN, iotx_mqtt_event_handle_func_fpt, iotx_mqtt_event_handle_t,
    iotx_mqtt_param_t, iotx_mqtt_qos_t, iotx_mqtt_topic_info_t,
};
use crate::capi::callbacks;
use crate::capi::clients;
use crate::capi::conninfo;
use crate::capi::mqtt;
use crate::hal::c;
use crate::hal::c::entry::guard;

/// Connects to the cloud, logs in and reports the device's versions.
///
/// There is one client a process: while it lives, this returns it and looks at nothing.
///
/// With `pInitParams` NULL the identity comes from `HAL_GetProductKey`, `HAL_GetDeviceName` and
/// `HAL_GetDeviceSecret`, and the rest has good values. Otherwise `pInitParams` and its strings are
/// read and not kept. `host`, `client_id`, `username`, `password`, `port`, `write_buf_size` and
/// `read_buf_size` must be there; `pub_key` is the root certificate as PEM, and NULL means a
/// connection without TLS. `request_timeout_ms` outside of 500 to 5000 becomes 2000;
/// `keepalive_interval_ms` is cut to 60000 to 1200000; the broker is told twice that, so that a
/// firmware which yields rarely is not cut off.
///
/// Subscriptions that were made before are asked for first. In the end the function that is
/// registered for `ITE_MQTT_CONNECT_SUCC` is called.
///
/// With HTTPS authentication (`LINKKIT_IOCTL_SET_MQTT_DIRECT` 0) `host` and `username` must be those
/// of the device's last `IOT_SetupConnInfo` for the client to authenticate again before each
/// reconnection; otherwise it reconnects with the login that it was given, which the cloud lets
/// expire.
///
/// Blocks for at most 20 seconds to resolve, connect and shake hands (with the library's own
/// `HAL_TCP_*`), one request timeout for the broker's answer, and two more if the connection does not
/// take the bytes; with `pInitParams` NULL also for what `IOT_SetupConnInfo` takes. A second thread
/// waits until the first is done.
///
/// # Returns
/// The client's handle, to be ended by `IOT_MQTT_Destroy`; NULL on failure, and the log says why in
/// words. Failure it is, too, in a function of the firmware's that is called from inside of this one.
///
/// # Safety
/// `pInitParams` is either NULL or points to an `iotx_mqtt_param_t` whose strings are either NULL
/// or end with a NUL. `handle_event.h_fp` may be called, with `handle_event.pcontext`, by any
/// thread that yields, until the client is destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_MQTT_Construct(pInitParams: *mut iotx_mqtt_param_t) -> *mut c_void {
    guard(|| {
        let client = {
            let Some(_inside) = CONSTRUCTING.enter() else {
                ::log::error!(target: "IOT_MQTT_Construct", "{}", Error::CalledInside);
                return std::ptr::null_mut();
            };
            if let Some(living) = clients::only() {
                return living.as_ptr();
            }
            // SAFETY: NULL or valid, as the caller promises.
            match unsafe { pInitParams.as_ref() } {
                // SAFETY: its strings are as the caller promises.
                Some(given) => unsafe { mqtt::construct(given, offline::subscribe_all) },
                None => construct_by_hal(),
            }
        };
        if !client.is_null() {
            callbacks::connected();
        }
        client
    })
}

/// Two at a time would make two clients.
static CONSTRUCTING: OneAtATime = OneAtATime::new();

/// Login data as C has it: a copy, since another thread's set-up overwrites what C is shown.
struct LoginTexts {
    port: u16,
    host: CString,
    client_id: CString,
    username: CString,
    password: CString,
}

/// The client of the device that the HAL knows.
fn construct_by_hal() -> *mut c_void {
    // The longest text has 64 bytes; a port must not be able to write past the end.
    const ROOM: usize = 256;
    const BUFFER_SIZE: u32 = 1280;
    let mut product_key = [0; ROOM];
    let mut device_name = [0; ROOM];
    let mut device_secret = Zeroizing::new([0; ROOM]);
    // SAFETY: the getters write at most the documented length, 65 bytes, and all texts end with a
    // NUL: behind the text, or at the latest in the last byte.
    let info = unsafe {
        c::HAL_GetProductKey(product_key.as_mut_ptr());
        c::HAL_GetDeviceName(device_name.as_mut_ptr());
        c::HAL_GetDeviceSecret(device_secret.as_mut_ptr());
        conninfo::set_up(product_key.as_ptr(), device_name.as_ptr(), device_secret.as_ptr())
    };
    let login = info.and_then(|(info, _)| {
        let c_string = |text: &str| CString::new(text).map_err(|cause| cause.to_string());
        Ok(LoginTexts {
            port: info.port,
            host: c_string(&info.host)?,
            client_id: c_string(&info.client_id)?,
            username: c_string(&info.username)?,
            password: c_string(info.password.expose())?,
        })
    });
    let login = match login {
        Ok(login) => login,
        Err(why) => {
            ::log::error!(target: "IOT_MQTT_Construct", "{why}");
            return std::ptr::null_mut();
        }
    };
    let params = iotx_mqtt_param_t {
        port: login.port,
        host: login.host.as_ptr(),
        client_id: login.client_id.as_ptr(),
        username: login.username.as_ptr(),
        password: login.password.as_ptr(),
        // SAFETY: takes nothing. The text that it returns stays valid.
        pub_key: unsafe { c::iotx_ca_get() },
        clean_session: 0,
        request_timeout_ms: 2000,
        keepalive_interval_ms: 60_000,
        write_buf_size: BUFFER_SIZE,
        read_buf_size: BUFFER_SIZE,
        handle_event: iotx_mqtt_event_handle_t { h_fp: None, pcontext: std::ptr::null_mut() },
    };
    // SAFETY: the strings are those of `login`, and the root certificate.
    unsafe { mqtt::construct(&params, offline::subscribe_all) }
}

/// Ends a client: says good-bye to the broker and frees what the client holds.
///
/// `phandle` points to the handle, which is set to NULL; NULL stands for the process's one client,
/// and so does a handle that is NULL. May be called at any time from any thread and from inside
/// handlers. Returns promptly (the C SDK sleeps for 200 ms). No handler is called
/// afterwards; one that runs in another thread at this moment may still be running.
///
/// # Returns
/// 0 on success; -2 when there is no such client.
///
/// # Safety
/// `phandle` is either NULL or points to a pointer, which may have any value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_MQTT_Destroy(phandle: *mut *mut c_void) -> c_int {
    guard(|| {
        if phandle.is_null() {
            return mqtt::destroy(clients::handle(std::ptr::null_mut()));
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
/// `topic_handle_func` is called with `pcontext` for every message that matches, from now on, so that
/// it gets what the broker has kept for the device, on a thread that yields. When the broker refuses
/// or does not answer, that ends with the event that tells of it. Of several functions the one that
/// subscribed last is called first; the same one with the same context is called once a message,
/// however often it subscribes. `qos` above 2 counts as 0.
///
/// May be called from any thread and inside handlers. Blocks for at most one request timeout, when
/// the connection does not take the bytes.
///
/// With `handle` NULL and no client in the process the subscription is kept and asked for once
/// `IOT_MQTT_Construct` has connected.
///
/// # Returns
/// The packet id, above 0, or 0 for a subscription that is kept; -2 when a parameter is NULL or
/// empty or there is no such client; -41 for a filter that may not be used; -27 when not connected;
/// -42 when 30 requests wait for their answer; -26 when the packet is larger than `write_buf_size`;
/// -14 when it could not be sent.
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
        if handle.is_null() && clients::only().is_none() {
            // SAFETY: as the caller promises.
            return unsafe { offline::keep(topic_filter, qos, topic_handle_func, pcontext) };
        }
        let target = clients::handle(handle);
        // SAFETY: as the caller promises.
        unsafe { mqtt::subscribe(target, topic_filter, qos, topic_handle_func, pcontext) }
    })
}

/// Asks for a subscription and waits until the broker has granted it.
///
/// Waits for at most `timeout_ms`, of which more than 10000 counts as 10000; this thread yields
/// meanwhile. Otherwise like `IOT_MQTT_Subscribe`.
///
/// # Returns
/// The packet id, above 0, once the subscription is granted, or 0 for one that is kept; -1 when it
/// is refused or `timeout_ms` is over; -2 when a parameter is NULL or empty or there is no such
/// client. Returns at once when the broker refuses, where the C SDK asks again until the time is up.
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
) -> c_int {
    const LONGEST_MS: u64 = 10_000;
    let timeout_ms = u64::try_from(timeout_ms).unwrap_or(0).min(LONGEST_MS);
    let timeout = Duration::from_millis(timeout_ms);
    guard(|| {
        if handle.is_null() && clients::only().is_none() {
            // SAFETY: as the caller promises.
            return unsafe { offline::keep(topic_filter, qos, topic_handle_func, pcontext) };
        }
        let target = clients::handle(handle);
        // SAFETY: as the caller promises.
        unsafe {
            mqtt::subscribe_sync(
                target,
                topic_filter,
                qos,
                topic_handle_func,
                pcontext,
                timeout,
                true,
            )
        }
    })
}

/// Publishes a message.
///
/// `data` are `len` bytes. Otherwise like `IOT_MQTT_Publish`.
///
/// # Returns
/// The packet id, above 0, for QoS 1; 0 for QoS 0; -2 when there is no such client; -1 for every
/// other failure, and the log says why.
///
/// # Safety
/// `topic_name` is either NULL or ends with a NUL; `data` is either NULL or points to `len` bytes.
/// None is kept. `handle` may have any value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IOT_MQTT_Publish_Simple(
    handle: *mut c_void,
    topic_name: *const c_char,
    qos: c_int,
    data: *mut c_void,
    len: c_int,
) -> c_int {
    guard(|| {
        mqtt::checked(c"IOT_MQTT_Publish_Simple", || {
            // Of all that may be wrong only this has a code of its own.
            mqtt::client(clients::handle(handle))?;
            let Ok(payload_len) = u32::try_from(len) else {
                ::log::error!(target: "IOT_MQTT_Publish_Simple", "Invalid argument: len = {len}");
                return Ok(FAIL_RETURN);
            };
            let mut message = iotx_mqtt_topic_info_t {
                packet_id: 0,
                // What is out of range cannot be published, as QoS 2 cannot.
                qos: u8::try_from(qos).unwrap_or(2),
                dup: 0,
                retain: 0,
                topic_len: 0,
                payload_len,
                ptopic: std::ptr::null(),
                payload: data.cast_const().cast(),
            };
            // SAFETY: as the caller promises.
            let id = unsafe { mqtt::IOT_MQTT_Publish(handle, topic_name, &raw mut message) };
            Ok(id.max(FAIL_RETURN))
        })
    })
}
