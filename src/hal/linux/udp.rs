//! Datagrams over IPv4, which is what the C interface has room for.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, ToSocketAddrs, UdpSocket};
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::time::Duration;

use super::descriptor::above_stdio;
use super::tcp;
use crate::base::deadline::Deadline;

/// A socket that is connected to a host.
pub(crate) fn connected(host: &str, port: u16) -> io::Result<RawFd> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect(address(host, port)?)?;
    give_out(socket.into())
}

/// A socket that is bound to an address of this machine, or to none when the port is 0.
pub(crate) fn bound(host: Option<&str>, port: u16) -> io::Result<RawFd> {
    let host = match host {
        Some(host) if port != 0 => *address(host, port)?.ip(),
        _ => Ipv4Addr::UNSPECIFIED,
    };
    let socket = UdpSocket::bind((host, port))?;
    socket.set_broadcast(true)?;
    give_out(socket.into())
}

fn give_out(fd: OwnedFd) -> io::Result<RawFd> {
    above_stdio(fd).map(IntoRawFd::into_raw_fd)
}

/// Connects a socket to a host.
pub(crate) fn connect(fd: RawFd, host: &str, port: u16) -> io::Result<()> {
    socket(fd)?.connect(address(host, port)?)
}

/// Closes a socket. A descriptor that is none is left open: it belongs to somebody else.
pub(crate) fn close(fd: RawFd) -> io::Result<()> {
    socket(fd)?.local_addr()?;
    // SAFETY: it is an open socket, as was just found, and the caller gives it up. Linux has
    // released it whatever close returns.
    unsafe { libc::close(fd) };
    Ok(())
}

/// Binds a socket to a network interface.
pub(crate) fn bind_to_device(fd: RawFd, interface: &str) -> io::Result<()> {
    let len = libc::socklen_t::try_from(interface.len())
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: the option takes a name that is as long as is said; any descriptor may be passed.
    let code = unsafe {
        libc::setsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_BINDTODEVICE,
            interface.as_ptr().cast(),
            len,
        )
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Receives what is sent to a group, but not what this device sends there itself.
pub(crate) fn join(fd: RawFd, group: &str) -> io::Result<()> {
    let group = group.parse::<Ipv4Addr>().map_err(io::Error::other)?;
    let socket = socket(fd)?;
    socket.set_multicast_loop_v4(false)?;
    socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED)
}

/// Waits until a datagram is there. `false`: the time is up; `None` waits for ever.
pub(crate) fn readable(fd: RawFd, timeout: Option<Duration>) -> io::Result<bool> {
    tcp::wait(fd, libc::POLLIN, Deadline::after(timeout.unwrap_or(Duration::MAX)))
}

/// Waits until a datagram can be sent. `false`: the time is up.
pub(crate) fn writable(fd: RawFd, timeout: Duration) -> io::Result<bool> {
    tcp::wait(fd, libc::POLLOUT, Deadline::after(timeout))
}

/// Receives a datagram; what does not fit is lost.
pub(crate) fn receive(fd: RawFd, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    retrying(|| socket(fd)?.recv_from(buf))
}

/// Sends a datagram: to where the socket is connected, or elsewhere.
pub(crate) fn send(fd: RawFd, data: &[u8], to: Option<(&str, u16)>) -> io::Result<usize> {
    let to = to.map(|(host, port)| address(host, port)).transpose()?;
    retrying(|| match to {
        Some(to) => socket(fd)?.send_to(data, to),
        None => socket(fd)?.send(data),
    })
}

fn retrying<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// The socket behind a descriptor, in a copy of it: a wild descriptor is an error then, and the
/// firmware's stays open.
fn socket(fd: RawFd) -> io::Result<UdpSocket> {
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: it is used for this call only, which copies it or finds that it is not open.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned()?.into())
}

fn address(host: &str, port: u16) -> io::Result<SocketAddrV4> {
    (host, port)
        .to_socket_addrs()?
        .find_map(|address| match address {
            SocketAddr::V4(address) => Some(address),
            SocketAddr::V6(_) => None,
        })
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "it has no IPv4 address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(10);

    fn port(fd: RawFd) -> u16 {
        socket(fd).unwrap().local_addr().unwrap().port()
    }

    #[test]
    fn datagrams_go_both_ways() {
        let server = bound(Some("127.0.0.1"), 0).unwrap();
        let client = connected("127.0.0.1", port(server)).unwrap();
        assert!(!readable(server, Some(SHORT)).unwrap());
        assert_eq!(send(client, b"ping", None).unwrap(), 4);
        let mut buf = [0; 8];
        assert!(readable(server, Some(LONG)).unwrap());
        let (len, from) = receive(server, &mut buf).unwrap();
        assert_eq!(&buf[..len], b"ping");
        assert!(writable(server, LONG).unwrap());
        send(server, b"pong", Some((&from.ip().to_string(), from.port()))).unwrap();
        assert_eq!(receive(client, &mut buf).unwrap().0, 4);
        close(client).unwrap();
        close(server).unwrap();
    }

    #[test]
    fn a_wild_descriptor_is_an_error() {
        for fd in [-1, RawFd::MAX] {
            assert!(close(fd).is_err());
            assert!(receive(fd, &mut [0; 4]).is_err());
            assert!(send(fd, b"x", None).is_err());
            assert!(connect(fd, "127.0.0.1", 1).is_err());
            assert!(join(fd, "224.0.0.1").is_err());
            assert!(bind_to_device(fd, "lo").is_err());
            // Either it is found out here, or nothing has to be waited for to find it out.
            assert!(readable(fd, None).unwrap_or(true));
        }
    }
}
