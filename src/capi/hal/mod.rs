//! The defaults of the HAL, as the C functions to which the weak `HAL_*` of `shim/` forward.
//!
//! What each does is documented at its declaration in `hal::import`. `NULL` where a pointer is
//! needed gives the function's failure value.

use std::ffi::{CStr, c_char, c_int, c_longlong, c_void};
use std::fmt::Display;
use std::io;
use std::os::fd::RawFd;
use std::time::Duration;

mod crypt;
mod device;
mod handles;
mod threads;
mod udp;

use handles::Objects;

use crate::capi::boundary::{cancellation_point, guard};
use crate::deadline::Deadline;
use crate::error::{TransportError, chain};
use crate::hal::import::PLATFORM_WAIT_INFINITE;
use crate::hal::linux::identity::{self, Field};
use crate::hal::linux::kv::{self, KvError};
use crate::hal::linux::sync::{RawMutex, Semaphore};
use crate::hal::linux::{memory, random, ssl, tcp, time};
use crate::waiting::about_to_wait;

const FAILED: c_int = -1;

/// The least room for `HAL_GetTimeStr`, in bytes; the C SDK refuses less.
const TIME_TEXT_ROOM: c_int = 28;

// Memory

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Malloc(size: u32) -> *mut c_void {
    memory::allocate(size)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Free(ptr: *mut c_void) {
    // SAFETY: the caller gives up a buffer of the C library, or passes NULL.
    unsafe { memory::release(ptr) }
}

// Mutexes and semaphores

static MUTEXES: Objects<RawMutex> = Objects::new();

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_MutexCreate() -> *mut c_void {
    guard(std::ptr::null_mut(), || MUTEXES.insert(RawMutex::new()))
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_MutexDestroy(mutex: *mut c_void) {
    guard((), || ended("HAL_MutexDestroy", mutex, MUTEXES.remove(mutex)));
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_MutexLock(mutex: *mut c_void) {
    guard((), || report("HAL_MutexLock", MUTEXES.get(mutex).map(|mutex| mutex.lock())));
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_MutexUnlock(mutex: *mut c_void) {
    guard((), || report("HAL_MutexUnlock", MUTEXES.get(mutex).map(|mutex| mutex.unlock())));
}

static SEMAPHORES: Objects<Semaphore> = Objects::new();

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_SemaphoreCreate() -> *mut c_void {
    guard(std::ptr::null_mut(), || SEMAPHORES.insert(Semaphore::default()))
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_SemaphoreDestroy(sem: *mut c_void) {
    guard((), || ended("HAL_SemaphoreDestroy", sem, SEMAPHORES.remove(sem)));
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_SemaphorePost(sem: *mut c_void) {
    guard((), || match SEMAPHORES.get(sem) {
        Some(semaphore) => semaphore.post(),
        None => refuse("HAL_SemaphorePost", ()),
    });
}

#[unsafe(no_mangle)]
extern "C-unwind" fn linkkit_default_HAL_SemaphoreWait(sem: *mut c_void, timeout_ms: u32) -> c_int {
    let timeout = (timeout_ms != PLATFORM_WAIT_INFINITE).then(|| milliseconds(timeout_ms));
    let result = guard(FAILED, || match SEMAPHORES.get(sem) {
        Some(semaphore) => {
            about_to_wait();
            if semaphore.wait(timeout) { 0 } else { FAILED }
        }
        None => refuse("HAL_SemaphoreWait", FAILED),
    });
    cancellation_point();
    result
}

// Time

#[unsafe(no_mangle)]
extern "C-unwind" fn linkkit_default_HAL_SleepMs(ms: u32) {
    guard((), || {
        about_to_wait();
        std::thread::sleep(milliseconds(ms));
    });
    cancellation_point();
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_UptimeMs() -> u64 {
    guard(0, time::uptime_ms)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetTimeStr(buf: *mut c_char, len: c_int) -> *mut c_char {
    guard(std::ptr::null_mut(), || {
        if len < TIME_TEXT_ROOM {
            return std::ptr::null_mut();
        }
        let Some(text) = time::local_time_text() else { return std::ptr::null_mut() };
        // SAFETY: the caller's buffer has room for 28 bytes, more than the text and its NUL.
        match unsafe { put_text(buf, text.as_bytes()) } {
            FAILED => std::ptr::null_mut(),
            _ => buf,
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_UTC_Set(ms: c_longlong) {
    guard((), || time::set_utc_ms(ms));
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_UTC_Get() -> c_longlong {
    guard(0, time::utc_ms)
}

// Random numbers

/// Does nothing: the operating system's random numbers need no seed.
#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Srandom(_seed: u32) {}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Random(region: u32) -> u32 {
    guard(0, || random::below(region).unwrap_or_else(|cause| fail("HAL_Random", 0, &cause)))
}

// Identity

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SetProductKey(product_key: *mut c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    unsafe { set_field("HAL_SetProductKey", &identity::PRODUCT_KEY, product_key) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SetDeviceName(device_name: *mut c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    unsafe { set_field("HAL_SetDeviceName", &identity::DEVICE_NAME, device_name) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SetDeviceSecret(device_secret: *mut c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    unsafe { set_field("HAL_SetDeviceSecret", &identity::DEVICE_SECRET, device_secret) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SetProductSecret(product_secret: *mut c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    unsafe { set_field("HAL_SetProductSecret", &identity::PRODUCT_SECRET, product_secret) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetProductKey(product_key: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(FAILED, || unsafe { put_text(product_key, &identity::PRODUCT_KEY.get()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetDeviceName(device_name: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(FAILED, || unsafe { put_text(device_name, &identity::DEVICE_NAME.get()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetDeviceSecret(device_secret: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(FAILED, || unsafe { put_text(device_secret, &identity::DEVICE_SECRET.get()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetProductSecret(product_secret: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(FAILED, || unsafe { put_text(product_secret, &identity::PRODUCT_SECRET.get()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetPartnerID(pid_str: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(FAILED, || unsafe { put_text(pid_str, identity::PARTNER_ID.as_bytes()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetModuleID(mid_str: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(FAILED, || unsafe { put_text(mid_str, identity::MODULE_ID.as_bytes()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetDeviceID(device_id: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(FAILED, || unsafe { put_text(device_id, &identity::device_id()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetChipID(cid_str: *mut c_char) -> *mut c_char {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(std::ptr::null_mut(), || unsafe {
        put_text(cid_str, identity::CHIP_ID.as_bytes());
        cid_str
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_GetFirmwareVersion(version: *mut c_char) -> c_int {
    // SAFETY: the caller's buffer has the documented room, or is NULL.
    guard(FAILED, || unsafe { put_text(version, identity::FIRMWARE_VERSION.as_bytes()) })
}

// Key-value store

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Kv_Set(
    key: *const c_char,
    val: *const c_void,
    len: c_int,
    _sync: c_int,
) -> c_int {
    // SAFETY: the caller passes a NUL-terminated key and `len` bytes, or NULL.
    let (key, value) = unsafe { (text(key), bytes(val, len)) };
    guard(FAILED, || match (key, value) {
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
    guard(FAILED, || {
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
    guard(FAILED, || match key {
        Some(key) => kv_code("HAL_Kv_Del", kv::store().and_then(|store| store.delete(key))),
        None => refuse("HAL_Kv_Del", FAILED),
    })
}

// TCP

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_TCP_Establish(host: *const c_char, port: u16) -> usize {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    let host = unsafe { text(host) };
    guard(0, || {
        let Some(host) = host else {
            return refuse("HAL_TCP_Establish", 0);
        };
        tcp::connect(host, port, Deadline::after(tcp::CONNECT_TIMEOUT))
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_TCP_Destroy(fd: usize) -> i32 {
    guard(FAILED, || outcome("HAL_TCP_Destroy", tcp::destroy(descriptor(fd))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_TCP_Write(
    fd: usize,
    buf: *const c_char,
    len: u32,
    timeout_ms: u32,
) -> i32 {
    // SAFETY: the caller passes `len` readable bytes, or NULL.
    let data = unsafe { bytes(buf.cast(), length(len)) };
    guard(FAILED, || {
        let Some(data) = data else {
            return refuse("HAL_TCP_Write", FAILED);
        };
        match tcp::write(descriptor(fd), data, milliseconds(timeout_ms)) {
            Ok(count) => length(count),
            Err(cause) => fail("HAL_TCP_Write", FAILED, &chain(&cause)),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_TCP_Read(
    fd: usize,
    buf: *mut c_char,
    len: u32,
    timeout_ms: u32,
) -> i32 {
    const CLOSED: i32 = -1;
    const BROKEN: i32 = -2;
    // SAFETY: the caller passes `len` writable bytes, or NULL.
    let buffer = unsafe { bytes_mut(buf.cast(), length(len)) };
    guard(BROKEN, || {
        let Some(buffer) = buffer else {
            return refuse("HAL_TCP_Read", BROKEN);
        };
        match tcp::read_exact(descriptor(fd), buffer, milliseconds(timeout_ms)) {
            Ok(count) => length(count),
            Err(TransportError::Closed) => CLOSED,
            Err(cause) => fail("HAL_TCP_Read", BROKEN, &chain(&cause)),
        }
    })
}

// TLS

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SSL_Establish(
    host: *const c_char,
    port: u16,
    ca_crt: *const c_char,
    ca_crt_len: usize,
) -> usize {
    // SAFETY: the caller passes a NUL-terminated string and `ca_crt_len` bytes, or NULL.
    let (host, root) = unsafe { (text(host), bytes(ca_crt.cast(), length(ca_crt_len))) };
    guard(0, || {
        let Some(host) = host else {
            return refuse("HAL_SSL_Establish", 0);
        };
        match ssl::establish(host, port, root.unwrap_or_default()) {
            Ok(handle) => handle,
            Err(cause) => fail("HAL_SSL_Establish", 0, &chain(&cause)),
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_SSL_Destroy(handle: usize) -> i32 {
    guard(FAILED, || match ssl::destroy(handle) {
        Ok(()) => 0,
        Err(cause) => fail("HAL_SSL_Destroy", FAILED, &chain(&cause)),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SSL_Write(
    handle: usize,
    buf: *const c_char,
    len: c_int,
    timeout_ms: c_int,
) -> i32 {
    // SAFETY: the caller passes `len` readable bytes, or NULL.
    let data = unsafe { bytes(buf.cast(), len) };
    guard(FAILED, || {
        let Some(data) = data else {
            return refuse("HAL_SSL_Write", FAILED);
        };
        match ssl::write(handle, data, signed_milliseconds(timeout_ms)) {
            Ok(()) => len,
            Err(TransportError::TimedOut) => 0,
            Err(cause) => fail("HAL_SSL_Write", FAILED, &chain(&cause)),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SSL_Read(
    handle: usize,
    buf: *mut c_char,
    len: c_int,
    timeout_ms: c_int,
) -> i32 {
    const CLOSED: i32 = -2;
    const BROKEN: i32 = -2;
    // SAFETY: the caller passes `len` writable bytes, or NULL.
    let buffer = unsafe { bytes_mut(buf.cast(), len) };
    guard(BROKEN, || {
        let Some(buffer) = buffer else {
            return refuse("HAL_SSL_Read", BROKEN);
        };
        match ssl::read(handle, buffer, signed_milliseconds(timeout_ms)) {
            Ok(count) => length(count),
            Err(TransportError::Closed) => CLOSED,
            Err(cause) => fail("HAL_SSL_Read", BROKEN, &chain(&cause)),
        }
    })
}

// The trust anchor

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_iotx_ca_get() -> *const c_char {
    const ROOT: &str = concat!(include_str!("../../transport/globalsign-root-r1.pem"), "\0");
    ROOT.as_ptr().cast()
}

// Pointers to values

/// NULL may be destroyed, as it may be freed.
fn ended<T>(function: &str, handle: *mut c_void, object: Option<T>) {
    if object.is_none() && !handle.is_null() {
        refuse(function, ());
    }
}

/// # Safety
/// The pointer is NULL, or to a NUL-terminated string that lives as long as the result.
unsafe fn c_string<'a>(text: *const c_char) -> Option<&'a CStr> {
    // SAFETY: as the caller promises.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// # Safety
/// As [`c_string`].
unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    // SAFETY: as the caller promises.
    unsafe { c_string(text) }.and_then(|text| text.to_str().ok())
}

/// # Safety
/// The pointer is NULL, or to `len` readable bytes that live as long as the result.
unsafe fn bytes<'a>(data: *const c_void, len: c_int) -> Option<&'a [u8]> {
    let len = usize::try_from(len).ok().filter(|_| !data.is_null())?;
    // SAFETY: as the caller promises.
    Some(unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// # Safety
/// The pointer is NULL, or to `len` writable bytes that nobody else uses as long as the result
/// lives.
unsafe fn bytes_mut<'a>(data: *mut c_void, len: c_int) -> Option<&'a mut [u8]> {
    let len = usize::try_from(len).ok().filter(|_| !data.is_null())?;
    // SAFETY: as the caller promises.
    Some(unsafe { std::slice::from_raw_parts_mut(data.cast(), len) })
}

/// Copies a text and its NUL; the text's length, or -1 for NULL.
///
/// # Safety
/// The pointer is NULL, or to room for the text and its NUL.
unsafe fn put_text(to: *mut c_char, text: &[u8]) -> c_int {
    if to.is_null() {
        return FAILED;
    }
    // SAFETY: as the caller promises; the text is in Rust's memory and so cannot overlap.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), to.cast(), text.len());
        to.add(text.len()).write(0);
    }
    length(text.len())
}

/// # Safety
/// As [`c_string`].
unsafe fn set_field(function: &str, field: &Field, text: *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    let text = unsafe { c_string(text) };
    guard(FAILED, || {
        let Some(text) = text.map(CStr::to_bytes) else {
            return refuse(function, FAILED);
        };
        if field.set(text) {
            return length(text.len());
        }
        let (len, max) = (text.len(), field.max());
        fail(function, FAILED, &format_args!("{len} bytes are too long, at most {max} are allowed"))
    })
}

/// A length in the type that C has for it. What does not fit is more than a call can carry.
fn length<T: TryInto<c_int>>(len: T) -> c_int {
    len.try_into().unwrap_or(c_int::MAX)
}

/// A handle that is no descriptor becomes one that is never open.
fn descriptor(handle: usize) -> RawFd {
    RawFd::try_from(handle).unwrap_or(-1)
}

fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

/// A negative time is one that is up.
fn signed_milliseconds(ms: c_int) -> Duration {
    milliseconds(u32::try_from(ms).unwrap_or(0))
}

// Failures, in words

fn fail<T>(function: &str, code: T, why: &dyn Display) -> T {
    log::error!(target: function, "{why}");
    code
}

fn outcome(function: &str, outcome: io::Result<()>) -> c_int {
    match outcome {
        Ok(()) => 0,
        Err(cause) => fail(function, FAILED, &cause),
    }
}

fn refuse<T>(function: &str, code: T) -> T {
    fail(function, code, &"a parameter is NULL, negative, not UTF-8 or no handle (any more)")
}

/// Logs what a function that returns nothing has to say; `None`: its handle was none.
fn report(function: &str, result: Option<io::Result<()>>) {
    match result {
        Some(Ok(())) => {}
        Some(Err(cause)) => fail(function, (), &cause),
        None => refuse(function, ()),
    }
}

fn kv_code(function: &str, result: Result<(), KvError>) -> c_int {
    match result {
        Ok(()) => 0,
        // What every device meets at its first start is not worth a line.
        Err(KvError::NotFound) => FAILED,
        Err(error) => fail(function, FAILED, &error),
    }
}

#[cfg(test)]
mod tests {
    use std::ptr::{null, null_mut};

    use super::*;
    use crate::hal::import::*;

    fn get(getter: unsafe extern "C" fn(*mut c_char) -> c_int) -> (c_int, String) {
        let mut buffer = [0x55; 80];
        // SAFETY: the buffer is longer than any text of the identity, and the getter ends it.
        unsafe {
            let len = getter(buffer.as_mut_ptr());
            (len, CStr::from_ptr(buffer.as_ptr()).to_str().unwrap().to_owned())
        }
    }

    fn set(setter: unsafe extern "C" fn(*mut c_char) -> c_int, text: &CStr) -> c_int {
        // SAFETY: the text is NUL-terminated, and our setters only read it.
        unsafe { setter(text.as_ptr().cast_mut()) }
    }

    #[test]
    fn the_identity_goes_in_and_comes_out() {
        assert_eq!(set(HAL_SetProductKey, c"a1ExpAkj9Hi"), 11);
        assert_eq!(set(HAL_SetDeviceName, c"Example_dyn1"), 12);
        assert_eq!(set(HAL_SetDeviceName, c"a name of more than 32 characters"), FAILED);
        assert_eq!(set(HAL_SetProductSecret, c"ffFnFlKQW3HYjjPR"), 16);
        assert_eq!(get(HAL_GetProductKey), (11, "a1ExpAkj9Hi".to_owned()));
        assert_eq!(get(HAL_GetDeviceName), (12, "Example_dyn1".to_owned()));
        assert_eq!(get(HAL_GetDeviceID), (24, "a1ExpAkj9Hi.Example_dyn1".to_owned()));
        assert_eq!(get(HAL_GetProductSecret), (16, "ffFnFlKQW3HYjjPR".to_owned()));
        assert_eq!(get(HAL_GetPartnerID), (23, "example.demo.partner-id".to_owned()));
        assert_eq!(get(HAL_GetModuleID), (22, "example.demo.module-id".to_owned()));
        assert_eq!(get(HAL_GetFirmwareVesion), (23, "app-1.0.0-20180101.1000".to_owned()));
        assert_eq!(hal().product_secret().expose(), "ffFnFlKQW3HYjjPR");
        assert!(hal().set_device_secret(&crate::identity::Secret::new("s".repeat(64))));
        assert_eq!(get(HAL_GetDeviceSecret), (64, "s".repeat(64)));
        assert!(!hal().set_device_secret(&crate::identity::Secret::new("s".repeat(65))));
        assert!(!hal().set_device_secret(&crate::identity::Secret::new("a\0b")));
    }

    #[test]
    fn null_gives_the_failure_value() {
        // SAFETY: NULL is what these functions are documented to take.
        unsafe {
            HAL_Free(null_mut());
            HAL_MutexLock(null_mut());
            HAL_MutexUnlock(null_mut());
            HAL_MutexDestroy(null_mut());
            HAL_SemaphorePost(null_mut());
            assert_eq!(HAL_SemaphoreWait(null_mut(), 0), FAILED);
            HAL_SemaphoreDestroy(null_mut());
            let created = HAL_ThreadCreate(null_mut(), None, null_mut(), null_mut(), null_mut());
            assert_eq!(created, FAILED);
            HAL_ThreadDetach(null_mut());
            assert!(HAL_GetTimeStr(null_mut(), 28).is_null());
            for setter in
                [HAL_SetProductKey, HAL_SetDeviceName, HAL_SetDeviceSecret, HAL_SetProductSecret]
            {
                assert_eq!(setter(null_mut()), FAILED);
            }
            for getter in [
                HAL_GetProductKey,
                HAL_GetDeviceName,
                HAL_GetDeviceSecret,
                HAL_GetProductSecret,
                HAL_GetPartnerID,
                HAL_GetModuleID,
                HAL_GetDeviceID,
                HAL_GetFirmwareVesion,
                HAL_GetFirmwareVersion,
            ] {
                assert_eq!(getter(null_mut()), FAILED);
            }
            assert!(HAL_GetChipID(null_mut()).is_null());
            let mut len = 4;
            let mut value = [0_u8; 4];
            assert_eq!(HAL_Kv_Set(null(), value.as_ptr().cast(), 4, 1), FAILED);
            assert_eq!(HAL_Kv_Set(c"key".as_ptr(), null(), 4, 1), FAILED);
            assert_eq!(HAL_Kv_Set(c"key".as_ptr(), value.as_ptr().cast(), -1, 1), FAILED);
            assert_eq!(HAL_Kv_Get(null(), value.as_mut_ptr().cast(), &mut len), FAILED);
            assert_eq!(HAL_Kv_Get(c"key".as_ptr(), null_mut(), &mut len), FAILED);
            assert_eq!(HAL_Kv_Get(c"key".as_ptr(), value.as_mut_ptr().cast(), null_mut()), FAILED);
            assert_eq!(HAL_Kv_Del(null()), FAILED);
            assert_eq!(HAL_TCP_Establish(null(), 1), 0);
            assert_eq!(HAL_TCP_Destroy(usize::MAX), FAILED);
            assert_eq!(HAL_TCP_Write(1, null(), 4, 0), FAILED);
            assert_eq!(HAL_TCP_Read(1, null_mut(), 4, 0), -2);
            assert_eq!(HAL_SSL_Establish(null(), 1, null(), 0), 0);
            assert_eq!(HAL_SSL_Destroy(0), FAILED);
            assert_eq!(HAL_SSL_Write(0, null(), 4, 0), FAILED);
            assert_eq!(HAL_SSL_Read(0, null_mut(), 4, -1), -2);
            HAL_Printf(null());
            assert_eq!(HAL_Snprintf(null_mut(), 0, null()), FAILED);
        }
    }

    #[test]
    fn printing_stays_within_its_room() {
        let mut buffer = [0x55_u8; 8];
        let buf = buffer.as_mut_ptr().cast();
        // SAFETY: the lengths told are within the buffer, and the format takes one string.
        unsafe {
            assert_eq!(HAL_Snprintf(buf, 4, c"%s".as_ptr(), c"abcdef".as_ptr()), 6);
            assert_eq!(HAL_Snprintf(buf, -1, c"%s".as_ptr(), c"abcdef".as_ptr()), 6);
            assert_eq!(HAL_Snprintf(buf, 0, c"%s".as_ptr(), c"abcdef".as_ptr()), 6);
            assert_eq!(HAL_Snprintf(null_mut(), 8, c"%s".as_ptr(), c"abcdef".as_ptr()), 6);
        }
        assert_eq!(&buffer, b"abc\0\x55\x55\x55\x55");
    }

    #[test]
    fn times_and_numbers_come_from_the_defaults() {
        let mut buffer: [c_char; 28] = [0x55; 28];
        // SAFETY: the lengths told are the buffer's, or less.
        unsafe {
            assert!(HAL_GetTimeStr(buffer.as_mut_ptr(), 27).is_null());
            assert_eq!(HAL_GetTimeStr(buffer.as_mut_ptr(), 28), buffer.as_mut_ptr());
            assert_eq!(CStr::from_ptr(buffer.as_ptr()).count_bytes(), 18);
            let before = HAL_UptimeMs();
            HAL_SleepMs(10);
            assert!(HAL_UptimeMs() >= before + 10);
            HAL_Srandom(1);
        }
        assert_eq!(hal().random(1), 0);
        assert!(hal().utc_ms() > 0);
    }

    #[test]
    fn semaphores_and_mutexes_live_behind_handles() {
        // SAFETY: the handles are used between their creation and their destruction.
        unsafe {
            let (mutex, semaphore) = (HAL_MutexCreate(), HAL_SemaphoreCreate());
            HAL_MutexLock(mutex);
            HAL_MutexUnlock(mutex);
            HAL_MutexDestroy(mutex);
            HAL_SemaphorePost(semaphore);
            assert_eq!(HAL_SemaphoreWait(semaphore, PLATFORM_WAIT_INFINITE), 0);
            assert_eq!(HAL_SemaphoreWait(semaphore, 1), FAILED);
            HAL_SemaphoreDestroy(semaphore);
        }
    }

    #[test]
    fn the_defaults_know_themselves() {
        assert_eq!(hal().tcp_read_style(), crate::hal::ReadStyle::Available);
        assert!(!hal().has_own_ssl());
        assert_eq!(hal().pinned_root(), None);
        // SAFETY: the function returns a NUL-terminated text.
        let root = unsafe { CStr::from_ptr(iotx_ca_get()) }.to_str().unwrap();
        assert_eq!(root, crate::transport::GLOBALSIGN_R1_PEM);
    }
}
