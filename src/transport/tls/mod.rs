//! TLS by rustls over the HAL's TCP, always verified: chain, name and dates.

#![forbid(unsafe_code)]

mod explain;
#[cfg(test)]
mod matrix;

use std::io::{self, BufRead as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, BytesMut};
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, KeyProvider, ring};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::SigningKey;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::tcp::Tcp;
use super::{Connection, Framing, GLOBALSIGN_R1_PEM, Trust};
use crate::base::deadline::Deadline;
use crate::base::error::TransportError;
use crate::base::log::hold;
use crate::base::sync::lock;
use crate::hal::{Hal, TcpHandle};

/// How long a farewell may take: an alert or a close_notify that the socket does not take at once
/// is one that the peer is not waiting for.
const FAREWELL: Duration = Duration::from_millis(100);

/// A TLS connection, closed when dropped.
///
/// Three locks, so that no thread waits for another that waits for the network: `tcp` has its own
/// for reading, `outgoing` is held while ciphertext is written, and `session` only while rustls
/// computes. They are taken in this order.
pub struct Tls {
    tcp: Tcp,
    /// What rustls has encrypted and the socket has not taken yet.
    outgoing: Mutex<BytesMut>,
    session: Mutex<Session>,
}

impl Tls {
    /// The connection underneath.
    pub fn tcp_handle(&self) -> TcpHandle {
        self.tcp.handle()
    }

    /// Connects and shakes hands, at most until `timeout` after the start of the call.
    ///
    /// Resolving and connecting count, but only the HAL can cut them short.
    ///
    /// # Errors
    /// - [`TransportError::TrustAnchor`], [`TransportError::HostName`]: nothing was connected.
    /// - [`TransportError::Connect`]: as the HAL says.
    /// - [`TransportError::Tls`]: the peer is not trusted, or does not speak TLS.
    /// - [`TransportError::TimedOut`], [`TransportError::Closed`]: the peer did not finish.
    pub fn connect(
        hal: &'static dyn Hal,
        host: &str,
        port: u16,
        trust: &Trust,
        timeout: Duration,
    ) -> Result<Self, TransportError> {
        let deadline = Deadline::after(timeout);
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| TransportError::HostName(host.to_owned()))?;
        let session = Session::new(ClientConnection::new(config(trust)?, name)?);
        let tls = Tls {
            tcp: Tcp::connect(hal, host, port, Framing::TlsRecords, deadline)?,
            outgoing: Mutex::new(BytesMut::new()),
            session: Mutex::new(session),
        };
        tls.shake_hands(deadline)?;
        Ok(tls)
    }

    fn shake_hands(&self, deadline: Deadline) -> Result<(), TransportError> {
        // A server may send data right behind its part of the handshake.
        let mut early = BytesMut::new();
        loop {
            if !self.write(&mut lock(&self.outgoing), deadline)? {
                return Err(TransportError::TimedOut);
            }
            {
                let mut session = lock(&self.session);
                if !session.rustls.is_handshaking() {
                    session.early = early;
                    return Ok(());
                }
            }
            if deadline.is_over() {
                return Err(TransportError::TimedOut);
            }
            self.read(&mut early, deadline.left(), deadline)?;
        }
    }

    /// Writes to the socket what rustls has to say; `false`: not all of it went out in time.
    fn write(&self, outgoing: &mut BytesMut, deadline: Deadline) -> Result<bool, TransportError> {
        loop {
            lock(&self.session).encrypted(outgoing)?;
            if outgoing.is_empty() {
                return Ok(true);
            }
            if !self.push(outgoing, deadline)? {
                return Ok(false);
            }
        }
    }

    /// Writes ciphertext to the socket; `false`: not all of it went out in time.
    fn push(&self, outgoing: &mut BytesMut, deadline: Deadline) -> Result<bool, TransportError> {
        if !outgoing.is_empty() {
            let written = self.tcp.write(outgoing, deadline)?;
            outgoing.advance(written);
        }
        Ok(outgoing.is_empty())
    }

    /// Says what rustls has to say beside data, such as an alert. What cannot go out now goes out
    /// before the next data.
    fn answer(&self, deadline: Deadline) {
        let _held = hold();
        // A thread that holds this lock is writing, and writes this as well.
        if let Some(mut outgoing) = try_lock(&self.outgoing)
            && let Err(cause) = self.write(&mut outgoing, deadline)
        {
            log::debug!(target: "HAL_SSL_Write", "no answer to the peer's TLS message: {cause}");
        }
    }

    /// Waits at most `wait` for ciphertext and appends the plaintext in it to `into`; `false`:
    /// nothing came. The deadline is for answers to the peer.
    fn read(
        &self,
        into: &mut BytesMut,
        wait: Duration,
        deadline: Deadline,
    ) -> Result<bool, TransportError> {
        let before = into.len();
        let came = self.tcp.read(wait, |ciphertext| {
            if ciphertext.is_empty() {
                return Ok(None);
            }
            let mut session = lock(&self.session);
            session.decrypt(ciphertext, into)?;
            Ok::<_, TransportError>(Some((session.failed.clone(), session.rustls.wants_write())))
        });
        if let Err(TransportError::Closed) = came {
            log::debug!(target: "HAL_SSL_Read", "the peer cut the connection off without a TLS close_notify");
        }
        let Some((failed, has_answer)) = came?? else { return Ok(false) };
        if has_answer {
            self.answer(if failed.is_some() { Deadline::after(FAREWELL) } else { deadline });
        }
        match failed {
            Some(cause) if into.len() == before => Err(cause.into()),
            _ => Ok(true),
        }
    }
}

