//! The C functions `HAL_*`, and the [`Hal`] that calls them.
//!
//! Each function below is one that a firmware may define itself. Where it does not, the library's
//! own definition for Linux is linked. Unless said otherwise a function may be called from any
//! thread, by several at a time, and the library holds none of its locks while it calls one.

#![allow(unsafe_code, reason = "it calls the functions of the firmware")]

use std::ffi::{CStr, CString, c_char, c_int, c_longlong, c_uchar, c_uint, c_ushort, c_void};
use std::io;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libc::size_t;
use zeroize::Zeroizing;

use super::linux::{kv, tcp, thread};
use super::{Hal, KvFailure, KvSession, ReadStyle, SslHandle, StoreFailure, TcpHandle};
use crate::deadline::Deadline;
use crate::error::TransportError;
use crate::identity::Secret;

/// As a timeout: wait for ever.
pub const PLATFORM_WAIT_INFINITE: u32 = !0;

/// How urgent a thread is. Linux schedules all of them alike; a port may use it. The headers show
/// the enumeration of this name, but what comes from C can be any number.
///
/// cbindgen:ignore
#[allow(non_camel_case_types, non_upper_case_globals)]
pub type hal_os_thread_priority_t = c_int;

/// Which way an AES-128 context works. The headers show the enumeration of this name, but what
/// comes from C can be any number.
///
/// cbindgen:ignore
#[allow(non_camel_case_types)]
pub type AES_DIR_t = c_uint;

/// How a thread is wanted. All zeroes are a good choice.
#[allow(non_camel_case_types)]
#[repr(C)]
#[derive(Debug)]
pub struct _hal_os_thread {
    /// Initial priority. Ignored on Linux.
    pub priority: hal_os_thread_priority_t,
    /// A stack of the caller's. Ignored on Linux, where the system allocates it.
    pub stack_addr: *mut c_void,
    /// Stack size in bytes, 0 for the default. On Linux at least 256 KiB are given.
    pub stack_size: size_t,
    /// 0: the thread is deleted by `HAL_ThreadDelete`; otherwise it is detached from the start.
    pub detach_state: c_int,
    /// A name for debuggers, NUL-terminated, or NULL. Linux shows 15 bytes of it.
    pub name: *mut c_char,
}

/// How a thread is wanted.
#[allow(non_camel_case_types)]
pub type hal_os_thread_param_t = _hal_os_thread;

/// Room for an IPv4 address as text, in bytes with the NUL.
pub const NETWORK_ADDR_LEN: usize = 16;

/// Where a datagram comes from or goes to.
#[allow(non_camel_case_types)]
#[repr(C)]
pub struct _network_addr_t {
    /// The IPv4 address as text, with a NUL.
    pub addr: [c_uchar; NETWORK_ADDR_LEN],
    /// The port.
    pub port: c_ushort,
}

/// Where a datagram comes from or goes to.
pub type NetworkAddr = _network_addr_t;

/// Room for a MAC address as text, in bytes with the NUL.
pub const HAL_MAC_LEN: usize = 18;

/// The functions by which a firmware would have TLS allocate its memory.
#[allow(non_camel_case_types)]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ssl_hooks_t {
    /// Allocates so many bytes.
    pub malloc: Option<unsafe extern "C" fn(size: u32) -> *mut c_void>,
    /// Frees them.
    pub free: Option<unsafe extern "C" fn(ptr: *mut c_void)>,
}

/// An AES-128 context.
#[allow(non_camel_case_types)]
pub type p_HAL_Aes128_t = *mut c_void;

