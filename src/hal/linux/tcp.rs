//! TCP over the sockets of the operating system. A connection is its file descriptor.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::{IntoRawFd, RawFd};
use std::sync::mpsc;
use std::time::Duration;

use super::descriptor::above_stdio;
use super::thread;
use crate::base::deadline::Deadline;
use crate::base::error::TransportError;

/// How long resolving and connecting may take, over all addresses of the host.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// `HAL_TCP_Establish` with a deadline, and never more than [`CONNECT_TIMEOUT`]. Returns its handle, 0
/// for a failure, of which the log says why.
pub(crate) fn connect(host: &str, port: u16, deadline: Deadline) -> usize {
    let deadline = Deadline::after(deadline.left().min(CONNECT_TIMEOUT));
    match establish(host, port, deadline) {
        Ok(fd) => usize::try_from(fd).unwrap_or(0),
        Err(why) => {
            log::error!(target: "HAL_TCP_Establish", "{why}");
            0
        }
    }
}

/// Resolves `host` and connects to the first of its addresses that answers.
///
/// The error is in words, with host and port.
fn establish(host: &str, port: u16, deadline: Deadline) -> Result<RawFd, String> {
    let addresses = resolve(host, port, deadline)
        .map_err(|cause| format!("cannot resolve '{host}': {cause}"))?;
    let stream = connect_any(&addresses, deadline).map_err(|cause| describe(host, port, &cause))?;
    // Without it a small packet waits for the acknowledgement of the one before.
    stream.set_nodelay(true).map_err(|cause| describe(host, port, &cause))?;
    above_stdio(stream.into())
        .map(IntoRawFd::into_raw_fd)
        .map_err(|cause| describe(host, port, &cause))
}

/// The addresses of `host`.
///
/// The system's resolver takes no timeout and can be at it for half a minute, so it is asked in a
/// thread of its own, which is left to itself once the time is up.
fn resolve(host: &str, port: u16, deadline: Deadline) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let (tell, told) = mpsc::channel();
    let host = host.to_owned();
    let ask = move || {
        let addresses = (host, port).to_socket_addrs().map(Iterator::collect);
        // Nobody listens any more when the time was up before.
        let _ = tell.send(addresses);
    };
    thread::spawn(c"linkkit-resolve", Box::new(ask))?;
    told.recv_timeout(deadline.left()).unwrap_or_else(|_| {
        Err(io::Error::new(io::ErrorKind::TimedOut, "the resolver does not answer in time"))
    })
}

