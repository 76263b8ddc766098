//! Which of the functions that were linked are the library's own.

use std::ffi::c_int;
use std::sync::LazyLock;

// Defined by shim/linked.c: whether the function that is linked is the library's own.
unsafe extern "C" {
    safe fn linkkit_ours_HAL_GetProductKey() -> c_int;
    safe fn linkkit_ours_HAL_Kv_Set() -> c_int;
    safe fn linkkit_ours_HAL_TCP_Establish() -> c_int;
    safe fn linkkit_ours_HAL_TCP_Read() -> c_int;
    safe fn linkkit_ours_HAL_TCP_Write() -> c_int;
    safe fn linkkit_ours_HAL_SSL_Establish() -> c_int;
    safe fn linkkit_ours_iotx_ca_get() -> c_int;
}

/// Which of the linked functions are ours.
pub(super) struct Ours {
    pub(super) identity: bool,
    pub(super) kv: bool,
    pub(super) tcp_establish: bool,
    pub(super) tcp_read: bool,
    pub(super) tcp_write: bool,
    pub(super) ssl: bool,
    pub(super) ca: bool,
}

pub(super) static OURS: LazyLock<Ours> = LazyLock::new(|| Ours {
    identity: linkkit_ours_HAL_GetProductKey() != 0,
    kv: linkkit_ours_HAL_Kv_Set() != 0,
    tcp_establish: linkkit_ours_HAL_TCP_Establish() != 0,
    tcp_read: linkkit_ours_HAL_TCP_Read() != 0,
    tcp_write: linkkit_ours_HAL_TCP_Write() != 0,
    ssl: linkkit_ours_HAL_SSL_Establish() != 0,
    ca: linkkit_ours_iotx_ca_get() != 0,
});

pub(super) fn whose(ours: bool) -> &'static str {
    if ours { "the library's" } else { "the firmware's" }
}