#[allow(non_snake_case, reason = "parameters are named as in the C headers")]
unsafe extern "C" {
    /// Allocates memory. Memory that crosses the interface of the library is of this kind.
    ///
    /// `size`: bytes. Returns the buffer, or NULL when there is no memory. It may be freed by the
    /// C library's `free` as well.
    pub fn HAL_Malloc(size: u32) -> *mut c_void;
    /// Frees memory of `HAL_Malloc` or of the C library's `malloc`.
    ///
    /// `ptr`: the buffer, or NULL, for which nothing is done.
    pub fn HAL_Free(ptr: *mut c_void);

    /// Creates a mutex, which is unlocked. It is not recursive.
    ///
    /// Returns a handle for the functions below, or NULL on failure.
    pub fn HAL_MutexCreate() -> *mut c_void;
    /// Destroys a mutex, which must not be locked.
    ///
    /// `mutex`: the handle, dead afterwards; NULL does nothing. What else is no mutex (any more) is
    /// logged and does nothing.
    pub fn HAL_MutexDestroy(mutex: *mut c_void);
    /// Locks a mutex, waiting for it as long as it takes.
    ///
    /// `mutex`: the handle. What is no mutex (any more) is logged and does nothing.
    pub fn HAL_MutexLock(mutex: *mut c_void);
    /// Unlocks a mutex.
    ///
    /// `mutex`: the handle. What is no mutex (any more) is logged and does nothing.
    pub fn HAL_MutexUnlock(mutex: *mut c_void);

    /// Creates a counting semaphore, which starts at 0.
    ///
    /// Returns a handle for the functions below, or NULL on failure.
    pub fn HAL_SemaphoreCreate() -> *mut c_void;
    /// Destroys a semaphore, for which no thread may be waiting.
    ///
    /// `sem`: the handle, dead afterwards; NULL does nothing. What else is no semaphore (any more) is
    /// logged and does nothing.
    pub fn HAL_SemaphoreDestroy(sem: *mut c_void);
    /// Adds one to a semaphore and wakes a thread that waits for it.
    ///
    /// `sem`: the handle. What is no semaphore (any more) is logged and does nothing. Not to be called
    /// by a signal handler.
    pub fn HAL_SemaphorePost(sem: *mut c_void);
    /// Takes one from a semaphore, waiting until there is one.
    ///
    /// `sem`: the handle; `timeout_ms`: how long to wait, `PLATFORM_WAIT_INFINITE` for ever. The
    /// wait follows a clock that never jumps. Returns 0, or -1 when the time is up or `sem` is
    /// no semaphore (any more).
    pub fn HAL_SemaphoreWait(sem: *mut c_void, timeout_ms: u32) -> c_int;

    /// Starts a thread.
    ///
    /// `thread_handle`: receives the handle; `work_routine`: runs in the thread; `arg`: its
    /// argument; `hal_os_thread_param`: how the thread is wanted, or NULL; `stack_used`: receives
    /// how much of a stack of the caller's is used, always 0 on Linux, or NULL. Returns 0, or
    /// non-zero on failure.
    pub fn HAL_ThreadCreate(
        thread_handle: *mut *mut c_void,
        work_routine: Option<extern "C" fn(*mut c_void) -> *mut c_void>,
        arg: *mut c_void,
        hal_os_thread_param: *mut hal_os_thread_param_t,
        stack_used: *mut c_int,
    ) -> c_int;
    /// Has a thread clean up after itself when it ends.
    ///
    /// `thread_handle`: of a thread that was not detached; dead afterwards. What is no thread's (any
    /// more) is logged and does nothing.
    pub fn HAL_ThreadDetach(thread_handle: *mut c_void);
    /// Ends a thread and waits for its end.
    ///
    /// `thread_handle`: of a thread that was not detached, dead afterwards; NULL ends the calling
    /// thread, which must not be in a callback of the library. Another thread ends where it waits,
    /// or when the function of the library that it is in returns. What is no thread's (any more) is
    /// logged and does nothing.
    pub fn HAL_ThreadDelete(thread_handle: *mut c_void);

    /// Sleeps.
    ///
    /// `ms`: milliseconds, at least.
    pub fn HAL_SleepMs(ms: u32);
    /// Returns the milliseconds since an arbitrary start, by a clock that never jumps.
    pub fn HAL_UptimeMs() -> u64;
    /// Writes the local time as `MM-DD HH:MM:SS.mmm` and a NUL.
    ///
    /// `buf`: receives the text; `len`: its room in bytes, at least 28. Returns `buf`, or NULL on
    /// failure.
    pub fn HAL_GetTimeStr(buf: *mut c_char, len: c_int) -> *mut c_char;
    /// Sets the time that `HAL_UTC_Get` returns, in this process only.
    ///
    /// `ms`: milliseconds since 1970.
    pub fn HAL_UTC_Set(ms: c_longlong);
    /// Returns the wall-clock time in milliseconds since 1970.
    pub fn HAL_UTC_Get() -> c_longlong;

    /// Seeds the random numbers. Does nothing on Linux, whose random numbers need no seed.
    pub fn HAL_Srandom(seed: u32);
    /// Returns a random number that cannot be guessed, below `region`; 0 when that is 0.
    pub fn HAL_Random(region: u32) -> u32;

    /// Writes to the console, as the C library's `printf` does, and flushes it.
    pub fn HAL_Printf(fmt: *const c_char, ...);
    /// Writes a text into a buffer, as the C library's `snprintf` does.
    ///
    /// `str`: receives the text and its NUL; `len`: its room in bytes. Without room, or with NULL,
    /// nothing is written. Returns the length that the whole text has, or a negative number on
    /// failure.
    pub fn HAL_Snprintf(str: *mut c_char, len: c_int, fmt: *const c_char, ...) -> c_int;

    /// Sets the product key.
    ///
    /// `product_key`: NUL-terminated, at most 20 bytes; copied. Returns its length, or -1 when it
    /// is NULL or too long.
    pub fn HAL_SetProductKey(product_key: *mut c_char) -> c_int;
    /// Sets the device name.
    ///
    /// `device_name`: NUL-terminated, at most 32 bytes; copied. Returns its length, or -1 when it
    /// is NULL or too long.
    pub fn HAL_SetDeviceName(device_name: *mut c_char) -> c_int;
    /// Sets the device secret. The library calls it when the device has registered.
    ///
    /// `device_secret`: NUL-terminated, at most 64 bytes; copied. Returns its length, or -1 when it
    /// is NULL or too long.
    pub fn HAL_SetDeviceSecret(device_secret: *mut c_char) -> c_int;
    /// Sets the product secret.
    ///
    /// `product_secret`: NUL-terminated, at most 64 bytes; copied. Returns its length, or -1 when
    /// it is NULL or too long.
    pub fn HAL_SetProductSecret(product_secret: *mut c_char) -> c_int;
    /// Gets the product key.
    ///
    /// `product_key`: receives it and a NUL, at most 21 bytes. Returns its length, 0 when none is
    /// set, or -1 for NULL.
    pub fn HAL_GetProductKey(product_key: *mut c_char) -> c_int;
    /// Gets the device name.
    ///
    /// `device_name`: receives it and a NUL, at most 33 bytes. Returns its length, 0 when none is
    /// set, or -1 for NULL.
    pub fn HAL_GetDeviceName(device_name: *mut c_char) -> c_int;
    /// Gets the device secret.
    ///
    /// `device_secret`: receives it and a NUL, at most 65 bytes. Returns its length, 0 when none is
    /// set, or -1 for NULL.
    pub fn HAL_GetDeviceSecret(device_secret: *mut c_char) -> c_int;
    /// Gets the product secret.
    ///
    /// `product_secret`: receives it and a NUL, at most 65 bytes. Returns its length, 0 when none
    /// is set, or -1 for NULL.
    pub fn HAL_GetProductSecret(product_secret: *mut c_char) -> c_int;
    /// Gets the partner id.
    ///
    /// `pid_str`: receives it and a NUL, at most 64 bytes. Returns its length, or -1 for NULL.
    pub fn HAL_GetPartnerID(pid_str: *mut c_char) -> c_int;
    /// Gets the module id.
    ///
    /// `mid_str`: receives it and a NUL, at most 64 bytes. Returns its length, or -1 for NULL.
    pub fn HAL_GetModuleID(mid_str: *mut c_char) -> c_int;
    /// Gets the device id: product key, a dot and device name.
    ///
    /// `device_id`: receives it and a NUL, at most 64 bytes. Returns its length, or -1 for NULL.
    pub fn HAL_GetDeviceID(device_id: *mut c_char) -> c_int;
    /// Gets the chip's id.
    ///
    /// `cid_str`: receives it and a NUL, at most 65 bytes. Returns `cid_str`.
    pub fn HAL_GetChipID(cid_str: *mut c_char) -> *mut c_char;
    /// Gets the firmware's version, by the name that release 2.2 has: the library for it calls this one.
    ///
    /// `version`: receives it and a NUL, at most 33 bytes. Returns its length, or -1 for NULL.
    /// The library's own calls `HAL_GetFirmwareVersion`, so a firmware may define either.
    pub fn HAL_GetFirmwareVesion(version: *mut c_char) -> c_int;
    /// Gets the firmware's version, by the name that later releases have.
    ///
    /// `version`: receives it and a NUL, at most 33 bytes, from release 2.3 on 65. Returns its length,
    /// or -1 for NULL.
    pub fn HAL_GetFirmwareVersion(version: *mut c_char) -> c_int;

    /// Stores a value, in the place of an earlier one, so that it survives a loss of power.
    ///
    /// `key`: NUL-terminated UTF-8, 1 to 128 bytes; `val`: the value; `len`: its length in bytes,
    /// at most 64 KiB; `sync`: ignored, the value is always on the disk when the function returns.
    /// Returns 0, or -1 on failure.
    ///
    /// The library's own keeps all of them in one file: `$LINKKIT_KV_FILE`, else
    /// `/var/lib/linkkit/kv.json` where that can be written, else
    /// `$XDG_STATE_HOME/linkkit/kv.json`, which is usually under `~/.local/state`.
    ///
    /// What the C SDK left behind is copied into it once, as soon as it can be read: the file that
    /// 2.3.0 and later keep in the working folder, before 2.2.1's `/tmp/kvfile.db`. Each stays in
    /// place; what of it is damaged is left out and named in the log. It is refused, and looked for
    /// again, unless it is a plain file of this user or of root that nobody else may write to.
    pub fn HAL_Kv_Set(key: *const c_char, val: *const c_void, len: c_int, sync: c_int) -> c_int;
    /// Reads a value.
    ///
    /// `key`: as for `HAL_Kv_Set`; `buffer`: receives the value, without a NUL; `buffer_len`: the
    /// room in bytes on entry, the value's length on success. Returns 0, or -1 when there is no
    /// such value, it is longer than the room, or it could not be read; then nothing is written.
    pub fn HAL_Kv_Get(key: *const c_char, buffer: *mut c_void, buffer_len: *mut c_int) -> c_int;
    /// Removes a value.
    ///
    /// `key`: as for `HAL_Kv_Set`. Returns 0, also when there was none, or -1 on failure.
    pub fn HAL_Kv_Del(key: *const c_char) -> c_int;

    /// Removes all values.
    ///
    /// Returns 0, also when there were none, or -1 on failure.
    pub fn HAL_Kv_Erase_All() -> c_int;
    /// Stores the device's configuration, in the place of an earlier one.
    ///
    /// `buffer`: the bytes; `length`: how many, above 0. Returns 0, or -1 on failure. The library's
    /// own keeps them among the values of `HAL_Kv_Set`, under the key `wifi_config`.
    pub fn HAL_Config_Write(buffer: *const c_char, length: c_int) -> c_int;
    /// Reads the device's configuration.
    ///
    /// `buffer`: receives the bytes; `length`: how many are wanted, above 0. Returns 0, or -1 when
    /// fewer are stored or none; what there is has been read then.
    pub fn HAL_Config_Read(buffer: *mut c_char, length: c_int) -> c_int;

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

    /// Makes a timer, which is not running.
    ///
    /// `name`: for the reader; `func`: is called with `user_data` in a thread of the timer's when
    /// the time is up. Returns a handle for the functions below, or NULL when `func` is.
    pub fn HAL_Timer_Create(
        name: *const c_char,
        func: Option<unsafe extern "C" fn(*mut c_void)>,
        user_data: *mut c_void,
    ) -> *mut c_void;
    /// Starts a timer, anew if it runs: `func` is called once, in `ms` milliseconds; 0 stops it.
    /// Returns 0, or -1 when `t` is no timer (any more) or `ms` is negative.
    pub fn HAL_Timer_Start(t: *mut c_void, ms: c_int) -> c_int;
    /// Stops a timer. `func` may be running at this moment. Returns 0, or -1 when `t` is no
    /// timer (any more).
    pub fn HAL_Timer_Stop(t: *mut c_void) -> c_int;
    /// Stops a timer and frees it, also from inside its function. Returns 0, or -1 when it is none
    /// (any more).
    pub fn HAL_Timer_Delete(timer: *mut c_void) -> c_int;

    /// Begins to store new firmware, in the place of what was stored before.
    ///
    /// The library's own writes `firmware.bin` beside the file of `HAL_Kv_Set`, or the file that the
    /// environment variable `LINKKIT_FIRMWARE_FILE` names.
    pub fn HAL_Firmware_Persistence_Start();
    /// Stores the next part. Returns 0, or -1 on failure: then no part is taken until the next
    /// start.
    pub fn HAL_Firmware_Persistence_Write(buffer: *mut c_char, length: u32) -> c_int;
    /// Ends storing. Returns 0 when all parts are on the disk under the final name, or -1: then
    /// what was there before is still there.
    pub fn HAL_Firmware_Persistence_Stop() -> c_int;

    /// Makes an AES-128 context.
    ///
    /// `key`, `iv`: 16 bytes each; `dir`: which way it will be used. Returns a handle for the
    /// functions below, or NULL on failure. A context goes on where its last call ended.
    pub fn HAL_Aes128_Init(key: *const u8, iv: *const u8, dir: AES_DIR_t) -> p_HAL_Aes128_t;
    /// Wipes and frees a context. Returns 0, or -1 when `aes` is none (any more).
    pub fn HAL_Aes128_Destroy(aes: p_HAL_Aes128_t) -> c_int;
    /// Encrypts blocks of 16 bytes in CBC mode. `dst` may be `src`. Returns 0, or -1.
    pub fn HAL_Aes128_Cbc_Encrypt(
        aes: p_HAL_Aes128_t,
        src: *const c_void,
        blockNum: size_t,
        dst: *mut c_void,
    ) -> c_int;
    /// Decrypts blocks of 16 bytes in CBC mode. `dst` may be `src`. Returns 0, or -1.
    pub fn HAL_Aes128_Cbc_Decrypt(
        aes: p_HAL_Aes128_t,
        src: *const c_void,
        blockNum: size_t,
        dst: *mut c_void,
    ) -> c_int;
    /// Encrypts bytes in CFB mode. `dst` may be `src`. Returns 0, or -1.
    pub fn HAL_Aes128_Cfb_Encrypt(
        aes: p_HAL_Aes128_t,
        src: *const c_void,
        length: size_t,
        dst: *mut c_void,
    ) -> c_int;
    /// Decrypts bytes in CFB mode. `dst` may be `src`. Returns 0, or -1.
    pub fn HAL_Aes128_Cfb_Decrypt(
        aes: p_HAL_Aes128_t,
        src: *const c_void,
        length: size_t,
        dst: *mut c_void,
    ) -> c_int;

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

    /// Returns the root certificate that the platform's servers are verified by, PEM with a NUL.
    ///
    /// The text must stay valid for ever. The library's own returns GlobalSign Root CA (R1), and
    /// the library then trusts Mozilla's list as well; a firmware's own is the only one trusted.
    pub fn iotx_ca_get() -> *const c_char;
}

