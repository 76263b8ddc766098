//! A cloud for tests: a certificate authority and servers on loopback that trust in it.

#![forbid(unsafe_code)]

use std::io::{self, Read as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use super::Trust;

/// A server's end of a TLS connection.
pub(crate) type Stream = StreamOwned<ServerConnection, TcpStream>;

/// What bounds every test that would otherwise hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A certificate authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("Test Root")
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        Authority(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::Pem(self.pem())
    }

    /// A server's configuration with a certificate for `name`.
    pub(crate) fn config(&self, name: &str) -> Arc<ServerConfig> {
        self.config_for_years(name, 2000, 4000)
    }

    /// The same with a certificate that is valid from one New Year to the other.
    pub(crate) fn config_for_years(&self, name: &str, from: i32, to: i32) -> Arc<ServerConfig> {
        self.make_config(name, (from, to), rustls::DEFAULT_VERSIONS)
    }

    /// The same for a server that speaks only this version of TLS.
    pub(crate) fn config_for_version(
        &self,
        name: &str,
        version: &'static SupportedProtocolVersion,
    ) -> Arc<ServerConfig> {
        self.make_config(name, (2000, 4000), &[version])
    }

    fn make_config(
        &self,
        name: &str,
        (from, to): (i32, i32),
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = self.sign(&params, &key);
        Arc::new(server_config(vec![certificate.der().clone()], &key, versions))
    }

    pub(crate) fn sign(&self, params: &CertificateParams, key: &KeyPair) -> Certificate {
        params.signed_by(key, &self.0).unwrap()
    }

    /// An issuer that this one has signed.
    pub(crate) fn intermediate(&self, is_ca: IsCa) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "Test Intermediate");
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        Authority(CertifiedIssuer::signed_by(params, key, &self.0).unwrap())
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub(crate) fn key_pem(&self) -> String {
        self.0.key().serialize_pem()
    }
}

/// The configuration of a server that presents `chain` and has the `key` of its first certificate.
pub(crate) fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: &KeyPair,
    versions: &[&'static SupportedProtocolVersion],
) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap()
}

/// A server that serves one connection after another until the test ends.
pub(crate) fn serve_tcp(mut serve: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let socket = socket.unwrap();
            socket.set_nodelay(true).unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            socket.set_write_timeout(Some(PATIENCE)).unwrap();
            serve(socket);
        }
    });
    address
}

/// The same with TLS. `serve` gets the stream before the handshake, which its first read or write
/// brings about.
pub(crate) fn serve_tls(
    config: Arc<ServerConfig>,
    mut serve: impl FnMut(&mut Stream) -> io::Result<()> + Send + 'static,
) -> SocketAddr {
    serve_tcp(move |socket| {
        let connection = ServerConnection::new(config.clone()).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        // The client is what is tested: it may go away in the middle of anything.
        let _ = serve(&mut stream);
    })
}

/// Reads and drops all that comes until the client has gone.
pub(crate) fn wait_for_end(stream: &mut Stream) {
    let mut rest = [0; 4096];
    while matches!(stream.read(&mut rest), Ok(len) if len > 0) {}
}

/// Ends a TLS connection as the protocol wants it.
pub(crate) fn close_notify(stream: &mut Stream) -> io::Result<()> {
    if stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    stream.conn.send_close_notify();
    stream.conn.complete_io(&mut stream.sock).map(|_| ())
}

/// Runs `work` in a thread and returns its result, or panics once it has taken too long.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (done, result) = std::sync::mpsc::channel();
    let worker: JoinHandle<()> = thread::spawn(move || done.send(work()).unwrap());
    let result = result.recv_timeout(limit).expect("it took too long or panicked");
    worker.join().unwrap();
    result
}
