//! `IOT_RegisterCallback` and what it calls: one function an event, and the firmware's functions.
//!
//! Of the events `ITE_MQTT_CONNECT_SUCC` and the states that this file sends occur; the others
//! belong to parts of the platform that are not supported yet. Their functions are kept all the
//! same, for `iotx_event_callback` and `iotx_state_event`.

#![allow(non_camel_case_types, reason = "names are the C SDK's")]

use std::ffi::{CStr, c_char, c_int, c_uchar, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

use super::abi::{
    FAIL_RETURN, STATE_SYS_DEPEND_KV_SET, STATE_SYS_DEPEND_MALLOC, SUCCESS_RETURN,
    iotx_ioctl_event_t as Event,
};
use crate::hal::c;
use crate::hal::c::entry::guard;
use crate::mqtt::Error;

/// A function that is called with a state.
///
/// `state_code` is one of `STATE_*`; `state_message` ends in a NUL, is at most 64 bytes long and
/// valid until the function returns. What it returns is not looked at.
pub type state_handler_t =
    Option<unsafe extern "C" fn(state_code: c_int, state_message: *const c_char) -> c_int>;

/// The number of events.
const EVENTS: usize = Event::ITE_STATE_DEV_MODEL as usize + 1;
/// The longest message of a state, in bytes without the NUL.
const MESSAGE_MAX: usize = 64;

/// The firmware's functions by their events' numbers.
static CALLBACKS: [AtomicPtr<c_void>; EVENTS] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; EVENTS];

fn register(event: Event, callback: *mut c_void) -> c_int {
    guard(|| match CALLBACKS.get(event as usize) {
        Some(slot) => {
            c::KV_SET_FAILED.get_or_init(|| not_stored);
            slot.store(callback, Ordering::Release);
            SUCCESS_RETURN
        }
        None => FAIL_RETURN,
    })
}

fn callback(event: c_int) -> *mut c_void {
    usize::try_from(event)
        .ok()
        .and_then(|index| CALLBACKS.get(index))
        .map_or(std::ptr::null_mut(), |slot| slot.load(Ordering::Acquire))
}

/// Tells the firmware that `IOT_MQTT_Construct` connected.
pub(crate) fn connected() {
    let function = callback(Event::ITE_MQTT_CONNECT_SUCC as c_int);
    if !function.is_null() {
        // SAFETY: `iotx_register_for_ITE_MQTT_CONNECT_SUCC` stored a function of this type here.
        unsafe { std::mem::transmute::<*mut c_void, extern "C" fn() -> c_int>(function)() };
    }
}

/// Tells the firmware with which state a login failed, if the broker refused it.
pub(crate) fn login_failed(error: &Error) {
    // By the codes of CONNACK, which count otherwise than the states.
    const STATES: [c_int; 5] = [-0x0301, -0x0302, -0x0303, -0x0305, -0x0304];
    let Error::ConnectRefused(code) = error else { return };
    if let Some(state) = usize::from(*code).checked_sub(1).and_then(|index| STATES.get(index)) {
        state_event(Event::ITE_STATE_MQTT_COMM as c_int, *state, c"CONNACK");
    }
}

/// Tells the firmware that it passed NULL where something has to be.
pub(crate) fn null_pointer(function: &CStr) {
    const STATE_USER_INPUT_NULL_POINTER: c_int = -0x0101;
    state_event(Event::ITE_STATE_USER_INPUT as c_int, STATE_USER_INPUT_NULL_POINTER, function);
}

/// Tells the firmware that `HAL_Kv_Set` failed for a key.
pub(crate) fn not_stored(key: &CStr) {
    state_event(Event::ITE_STATE_SYS_DEPEND as c_int, STATE_SYS_DEPEND_KV_SET, key);
}

/// Tells the firmware that `HAL_Malloc` gave a function nothing.
pub(crate) fn no_memory(function: &CStr) {
    state_event(Event::ITE_STATE_SYS_DEPEND as c_int, STATE_SYS_DEPEND_MALLOC, function);
}

