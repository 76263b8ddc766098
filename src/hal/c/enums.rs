//! Enumerations of the HAL: names and numbers. The integers that carry them are defined in the module above.

#![allow(non_camel_case_types)]

/// How urgently a thread runs.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum hal_os_thread_priority_t {
    /// Only when nothing else does.
    os_thread_priority_idle = -3,
    /// Low.
    os_thread_priority_low = -2,
    /// Below normal.
    os_thread_priority_belowNormal = -1,
    /// Normal: the default.
    os_thread_priority_normal = 0,
    /// Above normal.
    os_thread_priority_aboveNormal = 1,
    /// High.
    os_thread_priority_high = 2,
    /// Before everything else.
    os_thread_priority_realtime = 3,
    /// The system does not know the priority; not a priority.
    os_thread_priority_error = 0x84,
}

/// Which way an AES-128 context works.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AES_DIR_t {
    /// It encrypts.
    HAL_AES_ENCRYPTION = 0,
    /// It decrypts.
    HAL_AES_DECRYPTION = 1,
}