// Defined by shim/linked.c: whether the function that is linked is the library's own.
unsafe extern "C" {
    safe fn linkkit_ours_HAL_GetDeviceName() -> c_int;
    safe fn linkkit_ours_HAL_Kv_Set() -> c_int;
    safe fn linkkit_ours_HAL_TCP_Read() -> c_int;
    safe fn linkkit_ours_HAL_TCP_Write() -> c_int;
    safe fn linkkit_ours_HAL_SSL_Establish() -> c_int;
    safe fn linkkit_ours_iotx_ca_get() -> c_int;
}

/// Which of the linked functions are ours.
struct Ours {
    identity: bool,
    kv: bool,
    tcp_read: bool,
    tcp_write: bool,
    ssl: bool,
    ca: bool,
}

static OURS: LazyLock<Ours> = LazyLock::new(|| Ours {
    identity: linkkit_ours_HAL_GetDeviceName() != 0,
    kv: linkkit_ours_HAL_Kv_Set() != 0,
    tcp_read: linkkit_ours_HAL_TCP_Read() != 0,
    tcp_write: linkkit_ours_HAL_TCP_Write() != 0,
    ssl: linkkit_ours_HAL_SSL_Establish() != 0,
    ca: linkkit_ours_iotx_ca_get() != 0,
});