/// `false`: nobody is interested in the event.
fn state_event(event: c_int, code: c_int, message: &CStr) -> bool {
    // Not with a function of another type in hand.
    if !(Event::ITE_STATE_EVERYTHING as c_int..EVENTS as c_int).contains(&event)
        || event == Event::ITE_EVENT_NOTIFY as c_int
    {
        return false;
    }
    let everything = callback(Event::ITE_STATE_EVERYTHING as c_int);
    let own = callback(event);
    if own.is_null() {
        return false;
    }
    let mut text = [0_u8; MESSAGE_MAX + 1];
    text.iter_mut().take(MESSAGE_MAX).zip(message.to_bytes()).for_each(|(to, from)| *to = *from);
    let call = |function: *mut c_void| {
        // SAFETY: the slots of states hold functions of this type only.
        let function: state_handler_t = unsafe { std::mem::transmute(function) };
        if let Some(function) = function {
            // SAFETY: the firmware gave the function to be called so; the text ends in a NUL.
            unsafe { function(code, text.as_ptr().cast()) };
        }
    };
    call(own);
    if everything != own {
        call(everything);
    }
    true
}

/// Tells a state to the function that is registered for `event`, and to the one for all states.
///
/// `state_message` may be NULL; of a longer text the first 64 bytes are told.
///
/// # Returns
/// 0; -1 when no function is registered for the event, or it is no state.
///
/// # Safety
/// `state_message` is either NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iotx_state_event(
    event: c_int,
    state_code: c_int,
    state_message: *const c_char,
) -> c_int {
    guard(|| {
        let message = if state_message.is_null() {
            c""
        } else {
            // SAFETY: not NULL, so it is a string as the caller promises.
            unsafe { CStr::from_ptr(state_message) }
        };
        if state_event(event, state_code, message) { SUCCESS_RETURN } else { FAIL_RETURN }
    })
}

/// The function that is registered for an event, NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_event_callback(evt: c_int) -> *mut c_void {
    guard(|| callback(evt))
}

/// Registers a function for all states, in the place of those for single states. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_EVERYTHING(cb: state_handler_t) -> c_int {
    guard(|| {
        let function = cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void);
        c::KV_SET_FAILED.get_or_init(|| not_stored);
        for (number, slot) in CALLBACKS.iter().enumerate() {
            if number >= Event::ITE_STATE_EVERYTHING as usize
                && number != Event::ITE_EVENT_NOTIFY as usize
            {
                slot.store(function, Ordering::Release);
            }
        }
        SUCCESS_RETURN
    })
}

