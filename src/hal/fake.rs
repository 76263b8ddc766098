//! A [`Hal`] for tests: real loopback sockets, everything else in memory.

#![forbid(unsafe_code)]

use std::collections::{BTreeSet, HashMap};
use std::ffi::CStr;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::{Hal, KvEntries, KvFailure, KvSession, ReadStyle, SslHandle, StoreFailure, TcpHandle};
use crate::base::deadline::Deadline;
use crate::base::error::TransportError;
use crate::base::identity::Secret;
use crate::base::log::{self, Printer};

/// What a test can set before it starts, and look at afterwards.
pub(crate) struct State {
    pub(crate) product_secret: String,
    /// The secret that `set_device_secret` was called with last.
    pub(crate) device_secret: Option<String>,
    pub(crate) accepts_device_secret: bool,
    pub(crate) partner_id: String,
    pub(crate) module_id: String,
    pub(crate) firmware_version: String,
    pub(crate) pinned_root: Option<String>,
    pub(crate) kv: HashMap<String, Vec<u8>>,
    /// Whether `kv_*` count as the firmware's own.
    pub(crate) own_kv: bool,
    /// What `kv_set`, and a change of a session, fails with.
    pub(crate) kv_failure: Option<i32>,
    /// Why a session cannot read.
    pub(crate) kv_unreadable: Option<String>,
    pub(crate) utc_ms: i64,
    pub(crate) read_style: ReadStyle,
    /// Whether `ssl_*` count as the firmware's own. They carry plain bytes.
    pub(crate) own_ssl: bool,
    /// The root that `ssl_establish` was given last.
    pub(crate) ssl_root: Option<String>,
    /// The longest that `tcp_write` writes at once.
    pub(crate) write_at_most: usize,
    /// How long the last `tcp_establish` may have taken.
    pub(crate) patience: Duration,
    redirects: HashMap<(String, u16), SocketAddr>,
    sockets: HashMap<usize, Arc<TcpStream>>,
    last_handle: usize,
    last_random: u32,
    printed: String,
    calls: HashMap<&'static str, usize>,
}

/// The fake. Leaked, as the real one lives for ever.
pub(crate) struct FakeHal(Arc<Mutex<State>>);

impl FakeHal {
    /// One with nothing set. The log is open then, so that no test can print a secret unnoticed.
    pub(crate) fn leak() -> &'static Self {
        shared_log();
        Self::new()
    }

    fn new() -> &'static Self {
        Box::leak(Box::new(FakeHal(Arc::new(Mutex::new(State {
            product_secret: String::new(),
            device_secret: None,
            accepts_device_secret: true,
            partner_id: String::new(),
            module_id: String::new(),
            firmware_version: String::new(),
            pinned_root: None,
            kv: HashMap::new(),
            own_kv: false,
            kv_failure: None,
            kv_unreadable: None,
            utc_ms: 0,
            read_style: ReadStyle::Available,
            own_ssl: false,
            ssl_root: None,
            write_at_most: usize::MAX,
            patience: Duration::ZERO,
            redirects: HashMap::new(),
            sockets: HashMap::new(),
            last_handle: 0,
            last_random: 0,
            printed: String::new(),
            calls: HashMap::new(),
        })))))
    }

    /// The settings and the traces. Not to be held while the code under test runs.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Connects to `to` whoever asks for `host`:`port`. What is not redirected cannot be reached.
    pub(crate) fn redirect(&self, host: &str, port: u16, to: SocketAddr) {
        self.state().redirects.insert((host.to_owned(), port), to);
    }

    /// How often this method of the trait was called.
    pub(crate) fn calls(&self, method: &str) -> usize {
        self.state().calls.get(method).copied().unwrap_or_default()
    }

    /// All that was printed.
    pub(crate) fn printed(&self) -> String {
        self.state().printed.clone()
    }

    /// How many connections have not been destroyed.
    pub(crate) fn open_connections(&self) -> usize {
        self.state().sockets.len()
    }

    /// Waits until bytes, or the end, can be read from the one connection.
    pub(crate) fn wait_for_bytes(&self) {
        let socket = self.state().sockets.values().next().unwrap().clone();
        socket.set_read_timeout(None).unwrap();
        let _ = socket.peek(&mut [0]);
    }

    fn count(&self, method: &'static str) -> MutexGuard<'_, State> {
        let mut state = self.state();
        *state.calls.entry(method).or_default() += 1;
        state
    }

    fn connect(&self, host: &str, port: u16) -> Result<usize, TransportError> {
        let refused = || TransportError::Connect { host: host.to_owned(), port };
        let to = *self.state().redirects.get(&(host.to_owned(), port)).ok_or_else(refused)?;
        let socket = TcpStream::connect(to).map_err(|_| refused())?;
        socket.set_nodelay(true)?;
        let mut state = self.state();
        state.last_handle += 1;
        let handle = state.last_handle;
        state.sockets.insert(handle, Arc::new(socket));
        Ok(handle)
    }

    fn read(
        &self,
        handle: usize,
        style: ReadStyle,
        buf: &mut [u8],
        timeout: Duration,
    ) -> Result<usize, TransportError> {
        let socket = self.state().sockets.get(&handle).unwrap().clone();
        let end = Instant::now() + timeout;
        let mut filled = 0;
        while filled < buf.len() {
            socket.set_read_timeout(Some(patience(end)))?;
            match (&*socket).read(&mut buf[filled..]) {
                Ok(0) if filled == 0 => return Err(TransportError::Closed),
                Ok(0) => break,
                Ok(len) => filled += len,
                Err(cause) if timed_out(&cause) => {}
                Err(cause) if filled == 0 => return Err(cause.into()),
                Err(_) => break,
            }
            let enough = style == ReadStyle::Available && filled > 0;
            if enough || Instant::now() >= end {
                break;
            }
        }
        Ok(filled)
    }

    fn write(&self, handle: usize, buf: &[u8], timeout: Duration) -> Result<usize, TransportError> {
        let (socket, at_most) = {
            let state = self.state();
            (state.sockets.get(&handle).unwrap().clone(), state.write_at_most)
        };
        socket.set_write_timeout(Some(patience(Instant::now() + timeout)))?;
        match (&*socket).write(&buf[..buf.len().min(at_most)]) {
            Err(cause) if timed_out(&cause) => Ok(0),
            written => Ok(written?),
        }
    }
}