fn whose(ours: bool) -> &'static str {
    if ours { "the library's" } else { "the firmware's" }
}

/// The HAL that was linked, without what depends on the release.
pub fn hal() -> &'static dyn Hal {
    static HAL: Imported = Imported::with(Release {
        firmware_version: None,
        uuid: None,
        network_interfaces: None,
        kv_set_failed: |_| (),
    });
    &HAL
}

/// What depends on the release that is served, which only others know.
///
/// cbindgen:ignore
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// `HAL_GetFirmwareVersion`, as the release spells it: a product's own HAL need not have a
    /// function that its release does not know.
    pub firmware_version: Option<unsafe extern "C" fn(version: *mut c_char) -> c_int>,
    /// `HAL_GetUUID`, where the release has it.
    pub uuid: Option<unsafe extern "C" fn(buf: *mut u8, len: c_int) -> c_int>,
    /// `HAL_GetNetifInfo`, in the same way.
    pub network_interfaces: Option<unsafe extern "C" fn(nif_str: *mut c_char) -> c_int>,
    /// Is told the key for which `HAL_Kv_Set` failed.
    pub kv_set_failed: fn(&CStr),
}

/// The HAL that was linked: the firmware's functions where it has them, else the library's own.
///
/// Where a function of TCP is the library's own it is called in its Rust form, which says more: it
/// returns what is there without waiting for the rest, and gives its errors in words.
#[derive(Clone, Copy, Debug)]
pub struct Imported {
    release: Release,
}

