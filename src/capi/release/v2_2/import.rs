//! Makes `iot_import.h`, together with the functions of the HAL.

use std::ffi::{c_uchar, c_ushort};

/// Room for an IPv4 address as text, in bytes with the NUL.
pub const NETWORK_ADDR_LEN: usize = 16;

/// Where a datagram comes from or goes to. The library has no datagrams, but the firmware's own
/// port of the HAL has.
#[repr(C)]
pub struct _network_addr_t {
    /// The IPv4 address as text, with a NUL.
    pub addr: [c_uchar; NETWORK_ADDR_LEN],
    /// The port.
    pub port: c_ushort,
}

/// Where a datagram comes from or goes to.
pub type NetworkAddr = _network_addr_t;