/// What is left of the time, as sockets take it: they understand zero as for ever.
fn patience(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

/// What no test may print, whichever has it.
static SECRETS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn keep_out_of_the_log(secret: &str) {
    /// As short as secrets are. Shorter texts may be in the log by chance.
    const LEN_MIN: usize = 16;
    if secret.len() >= LEN_MIN && !cfg!(feature = "log-secrets") {
        SECRETS.lock().unwrap().insert(secret.to_owned());
    }
}

/// Whose a secret is may be printed.
fn keep_value_out_of_the_log(key: &str, value: &[u8]) {
    if !key.ends_with(".owner") {
        keep_out_of_the_log(&String::from_utf8_lossy(value));
    }
}

/// The log of all tests of this process together, open at the debug level from the first call on.
///
/// There is only one log, so look for lines that only your own test can have caused.
pub(crate) fn shared_log() -> &'static FakeHal {
    static HAL: LazyLock<&'static FakeHal> = LazyLock::new(|| {
        let hal = FakeHal::new();
        log::open(hal);
        log::set_level(log::Level::Debug);
        hal
    });
    *HAL
}

impl KvEntries for HashMap<String, Vec<u8>> {
    fn value(&self, key: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.get(key).cloned().map(Zeroizing::new)
    }

    fn put(&mut self, key: &str, value: &[u8]) {
        // Whose a secret is may be told.
        if !key.ends_with(".owner") {
            keep_out_of_the_log(&String::from_utf8_lossy(value));
        }
        self.insert(key.to_owned(), value.to_owned());
    }
}