impl Connection for Tls {
    fn send(&self, bytes: &[u8], deadline: Deadline) -> Result<usize, TransportError> {
        let _held = hold();
        let mut outgoing = lock(&self.outgoing);
        let mut sent = 0;
        // Nothing is encrypted that could not go out: a peer that does not read must not make
        // ciphertext pile up.
        while self.push(&mut outgoing, deadline)?
            && let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty())
        {
            sent += lock(&self.session).encrypt(rest, &mut outgoing)?;
        }
        Ok(sent)
    }

    fn flush(&self, deadline: Deadline) -> Result<bool, TransportError> {
        let _held = hold();
        self.write(&mut lock(&self.outgoing), deadline)
    }

    fn receive(&self, into: &mut BytesMut, timeout: Duration) -> Result<usize, TransportError> {
        let deadline = Deadline::after(timeout);
        let before = into.len();
        let mut wait = timeout;
        // Handshake messages after the handshake carry nothing for the caller.
        while into.len() == before {
            lock(&self.session).hand_out(into)?;
            if into.len() > before || !self.read(into, wait, deadline)? {
                break;
            }
            wait = deadline.left();
            if wait.is_zero() {
                break;
            }
        }
        Ok(into.len() - before)
    }

    fn receives_at_once(&self) -> bool {
        self.tcp.reads_at_once()
    }

    fn greeted(&self) {
        self.tcp.greeted();
    }

    fn close(&self) {
        // After half a record of a thread that is sending, no close_notify would be understood.
        if let Some(mut outgoing) = try_lock(&self.outgoing) {
            lock(&self.session).close();
            // The peer may be gone, and then nobody misses the farewell.
            let _ = self.write(&mut outgoing, Deadline::after(FAREWELL));
        }
        self.tcp.shutdown();
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        self.close();
    }
}

/// What rustls knows of a connection.
struct Session {
    rustls: ClientConnection,
    /// Plaintext that came together with the end of the handshake.
    early: BytesMut,
    /// The error that ended the connection.
    failed: Option<rustls::Error>,
    /// The peer has said that no more will come.
    peer_closed: bool,
    /// We have said that no more will come.
    closed: bool,
}

impl Session {
    fn new(rustls: ClientConnection) -> Self {
        Session { rustls, early: BytesMut::new(), failed: None, peer_closed: false, closed: false }
    }

    /// Encrypts as much of `plaintext` as rustls takes before the ciphertext must be fetched, and
    /// appends the ciphertext to `into`.
    fn encrypt(&mut self, plaintext: &[u8], into: &mut BytesMut) -> Result<usize, TransportError> {
        match &self.failed {
            Some(cause) => return Err(cause.clone().into()),
            None if self.closed => return Err(TransportError::Closed),
            None => {}
        }
        let taken = self.rustls.writer().write(plaintext)?;
        self.encrypted(into)?;
        Ok(taken)
    }

    fn encrypted(&mut self, into: &mut BytesMut) -> io::Result<()> {
        while self.rustls.wants_write() {
            self.rustls.write_tls(&mut into.writer())?;
        }
        Ok(())
    }

