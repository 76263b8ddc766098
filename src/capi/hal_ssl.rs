//! The defaults of `HAL_SSL_*` and `iotx_ca_get`: a thin face of [`Tls`], which the core uses directly.
//! They are the only part of the HAL that stands on the core.

use std::ffi::{c_char, c_int};
use std::io;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Buf, BytesMut};

use crate::base::deadline::Deadline;
use crate::base::error::{TransportError, chain};
use crate::base::sync::lock;
use crate::ffi::objects::Objects;
use crate::hal::c;
use crate::hal::c::defaults::values::{
    FAILED, bytes, bytes_mut, fail, length, refuse, signed_milliseconds, text,
};
use crate::hal::c::entry::{guard, guard_or};
use crate::hal::c::ssl_hooks_t;
use crate::transport::tls::Tls;
use crate::transport::{Connection, Trust, send_all};

/// How long connecting and shaking hands may take.
const ESTABLISH_TIMEOUT: Duration = Duration::from_secs(10);

/// The open connections.
static STREAMS: Objects<Stream> = Objects::new();

struct Stream {
    tls: Tls,
    /// What TLS delivered beyond what the reader asked for.
    surplus: Mutex<BytesMut>,
}

/// Connects and shakes hands. `root`: the trusted roots in PEM, which may end in a NUL; empty for
/// the built-in ones.
pub(crate) fn establish(host: &str, port: u16, root: &[u8]) -> Result<usize, TransportError> {
    let tls = Tls::connect(c::hal(), host, port, &trust(root)?, ESTABLISH_TIMEOUT)?;
    Ok(STREAMS.insert(Stream { tls, surplus: Mutex::default() }).as_number())
}

fn trust(root: &[u8]) -> Result<Trust, TransportError> {
    let text = root.split(|&byte| byte == 0).next().unwrap_or_default();
    match std::str::from_utf8(text) {
        Ok("") => Ok(Trust::BuiltIn),
        Ok(pem) => Ok(Trust::from_pem(pem)),
        Err(_) => Err(TransportError::TrustAnchor("it is not text".to_owned())),
    }
}

/// Reads until `buf` is full or the time is up, and returns how much came. What came before an
/// error is returned; the error is found again by the next call.
pub(crate) fn read(
    handle: usize,
    buf: &mut [u8],
    timeout: Duration,
) -> Result<usize, TransportError> {
    let deadline = Deadline::after(timeout);
    let stream = find(handle)?;
    let mut surplus = lock(&stream.surplus);
    while surplus.len() < buf.len() {
        match stream.tls.receive(&mut surplus, deadline.left()) {
            Err(error) if surplus.is_empty() => return Err(error),
            Err(_) => break,
            Ok(_) if deadline.is_over() => break,
            Ok(_) => {}
        }
    }
    let count = buf.len().min(surplus.len());
    if let Some(filled) = buf.get_mut(..count) {
        surplus.copy_to_slice(filled);
    }
    Ok(count)
}

/// Writes all of `buf`. A failure half-way leaves the connection unusable.
pub(crate) fn write(handle: usize, buf: &[u8], timeout: Duration) -> Result<(), TransportError> {
    send_all(&find(handle)?.tls, buf, Deadline::after(timeout))
}

/// The descriptor of the connection's socket, for poll(2).
pub(crate) fn descriptor(handle: usize) -> Result<RawFd, TransportError> {
    RawFd::try_from(find(handle)?.tls.tcp_handle().0).map_err(|_| unknown())
}

/// Closes the connection. A thread that reads from it is woken.
pub(crate) fn destroy(handle: usize) -> Result<(), TransportError> {
    STREAMS.remove(handle).ok_or_else(unknown)?.tls.close();
    Ok(())
}

fn find(handle: usize) -> Result<Arc<Stream>, TransportError> {
    STREAMS.get(handle).ok_or_else(unknown)
}

