//! The types that the functions take.

#![allow(non_camel_case_types)]

use std::ffi::{c_char, c_int, c_uchar, c_uint, c_ushort, c_void};

use libc::size_t;

/// As a timeout: wait for ever.
pub const PLATFORM_WAIT_INFINITE: u32 = !0;

/// How urgent a thread is. Linux schedules all of them alike; a port may use it. The headers show
/// the enumeration of this name, but what comes from C can be any number.
///
/// cbindgen:ignore
pub type hal_os_thread_priority_t = c_int;

/// Which way an AES-128 context works. The headers show the enumeration of this name, but what
/// comes from C can be any number.
///
/// cbindgen:ignore
pub type AES_DIR_t = c_uint;

/// How a thread is wanted. All zeroes are a good choice.
#[repr(C)]
#[derive(Debug)]
pub struct _hal_os_thread {
    /// Initial priority. Ignored on Linux.
    pub priority: hal_os_thread_priority_t,
    /// A stack of the caller's. Ignored on Linux, where the system allocates it.
    pub stack_addr: *mut c_void,
    /// Stack size in bytes, 0 for the default. On Linux at least 256 KiB are given.
    pub stack_size: size_t,
    /// 0: the thread is deleted by `HAL_ThreadDelete`; otherwise it is detached from the start.
    pub detach_state: c_int,
    /// A name for debuggers, NUL-terminated, or NULL. Linux shows 15 bytes of it.
    pub name: *mut c_char,
}

/// How a thread is wanted.
pub type hal_os_thread_param_t = _hal_os_thread;

/// Room for an IPv4 address as text, in bytes with the NUL.
pub const NETWORK_ADDR_LEN: usize = 16;

/// Where a datagram comes from or goes to.
#[repr(C)]
pub struct _network_addr_t {
    /// The IPv4 address as text, with a NUL.
    pub addr: [c_uchar; NETWORK_ADDR_LEN],
    /// The port.
    pub port: c_ushort,
}

/// Where a datagram comes from or goes to.
pub type NetworkAddr = _network_addr_t;

/// Room for a MAC address as text, in bytes with the NUL.
pub const HAL_MAC_LEN: usize = 18;

/// The functions by which a firmware would have TLS allocate its memory.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ssl_hooks_t {
    /// Allocates so many bytes.
    pub malloc: Option<unsafe extern "C" fn(size: u32) -> *mut c_void>,
    /// Frees them.
    pub free: Option<unsafe extern "C" fn(ptr: *mut c_void)>,
}

/// An AES-128 context.
pub type p_HAL_Aes128_t = *mut c_void;
