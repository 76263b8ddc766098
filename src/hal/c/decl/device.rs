//! The network's interfaces, restarting.

use std::ffi::{c_char, c_int};

unsafe extern "C" {
    /// Gets the IPv4 address of a network interface.
    ///
    /// `ip_str`: receives it as text and a NUL, at most 16 bytes; `ifname`: the interface, NULL or
    /// empty for the one that leads to the default gateway. Returns the address in network order,
    /// or `(uint32_t)-1` on failure.
    pub fn HAL_Wifi_Get_IP(ip_str: *mut c_char, ifname: *const c_char) -> u32;
    /// Gets the hardware address of the interface that leads to the default gateway, or of the
    /// first one.
    ///
    /// `mac_str`: receives `01:23:45:67:89:AB` and a NUL, 18 bytes. Returns `mac_str`, or NULL on
    /// failure.
    pub fn HAL_Wifi_Get_Mac(mac_str: *mut c_char) -> *mut c_char;
    /// Returns 1 when the device has an address in a network, 0 when it has not.
    pub fn HAL_Sys_Net_Is_Ready() -> c_int;
    /// Writes what is to be written to the disks and restarts the device. Does nothing without the
    /// right to.
    pub fn HAL_Reboot();
    /// The name that release 2.2 also has for `HAL_Reboot`.
    pub fn HAL_Sys_reboot();
}
