//! The HAL that was linked, as the core sees it: the firmware's functions where it has them, else the
//! library's own.

use std::ffi::{CStr, CString, c_char, c_int};
use std::io;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::linked::{OURS, whose};
use super::*;
use crate::base::deadline::Deadline;
use crate::base::error::TransportError;
use crate::base::identity::Secret;
use crate::base::log::Printer;
use crate::hal::linux::{kv, tcp, thread, time};
use crate::hal::{Hal, KvFailure, KvSession, ReadStyle, SslHandle, StoreFailure, TcpHandle};

/// Where a function of TCP is the library's own it is called in its Rust form, which says more: it
/// returns what is there without waiting for the rest, and gives its errors in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Imported;

/// Room for a text that a getter gives, in bytes. The longest, with its NUL, has 160; a port may
/// forget to count the NUL, or more, and must not be able to write past the end.
const TEXT_ROOM: usize = 256;

/// Lets a getter fill a buffer and copies the text out of it; empty when the getter refused.
fn text(getter: unsafe extern "C" fn(*mut c_char) -> c_int) -> Zeroizing<String> {
    let mut buffer = Zeroizing::new([0_u8; TEXT_ROOM]);
    // SAFETY: each getter is documented to write 160 bytes at most, the NUL among them.
    let result = unsafe { getter(buffer.as_mut_ptr().cast()) };
    // The length is where the NUL is: ports differ in what they return.
    match CStr::from_bytes_until_nul(&*buffer) {
        Ok(text) if result >= 0 => Zeroizing::new(text.to_string_lossy().into_owned()),
        _ => Zeroizing::default(),
    }
}

/// The least time that one write call of a firmware's port gets: many ports report a time-out like
/// an error, which ends the connection, so it must not be the short time that is left of a yield.
const WRITE_PATIENCE: Duration = Duration::from_secs(2);

