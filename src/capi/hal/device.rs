//! The device: timers, files, new firmware, configuration, network interfaces, restarting.

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};
use std::io;

use super::handles::{Living, Objects};
use super::{
    FAILED, bytes, bytes_mut, fail, guard, kv_code, length, milliseconds, outcome, put_text,
    refuse, text,
};
use crate::hal::import::ssl_hooks_t;
use crate::hal::linux::kv::{self, VALUE_MAX};
use crate::hal::linux::timer::Timer;
use crate::hal::linux::{firmware, identity, interfaces, memory, ssl};
use crate::waiting::about_to_wait;

// Memory

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Calloc(nmemb: u32, size: u32) -> *mut c_void {
    memory::allocate_zeroed(nmemb, size)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Realloc(ptr: *mut c_void, size: u32) -> *mut c_void {
    // SAFETY: the caller passes a buffer of the C library, or NULL.
    unsafe { memory::resize(ptr, size) }
}

// Timers

/// The firmware's function and what it is called with.
struct Callback {
    function: unsafe extern "C" fn(*mut c_void),
    user_data: *mut c_void,
}

// SAFETY: the library never looks behind the pointer; it only hands it to the function that came
// with it, which the firmware has written to be called from the timer's thread.
unsafe impl Send for Callback {}
// SAFETY: as above.
unsafe impl Sync for Callback {}

impl Callback {
    fn call(&self) {
        // SAFETY: the firmware gave the function to be called so.
        unsafe { (self.function)(self.user_data) };
    }
}

static TIMERS: Objects<Timer> = Objects::new();

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Timer_Create(
    _name: *const c_char,
    func: Option<unsafe extern "C" fn(*mut c_void)>,
    user_data: *mut c_void,
) -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        let Some(function) = func else {
            return refuse("HAL_Timer_Create", std::ptr::null_mut());
        };
        let callback = Callback { function, user_data };
        TIMERS.insert(Timer::new(Box::new(move || callback.call())))
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Timer_Start(t: *mut c_void, ms: c_int) -> c_int {
    guard(FAILED, || match (TIMERS.get(t), c_uint::try_from(ms)) {
        (Some(timer), Ok(0)) => {
            timer.stop();
            0
        }
        (Some(timer), Ok(ms)) => outcome("HAL_Timer_Start", timer.start(milliseconds(ms))),
        _ => refuse("HAL_Timer_Start", FAILED),
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Timer_Stop(t: *mut c_void) -> c_int {
    guard(FAILED, || {
        let Some(timer) = TIMERS.get(t) else {
            return refuse("HAL_Timer_Stop", FAILED);
        };
        timer.stop();
        0
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Timer_Delete(timer: *mut c_void) -> c_int {
    guard(FAILED, || {
        if TIMERS.remove(timer).is_none() {
            return refuse("HAL_Timer_Delete", FAILED);
        }
        0
    })
}

// Files

static FILES: Living = Living::new();

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Fopen(
    path: *const c_char,
    mode: *const c_char,
) -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        if path.is_null() || mode.is_null() {
            return refuse("HAL_Fopen", std::ptr::null_mut());
        }
        // SAFETY: the caller passes NUL-terminated strings.
        FILES.insert(unsafe { libc::fopen(path, mode) }.cast())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Fread(
    buff: *mut c_void,
    size: u32,
    count: u32,
    stream: *mut c_void,
) -> u32 {
    guard(0, || {
        let (Some(file), false) = (FILES.get(stream), buff.is_null()) else {
            return refuse("HAL_Fread", 0);
        };
        // SAFETY: the caller passes room for so much and does not close the file meanwhile.
        let read = unsafe { libc::fread(buff, size as usize, count as usize, file.cast()) };
        u32::try_from(read).unwrap_or(count)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Fwrite(
    ptr: *const c_void,
    size: u32,
    count: u32,
    stream: *mut c_void,
) -> u32 {
    guard(0, || {
        let (Some(file), false) = (FILES.get(stream), ptr.is_null()) else {
            return refuse("HAL_Fwrite", 0);
        };
        // SAFETY: the caller passes so many bytes and does not close the file meanwhile.
        let written = unsafe { libc::fwrite(ptr, size as usize, count as usize, file.cast()) };
        u32::try_from(written).unwrap_or(count)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Fseek(
    stream: *mut c_void,
    offset: c_long,
    origin: c_int,
) -> c_int {
    // `hal_fs_seek_type_t` counts as Linux does.
    guard(FAILED, || {
        let Some(file) = FILES.get(stream) else {
            return refuse("HAL_Fseek", FAILED);
        };
        // SAFETY: the caller does not close the file meanwhile.
        unsafe { libc::fseek(file.cast(), offset, origin) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Fclose(stream: *mut c_void) -> c_int {
    guard(FAILED, || {
        let Some(file) = FILES.remove(stream) else {
            return refuse("HAL_Fclose", FAILED);
        };
        // SAFETY: it is open, and nobody else closes it any more.
        unsafe { libc::fclose(file.cast()) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Ftell(stream: *mut c_void) -> c_long {
    guard(-1, || {
        let Some(file) = FILES.get(stream) else {
            return refuse("HAL_Ftell", -1);
        };
        // SAFETY: the caller does not close the file meanwhile.
        unsafe { libc::ftell(file.cast()) }
    })
}

// New firmware

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Firmware_Persistence_Start() {
    guard((), || {
        outcome("HAL_Firmware_Persistence_Start", firmware::start());
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Firmware_Persistence_Write(
    buffer: *mut c_char,
    len: u32,
) -> c_int {
    const FUNCTION: &str = "HAL_Firmware_Persistence_Write";
    // SAFETY: the caller passes `len` readable bytes, or NULL.
    let part = unsafe { bytes(buffer.cast(), length(len)) };
    guard(FAILED, || match part {
        Some(part) => outcome(FUNCTION, firmware::write(part)),
        None => refuse(FUNCTION, FAILED),
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Firmware_Persistence_Stop() -> c_int {
    guard(FAILED, || outcome("HAL_Firmware_Persistence_Stop", firmware::stop()))
}

// Configuration

/// Where the reference port of release 2.3.0 keeps it.
const CONFIG_KEY: &str = "wifi_config";

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Config_Write(buffer: *const c_char, len: c_int) -> c_int {
    // SAFETY: the caller passes `len` readable bytes, or NULL.
    let config = unsafe { bytes(buffer.cast(), len) }.filter(|config| !config.is_empty());
    guard(FAILED, || match config {
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
    guard(FAILED, || {
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
    guard(FAILED, || kv_code("HAL_Kv_Erase_All", kv::store().and_then(|store| store.clear())))
}

// TLS

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_SSL_GetFd(handle: usize) -> c_int {
    guard(FAILED, || match ssl::descriptor(handle) {
        Ok(fd) => fd,
        Err(cause) => fail("HAL_SSL_GetFd", FAILED, &cause),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SSLHooks_set(hooks: *mut ssl_hooks_t) -> c_int {
    // SAFETY: the caller passes two functions, or NULL.
    let hooks = unsafe { hooks.as_ref() };
    guard(FAILED, || match hooks {
        Some(ssl_hooks_t { malloc: Some(_), free: Some(_) }) => 0,
        _ => refuse("HAL_SSLHooks_set", FAILED),
    })
}

// Network interfaces

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Wifi_Get_IP(
    ip_str: *mut c_char,
    ifname: *const c_char,
) -> u32 {
    const NONE: u32 = u32::MAX;
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    let name = unsafe { text(ifname) };
    guard(NONE, || {
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
    guard(std::ptr::null_mut(), || {
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
    guard(0, || c_int::from(matches!(interfaces::address(None), Ok(Some(_)))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetNetifInfo(nif_str: *mut c_char) -> c_int {
    const TEXT_MAX: usize = 159;
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(FAILED, || unsafe { put_text(nif_str, interfaces::report(TEXT_MAX).as_bytes()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetUUID(buf: *mut u8, len: c_int) -> c_int {
    // SAFETY: the caller passes `len` writable bytes, or NULL.
    let buffer = unsafe { bytes_mut(buf.cast(), len) };
    guard(FAILED, || {
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
    guard((), || {
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
