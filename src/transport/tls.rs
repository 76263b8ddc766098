//! TLS by rustls over the HAL's TCP, always verified: chain, name and dates.

#![forbid(unsafe_code)]

use std::io::{self, BufRead as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, BytesMut};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::tcp::Tcp;
use super::{Connection, Deadline, Framing, GLOBALSIGN_R1_PEM, Trust};
use crate::error::TransportError;
use crate::hal::Hal;
use crate::sync::lock;

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
            tcp: Tcp::connect(hal, host, port, Framing::TlsRecords)?,
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
            self.flush(&mut lock(&self.outgoing), deadline)?;
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
            self.read(&mut early, deadline.left())?;
        }
    }

    /// Writes to the socket all that rustls has to say.
    fn flush(&self, outgoing: &mut BytesMut, deadline: Deadline) -> Result<(), TransportError> {
        loop {
            lock(&self.session).encrypted(outgoing)?;
            if outgoing.is_empty() {
                return Ok(());
            }
            while !outgoing.is_empty() {
                let written = self.tcp.write(outgoing, deadline)?;
                outgoing.advance(written);
            }
        }
    }

    /// Says what rustls has to say beside data, such as an alert. What cannot go out now goes out
    /// before the next data.
    fn answer(&self, deadline: Deadline) {
        // A thread that holds this lock is writing, and flushes this as well.
        if let Some(mut outgoing) = try_lock(&self.outgoing)
            && let Err(cause) = self.flush(&mut outgoing, deadline)
        {
            log::debug!(target: "HAL_SSL_Write", "no answer to the peer's TLS message: {cause}");
        }
    }

    /// Reads ciphertext once and appends the plaintext in it to `into`; `false`: nothing came.
    fn read(&self, into: &mut BytesMut, timeout: Duration) -> Result<bool, TransportError> {
        let deadline = Deadline::after(timeout);
        let before = into.len();
        let came = self.tcp.read(timeout, |ciphertext| {
            lock(&self.session).decrypt(ciphertext, into)?;
            Ok::<bool, TransportError>(!ciphertext.is_empty())
        });
        let came = match came {
            Ok(came) => came?,
            Err(TransportError::Closed) => {
                log::debug!(target: "HAL_SSL_Read", "the peer cut the connection off without a TLS close_notify");
                return Err(TransportError::Closed);
            }
            Err(cause) => return Err(cause),
        };
        let (failed, has_answer) = {
            let session = lock(&self.session);
            (session.failed.clone(), session.rustls.wants_write())
        };
        if has_answer {
            self.answer(if failed.is_some() { Deadline::after(FAREWELL) } else { deadline });
        }
        match failed {
            Some(cause) if into.len() == before => Err(cause.into()),
            _ => Ok(came),
        }
    }
}

impl Connection for Tls {
    fn send(&self, bytes: &[u8], timeout: Duration) -> Result<(), TransportError> {
        let deadline = Deadline::after(timeout);
        let mut outgoing = lock(&self.outgoing);
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = lock(&self.session).encrypt(rest)?;
            rest = rest.get(taken..).unwrap_or_default();
            self.flush(&mut outgoing, deadline)?;
        }
        Ok(())
    }

    fn receive(&self, into: &mut BytesMut, timeout: Duration) -> Result<usize, TransportError> {
        let deadline = Deadline::after(timeout);
        let before = into.len();
        lock(&self.session).hand_out(into)?;
        let mut wait = timeout;
        // Handshake messages after the handshake carry nothing for the caller.
        while into.len() == before {
            if !self.read(into, wait)? {
                break;
            }
            lock(&self.session).hand_out(into)?;
            wait = deadline.left();
            if wait.is_zero() {
                break;
            }
        }
        Ok(into.len() - before)
    }

    fn close(&self) {
        // After half a record of a thread that is sending, no close_notify would be understood.
        if let Some(mut outgoing) = try_lock(&self.outgoing) {
            lock(&self.session).close();
            // The peer may be gone, and then nobody misses the farewell.
            let _ = self.flush(&mut outgoing, Deadline::after(FAREWELL));
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

    /// Encrypts as much of `plaintext` as rustls takes before the ciphertext must be fetched.
    fn encrypt(&mut self, plaintext: &[u8]) -> Result<usize, TransportError> {
        match &self.failed {
            Some(cause) => Err(cause.clone().into()),
            None if self.closed => Err(TransportError::Closed),
            None => Ok(self.rustls.writer().write(plaintext)?),
        }
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

/// How many configurations are kept: a firmware has one or two kinds of trust.
const KEPT_CONFIGS: usize = 4;
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

fn new_config(anchors: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(anchors)
        .with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(KEPT_SESSIONS);
    Ok(config)
}

fn anchors(trust: &Trust) -> Result<RootCertStore, TransportError> {
    let (mut store, pem) = match trust {
        Trust::BuiltIn => {
            (webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), GLOBALSIGN_R1_PEM)
        }
        Trust::Pem(pem) => (RootCertStore::empty(), pem.as_str()),
    };
    let mut found = 0;
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        found += 1;
        let bad = |why: String| TransportError::TrustAnchor(format!("certificate {found}: {why}"));
        let certificate = certificate.map_err(|why| bad(why.to_string()))?;
        store.add(certificate).map_err(|why| bad(why.to_string()))?;
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
