//! Files.

use std::ffi::{c_char, c_int, c_long, c_void};

use super::values::{FAILED, refuse};
use crate::ffi::objects::ForeignHandles;
use crate::hal::c::entry::guard;

static FILES: ForeignHandles = ForeignHandles::new();

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Fopen(
    path: *const c_char,
    mode: *const c_char,
) -> *mut c_void {
    guard(|| {
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
    guard(|| {
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
    guard(|| {
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
    guard(|| {
        let Some(file) = FILES.get(stream) else {
            return refuse("HAL_Fseek", FAILED);
        };
        // SAFETY: the caller does not close the file meanwhile.
        unsafe { libc::fseek(file.cast(), offset, origin) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Fclose(stream: *mut c_void) -> c_int {
    guard(|| {
        let Some(file) = FILES.remove(stream) else {
            return refuse("HAL_Fclose", FAILED);
        };
        // SAFETY: it is open, and nobody else closes it any more.
        unsafe { libc::fclose(file.cast()) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Ftell(stream: *mut c_void) -> c_long {
    guard(|| {
        let Some(file) = FILES.get(stream) else {
            return refuse("HAL_Ftell", -1);
        };
        // SAFETY: the caller does not close the file meanwhile.
        unsafe { libc::ftell(file.cast()) }
    })
}