    /// Appends the plaintext of `ciphertext` to `into`. A TLS error is remembered, so that the
    /// plaintext before it is not lost.
    fn decrypt(&mut self, mut ciphertext: &[u8], into: &mut BytesMut) -> io::Result<()> {
        while !ciphertext.is_empty() && self.failed.is_none() && !self.peer_closed {
            // It takes only as much as it has room for.
            self.rustls.read_tls(&mut ciphertext)?;
            self.failed = self.rustls.process_new_packets().err();
            self.drain(into)?;
        }
        Ok(())
    }

    fn drain(&mut self, into: &mut BytesMut) -> io::Result<()> {
        let mut reader = self.rustls.reader();
        loop {
            match reader.fill_buf() {
                Ok([]) => {
                    self.peer_closed = true;
                    return Ok(());
                }
                Ok(plaintext) => {
                    let len = plaintext.len();
                    into.extend_from_slice(plaintext);
                    reader.consume(len);
                }
                Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(cause) => return Err(cause),
            }
        }
    }

    /// Appends the plaintext that has come already; if there is none, says whether more can come.
    fn hand_out(&mut self, into: &mut BytesMut) -> Result<(), TransportError> {
        match &self.failed {
            _ if !self.early.is_empty() => into.unsplit(self.early.split()),
            Some(cause) => return Err(cause.clone().into()),
            None if self.peer_closed => return Err(TransportError::Closed),
            None => {}
        }
        Ok(())
    }

    fn close(&mut self) {
        self.closed = true;
        self.rustls.send_close_notify();
    }
}

/// How many configurations are kept: a firmware has one or two kinds of trust. The tests of this
/// crate, which run side by side in one process, have one each.
const KEPT_CONFIGS: usize = if cfg!(test) { 1024 } else { 4 };
/// How many TLS sessions can be resumed for each kind of trust: one or two a host.
const KEPT_SESSIONS: usize = 16;

/// The configuration for this trust, made once: connections that share it can resume each other's
/// TLS sessions, and parsing some 150 anchors at every reconnect would be a waste.
fn config(trust: &Trust) -> Result<Arc<ClientConfig>, TransportError> {
    static CONFIGS: Mutex<Vec<(Trust, Arc<ClientConfig>)>> = Mutex::new(Vec::new());
    let mut configs = lock(&CONFIGS);
    if let Some((_, config)) = configs.iter().find(|(known, _)| known == trust) {
        return Ok(config.clone());
    }
    let config = Arc::new(new_config(anchors(trust)?)?);
    if configs.len() == KEPT_CONFIGS {
        configs.remove(0);
    }
    configs.push((trust.clone(), config.clone()));
    Ok(config)
}

/// A device shows no certificate, so the code that signs with private keys need not be linked.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(
        &self,
        _: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("private keys are not supported".into()))
    }
}

fn new_config(anchors: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = CryptoProvider { key_provider: &NoKeys, ..ring::default_provider() };
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(anchors)
        .with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(KEPT_SESSIONS);
    Ok(config)
}

pub(super) fn anchors(trust: &Trust) -> Result<RootCertStore, TransportError> {
    let (mut store, text) = match trust {
        Trust::BuiltIn => {
            (webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), GLOBALSIGN_R1_PEM)
        }
        Trust::Pem(pem) => (RootCertStore::empty(), pem.as_str()),
    };
    let mut found = 0;
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        found += 1;
        let bad = |why: &str| TransportError::TrustAnchor(format!("certificate {found}: {why}"));
        let certificate = certificate.map_err(|cause| match cause {
            // Its own words print the kind of the section byte by byte.
            pem::Error::MissingSectionEnd { .. } => bad("its END line is missing"),
            other => bad(&other.to_string()),
        })?;
        store.add(certificate).map_err(|_| bad("it is not an X.509 certificate"))?;
    }
    if found == 0 {
        return Err(TransportError::TrustAnchor("there is no PEM certificate in the text".into()));
    }
    Ok(store)
}

