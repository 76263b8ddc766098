//! TCP connections.

use std::ffi::c_char;

unsafe extern "C" {
    /// Resolves a host name and connects by TCP, blocking; the library's own for at most 10 seconds.
    ///
    /// `host`: NUL-terminated name or address; `port`: port. Returns a handle, on Linux the socket's
    /// descriptor, or 0 on failure. From a firmware's own the library takes -1 for a failure as well.
    pub fn HAL_TCP_Establish(host: *const c_char, port: u16) -> usize;
    /// Ends a connection.
    ///
    /// `fd`: the handle, dead afterwards. Returns 0, or -1 on failure.
    pub fn HAL_TCP_Destroy(fd: usize) -> i32;
    /// Sends bytes. One thread at a time may send on a connection, while another receives.
    ///
    /// `fd`: the handle; `buf`: the bytes; `len`: how many; `timeout_ms`: how long to wait. Returns
    /// how many were sent, fewer than `len` when the time is up, or -1 on failure.
    pub fn HAL_TCP_Write(fd: usize, buf: *const c_char, len: u32, timeout_ms: u32) -> i32;
    /// Receives bytes, until there are `len` or the time is up. One thread at a time may receive on
    /// a connection, while another sends.
    ///
    /// `fd`: the handle; `buf`: receives the bytes; `len`: how many; `timeout_ms`: how long to wait.
    /// Returns how many came, 0 for none, -1 when the peer closed the connection, -2 on failure;
    /// bytes that came before are returned first.
    pub fn HAL_TCP_Read(fd: usize, buf: *mut c_char, len: u32, timeout_ms: u32) -> i32;
}