fn unknown() -> TransportError {
    io::Error::new(io::ErrorKind::InvalidInput, "no open TLS connection has this handle").into()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SSL_Establish(
    host: *const c_char,
    port: u16,
    ca_crt: *const c_char,
    ca_crt_len: usize,
) -> usize {
    // SAFETY: the caller passes a NUL-terminated string and `ca_crt_len` bytes, or NULL.
    let (host, root) = unsafe { (text(host), bytes(ca_crt.cast(), length(ca_crt_len))) };
    guard(|| {
        let Some(host) = host else {
            return refuse("HAL_SSL_Establish", 0);
        };
        match establish(host, port, root.unwrap_or_default()) {
            Ok(handle) => handle,
            Err(cause) => fail("HAL_SSL_Establish", 0, &chain(&cause)),
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_SSL_Destroy(handle: usize) -> i32 {
    guard(|| match destroy(handle) {
        Ok(()) => 0,
        Err(cause) => fail("HAL_SSL_Destroy", FAILED, &chain(&cause)),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SSL_Write(
    handle: usize,
    buf: *const c_char,
    len: c_int,
    timeout_ms: c_int,
) -> i32 {
    // SAFETY: the caller passes `len` readable bytes, or NULL.
    let data = unsafe { bytes(buf.cast(), len) };
    guard(|| {
        let Some(data) = data else {
            return refuse("HAL_SSL_Write", FAILED);
        };
        match write(handle, data, signed_milliseconds(timeout_ms)) {
            Ok(()) => len,
            Err(TransportError::TimedOut) => 0,
            Err(cause) => fail("HAL_SSL_Write", FAILED, &chain(&cause)),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SSL_Read(
    handle: usize,
    buf: *mut c_char,
    len: c_int,
    timeout_ms: c_int,
) -> i32 {
    const CLOSED: i32 = -2;
    const BROKEN: i32 = -2;
    // SAFETY: the caller passes `len` writable bytes, or NULL.
    let buffer = unsafe { bytes_mut(buf.cast(), len) };
    guard_or(BROKEN, || {
        let Some(buffer) = buffer else {
            return refuse("HAL_SSL_Read", BROKEN);
        };
        match read(handle, buffer, signed_milliseconds(timeout_ms)) {
            Ok(count) => length(count),
            Err(TransportError::Closed) => CLOSED,
            Err(cause) => fail("HAL_SSL_Read", BROKEN, &chain(&cause)),
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn linkkit_default_HAL_SSL_GetFd(handle: usize) -> c_int {
    guard(|| match descriptor(handle) {
        Ok(fd) => fd,
        Err(cause) => fail("HAL_SSL_GetFd", FAILED, &cause),
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn linkkit_default_HAL_SSLHooks_set(hooks: *mut ssl_hooks_t) -> c_int {
    // SAFETY: the caller passes two functions, or NULL.
    let hooks = unsafe { hooks.as_ref() };
    guard(|| match hooks {
        Some(ssl_hooks_t { malloc: Some(_), free: Some(_) }) => 0,
        _ => refuse("HAL_SSLHooks_set", FAILED),
    })
}

/// The trust anchor of every release.
#[unsafe(no_mangle)]
extern "C" fn linkkit_default_iotx_ca_get() -> *const c_char {
    const ROOT: &str = concat!(include_str!("../transport/globalsign-root-r1.pem"), "\0");
    ROOT.as_ptr().cast()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread::{self, JoinHandle};

    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(10);

    /// A server that answers each line with itself and closes at the end; its port and its root.
    fn echo_server() -> (u16, String, JoinHandle<()>) {
        let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let pem = key.cert.pem();
        let config =
            ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(
                    vec![key.cert.der().clone()],
                    PrivateKeyDer::Pkcs8(key.signing_key.serialize_der().into()),
                )
                .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let tcp = listener.accept().unwrap().0;
            let tls = ServerConnection::new(Arc::new(config)).unwrap();
            let mut stream = StreamOwned::new(tls, tcp);
            let mut buf = [0; 64];
            while let Ok(count @ 1..) = stream.read(&mut buf) {
                stream.write_all(&buf[..count]).unwrap();
                if buf[..count].ends_with(b"\n") {
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                    return;
                }
            }
        });
        (port, pem, server)
    }

    #[test]
    fn exactly_what_is_asked_for_comes_then_the_end() {
        let (port, pem, server) = echo_server();
        let root = [pem.as_bytes(), b"\0"].concat();
        let handle = establish("localhost", port, &root).unwrap();
        write(handle, b"abcdef", LONG).unwrap();
        let mut buf = [0; 4];
        assert_eq!(read(handle, &mut buf, LONG).unwrap(), 4);
        assert_eq!(&buf, b"abcd");
        assert_eq!(read(handle, &mut buf, SHORT).unwrap(), 2);
        assert_eq!(&buf[..2], b"ef");
        assert_eq!(read(handle, &mut buf, SHORT).unwrap(), 0);
        write(handle, b"!\n", LONG).unwrap();
        assert_eq!(read(handle, &mut buf, LONG).unwrap(), 2);
        assert!(matches!(read(handle, &mut buf, LONG), Err(TransportError::Closed)));
        destroy(handle).unwrap();
        assert!(destroy(handle).is_err());
        assert!(read(handle, &mut buf, LONG).is_err());
        assert!(write(handle, b"x", LONG).is_err());
        server.join().unwrap();
    }

    #[test]
    fn a_peer_that_is_not_trusted_is_refused() {
        let (port, _, server) = echo_server();
        assert!(matches!(establish("localhost", port, b""), Err(TransportError::Tls(_))));
        server.join().unwrap();
    }

    #[test]
    fn a_root_that_is_not_text_is_refused() {
        assert!(matches!(trust(b"\xff"), Err(TransportError::TrustAnchor(_))));
        assert_eq!(trust(b"\0").unwrap(), Trust::BuiltIn);
    }

    #[test]
    fn a_wild_handle_is_an_error() {
        assert!(read(usize::MAX, &mut [0; 4], LONG).is_err());
    }
}
