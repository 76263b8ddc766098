//! The C functions `HAL_*` that came with release 2.3.0. A firmware of release 2.2 may have functions
//! of its own by these names, so its headers do not declare them.

use std::ffi::{c_char, c_int, c_long, c_void};

unsafe extern "C" {
    /// Allocates memory that is all zeroes, for `nmemb` things of `size` bytes. Otherwise like
    /// `HAL_Malloc`.
    pub fn HAL_Calloc(nmemb: u32, size: u32) -> *mut c_void;
    /// Changes the size of memory of `HAL_Malloc`, moving it where that is needed.
    ///
    /// `ptr`: the buffer, dead afterwards, or NULL; `size`: bytes. Returns the buffer, or NULL when
    /// there is no memory; then `ptr` is as it was.
    pub fn HAL_Realloc(ptr: *mut c_void, size: u32) -> *mut c_void;

    /// Opens a file, as the C library's `fopen` does. Returns a handle, or NULL.
    pub fn HAL_Fopen(path: *const c_char, mode: *const c_char) -> *mut c_void;
    /// Reads up to `count` things of `size` bytes. Returns how many, 0 also for a NULL.
    pub fn HAL_Fread(buff: *mut c_void, size: u32, count: u32, stream: *mut c_void) -> u32;
    /// Writes `count` things of `size` bytes. Returns how many, 0 also for a NULL.
    pub fn HAL_Fwrite(ptr: *const c_void, size: u32, count: u32, stream: *mut c_void) -> u32;
    /// Moves to a place in a file; `origin` is one of `hal_fs_seek_type_t`. Returns 0, or -1.
    pub fn HAL_Fseek(stream: *mut c_void, offset: c_long, origin: c_int) -> c_int;
    /// Closes a file. Returns 0, or -1.
    pub fn HAL_Fclose(stream: *mut c_void) -> c_int;
    /// Returns the place in a file, in bytes from its start, or -1.
    pub fn HAL_Ftell(stream: *mut c_void) -> c_long;

    /// Gets what the cloud shows of the device's network: the kind and the hardware address of each
    /// interface, `ETH|0123456789AB|WiFi|03ACDEFF0032`.
    ///
    /// `nif_str`: receives it and a NUL, at most 160 bytes. Returns its length, or -1 for NULL.
    pub fn HAL_GetNetifInfo(nif_str: *mut c_char) -> c_int;
    /// Gets what tells this device from others that were given the same identity.
    ///
    /// `buf`: receives it, without a NUL; `len`: the room in bytes. Returns how many bytes it has,
    /// or -1 when there is none or it does not fit. The library's own is the system's machine id.
    pub fn HAL_GetUUID(buf: *mut u8, len: c_int) -> c_int;
}
