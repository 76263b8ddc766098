//! Part of `iot_import.h` in all releases, together with the functions of the HAL.

use std::ffi::{c_uchar, c_ushort, c_void};

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
