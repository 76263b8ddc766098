//! UDP sockets.

use std::ffi::{c_char, c_int, c_uchar, c_uint, c_ushort};

use super::types::NetworkAddr;

unsafe extern "C" {
    /// Makes a datagram socket that is connected to a host.
    ///
    /// `host`: NUL-terminated name or IPv4 address; `port`: port. Returns the socket, or -1.
    pub fn HAL_UDP_create(host: *mut c_char, port: c_ushort) -> isize;
    /// Closes a socket.
    pub fn HAL_UDP_close(p_socket: isize);
    /// Makes a datagram socket that is bound to an address of this device.
    ///
    /// `host`: NUL-terminated name or IPv4 address, NULL for all addresses; `port`: port, 0 for a
    /// socket that is not bound. Returns the socket, or -1.
    pub fn HAL_UDP_create_without_connect(host: *const c_char, port: c_ushort) -> isize;
    /// Connects a socket to a host. Returns 0, or -1.
    pub fn HAL_UDP_connect(sockfd: isize, host: *const c_char, port: c_ushort) -> c_int;
    /// Closes a socket. Returns 0, or -1 when there is none.
    pub fn HAL_UDP_close_without_connect(sockfd: isize) -> c_int;
    /// Binds a socket to a network interface by its name. Returns 0, or -1.
    pub fn HAL_UDP_bindtodevice(sockfd: isize, ifname: *const c_char) -> c_int;
    /// Has a socket receive what is sent to a group, an IPv4 address. Returns 0, or -1.
    pub fn HAL_UDP_joinmulticast(sockfd: isize, p_group: *mut c_char) -> c_int;
    /// Sends a datagram to where the socket is connected. Returns the bytes sent, or -1.
    pub fn HAL_UDP_write(p_socket: isize, p_data: *const c_uchar, datalen: c_uint) -> c_int;
    /// Receives a datagram, waiting as long as it takes. Returns its bytes, or -1.
    pub fn HAL_UDP_read(p_socket: isize, p_data: *mut c_uchar, datalen: c_uint) -> c_int;
    /// Receives a datagram, waiting at most `timeout_ms`, or for ever with 0. Returns its bytes, -2
    /// when the time is up, -4 when waiting failed, -1 on other failures.
    pub fn HAL_UDP_readTimeout(
        p_socket: isize,
        p_data: *mut c_uchar,
        datalen: c_uint,
        timeout_ms: c_uint,
    ) -> c_int;
    /// Receives a datagram, waiting at most `timeout_ms`. Returns its bytes, 0 when the time is up,
    /// -4 when waiting failed, -1 on other failures.
    pub fn HAL_UDP_recv(
        sockfd: isize,
        p_data: *mut c_uchar,
        datalen: c_uint,
        timeout_ms: c_uint,
    ) -> c_int;
    /// Like `HAL_UDP_recv`, and tells where the datagram comes from unless `p_remote` is NULL.
    pub fn HAL_UDP_recvfrom(
        sockfd: isize,
        p_remote: *mut NetworkAddr,
        p_data: *mut c_uchar,
        datalen: c_uint,
        timeout_ms: c_uint,
    ) -> c_int;
    /// Sends a datagram to where the socket is connected, waiting at most `timeout_ms`. Returns the
    /// bytes sent, 0 when the time is up, -4 when waiting failed, -1 on other failures.
    pub fn HAL_UDP_send(
        sockfd: isize,
        p_data: *const c_uchar,
        datalen: c_uint,
        timeout_ms: c_uint,
    ) -> c_int;
    /// Like `HAL_UDP_send`, to `p_remote`.
    pub fn HAL_UDP_sendto(
        sockfd: isize,
        p_remote: *const NetworkAddr,
        p_data: *const c_uchar,
        datalen: c_uint,
        timeout_ms: c_uint,
    ) -> c_int;
}