/// Tries each address in turn. An address that does not answer may use up only its share of the
/// time, so that the others have theirs.
fn connect_any(addresses: &[SocketAddr], deadline: Deadline) -> io::Result<TcpStream> {
    let mut outcome = Err(io::Error::new(io::ErrorKind::NotFound, "it has no address"));
    for (tried, address) in addresses.iter().enumerate() {
        let untried = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let share = deadline.left() / untried;
        if share.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        outcome = TcpStream::connect_timeout(address, share);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn describe(host: &str, port: u16, cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::ConnectionRefused => format!("connection to {host}:{port} refused"),
        io::ErrorKind::TimedOut => format!("connection to {host}:{port} timed out"),
        _ => format!("connection to {host}:{port} failed: {cause}"),
    }
}

/// Reads what is there, up to `buf.len()` bytes, waiting at most `timeout` for the first of them.
/// `Ok(0)`: the time is up.
pub(crate) fn read_available(
    fd: RawFd,
    buf: &mut [u8],
    timeout: Duration,
) -> Result<usize, TransportError> {
    if buf.is_empty() {
        return Ok(0);
    }
    if timeout.is_zero() {
        return match receive(fd, buf)? {
            Some(0) => Err(TransportError::Closed),
            came => Ok(came.unwrap_or_default()),
        };
    }
    // Wait first: behind the packet before there is mostly nothing, and to find that out by receiving
    // would cost a system call more.
    let deadline = Deadline::after(timeout);
    while wait(fd, libc::POLLIN, deadline)? {
        match receive(fd, buf)? {
            Some(0) => return Err(TransportError::Closed),
            Some(count) => return Ok(count),
            // Another thread was faster.
            None => {}
        }
    }
    Ok(0)
}

/// Reads until `buf` is full or the time is up, and returns how much came.
///
/// What came before an error is returned; the error is found again by the next call.
pub(crate) fn read_exact(
    fd: RawFd,
    buf: &mut [u8],
    timeout: Duration,
) -> Result<usize, TransportError> {
    let deadline = Deadline::after(timeout);
    let mut filled = 0;
    while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read_available(fd, rest, deadline.left()) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Writes `buf` and returns how much of it went out before the time was up or an error came, which
/// the next call reports.
pub(crate) fn write(fd: RawFd, buf: &[u8], timeout: Duration) -> Result<usize, TransportError> {
    let mut deadline = None;
    let mut sent = 0;
    while let Some(rest) = buf.get(sent..).filter(|rest| !rest.is_empty()) {
        let step = match transmit(fd, rest) {
            Ok(Some(count)) => {
                sent += count;
                continue;
            }
            // Time counts from when there is something to wait for, which mostly there is not.
            Ok(None) => {
                let deadline = *deadline.get_or_insert_with(|| Deadline::after(timeout));
                wait(fd, libc::POLLOUT, deadline)
            }
            Err(error) => Err(error),
        };
        match step {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) if sent > 0 => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sent)
}

/// Acknowledges what came, and what comes next, without waiting for something to send with it.
///
/// A server that does not set `TCP_NODELAY` writes its second small segment only then, and the wait
/// is 40 ms long. The kernel goes back to waiting by itself.
pub(crate) fn acknowledge_at_once(fd: RawFd) {
    let on: libc::c_int = 1;
    // SAFETY: any number may be passed as a descriptor, and the option is an int of the size that is
    // said. A failure leaves things as they are, which is as good as the option is: a hint.
    unsafe {
        let size = size_of_val(&on) as libc::socklen_t;
        libc::setsockopt(fd, libc::IPPROTO_TCP, libc::TCP_QUICKACK, (&raw const on).cast(), size);
    }
}

/// Ends the connection in both directions, which wakes a thread that waits for it. The descriptor
/// stays valid.
pub(crate) fn shutdown(fd: RawFd) -> io::Result<()> {
    // SAFETY: any number may be passed; one that is no socket gives an error.
    if unsafe { libc::shutdown(fd, libc::SHUT_RDWR) } == 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    // The peer was faster: the connection is as ended as was asked for.
    if error.kind() == io::ErrorKind::NotConnected { Ok(()) } else { Err(error) }
}

/// Ends the connection and closes the descriptor.
///
/// A descriptor that is no socket is left open: it belongs to somebody else.
pub(crate) fn destroy(fd: RawFd) -> io::Result<()> {
    shutdown(fd)?;
    // SAFETY: it is an open socket, as shutdown just found, and the caller gives it up. Linux has
    // released it whatever close returns.
    unsafe { libc::close(fd) };
    Ok(())
}

/// Receives without waiting. `None`: nothing is there; `Some(0)`: the peer closed.
fn receive(fd: RawFd, buf: &mut [u8]) -> io::Result<Option<usize>> {
    // SAFETY: the buffer is writable and as long as is said.
    without_waiting(|| unsafe {
        libc::recv(fd, buf.as_mut_ptr().cast(), buf.len(), libc::MSG_DONTWAIT)
    })
}

/// Sends without waiting, and without the SIGPIPE that would end the firmware.
fn transmit(fd: RawFd, buf: &[u8]) -> io::Result<Option<usize>> {
    // SAFETY: the buffer is readable and as long as is said.
    without_waiting(|| unsafe {
        libc::send(fd, buf.as_ptr().cast(), buf.len(), libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL)
    })
}

/// Makes a system call again that a signal interrupted. `None`: it would have to wait.
fn without_waiting(mut call: impl FnMut() -> isize) -> io::Result<Option<usize>> {
    loop {
        if let Ok(count) = usize::try_from(call()) {
            return Ok(Some(count));
        }
        let error = io::Error::last_os_error();
        match error.kind() {
            io::ErrorKind::Interrupted => {}
            io::ErrorKind::WouldBlock => return Ok(None),
            _ => return Err(error),
        }
    }
}

/// Waits until the descriptor is ready or broken. `false`: the time is up.
pub(super) fn wait(fd: RawFd, events: libc::c_short, deadline: Deadline) -> io::Result<bool> {
    // poll(2) takes no notice of a negative one, and would wait for ever.
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    loop {
        let mut entry = libc::pollfd { fd, events, revents: 0 };
        // SAFETY: the pointer is to one live entry, as is said.
        match unsafe { libc::poll(&mut entry, 1, poll_ms(deadline)) } {
            0 if deadline.is_over() => return Ok(false),
            0 => {}
            ready if ready > 0 => return Ok(true),
            _ => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

/// What is left in milliseconds, rounded up so that poll(2) does not spin through the last one.
fn poll_ms(deadline: Deadline) -> libc::c_int {
    let ms = deadline.left().saturating_add(Duration::from_nanos(999_999)).as_millis();
    libc::c_int::try_from(ms).unwrap_or(libc::c_int::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener};
    use std::os::fd::BorrowedFd;
    use std::thread;
    use std::time::Instant;

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(10);

    fn pair() -> (RawFd, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let fd =
            establish("127.0.0.1", listener.local_addr().unwrap().port(), Deadline::after(LONG))
                .unwrap();
        (fd, listener.accept().unwrap().0)
    }

    #[test]
    fn bytes_go_both_ways() {
        let (fd, mut peer) = pair();
        assert_eq!(write(fd, b"ping", LONG).unwrap(), 4);
        let mut buf = [0; 4];
        peer.read_exact(&mut buf).unwrap();
        assert_eq!(&buf, b"ping");
        peer.write_all(b"pong").unwrap();
        assert_eq!(read_exact(fd, &mut buf, LONG).unwrap(), 4);
        assert_eq!(&buf, b"pong");
        destroy(fd).unwrap();
        assert_eq!(peer.read(&mut buf).unwrap(), 0);
    }

    #[test]
    fn a_socket_is_set_up_for_small_packets_and_child_processes() {
        let (fd, _peer) = pair();
        // SAFETY: the descriptor is open until the end of the test.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
        assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        // SAFETY: as above.
        let copy = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned().unwrap();
        assert!(TcpStream::from(copy).nodelay().unwrap());
        destroy(fd).unwrap();
    }

    #[test]
    fn an_acknowledgement_need_not_wait() {
        let (fd, mut peer) = pair();
        // After an answer the kernel waits for more to answer with.
        let mut buf = [0; 8];
        for _ in 0..3 {
            peer.write_all(b"question").unwrap();
            read_exact(fd, &mut buf, LONG).unwrap();
            write(fd, b"answer", LONG).unwrap();
        }
        assert_eq!(acknowledges_at_once(fd), 0);
        acknowledge_at_once(fd);
        assert_eq!(acknowledges_at_once(fd), 1);
        acknowledge_at_once(-1);
        destroy(fd).unwrap();
    }

    fn acknowledges_at_once(fd: RawFd) -> libc::c_int {
        let mut on: libc::c_int = -1;
        let mut size = size_of_val(&on) as libc::socklen_t;
        // SAFETY: the descriptor is open, and the option an int of the size that is said.
        unsafe {
            let (level, option) = (libc::IPPROTO_TCP, libc::TCP_QUICKACK);
            libc::getsockopt(fd, level, option, (&raw mut on).cast(), &raw mut size);
        }
        on
    }

    #[test]
    fn available_returns_what_is_there() {
        let (fd, mut peer) = pair();
        let mut buf = [0; 8];
        assert_eq!(read_available(fd, &mut buf, SHORT).unwrap(), 0);
        peer.write_all(b"abc").unwrap();
        assert_eq!(read_available(fd, &mut buf, LONG).unwrap(), 3);
        assert_eq!(read_available(fd, &mut [], LONG).unwrap(), 0);
        drop(peer);
        assert!(matches!(read_available(fd, &mut buf, LONG), Err(TransportError::Closed)));
        destroy(fd).unwrap();
    }

    #[test]
    fn exact_gives_the_data_first_and_the_end_at_the_next_call() {
        let (fd, mut peer) = pair();
        let mut buf = [0; 8];
        peer.write_all(b"abc").unwrap();
        let start = Instant::now();
        assert_eq!(read_exact(fd, &mut buf, SHORT).unwrap(), 3);
        assert!(start.elapsed() >= SHORT);
        peer.write_all(b"de").unwrap();
        drop(peer);
        assert_eq!(read_exact(fd, &mut buf, LONG).unwrap(), 2);
        assert!(matches!(read_exact(fd, &mut buf, LONG), Err(TransportError::Closed)));
        destroy(fd).unwrap();
    }

    #[test]
    fn exact_collects_what_comes_in_pieces() {
        let (fd, mut peer) = pair();
        thread::scope(|scope| {
            scope.spawn(|| {
                for byte in b"piecemeal" {
                    peer.write_all(&[*byte]).unwrap();
                    thread::yield_now();
                }
            });
            let mut buf = [0; 9];
            assert_eq!(read_exact(fd, &mut buf, LONG).unwrap(), 9);
            assert_eq!(&buf, b"piecemeal");
        });
        destroy(fd).unwrap();
    }

    #[test]
    fn a_write_stops_when_the_peer_does_not_read() {
        let (fd, peer) = pair();
        let flood = vec![0; 64 << 20];
        let start = Instant::now();
        let sent = write(fd, &flood, SHORT).unwrap();
        assert!(sent > 0 && sent < flood.len());
        assert!(start.elapsed() >= SHORT);
        // The kernel still finds room for some more, and then for none.
        while write(fd, &flood, SHORT).unwrap() > 0 {}
        drop(peer);
        destroy(fd).unwrap();
    }

    #[test]
    fn writing_to_a_closed_connection_is_an_error_and_no_signal() {
        let (fd, _peer) = pair();
        shutdown(fd).unwrap();
        // A blocked signal stays pending even where the test runner ignores it.
        let mut signals = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: the set is initialised by the first call; only this thread's mask changes.
        unsafe {
            libc::sigemptyset(signals.as_mut_ptr());
            libc::sigaddset(signals.as_mut_ptr(), libc::SIGPIPE);
            libc::pthread_sigmask(libc::SIG_BLOCK, signals.as_ptr(), std::ptr::null_mut());
        }
        assert!(matches!(write(fd, b"x", LONG), Err(TransportError::Io(_))));
        // SAFETY: the set is written whole before it is read.
        let pending = unsafe {
            libc::sigpending(signals.as_mut_ptr());
            libc::sigismember(signals.as_ptr(), libc::SIGPIPE)
        };
        assert_eq!(pending, 0);
        destroy(fd).unwrap();
    }

    #[test]
    fn a_shutdown_wakes_a_reader() {
        let (fd, _peer) = pair();
        thread::scope(|scope| {
            let reader = scope.spawn(move || read_available(fd, &mut [0; 8], LONG));
            shutdown(fd).unwrap();
            assert!(matches!(reader.join().unwrap(), Err(TransportError::Closed)));
        });
        destroy(fd).unwrap();
    }

    #[test]
    fn a_wild_descriptor_is_an_error() {
        assert!(read_available(-1, &mut [0; 8], LONG).is_err());
        assert!(write(-1, b"x", LONG).is_err());
        assert!(destroy(-1).is_err());
    }

    #[test]
    fn failures_are_said_in_words() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        assert_eq!(
            establish("127.0.0.1", port, Deadline::after(LONG)),
            Err(format!("connection to 127.0.0.1:{port} refused"))
        );
        let unresolved = establish("no such host", 1, Deadline::after(LONG)).unwrap_err();
        assert!(unresolved.starts_with("cannot resolve 'no such host': "), "{unresolved}");
    }

    #[test]
    fn a_deadline_counts_before_the_usual_time() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(connect("127.0.0.1", port, Deadline::OVER), 0);
        let late = establish("127.0.0.1", port, Deadline::OVER).unwrap_err();
        assert_eq!(late, format!("connection to 127.0.0.1:{port} timed out"));
    }

    #[test]
    fn every_address_is_tried() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let good = listener.local_addr().unwrap();
        let dead = {
            let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            closed.local_addr().unwrap()
        };
        assert!(connect_any(&[dead, good], Deadline::after(LONG)).is_ok());
        assert!(connect_any(&[], Deadline::after(LONG)).is_err());
        let late = connect_any(&[good], Deadline::after(Duration::ZERO)).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_timeout_never_overflows() {
        assert_eq!(poll_ms(Deadline::after(Duration::MAX)), libc::c_int::MAX);
        assert_eq!(poll_ms(Deadline::after(Duration::ZERO)), 0);
    }
}