/// Registers a function for `ITE_AWSS_STATUS`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_AWSS_STATUS(
    cb: Option<unsafe extern "C" fn(c_int) -> c_int>,
) -> c_int {
    register(Event::ITE_AWSS_STATUS, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_CONNECT_SUCC`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_CONNECT_SUCC(
    cb: Option<unsafe extern "C" fn() -> c_int>,
) -> c_int {
    register(Event::ITE_CONNECT_SUCC, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_CONNECT_FAIL`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_CONNECT_FAIL(
    cb: Option<unsafe extern "C" fn() -> c_int>,
) -> c_int {
    register(Event::ITE_CONNECT_FAIL, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_DISCONNECTED`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_DISCONNECTED(
    cb: Option<unsafe extern "C" fn() -> c_int>,
) -> c_int {
    register(Event::ITE_DISCONNECTED, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_RAWDATA_ARRIVED`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_RAWDATA_ARRIVED(
    cb: Option<unsafe extern "C" fn(c_int, *const c_uchar, c_int) -> c_int>,
) -> c_int {
    register(Event::ITE_RAWDATA_ARRIVED, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_SERVICE_REQUST`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_SERVICE_REQUST(
    cb: Option<
        unsafe extern "C" fn(
            c_int,
            *const c_char,
            c_int,
            *const c_char,
            c_int,
            *mut *mut c_char,
            *mut c_int,
        ) -> c_int,
    >,
) -> c_int {
    register(Event::ITE_SERVICE_REQUST, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_PROPERTY_SET`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_PROPERTY_SET(
    cb: Option<unsafe extern "C" fn(c_int, *const c_char, c_int) -> c_int>,
) -> c_int {
    register(Event::ITE_PROPERTY_SET, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_PROPERTY_GET`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_PROPERTY_GET(
    cb: Option<
        unsafe extern "C" fn(c_int, *const c_char, c_int, *mut *mut c_char, *mut c_int) -> c_int,
    >,
) -> c_int {
    register(Event::ITE_PROPERTY_GET, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_REPORT_REPLY`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_REPORT_REPLY(
    cb: Option<unsafe extern "C" fn(c_int, c_int, c_int, *const c_char, c_int) -> c_int>,
) -> c_int {
    register(Event::ITE_REPORT_REPLY, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_TRIGGER_EVENT_REPLY`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_TRIGGER_EVENT_REPLY(
    cb: Option<
        unsafe extern "C" fn(
            c_int,
            c_int,
            c_int,
            *const c_char,
            c_int,
            *const c_char,
            c_int,
        ) -> c_int,
    >,
) -> c_int {
    register(
        Event::ITE_TRIGGER_EVENT_REPLY,
        cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void),
    )
}

/// Registers a function for `ITE_TIMESTAMP_REPLY`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_TIMESTAMP_REPLY(
    cb: Option<unsafe extern "C" fn(*const c_char) -> c_int>,
) -> c_int {
    register(Event::ITE_TIMESTAMP_REPLY, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_TOPOLIST_REPLY`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_TOPOLIST_REPLY(
    cb: Option<unsafe extern "C" fn(c_int, c_int, c_int, *const c_char, c_int) -> c_int>,
) -> c_int {
    register(Event::ITE_TOPOLIST_REPLY, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_PERMIT_JOIN`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_PERMIT_JOIN(
    cb: Option<unsafe extern "C" fn(*const c_char, c_int) -> c_int>,
) -> c_int {
    register(Event::ITE_PERMIT_JOIN, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_INITIALIZE_COMPLETED`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_INITIALIZE_COMPLETED(
    cb: Option<unsafe extern "C" fn(c_int) -> c_int>,
) -> c_int {
    register(
        Event::ITE_INITIALIZE_COMPLETED,
        cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void),
    )
}

/// Registers a function for `ITE_FOTA`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_FOTA(
    cb: Option<unsafe extern "C" fn(c_int, *const c_char) -> c_int>,
) -> c_int {
    register(Event::ITE_FOTA, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_COTA`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_COTA(
    cb: Option<
        unsafe extern "C" fn(
            c_int,
            *const c_char,
            c_int,
            *const c_char,
            *const c_char,
            *const c_char,
            *const c_char,
        ) -> c_int,
    >,
) -> c_int {
    register(Event::ITE_COTA, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_MQTT_CONNECT_SUCC`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_MQTT_CONNECT_SUCC(
    cb: Option<unsafe extern "C" fn() -> c_int>,
) -> c_int {
    register(Event::ITE_MQTT_CONNECT_SUCC, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_CLOUD_ERROR`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_CLOUD_ERROR(
    cb: Option<unsafe extern "C" fn(c_int, *const c_char, *const c_char) -> c_int>,
) -> c_int {
    register(Event::ITE_CLOUD_ERROR, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_STATE_USER_INPUT`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_USER_INPUT(cb: state_handler_t) -> c_int {
    register(Event::ITE_STATE_USER_INPUT, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_STATE_SYS_DEPEND`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_SYS_DEPEND(cb: state_handler_t) -> c_int {
    register(Event::ITE_STATE_SYS_DEPEND, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_STATE_MQTT_COMM`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_MQTT_COMM(cb: state_handler_t) -> c_int {
    register(Event::ITE_STATE_MQTT_COMM, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_STATE_WIFI_PROV`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_WIFI_PROV(cb: state_handler_t) -> c_int {
    register(Event::ITE_STATE_WIFI_PROV, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_STATE_COAP_LOCAL`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_COAP_LOCAL(cb: state_handler_t) -> c_int {
    register(Event::ITE_STATE_COAP_LOCAL, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_STATE_HTTP_COMM`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_HTTP_COMM(cb: state_handler_t) -> c_int {
    register(Event::ITE_STATE_HTTP_COMM, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_STATE_OTA`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_OTA(cb: state_handler_t) -> c_int {
    register(Event::ITE_STATE_OTA, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_STATE_DEV_BIND`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_DEV_BIND(cb: state_handler_t) -> c_int {
    register(Event::ITE_STATE_DEV_BIND, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_STATE_SUB_DEVICE`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_SUB_DEVICE(cb: state_handler_t) -> c_int {
    register(Event::ITE_STATE_SUB_DEVICE, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_EVENT_NOTIFY`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_EVENT_NOTIFY(
    cb: Option<unsafe extern "C" fn(c_int, *const c_char, c_int) -> c_int>,
) -> c_int {
    register(Event::ITE_EVENT_NOTIFY, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}

/// Registers a function for `ITE_STATE_DEV_MODEL`; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_register_for_ITE_STATE_DEV_MODEL(cb: state_handler_t) -> c_int {
    register(Event::ITE_STATE_DEV_MODEL, cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void))
}
