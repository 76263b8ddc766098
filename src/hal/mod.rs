//! What the core needs of the machine that it runs on.
//!
//! The core knows this trait and nothing else of its surroundings. In a firmware it is implemented
//! by `c::Imported`, which calls the C functions `HAL_*`: the firmware's own where it has
//! them, ours from `linux` where it has not. Tests implement it in plain Rust.

pub mod c;
#[cfg(test)]
pub(crate) mod fake;
pub(crate) mod linux;

use std::ffi::CStr;
use std::io;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::base::deadline::Deadline;
use crate::base::error::TransportError;
use crate::base::identity::Secret;
use crate::base::log::Printer;

/// A TCP connection as `HAL_TCP_Establish` returned it: a number that only the HAL understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpHandle(pub usize);

/// A TLS connection as the firmware's own `HAL_SSL_Establish` returned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SslHandle(pub usize);

/// How a read call fills the buffer that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadStyle {
    /// Returns as soon as any bytes are there: our own default.
    Available,
    /// Blocks until the whole buffer is full or the time is up: the contract of a firmware's port.
    Exact,
}

/// Why the key-value store did not do what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvFailure(
    /// The non-zero value that the HAL function returned.
    pub i32,
);

/// Why the library's own store cannot be used: what failed with which file, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFailure(pub String);

/// What a key-value store holds.
pub trait KvEntries {
    /// The value under `key`.
    fn value(&self, key: &str) -> Option<Zeroizing<Vec<u8>>>;
    /// Puts `value` under `key`, in the place of an earlier one.
    fn put(&mut self, key: &str, value: &[u8]);
}

/// The library's own key-value store in use by one task that changes several entries as one.
///
/// The first change makes everything ready (folder, lock file); a later one of the same session finds
/// it so and makes as few system calls as it can.
pub trait KvSession {
    /// What is stored now.
    fn read(&mut self) -> Result<Box<dyn KvEntries>, StoreFailure>;
    /// Has `change` look at the entries and change them, and returns when that is on the disk as a
    /// whole. No other thread or process changes them meanwhile. When `change` returns `false` nothing
    /// is written. It must not call the firmware.
    fn change(
        &mut self,
        change: &mut dyn FnMut(&mut dyn KvEntries) -> bool,
    ) -> Result<(), StoreFailure>;
}

/// The machine under the core: storage, network, identity, console.
///
/// Every method may be called from any thread, and several at a time. None may be called with a
/// lock held that firmware code could want: each of them can end in a function of the firmware.
pub trait Hal: Printer {
    /// The product secret (`HAL_GetProductSecret`); empty when the firmware has none.
    fn product_secret(&self) -> Secret;
    /// Hands the device secret to the firmware (`HAL_SetDeviceSecret`). `false`: it was refused.
    fn set_device_secret(&self, secret: &Secret) -> bool;
    /// The partner id (`HAL_GetPartnerID`); empty when there is none.
    fn partner_id(&self) -> String;
    /// The module id (`HAL_GetModuleID`); empty when there is none.
    fn module_id(&self) -> String;
    /// The firmware's version (`HAL_GetFirmwareVersion`, which release 2.2.1 spells
    /// `HAL_GetFirmwareVesion`); empty when there is none.
    fn firmware_version(&self) -> String;
    /// What tells this device from others that were given the same identity (`HAL_GetUUID`), any
    /// bytes; empty when there is nothing.
    fn uuid(&self) -> Vec<u8>;
    /// The network interfaces, as the platform shows them (`HAL_GetNetifInfo`); empty when there
    /// are none.
    fn network_interfaces(&self) -> String;
    /// The root certificate that the firmware pins (`iotx_ca_get`), as PEM, and `None` when the
    /// function is ours, so that the firmware pins nothing.
    fn pinned_root(&self) -> Option<String>;

