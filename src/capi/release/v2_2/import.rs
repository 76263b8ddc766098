//! Makes `iot_import.h`, together with the functions of the HAL.

use std::ffi::{c_char, c_int, c_uchar, c_ushort, c_void};

use libc::size_t;

use super::hal_os_thread_priority_t;

/// The time-out of `HAL_SemaphoreWait` that never comes.
pub const PLATFORM_WAIT_INFINITE: c_int = !0;

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

/// How `HAL_ThreadCreate` creates a thread.
#[repr(C)]
pub struct _hal_os_thread {
    /// The priority to start with.
    pub priority: hal_os_thread_priority_t,
    /// Memory for the stack, NULL to have it allocated.
    pub stack_addr: *mut c_void,
    /// The stack's size in bytes, 0 for the system's default.
    pub stack_size: size_t,
    /// 0: somebody waits for the thread's end; otherwise it cleans up after itself.
    pub detach_state: c_int,
    /// The thread's name, NULL for none.
    pub name: *mut c_char,
}

/// How `HAL_ThreadCreate` creates a thread.
pub type hal_os_thread_param_t = _hal_os_thread;
