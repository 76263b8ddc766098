//! `HAL_UDP_*`.

use std::ffi::{c_char, c_int, c_uchar, c_uint, c_ushort};
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::time::Duration;

use super::values::{FAILED, bytes, bytes_mut, fail, length, milliseconds, outcome, refuse, text};
use crate::hal::c::NetworkAddr;
use crate::hal::c::entry::guard;
use crate::hal::linux::udp;

/// Waiting for the socket failed.
const WAIT_FAILED: c_int = -4;

fn descriptor(socket: isize) -> RawFd {
    RawFd::try_from(socket).unwrap_or(-1)
}

fn socket(function: &str, made: io::Result<RawFd>) -> isize {
    match made {
        Ok(fd) => fd.try_into().unwrap_or(-1),
        Err(cause) => fail(function, -1, &cause),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_create(host: *mut c_char, port: c_ushort) -> isize {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    let host = unsafe { text(host) };
    guard(|| match host {
        Some(host) => socket("HAL_UDP_create", udp::connected(host, port)),
        None => refuse("HAL_UDP_create", -1),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_create_without_connect(
    host: *const c_char,
    port: c_ushort,
) -> isize {
    const FUNCTION: &str = "HAL_UDP_create_without_connect";
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    let name = unsafe { text(host) };
    guard(|| {
        if name.is_none() && !host.is_null() {
            return refuse(FUNCTION, -1);
        }
        socket(FUNCTION, udp::bound(name, port))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_connect(
    sockfd: isize,
    host: *const c_char,
    port: c_ushort,
) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    let host = unsafe { text(host) };
    guard(|| match host {
        Some(host) => outcome("HAL_UDP_connect", udp::connect(descriptor(sockfd), host, port)),
        None => refuse("HAL_UDP_connect", FAILED),
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_UDP_close(p_socket: isize) {
    guard(|| {
        outcome("HAL_UDP_close", udp::close(descriptor(p_socket)));
    });
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_UDP_close_without_connect(sockfd: isize) -> c_int {
    guard(|| outcome("HAL_UDP_close_without_connect", udp::close(descriptor(sockfd))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_bindtodevice(
    sockfd: isize,
    ifname: *const c_char,
) -> c_int {
    const FUNCTION: &str = "HAL_UDP_bindtodevice";
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    let interface = unsafe { text(ifname) };
    guard(|| match interface {
        Some(interface) => outcome(FUNCTION, udp::bind_to_device(descriptor(sockfd), interface)),
        None => refuse(FUNCTION, FAILED),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_joinmulticast(
    sockfd: isize,
    p_group: *mut c_char,
) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string, or NULL.
    let group = unsafe { text(p_group) };
    guard(|| match group {
        Some(group) => outcome("HAL_UDP_joinmulticast", udp::join(descriptor(sockfd), group)),
        None => refuse("HAL_UDP_joinmulticast", FAILED),
    })
}

/// Waits for a datagram and receives it; `late` is what the caller gets when the time is up.
///
/// # Safety
/// `data` is NULL, or points to `len` writable bytes.
unsafe fn receive(
    function: &str,
    fd: isize,
    data: *mut c_uchar,
    len: c_uint,
    timeout: Option<Duration>,
    late: c_int,
) -> Result<(usize, SocketAddr), c_int> {
    // SAFETY: as the caller promises.
    let Some(buffer) = (unsafe { bytes_mut(data.cast(), length(len)) }) else {
        return refuse(function, Err(FAILED));
    };
    let fd = descriptor(fd);
    match udp::readable(fd, timeout) {
        Ok(true) => udp::receive(fd, buffer).map_err(|cause| fail(function, FAILED, &cause)),
        Ok(false) => Err(late),
        Err(cause) => Err(fail(function, WAIT_FAILED, &cause)),
    }
}

fn count(received: Result<(usize, SocketAddr), c_int>) -> c_int {
    received.map_or_else(|code| code, |(len, _)| length(len))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_read(
    p_socket: isize,
    p_data: *mut c_uchar,
    datalen: c_uint,
) -> c_int {
    // SAFETY: the caller passes `datalen` writable bytes, or NULL.
    guard(|| count(unsafe { receive("HAL_UDP_read", p_socket, p_data, datalen, None, 0) }))
        .max(FAILED)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_readTimeout(
    p_socket: isize,
    p_data: *mut c_uchar,
    datalen: c_uint,
    timeout_ms: c_uint,
) -> c_int {
    const LATE: c_int = -2;
    let timeout = (timeout_ms != 0).then(|| milliseconds(timeout_ms));
    guard(|| {
        // SAFETY: the caller passes `datalen` writable bytes, or NULL.
        count(unsafe { receive("HAL_UDP_readTimeout", p_socket, p_data, datalen, timeout, LATE) })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_recv(
    sockfd: isize,
    p_data: *mut c_uchar,
    datalen: c_uint,
    timeout_ms: c_uint,
) -> c_int {
    let timeout = Some(milliseconds(timeout_ms));
    // SAFETY: the caller passes `datalen` writable bytes, or NULL.
    guard(|| count(unsafe { receive("HAL_UDP_recv", sockfd, p_data, datalen, timeout, 0) }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_recvfrom(
    sockfd: isize,
    p_remote: *mut NetworkAddr,
    p_data: *mut c_uchar,
    datalen: c_uint,
    timeout_ms: c_uint,
) -> c_int {
    let timeout = Some(milliseconds(timeout_ms));
    guard(|| {
        // SAFETY: the caller passes `datalen` writable bytes, or NULL.
        let received = unsafe { receive("HAL_UDP_recvfrom", sockfd, p_data, datalen, timeout, 0) };
        // SAFETY: the caller passes room for an address, or NULL.
        if let (Ok((_, from)), Some(remote)) = (&received, unsafe { p_remote.as_mut() }) {
            remote.addr.fill(0);
            let text = from.ip().to_string();
            // The longest IPv4 address and its NUL just fit.
            remote.addr.iter_mut().zip(text.bytes()).for_each(|(to, byte)| *to = byte);
            remote.port = from.port();
        }
        count(received)
    })
}

/// Waits until a datagram can be sent, and sends it.
///
/// # Safety
/// `data` is NULL, or points to `len` readable bytes.
unsafe fn send(
    function: &str,
    fd: isize,
    data: *const c_uchar,
    len: c_uint,
    timeout: Duration,
    to: Option<(&str, u16)>,
) -> c_int {
    // SAFETY: as the caller promises.
    let Some(data) = (unsafe { bytes(data.cast(), length(len)) }) else {
        return refuse(function, FAILED);
    };
    let fd = descriptor(fd);
    match udp::writable(fd, timeout) {
        Ok(true) => match udp::send(fd, data, to) {
            Ok(count) => length(count),
            Err(cause) => fail(function, FAILED, &cause),
        },
        Ok(false) => 0,
        Err(cause) => fail(function, WAIT_FAILED, &cause),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_write(
    p_socket: isize,
    p_data: *const c_uchar,
    datalen: c_uint,
) -> c_int {
    // SAFETY: the caller passes `datalen` readable bytes, or NULL.
    guard(|| unsafe { send("HAL_UDP_write", p_socket, p_data, datalen, Duration::MAX, None) })
        .max(FAILED)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_send(
    sockfd: isize,
    p_data: *const c_uchar,
    datalen: c_uint,
    timeout_ms: c_uint,
) -> c_int {
    // SAFETY: the caller passes `datalen` readable bytes, or NULL.
    guard(|| unsafe {
        send("HAL_UDP_send", sockfd, p_data, datalen, milliseconds(timeout_ms), None)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_UDP_sendto(
    sockfd: isize,
    p_remote: *const NetworkAddr,
    p_data: *const c_uchar,
    datalen: c_uint,
    timeout_ms: c_uint,
) -> c_int {
    const FUNCTION: &str = "HAL_UDP_sendto";
    guard(|| {
        // SAFETY: the caller passes an address, or NULL.
        let remote = unsafe { p_remote.as_ref() };
        let host = remote.and_then(|remote| {
            let text = remote.addr.split(|byte| *byte == 0).next()?;
            std::str::from_utf8(text).ok()
        });
        let (Some(host), Some(remote)) = (host, remote) else {
            return refuse(FUNCTION, FAILED);
        };
        let timeout = milliseconds(timeout_ms);
        // SAFETY: the caller passes `datalen` readable bytes, or NULL.
        unsafe { send(FUNCTION, sockfd, p_data, datalen, timeout, Some((host, remote.port))) }
    })
}
