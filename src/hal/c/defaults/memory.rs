//! `HAL_Malloc` and its kin.

use std::ffi::c_void;

use crate::hal::linux::memory;

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Malloc(size: u32) -> *mut c_void {
    memory::allocate(size)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Free(ptr: *mut c_void) {
    // SAFETY: the caller gives up a buffer of the C library, or passes NULL.
    unsafe { memory::release(ptr) }
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_Calloc(nmemb: u32, size: u32) -> *mut c_void {
    memory::allocate_zeroed(nmemb, size)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_Realloc(ptr: *mut c_void, size: u32) -> *mut c_void {
    // SAFETY: the caller passes a buffer of the C library, or NULL.
    unsafe { memory::resize(ptr, size) }
}