    /// Opens the library's own key-value store for changes of several entries at once, until `deadline`;
    /// `None`: the firmware brings its own `HAL_Kv_Set`, which knows one entry at a time and gets
    /// nothing that the C SDK does not store.
    fn kv_session(&self, deadline: Deadline) -> Option<Result<Box<dyn KvSession>, StoreFailure>>;
    /// Reads the value stored under `key`, `None` when there is none (`HAL_Kv_Get`).
    ///
    /// A value longer than `room` bytes counts as none: it cannot be one of ours.
    fn kv_get(&self, key: &str, room: usize) -> Option<Zeroizing<Vec<u8>>>;
    /// Stores `value` under `key` and returns only when it is on the disk (`HAL_Kv_Set`).
    fn kv_set(&self, key: &str, value: &[u8]) -> Result<(), KvFailure>;

    /// How long the device has been up, in milliseconds.
    fn uptime_ms(&self) -> u64;
    /// A random number below `bound`, 0 for 0 (`HAL_Random`).
    fn random(&self, bound: u32) -> u32;
    /// Wall-clock time in milliseconds since 1970 (`HAL_UTC_Get`).
    fn utc_ms(&self) -> i64;

    /// Does `work` in a thread that nobody waits for.
    fn spawn(&self, name: &CStr, work: Box<dyn FnOnce() + Send>) -> io::Result<()>;

    /// Resolves and connects (`HAL_TCP_Establish`), blocking until the deadline; a firmware's own
    /// function knows none and takes what time it wants.
    fn tcp_establish(
        &self,
        host: &str,
        port: u16,
        deadline: Deadline,
    ) -> Result<TcpHandle, TransportError>;
    /// How [`Hal::tcp_read`] fills its buffer.
    fn tcp_read_style(&self) -> ReadStyle;
    /// Reads up to `buf.len()` bytes, waiting at most `timeout`; `Ok(0)`: the time is up
    /// (`HAL_TCP_Read`).
    fn tcp_read(
        &self,
        handle: TcpHandle,
        buf: &mut [u8],
        timeout: Duration,
    ) -> Result<usize, TransportError>;
    /// Has what came, and what comes next, acknowledged at once rather than together with what is
    /// sent next, where the HAL can do that. Holds until something is read or written.
    fn tcp_acknowledge_at_once(&self, handle: TcpHandle);
    /// Writes `buf`, waiting at most `timeout`; returns how much of it went out (`HAL_TCP_Write`).
    fn tcp_write(
        &self,
        handle: TcpHandle,
        buf: &[u8],
        timeout: Duration,
    ) -> Result<usize, TransportError>;
    /// Makes a [`Hal::tcp_read`] that waits in another thread return, where the HAL can do that.
    fn tcp_shutdown(&self, handle: TcpHandle);
    /// Closes the connection (`HAL_TCP_Destroy`). The handle is dead afterwards.
    fn tcp_destroy(&self, handle: TcpHandle);

    /// Whether the firmware brings its own `HAL_SSL_*`, which then carry everything.
    fn has_own_ssl(&self) -> bool;
    /// Connects and shakes hands (`HAL_SSL_Establish`). `root_pem` is the trust anchor.
    fn ssl_establish(
        &self,
        host: &str,
        port: u16,
        root_pem: &str,
    ) -> Result<SslHandle, TransportError>;
    /// Reads until `buf` is full or `timeout` is up; `Ok(0)`: nothing came (`HAL_SSL_Read`).
    fn ssl_read(
        &self,
        handle: SslHandle,
        buf: &mut [u8],
        timeout: Duration,
    ) -> Result<usize, TransportError>;
    /// Writes `buf`, waiting at most `timeout`; returns how much went out (`HAL_SSL_Write`).
    fn ssl_write(
        &self,
        handle: SslHandle,
        buf: &[u8],
        timeout: Duration,
    ) -> Result<usize, TransportError>;
    /// Closes the connection (`HAL_SSL_Destroy`). The handle is dead afterwards.
    fn ssl_destroy(&self, handle: SslHandle);
}