fn timed_out(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

impl Printer for FakeHal {
    fn print(&self, text: &str) {
        let told = SECRETS.lock().unwrap().iter().any(|secret| text.contains(secret));
        // Not even here is the secret itself printed.
        assert!(!told, "a secret was printed");
        self.count("print").printed.push_str(text);
    }
}

impl Hal for FakeHal {
    fn product_secret(&self) -> Secret {
        let secret = self.count("product_secret").product_secret.clone();
        keep_out_of_the_log(&secret);
        Secret::new(secret)
    }

    fn set_device_secret(&self, secret: &Secret) -> bool {
        keep_out_of_the_log(secret.expose());
        let mut state = self.count("set_device_secret");
        if state.accepts_device_secret {
            state.device_secret = Some(secret.expose().to_owned());
        }
        state.accepts_device_secret
    }

    fn partner_id(&self) -> String {
        self.count("partner_id").partner_id.clone()
    }

    fn module_id(&self) -> String {
        self.count("module_id").module_id.clone()
    }

    fn firmware_version(&self) -> String {
        self.count("firmware_version").firmware_version.clone()
    }

    fn uuid(&self) -> Vec<u8> {
        b"unique".to_vec()
    }

    fn network_interfaces(&self) -> String {
        "WiFi|03ACDEFF0032".to_owned()
    }

    fn pinned_root(&self) -> Option<String> {
        self.count("pinned_root").pinned_root.clone()
    }

    fn kv_session(&self, _deadline: Deadline) -> Option<Result<Box<dyn KvSession>, StoreFailure>> {
        /// `Hal` is behind a reference that may be short, and the state lives for ever.
        struct Session(Arc<Mutex<State>>);
        impl KvSession for Session {
            fn read(&mut self) -> Result<Box<dyn KvEntries>, StoreFailure> {
                let mut state = self.0.lock().unwrap();
                *state.calls.entry("kv_read").or_default() += 1;
                match &state.kv_unreadable {
                    Some(why) => Err(StoreFailure(why.clone())),
                    None => Ok(Box::new(state.kv.clone())),
                }
            }

            fn change(
                &mut self,
                change: &mut dyn FnMut(&mut dyn KvEntries) -> bool,
            ) -> Result<(), StoreFailure> {
                let mut state = self.0.lock().unwrap();
                *state.calls.entry("kv_change").or_default() += 1;
                let mut changed = state.kv.clone();
                if !change(&mut changed) {
                    return Ok(());
                }
                match state.kv_failure {
                    Some(code) => Err(StoreFailure(format!("the disk says {code}"))),
                    None => {
                        state.kv = changed;
                        Ok(())
                    }
                }
            }
        }
        let state = self.count("kv_session");
        (!state.own_kv).then(|| Ok(Box::new(Session(Arc::clone(&self.0))) as Box<dyn KvSession>))
    }

    fn kv_get(&self, key: &str, room: usize) -> Option<Zeroizing<Vec<u8>>> {
        let value = self.count("kv_get").kv.get(key)?.clone();
        keep_value_out_of_the_log(key, &value);
        (value.len() <= room).then(|| Zeroizing::new(value))
    }

    fn kv_set(&self, key: &str, value: &[u8]) -> Result<(), KvFailure> {
        keep_value_out_of_the_log(key, value);
        let mut state = self.count("kv_set");
        if let Some(code) = state.kv_failure {
            return Err(KvFailure(code));
        }
        state.kv.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn uptime_ms(&self) -> u64 {
        0
    }

    fn random(&self, bound: u32) -> u32 {
        let mut state = self.count("random");
        state.last_random = state.last_random.wrapping_add(1);
        state.last_random.checked_rem(bound).unwrap_or_default()
    }

    fn utc_ms(&self) -> i64 {
        self.count("utc_ms").utc_ms
    }

    fn spawn(&self, name: &CStr, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        let name = name.to_string_lossy().into_owned();
        thread::Builder::new().name(name).spawn(work).map(drop)
    }

    fn tcp_establish(
        &self,
        host: &str,
        port: u16,
        deadline: Deadline,
    ) -> Result<TcpHandle, TransportError> {
        self.count("tcp_establish").patience = deadline.left();
        self.connect(host, port).map(TcpHandle)
    }

    fn tcp_read_style(&self) -> ReadStyle {
        self.count("tcp_read_style").read_style
    }

    fn tcp_read(
        &self,
        handle: TcpHandle,
        buf: &mut [u8],
        timeout: Duration,
    ) -> Result<usize, TransportError> {
        let style = self.count("tcp_read").read_style;
        self.read(handle.0, style, buf, timeout)
    }

    fn tcp_acknowledge_at_once(&self, _handle: TcpHandle) {
        drop(self.count("tcp_acknowledge_at_once"));
    }

    fn tcp_write(
        &self,
        handle: TcpHandle,
        buf: &[u8],
        timeout: Duration,
    ) -> Result<usize, TransportError> {
        drop(self.count("tcp_write"));
        self.write(handle.0, buf, timeout)
    }

    fn tcp_shutdown(&self, handle: TcpHandle) {
        // A peer that closed first makes this fail, and that is as good.
        let _ = self.count("tcp_shutdown").sockets.get(&handle.0).unwrap().shutdown(Shutdown::Both);
    }

    fn tcp_destroy(&self, handle: TcpHandle) {
        self.count("tcp_destroy").sockets.remove(&handle.0).unwrap();
    }

    fn has_own_ssl(&self) -> bool {
        self.count("has_own_ssl").own_ssl
    }

    fn ssl_establish(
        &self,
        host: &str,
        port: u16,
        root_pem: &str,
    ) -> Result<SslHandle, TransportError> {
        self.count("ssl_establish").ssl_root = Some(root_pem.to_owned());
        self.connect(host, port).map(SslHandle)
    }

    fn ssl_read(
        &self,
        handle: SslHandle,
        buf: &mut [u8],
        timeout: Duration,
    ) -> Result<usize, TransportError> {
        drop(self.count("ssl_read"));
        self.read(handle.0, ReadStyle::Exact, buf, timeout)
    }

    fn ssl_write(
        &self,
        handle: SslHandle,
        buf: &[u8],
        timeout: Duration,
    ) -> Result<usize, TransportError> {
        drop(self.count("ssl_write"));
        self.write(handle.0, buf, timeout)
    }

    fn ssl_destroy(&self, handle: SslHandle) {
        self.count("ssl_destroy").sockets.remove(&handle.0).unwrap();
    }
}
