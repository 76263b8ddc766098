//! `iotx_event_regist_cb`, `iotx_event_post`: one function that hears of events by their numbers.
//!
//! The library itself posts none: in the C SDK the events belong to Wi-Fi provisioning and to the
//! device model. Firmware uses the pair between its own parts.

use std::ffi::c_int;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::abi::{FAIL_RETURN, SUCCESS_RETURN};
use crate::hal::c::entry::guard;

/// What `iotx_event_post` tells.
#[allow(non_camel_case_types)]
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum iotx_event_t {
    /// Wi-Fi provisioning: start.
    IOTX_AWSS_START = 0x1000,
    /// Wi-Fi provisioning: enable.
    IOTX_AWSS_ENABLE = 0x1001,
    /// Wi-Fi provisioning: lock chan.
    IOTX_AWSS_LOCK_CHAN = 0x1002,
    /// Wi-Fi provisioning: cs err.
    IOTX_AWSS_CS_ERR = 0x1003,
    /// Wi-Fi provisioning: passwd err.
    IOTX_AWSS_PASSWD_ERR = 0x1004,
    /// Wi-Fi provisioning: got ssid passwd.
    IOTX_AWSS_GOT_SSID_PASSWD = 0x1005,
    /// Wi-Fi provisioning: connect adha.
    IOTX_AWSS_CONNECT_ADHA = 0x1006,
    /// Wi-Fi provisioning: connect adha fail.
    IOTX_AWSS_CONNECT_ADHA_FAIL = 0x1007,
    /// Wi-Fi provisioning: connect aha.
    IOTX_AWSS_CONNECT_AHA = 0x1008,
    /// Wi-Fi provisioning: connect aha fail.
    IOTX_AWSS_CONNECT_AHA_FAIL = 0x1009,
    /// Wi-Fi provisioning: setup notify.
    IOTX_AWSS_SETUP_NOTIFY = 0x100A,
    /// Wi-Fi provisioning: connect router.
    IOTX_AWSS_CONNECT_ROUTER = 0x100B,
    /// Wi-Fi provisioning: connect router fail.
    IOTX_AWSS_CONNECT_ROUTER_FAIL = 0x100C,
    /// Wi-Fi provisioning: got ip.
    IOTX_AWSS_GOT_IP = 0x100D,
    /// Wi-Fi provisioning: suc notify.
    IOTX_AWSS_SUC_NOTIFY = 0x100E,
    /// Wi-Fi provisioning: bind notify.
    IOTX_AWSS_BIND_NOTIFY = 0x100F,
    /// Wi-Fi provisioning: enable timeout.
    IOTX_AWSS_ENABLE_TIMEOUT = 0x1010,
    /// The device connects.
    IOTX_CONN_CLOUD = 0x2000,
    /// The device could not connect.
    IOTX_CONN_CLOUD_FAIL = 0x2001,
    /// The device is connected.
    IOTX_CONN_CLOUD_SUC = 0x2002,
    /// The device was reset.
    IOTX_RESET = 0x3000,
}

/// A function that is told events.
type Monitor = unsafe extern "C" fn(event: c_int);

static MONITOR: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// Sets the function that is told events; NULL for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_event_regist_cb(
    monitor_cb: Option<unsafe extern "C" fn(event: c_int)>,
) -> c_int {
    guard(|| {
        let function = monitor_cb.map_or(std::ptr::null_mut(), |function| function as *mut ());
        MONITOR.store(function, Ordering::Release);
        SUCCESS_RETURN
    })
}

/// Tells an event to the function that `iotx_event_regist_cb` has set, on this thread.
///
/// # Returns
/// 0; -1 when no function is set.
#[unsafe(no_mangle)]
pub extern "C" fn iotx_event_post(event: c_int) -> c_int {
    guard(|| {
        let function = MONITOR.load(Ordering::Acquire);
        if function.is_null() {
            return FAIL_RETURN;
        }
        // SAFETY: only functions of this type are stored, and the firmware gave it to be called so.
        unsafe { std::mem::transmute::<*mut (), Monitor>(function)(event) };
        SUCCESS_RETURN
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI32;

    use super::*;

    static HEARD: AtomicI32 = AtomicI32::new(0);

    unsafe extern "C" fn monitor(event: c_int) {
        HEARD.store(event, Ordering::SeqCst);
    }

    #[test]
    fn an_event_is_heard_by_who_asked_for_it() {
        assert_eq!(iotx_event_post(1), FAIL_RETURN);
        assert_eq!(iotx_event_regist_cb(Some(monitor)), SUCCESS_RETURN);
        assert_eq!(iotx_event_post(iotx_event_t::IOTX_RESET as c_int), SUCCESS_RETURN);
        assert_eq!(HEARD.load(Ordering::SeqCst), 0x3000);
        assert_eq!(iotx_event_regist_cb(None), SUCCESS_RETURN);
        assert_eq!(iotx_event_post(1), FAIL_RETURN);
    }
}