impl Imported {
    /// The HAL of a release.
    pub const fn with(release: Release) -> Self {
        Imported { release }
    }
}

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
        self.release.firmware_version.map(text).unwrap_or_default().to_string()
    }

    fn uuid(&self) -> Vec<u8> {
        let Some(getter) = self.release.uuid else { return Vec::new() };
        let mut buffer = vec![0_u8; TEXT_ROOM];
        // SAFETY: the buffer has the room that is said.
        let len = unsafe { getter(buffer.as_mut_ptr(), signed_len(&buffer)) };
        buffer.truncate(usize::try_from(len).ok().filter(|&len| len <= TEXT_ROOM).unwrap_or(0));
        buffer
    }

    fn network_interfaces(&self) -> String {
        self.release.network_interfaces.map(text).unwrap_or_default().to_string()
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
                (self.release.kv_set_failed)(&key);
                Err(KvFailure(code))
            }
        }
    }

    fn print(&self, text: &str) {
        // C would end the text at a NUL.
        let text = CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default();
        // SAFETY: both are NUL-terminated, and the format takes one string.
        unsafe { HAL_Printf(c"%s".as_ptr(), text.as_ptr()) }
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

    fn tcp_establish(&self, host: &str, port: u16) -> Result<TcpHandle, TransportError> {
        let name = host_name(host)?;
        // A firmware whose function is not linked as it thinks it is finds the reason here.
        log::debug!(
            target: "HAL_TCP_Establish",
            "linked are HAL_GetDeviceName: {}, HAL_Kv_Set: {}, HAL_TCP_Read: {}, HAL_TCP_Write: {}, \
             HAL_SSL_Establish: {}, iotx_ca_get: {}",
            whose(OURS.identity),
            whose(OURS.kv),
            whose(OURS.tcp_read),
            whose(OURS.tcp_write),
            whose(OURS.ssl),
            whose(OURS.ca)
        );
        // SAFETY: the name is NUL-terminated.
        let handle = unsafe { HAL_TCP_Establish(name.as_ptr(), port) };
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
