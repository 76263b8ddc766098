//! TLS connections.

use std::ffi::{c_char, c_int};

use libc::size_t;

use super::types::ssl_hooks_t;

unsafe extern "C" {
    /// Connects by TCP and TLS, blocking; the library's own for at most 10 seconds, unless a firmware's
    /// `HAL_TCP_Establish` takes longer. The peer's certificate is verified, chain and name.
    ///
    /// `host`: NUL-terminated name; `port`: port; `ca_crt`: the trusted roots, PEM, NULL for the
    /// library's own; `ca_crt_len`: its length in bytes with the NUL. Returns a handle, or 0 on failure.
    pub fn HAL_SSL_Establish(
        host: *const c_char,
        port: u16,
        ca_crt: *const c_char,
        ca_crt_len: size_t,
    ) -> usize;
    /// Ends a TLS connection.
    ///
    /// `handle`: dead afterwards. Returns 0, or -1 on failure.
    pub fn HAL_SSL_Destroy(handle: usize) -> i32;
    /// Sends bytes over TLS. One thread at a time may send, while another receives.
    ///
    /// `handle`: of `HAL_SSL_Establish`; `buf`: the bytes; `len`: how many; `timeout_ms`: how long
    /// to wait. Returns `len`, 0 when the time is up, or -1 on failure.
    pub fn HAL_SSL_Write(handle: usize, buf: *const c_char, len: c_int, timeout_ms: c_int) -> i32;
    /// Receives bytes over TLS, until there are `len` or the time is up. One thread at a time may
    /// receive, while another sends.
    ///
    /// `handle`: of `HAL_SSL_Establish`; `buf`: receives the bytes; `len`: how many; `timeout_ms`:
    /// how long to wait. Returns how many came, 0 for none, or -2 when the peer closed the
    /// connection or on failure; bytes that came before are returned first.
    pub fn HAL_SSL_Read(handle: usize, buf: *mut c_char, len: c_int, timeout_ms: c_int) -> i32;

    /// Returns the descriptor under a TLS connection, for `poll`, or -1 when there is none.
    ///
    /// `handle`: of `HAL_SSL_Establish`.
    pub fn HAL_SSL_GetFd(handle: usize) -> c_int;
    /// Sets the functions by which TLS allocates. The library's own TLS has no use for them and
    /// goes on as before.
    ///
    /// `hooks`: two functions. Returns 0, or -1 when it is NULL or a function is.
    pub fn HAL_SSLHooks_set(hooks: *mut ssl_hooks_t) -> c_int;
}
