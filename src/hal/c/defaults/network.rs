//! The network's interfaces, restarting.

use std::ffi::{c_char, c_int};
use std::io;

use super::values::{FAILED, bytes_mut, fail, length, put_text, refuse, text};
use crate::base::waiting::about_to_wait;
use crate::hal::c::entry::{guard, guard_or};
use crate::hal::linux::{identity, interfaces};

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Wifi_Get_IP(
    ip_str: *mut c_char,
    ifname: *const c_char,
) -> u32 {
    const NONE: u32 = u32::MAX;
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    let name = unsafe { text(ifname) };
    guard_or(NONE, || {
        let named = name.filter(|name| !name.is_empty()).map(str::to_owned);
        let address = interfaces::address(named.or_else(interfaces::default_route).as_deref());
        let address = match address {
            Ok(Some(address)) => address,
            Ok(None) => return fail("HAL_Wifi_Get_IP", NONE, &"the interface has no address"),
            Err(cause) => return fail("HAL_Wifi_Get_IP", NONE, &cause),
        };
        // SAFETY: the caller's buffer has room for 16 bytes, the longest address and its NUL.
        match unsafe { put_text(ip_str, address.to_string().as_bytes()) } {
            FAILED => refuse("HAL_Wifi_Get_IP", NONE),
            _ => u32::from(address).to_be(),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Wifi_Get_Mac(mac_str: *mut c_char) -> *mut c_char {
    guard(|| {
        let Some(interface) = interfaces::all().into_iter().next() else {
            return fail("HAL_Wifi_Get_Mac", std::ptr::null_mut(), &"there is no interface");
        };
        // SAFETY: the caller's buffer has room for the 18 bytes of an address and its NUL.
        match unsafe { put_text(mac_str, interface.mac.as_bytes()) } {
            FAILED => refuse("HAL_Wifi_Get_Mac", std::ptr::null_mut()),
            _ => mac_str,
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Sys_Net_Is_Ready() -> c_int {
    guard_or(0, || c_int::from(matches!(interfaces::address(None), Ok(Some(_)))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetNetifInfo(nif_str: *mut c_char) -> c_int {
    const TEXT_MAX: usize = 159;
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(|| unsafe { put_text(nif_str, interfaces::report(TEXT_MAX).as_bytes()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetUUID(buf: *mut u8, len: c_int) -> c_int {
    // SAFETY: the caller passes `len` writable bytes, or NULL.
    let buffer = unsafe { bytes_mut(buf.cast(), len) };
    guard(|| {
        let Some(buffer) = buffer else {
            return refuse("HAL_GetUUID", FAILED);
        };
        let id = match identity::machine_id() {
            Ok(id) => id,
            Err(cause) => return fail("HAL_GetUUID", FAILED, &cause),
        };
        let Some(room) = buffer.get_mut(..id.len()) else {
            return fail("HAL_GetUUID", FAILED, &format_args!("it has {} bytes", id.len()));
        };
        room.copy_from_slice(id.as_bytes());
        length(id.len())
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Reboot() {
    guard(|| {
        about_to_wait();
        // SAFETY: both take numbers only. Neither returns anything that matters: the device
        // restarts, or the error says why not.
        let code = unsafe {
            libc::sync();
            libc::reboot(libc::RB_AUTOBOOT)
        };
        if code != 0 {
            fail("HAL_Reboot", (), &io::Error::last_os_error());
        }
    });
}