/// The lock, unless another thread holds it.
fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::SocketAddr;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Instant;

    use rustls::HandshakeKind;

    use super::super::send_all;
    use super::*;
    use crate::hal::ReadStyle;
    use crate::hal::fake::FakeHal;
    use crate::transport::test_support::{
        Authority, PATIENCE, Stream, close_notify, serve_tcp, serve_tls, wait_for_end, within,
    };

    const HOST: &str = "cloud.test";
    const SHORT: Duration = Duration::from_millis(100);

    fn connect(
        hal: &'static FakeHal,
        to: SocketAddr,
        trust: &Trust,
        timeout: Duration,
    ) -> Result<Tls, TransportError> {
        hal.redirect(HOST, 443, to);
        Tls::connect(hal, HOST, 443, trust, timeout)
    }

    /// A connection to a server that the client trusts.
    fn connected(serve: impl FnMut(&mut Stream) -> io::Result<()> + Send + 'static) -> Tls {
        let authority = Authority::new();
        let server = serve_tls(authority.config(HOST), serve);
        connect(FakeHal::leak(), server, &authority.trust(), PATIENCE).unwrap()
    }

    fn receive_all(tls: &Tls, len: usize) -> Vec<u8> {
        let deadline = Deadline::after(PATIENCE);
        let mut received = BytesMut::new();
        while received.len() < len && !deadline.is_over() {
            tls.receive(&mut received, deadline.left()).unwrap();
        }
        received.to_vec()
    }

    fn pattern(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at % 251) as u8).collect()
    }

    fn echo(stream: &mut Stream) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            let len = stream.read(&mut buffer)?;
            if len == 0 {
                return close_notify(stream);
            }
            stream.write_all(&buffer[..len])?;
        }
    }

    #[test]
    fn what_is_sent_comes_back_over_either_version() {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let authority = Authority::new();
            let server = serve_tls(authority.config_for_version(HOST, version), echo);
            let tls = connect(FakeHal::leak(), server, &authority.trust(), PATIENCE).unwrap();
            tls.send(b"hello", Deadline::after(PATIENCE)).unwrap();
            assert_eq!(receive_all(&tls, 5), b"hello");
            assert_eq!(lock(&tls.session).rustls.protocol_version(), Some(version.version));
        }
    }

    #[test]
    fn the_server_is_told_which_name_is_wanted() {
        let (tell, told) = mpsc::channel();
        let _tls = connected(move |stream| {
            stream.conn.complete_io(&mut stream.sock)?;
            tell.send(stream.conn.server_name().map(str::to_owned)).unwrap();
            Ok(())
        });
        assert_eq!(told.recv_timeout(PATIENCE).unwrap().as_deref(), Some(HOST));
    }

    #[test]
    fn an_exact_read_is_never_asked_for_more_than_comes() {
        let authority = Authority::new();
        let server = serve_tls(authority.config(HOST), echo);
        let hal = FakeHal::leak();
        hal.state().read_style = ReadStyle::Exact;
        hal.state().write_at_most = 7;
        let start = Instant::now();
        let tls = connect(hal, server, &authority.trust(), 2 * PATIENCE).unwrap();
        for len in [1, 100, 40_000] {
            send_all(&tls, &pattern(len), Deadline::after(PATIENCE)).unwrap();
            assert_eq!(receive_all(&tls, len), pattern(len));
        }
        // A read for more than the peer sends would have lasted until its timeout.
        assert!(start.elapsed() < PATIENCE);
    }

    #[test]
    fn large_transfers_go_both_ways_at_once() {
        const LEN: usize = 4 << 20;
        let tls = connected(echo);
        thread::scope(|scope| {
            scope.spawn(|| send_all(&tls, &pattern(LEN), Deadline::after(PATIENCE)).unwrap());
            assert!(receive_all(&tls, LEN) == pattern(LEN));
        });
    }

    #[test]
    fn silence_ends_by_the_timeout() {
        let server = serve_tcp(|mut socket| drop(io::copy(&mut socket, &mut io::sink())));
        let start = Instant::now();
        let outcome = connect(FakeHal::leak(), server, &Trust::BuiltIn, SHORT);
        assert!(matches!(outcome, Err(TransportError::TimedOut)));
        assert!((SHORT..PATIENCE / 2).contains(&start.elapsed()));
    }

    #[test]
    fn a_handshake_that_trickles_ends_by_the_timeout() {
        for style in [ReadStyle::Available, ReadStyle::Exact] {
            let server = serve_tcp(|mut socket| {
                // A record that announces 16000 bytes of handshake.
                let mut next = socket.write_all(&[22, 3, 3, 62, 128]);
                while next.is_ok() {
                    thread::sleep(Duration::from_millis(5));
                    next = socket.write_all(&[0]);
                }
            });
            let hal = FakeHal::leak();
            hal.state().read_style = style;
            let outcome =
                within(PATIENCE / 2, move || connect(hal, server, &Trust::BuiltIn, SHORT).err());
            assert!(matches!(outcome, Some(TransportError::TimedOut)), "{outcome:?}");
        }
    }

    #[test]
    fn a_peer_that_hangs_up_in_the_handshake_has_closed() {
        let server = serve_tcp(|mut socket| {
            // Reads the hello first, because closing before would reset the connection.
            let _ = socket.read(&mut [0; 4096]);
        });
        let outcome = connect(FakeHal::leak(), server, &Trust::BuiltIn, PATIENCE);
        assert!(matches!(outcome, Err(TransportError::Closed)), "{:?}", outcome.err());
    }

    #[test]
    fn data_comes_before_the_close() {
        for polite in [true, false] {
            let tls = connected(move |stream| {
                stream.write_all(b"last words")?;
                if polite { close_notify(stream) } else { Ok(()) }
            });
            assert_eq!(receive_all(&tls, 10), b"last words");
            let mut rest = BytesMut::new();
            for _ in 0..2 {
                assert!(matches!(tls.receive(&mut rest, PATIENCE), Err(TransportError::Closed)));
            }
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn after_the_peers_close_notify_there_is_still_a_way_to_send() {
        let (tell, told) = mpsc::channel();
        let tls = connected(move |stream| {
            close_notify(stream)?;
            let mut request = [0; 3];
            stream.read_exact(&mut request)?;
            tell.send(request).unwrap();
            Ok(())
        });
        let mut rest = BytesMut::new();
        assert!(matches!(tls.receive(&mut rest, PATIENCE), Err(TransportError::Closed)));
        tls.send(b"bye", Deadline::after(PATIENCE)).unwrap();
        assert_eq!(&told.recv_timeout(PATIENCE).unwrap(), b"bye");
    }

    #[test]
    fn data_comes_before_a_broken_record() {
        let tls = connected(|stream| {
            stream.write_all(b"intact")?;
            stream.sock.write_all(&[23, 3, 3, 0, 20])?;
            stream.sock.write_all(&[0; 20])?;
            wait_for_end(stream);
            Ok(())
        });
        assert_eq!(receive_all(&tls, 6), b"intact");
        let mut rest = BytesMut::new();
        assert!(matches!(tls.receive(&mut rest, PATIENCE), Err(TransportError::Tls(_))));
        assert!(matches!(
            tls.send(b"more", Deadline::after(PATIENCE)),
            Err(TransportError::Tls(_))
        ));
    }

    #[test]
    fn data_right_behind_the_handshake_is_not_lost() {
        // The server writes in the same flight that ends its part of the handshake.
        let tls = connected(|stream| {
            stream.conn.writer().write_all(b"welcome")?;
            stream.conn.complete_io(&mut stream.sock)?;
            wait_for_end(stream);
            Ok(())
        });
        assert_eq!(receive_all(&tls, 7), b"welcome");
    }

    #[test]
    fn nothing_comes_when_nothing_was_sent() {
        let tls = connected(|stream| {
            stream.conn.complete_io(&mut stream.sock)?;
            wait_for_end(stream);
            Ok(())
        });
        let start = Instant::now();
        let mut into = BytesMut::new();
        // The session tickets of TLS 1.3 arrive and are no data.
        assert_eq!(tls.receive(&mut into, SHORT).unwrap(), 0);
        assert!(start.elapsed() >= SHORT);
    }

    #[test]
    fn a_waiting_receiver_does_not_delay_a_sender() {
        let authority = Authority::new();
        let server = serve_tls(authority.config(HOST), echo);
        let hal = FakeHal::leak();
        let tls = connect(hal, server, &authority.trust(), PATIENCE).unwrap();
        let reads = hal.calls("tcp_read");
        let start = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(receive_all(&tls, 3), b"now"));
            while hal.calls("tcp_read") == reads {
                thread::yield_now();
            }
            tls.send(b"now", Deadline::after(PATIENCE)).unwrap();
        });
        assert!(start.elapsed() < PATIENCE / 2);
    }

    #[test]
    fn close_wakes_a_waiting_receiver() {
        let (waiting, is_waiting) = mpsc::channel();
        let tls = Arc::new(connected(|stream| {
            stream.conn.complete_io(&mut stream.sock)?;
            wait_for_end(stream);
            Ok(())
        }));
        let receiver = thread::spawn({
            let tls = tls.clone();
            move || {
                waiting.send(()).unwrap();
                let start = Instant::now();
                let mut into = BytesMut::new();
                while tls.receive(&mut into, PATIENCE).is_ok() && start.elapsed() < PATIENCE {}
                start.elapsed()
            }
        });
        is_waiting.recv().unwrap();
        tls.close();
        assert!(receiver.join().unwrap() < PATIENCE / 2);
        assert!(matches!(
            tls.send(b"late", Deadline::after(PATIENCE)),
            Err(TransportError::Closed)
        ));
    }

    #[test]
    fn a_peer_that_does_not_read_lets_a_send_time_out() {
        let (stop, stopped) = mpsc::channel::<()>();
        let tls = connected(move |stream| {
            stream.conn.complete_io(&mut stream.sock)?;
            let _ = stopped.recv_timeout(PATIENCE);
            Ok(())
        });
        let outcome = send_all(&tls, &vec![0; 64 << 20], Deadline::after(SHORT));
        assert!(matches!(outcome, Err(TransportError::TimedOut)), "{outcome:?}");
        drop(stop);
    }

    #[test]
    fn dropping_says_goodbye_and_closes() {
        let authority = Authority::new();
        let (tell, told) = mpsc::channel();
        let server = serve_tls(authority.config(HOST), move |stream| {
            // Without a close_notify this is an UnexpectedEof.
            tell.send(stream.read(&mut [0]).map_err(|cause| cause.kind())).unwrap();
            Ok(())
        });
        let hal = FakeHal::leak();
        drop(connect(hal, server, &authority.trust(), PATIENCE).unwrap());
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), Ok(0));
        assert_eq!(hal.open_connections(), 0);
    }

    #[test]
    fn connections_of_the_same_trust_resume() {
        let authority = Authority::new();
        let server = serve_tls(authority.config(HOST), echo);
        let kinds = [0, 1].map(|_| {
            let tls = connect(FakeHal::leak(), server, &authority.trust(), PATIENCE).unwrap();
            // The ticket arrives together with the first data, at the latest.
            tls.send(b"x", Deadline::after(PATIENCE)).unwrap();
            receive_all(&tls, 1);
            lock(&tls.session).rustls.handshake_kind()
        });
        assert_eq!(kinds, [Some(HandshakeKind::Full), Some(HandshakeKind::Resumed)]);
    }

    #[test]
    fn an_address_may_stand_for_the_name() {
        let authority = Authority::new();
        let server = serve_tls(authority.config("127.0.0.1"), echo);
        let hal = FakeHal::leak();
        hal.redirect("127.0.0.1", 443, server);
        assert!(Tls::connect(hal, "127.0.0.1", 443, &authority.trust(), PATIENCE).is_ok());
    }

    #[test]
    fn what_is_no_name_is_not_connected_to() {
        let hal = FakeHal::leak();
        let outcome = Tls::connect(hal, "no name", 443, &Trust::BuiltIn, PATIENCE);
        assert!(matches!(outcome, Err(TransportError::HostName(_))));
        assert_eq!(hal.calls("tcp_establish"), 0);
    }

    #[test]
    fn the_built_in_anchors_are_mozillas_and_globalsign_r1() {
        let store = anchors(&Trust::BuiltIn).unwrap();
        assert_eq!(store.len(), webpki_roots::TLS_SERVER_ROOTS.len() + 1);
    }

    #[test]
    fn a_pem_may_hold_several_roots_and_dos_line_ends() {
        let bundle = format!("a comment\n{}{}", Authority::new().pem(), GLOBALSIGN_R1_PEM);
        assert_eq!(anchors(&Trust::Pem(bundle.clone())).unwrap().len(), 2);
        let dos = bundle.replace("\r\n", "\n").replace('\n', "\r\n");
        assert_eq!(anchors(&Trust::Pem(dos)).unwrap().len(), 2);
    }

    #[test]
    fn a_pem_without_a_usable_root_is_refused_in_words() {
        let pem = GLOBALSIGN_R1_PEM;
        let cut = &pem[..pem.len() / 2];
        let not_der =
            "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
        let not_base64 = "-----BEGIN CERTIFICATE-----\n?!?!\n-----END CERTIFICATE-----\n";
        for (text, why) in [
            ("", "there is no PEM certificate in the text"),
            ("garbage", "there is no PEM certificate in the text"),
            (cut, "certificate 1: its END line is missing"),
            (not_der, "certificate 1: it is not an X.509 certificate"),
            (not_base64, "certificate 1: base64 decode error: InvalidCharacter(63)"),
        ] {
            let refused = anchors(&Trust::Pem(text.into())).unwrap_err();
            assert_eq!(refused.to_string(), format!("the root certificate is unusable: {why}"));
        }
    }
}
