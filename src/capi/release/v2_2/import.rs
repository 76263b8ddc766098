//! Makes `iot_import.h`, together with the functions of the HAL.

use std::ffi::{c_char, c_int, c_void};

use libc::size_t;

use super::hal_os_thread_priority_t;

/// The time-out of `HAL_SemaphoreWait` that never comes.
pub const PLATFORM_WAIT_INFINITE: c_int = !0;

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