/// Milliseconds, rounded up so that a short wait does not become a busy loop.
fn milliseconds(timeout: Duration) -> u32 {
    u32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

/// The same for the functions that take a signed number.
fn signed_milliseconds(timeout: Duration) -> c_int {
    c_int::try_from(milliseconds(timeout)).unwrap_or(c_int::MAX)
}

/// A length for the functions that take a signed number: what is longer is done in parts.
fn signed_len(bytes: &[u8]) -> c_int {
    c_int::try_from(bytes.len()).unwrap_or(c_int::MAX)
}

/// The count of bytes that a function returned. Negative, or more than there was room for, is a
/// failure.
fn count(function: &'static str, code: i32, room: usize) -> Result<usize, TransportError> {
    usize::try_from(code)
        .ok()
        .filter(|&count| count <= room)
        .ok_or(TransportError::Hal { function, code })
}

/// How long a firmware's read function is left alone that did not wait for bytes.
const READ_PAUSE: Duration = Duration::from_millis(5);

/// Calls a firmware's read function. One that says at once that nothing came, though it has time to
/// wait, would be called again and again: a pause stands for the waiting that it leaves out.
fn paced(timeout: Duration, read: impl FnOnce() -> i32) -> i32 {
    let start = Instant::now();
    let code = read();
    if code == 0 {
        let left = timeout.saturating_sub(start.elapsed());
        if left > timeout / 2 {
            std::thread::sleep(left.min(READ_PAUSE));
        }
    }
    code
}

/// A handle, unless it is one of the two values that mean failure: 0 up to release 2.3, -1 later.
fn connected(handle: usize, host: &str, port: u16) -> Result<usize, TransportError> {
    if matches!(handle, 0 | usize::MAX) {
        return Err(TransportError::Connect { host: host.to_owned(), port });
    }
    Ok(handle)
}

fn host_name(host: &str) -> Result<CString, TransportError> {
    CString::new(host).map_err(|_| TransportError::HostName(host.to_owned()))
}

/// The descriptor behind a handle of our own; one that is never open for any other handle.
fn descriptor(handle: TcpHandle) -> c_int {
    c_int::try_from(handle.0).unwrap_or(-1)
}

impl Printer for Imported {
    fn print(&self, text: &str) {
        // C would end the text at a NUL.
        let text = CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default();
        // SAFETY: both are NUL-terminated, and the format takes one string.
        unsafe { HAL_Printf(c"%s".as_ptr(), text.as_ptr()) }
    }
}

impl Hal for Imported {
    fn product_secret(&self) -> Secret {
        Secret::new(text(HAL_GetProductSecret).as_str())
    }

    fn set_device_secret(&self, secret: &Secret) -> bool {
        // The parameter is not const: the function may write to what it gets.
        let mut buffer = Zeroizing::new([0_u8; TEXT_ROOM]);
        let secret = secret.expose().as_bytes();
        if secret.len() >= buffer.len() || secret.contains(&0) {
            return false;
        }
        buffer.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
        // SAFETY: the buffer is NUL-terminated and lives during the call.
        unsafe { HAL_SetDeviceSecret(buffer.as_mut_ptr().cast()) >= 0 }
    }

    fn partner_id(&self) -> String {
        text(HAL_GetPartnerID).to_string()
    }

    fn module_id(&self) -> String {
        text(HAL_GetModuleID).to_string()
    }

    fn firmware_version(&self) -> String {
        text(SINCE.firmware_version).to_string()
    }

    fn uuid(&self) -> Vec<u8> {
        let Some(getter) = SINCE.uuid else { return Vec::new() };
        let mut buffer = vec![0_u8; TEXT_ROOM];
        // SAFETY: the buffer has the room that is said.
        let len = unsafe { getter(buffer.as_mut_ptr(), signed_len(&buffer)) };
        buffer.truncate(usize::try_from(len).ok().filter(|&len| len <= TEXT_ROOM).unwrap_or(0));
        buffer
    }

    fn network_interfaces(&self) -> String {
        SINCE.network_interfaces.map(text).unwrap_or_default().to_string()
    }

    fn pinned_root(&self) -> Option<String> {
        if OURS.ca {
            return None;
        }
        // SAFETY: takes nothing.
        let pem = unsafe { iotx_ca_get() };
        if pem.is_null() {
            return None;
        }
        // SAFETY: the function returns a NUL-terminated text that stays valid.
        Some(unsafe { CStr::from_ptr(pem) }.to_string_lossy().into_owned())
    }

    fn kv_session(&self, deadline: Deadline) -> Option<Result<Box<dyn KvSession>, StoreFailure>> {
        let open = || -> Result<Box<dyn KvSession>, _> {
            Ok(Box::new(kv::store().map_err(|error| kv::failure(&error))?.session(deadline)))
        };
        OURS.kv.then(open)
    }

    fn kv_get(&self, key: &str, room: usize) -> Option<Zeroizing<Vec<u8>>> {
        let key = CString::new(key).ok()?;
        let mut len = c_int::try_from(room).ok()?;
        // One more byte, for a port that adds a NUL.
        let mut value = Zeroizing::new(vec![0; room + 1]);
        // SAFETY: the key is NUL-terminated, the buffer has the room that is said.
        let code = unsafe { HAL_Kv_Get(key.as_ptr(), value.as_mut_ptr().cast(), &mut len) };
        let len = usize::try_from(len).ok().filter(|&len| code == 0 && len <= room)?;
        value.truncate(len);
        Some(value)
    }

    fn kv_set(&self, key: &str, value: &[u8]) -> Result<(), KvFailure> {
        const ON_THE_DISK: c_int = 1;
        let (Ok(key), Ok(len)) = (CString::new(key), c_int::try_from(value.len())) else {
            return Err(KvFailure(-1));
        };
        // SAFETY: the key is NUL-terminated, the value as long as is said.
        match unsafe { HAL_Kv_Set(key.as_ptr(), value.as_ptr().cast(), len, ON_THE_DISK) } {
            0 => Ok(()),
            code => {
                if let Some(tell) = KV_SET_FAILED.get() {
                    tell(&key);
                }
                Err(KvFailure(code))
            }
        }
    }

    fn uptime_ms(&self) -> u64 {
        // Not by HAL_UptimeMs, which a product need not have for this.
        time::uptime_ms()
    }

    fn random(&self, bound: u32) -> u32 {
        // SAFETY: takes a number.
        unsafe { HAL_Random(bound) }
    }

    fn utc_ms(&self) -> i64 {
        // SAFETY: takes nothing.
        unsafe { HAL_UTC_Get() }
    }

    fn spawn(&self, name: &CStr, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        // Not by HAL_ThreadCreate, which a product without threads of its own need not have.
        thread::spawn(name, work)
    }

    fn tcp_establish(
        &self,
        host: &str,
        port: u16,
        deadline: Deadline,
    ) -> Result<TcpHandle, TransportError> {
        let name = host_name(host)?;
        // A firmware whose function is not linked as it thinks it is finds the reason here.
        log::debug!(
            target: "HAL_TCP_Establish",
            "linked are HAL_GetProductKey: {}, HAL_Kv_Set: {}, HAL_TCP_Read: {}, HAL_TCP_Write: {}, \
             HAL_SSL_Establish: {}, iotx_ca_get: {}",
            whose(OURS.identity),
            whose(OURS.kv),
            whose(OURS.tcp_read),
            whose(OURS.tcp_write),
            whose(OURS.ssl),
            whose(OURS.ca)
        );
        let handle = if OURS.tcp_establish {
            tcp::connect(host, port, deadline)
        } else {
            // SAFETY: the name is NUL-terminated.
            unsafe { HAL_TCP_Establish(name.as_ptr(), port) }
        };
        connected(handle, host, port).map(TcpHandle)
    }

    fn tcp_read_style(&self) -> ReadStyle {
        if OURS.tcp_read { ReadStyle::Available } else { ReadStyle::Exact }
    }

    fn tcp_read(
        &self,
        handle: TcpHandle,
        buf: &mut [u8],
        timeout: Duration,
    ) -> Result<usize, TransportError> {
        const CLOSED: i32 = -1;
        if OURS.tcp_read {
            return tcp::read_available(descriptor(handle), buf, timeout);
        }
        // Reading in parts would have to wait in parts; 4 GiB is beyond any buffer of ours.
        let len = u32::try_from(buf.len()).unwrap_or(u32::MAX);
        let ms = milliseconds(timeout);
        // SAFETY: the buffer is writable and as long as is said.
        match paced(timeout, || unsafe { HAL_TCP_Read(handle.0, buf.as_mut_ptr().cast(), len, ms) })
        {
            CLOSED => Err(TransportError::Closed),
            code => count("HAL_TCP_Read", code, buf.len()),
        }
    }

    fn tcp_acknowledge_at_once(&self, handle: TcpHandle) {
        // Of a firmware's handle nothing is known but what its own functions do with it.
        if OURS.tcp_read {
            tcp::acknowledge_at_once(descriptor(handle));
        }
    }

    fn tcp_write(
        &self,
        handle: TcpHandle,
        buf: &[u8],
        timeout: Duration,
    ) -> Result<usize, TransportError> {
        if OURS.tcp_write {
            return tcp::write(descriptor(handle), buf, timeout);
        }
        let len = u32::try_from(buf.len()).unwrap_or(u32::MAX);
        let timeout = milliseconds(timeout.max(WRITE_PATIENCE));
        // SAFETY: the buffer is readable and as long as is said.
        let code = unsafe { HAL_TCP_Write(handle.0, buf.as_ptr().cast(), len, timeout) };
        count("HAL_TCP_Write", code, buf.len())
    }

    fn tcp_shutdown(&self, handle: TcpHandle) {
        // Of a firmware's handle nothing is known but what its own functions do with it.
        if OURS.tcp_read
            && let Err(cause) = tcp::shutdown(descriptor(handle))
        {
            log::debug!(target: "HAL_TCP_Destroy", "shutdown: {cause}");
        }
    }

    fn tcp_destroy(&self, handle: TcpHandle) {
        // SAFETY: takes a number. The caller gives the handle up.
        let code = unsafe { HAL_TCP_Destroy(handle.0) };
        if code != 0 {
            log::warn!(target: "HAL_TCP_Destroy", "returned {code}");
        }
    }

    fn has_own_ssl(&self) -> bool {
        !OURS.ssl
    }

    fn ssl_establish(
        &self,
        host: &str,
        port: u16,
        root_pem: &str,
    ) -> Result<SslHandle, TransportError> {
        let name = host_name(host)?;
        let pem = CString::new(root_pem)
            .map_err(|_| TransportError::TrustAnchor("it contains a NUL".to_owned()))?;
        let len = pem.as_bytes_with_nul().len();
        // SAFETY: both are NUL-terminated, and the length is that of the text with its NUL.
        let handle = unsafe { HAL_SSL_Establish(name.as_ptr(), port, pem.as_ptr(), len) };
        connected(handle, host, port).map(SslHandle)
    }

    fn ssl_read(
        &self,
        handle: SslHandle,
        buf: &mut [u8],
        timeout: Duration,
    ) -> Result<usize, TransportError> {
        const CLOSED: i32 = -2;
        let (len, ms) = (signed_len(buf), signed_milliseconds(timeout));
        // SAFETY: the buffer is writable and as long as is said.
        match paced(timeout, || unsafe { HAL_SSL_Read(handle.0, buf.as_mut_ptr().cast(), len, ms) })
        {
            CLOSED => Err(TransportError::Closed),
            code => count("HAL_SSL_Read", code, buf.len()),
        }
    }

    fn ssl_write(
        &self,
        handle: SslHandle,
        buf: &[u8],
        timeout: Duration,
    ) -> Result<usize, TransportError> {
        let (len, ms) = (signed_len(buf), signed_milliseconds(timeout));
        // SAFETY: the buffer is readable and as long as is said.
        let code = unsafe { HAL_SSL_Write(handle.0, buf.as_ptr().cast(), len, ms) };
        count("HAL_SSL_Write", code, buf.len())
    }

    fn ssl_destroy(&self, handle: SslHandle) {
        // SAFETY: takes a number. The caller gives the handle up.
        let code = unsafe { HAL_SSL_Destroy(handle.0) };
        if code != 0 {
            log::warn!(target: "HAL_SSL_Destroy", "returned {code}");
        }
    }
}
