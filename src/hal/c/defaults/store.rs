//! The key-value store, and the configuration.

use std::ffi::{c_char, c_int, c_void};

use super::values::{FAILED, bytes, bytes_mut, kv_code, length, refuse, text};
use crate::hal::c::entry::guard;
use crate::hal::linux::kv::{self, VALUE_MAX};

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Kv_Set(
    key: *const c_char,
    val: *const c_void,
    len: c_int,
    _sync: c_int,
) -> c_int {
    // SAFETY: the caller passes a NUL-terminated key and `len` bytes, or NULL.
    let (key, value) = unsafe { (text(key), bytes(val, len)) };
    guard(|| match (key, value) {
        (Some(key), Some(value)) => {
            kv_code("HAL_Kv_Set", kv::store().and_then(|store| store.set(key, value)))
        }
        _ => refuse("HAL_Kv_Set", FAILED),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Kv_Get(
    key: *const c_char,
    buffer: *mut c_void,
    buffer_len: *mut c_int,
) -> c_int {
    // SAFETY: the caller passes a NUL-terminated key and a valid pointer to the length, or NULL.
    let (key, buffer_len) = unsafe { (text(key), buffer_len.as_mut()) };
    guard(|| {
        let (Some(key), Some(buffer_len)) = (key, buffer_len) else {
            return refuse("HAL_Kv_Get", FAILED);
        };
        // SAFETY: the caller's buffer has the room that it says, or is NULL.
        let Some(buffer) = (unsafe { bytes_mut(buffer, *buffer_len) }) else {
            return refuse("HAL_Kv_Get", FAILED);
        };
        let found = kv::store().and_then(|store| store.get(key, buffer.len())).map(|value| {
            buffer.iter_mut().zip(value.iter()).for_each(|(to, from)| *to = *from);
            *buffer_len = length(value.len());
        });
        kv_code("HAL_Kv_Get", found)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Kv_Del(key: *const c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated key, or NULL.
    let key = unsafe { text(key) };
    guard(|| match key {
        Some(key) => kv_code("HAL_Kv_Del", kv::store().and_then(|store| store.delete(key))),
        None => refuse("HAL_Kv_Del", FAILED),
    })
}

/// Where the reference port of release 2.3.0 keeps it.
const CONFIG_KEY: &str = "wifi_config";

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Config_Write(buffer: *const c_char, len: c_int) -> c_int {
    // SAFETY: the caller passes `len` readable bytes, or NULL.
    let config = unsafe { bytes(buffer.cast(), len) }.filter(|config| !config.is_empty());
    guard(|| match config {
        Some(config) => {
            kv_code("HAL_Config_Write", kv::store().and_then(|store| store.set(CONFIG_KEY, config)))
        }
        None => refuse("HAL_Config_Write", FAILED),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Config_Read(buffer: *mut c_char, len: c_int) -> c_int {
    // SAFETY: the caller passes `len` writable bytes, or NULL.
    let buffer = unsafe { bytes_mut(buffer.cast(), len) }.filter(|buffer| !buffer.is_empty());
    guard(|| {
        let Some(buffer) = buffer else {
            return refuse("HAL_Config_Read", FAILED);
        };
        match kv::store().and_then(|store| store.get(CONFIG_KEY, VALUE_MAX)) {
            Ok(config) => {
                buffer.iter_mut().zip(config.iter()).for_each(|(to, from)| *to = *from);
                if config.len() < buffer.len() { FAILED } else { 0 }
            }
            Err(error) => kv_code("HAL_Config_Read", Err(error)),
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Kv_Erase_All() -> c_int {
    guard(|| kv_code("HAL_Kv_Erase_All", kv::store().and_then(|store| store.clear())))
}
