//! What a resumed TLS session saves: bytes, time, and round trips.
//!
//! `cargo bench --bench resumption` prints the table of `docs/tls-resumption.md`.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark, which may fail loudly")]

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use iot_sdk::base::deadline::Deadline;
use iot_sdk::hal::c;
use iot_sdk::transport::tls::Tls;
use iot_sdk::transport::{Connection as _, Trust};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring::{self, Ticketer};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::NoServerSessionStorage;
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

const HOST: &str = "localhost";
const PATIENCE: Duration = Duration::from_secs(10);
/// Stands for a server that is not on this machine.
const ROUND_TRIP: Duration = Duration::from_millis(20);
const NEAR_RUNS: usize = 300;
const FAR_RUNS: usize = 30;

/// A socket that counts its bytes, and answers only after the time that the way would take.
struct Wire {
    socket: TcpStream,
    round_trip: Duration,
    has_read: bool,
    bytes: Bytes,
}

#[derive(Clone, Copy, Default)]
struct Bytes {
    to_server: usize,
    to_client: usize,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.socket.read(buffer)?;
        self.has_read = true;
        self.bytes.to_server += count;
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.has_read) {
            thread::sleep(self.round_trip);
        }
        let count = self.socket.write(buffer)?;
        self.bytes.to_client += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

/// A server that answers each connection's first byte and then says how much was said in all.
struct Server {
    address: SocketAddr,
    trust: Trust,
    bytes: Receiver<Bytes>,
}

impl Server {
    fn start(version: &'static SupportedProtocolVersion, resumes: bool, away: Duration) -> Self {
        let (mut config, trust) = server_config(version);
        if resumes {
            config.ticketer = Ticketer::new().unwrap();
        } else {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, bytes) = channel();
        thread::spawn(move || serve(&listener, &Arc::new(config), away, &tell));
        Server { address, trust, bytes }
    }

    /// Connects, and returns how long that took and how much was said.
    fn connect(&self) -> (Duration, Bytes) {
        let start = Instant::now();
        let port = self.address.port();
        let tls = Tls::connect(c::hal(), HOST, port, &self.trust, PATIENCE).unwrap();
        let took = start.elapsed();
        tls.send(b"?", Deadline::after(PATIENCE)).unwrap();
        let mut answer = BytesMut::new();
        assert_eq!(tls.receive(&mut answer, PATIENCE).unwrap(), 1);
        (took, self.bytes.recv_timeout(PATIENCE).unwrap())
    }

    /// The median time, and the bytes, of connections after the first.
    fn measure(&self, runs: usize) -> (Duration, Bytes) {
        self.connect();
        let mut times = Vec::new();
        let mut bytes = Bytes::default();
        for _ in 0..runs {
            let (took, said) = self.connect();
            times.push(took);
            bytes = said;
        }
        times.sort();
        (times.get(runs / 2).copied().unwrap_or_default(), bytes)
    }
}

/// A chain of two certificates, as the platform's servers send.
fn server_config(version: &'static SupportedProtocolVersion) -> (ServerConfig, Trust) {
    let ca = || {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (params, KeyPair::generate().unwrap())
    };
    let (params, key) = ca();
    let root = CertifiedIssuer::self_signed(params, key).unwrap();
    let (params, key) = ca();
    let intermediate = CertifiedIssuer::signed_by(params, key, &root).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([HOST.to_owned()]).unwrap();
    let leaf = params.signed_by(&key, &intermediate).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone(), intermediate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (config, Trust::Pem(root.pem()))
}

fn serve(listener: &TcpListener, config: &Arc<ServerConfig>, away: Duration, tell: &Sender<Bytes>) {
    for socket in listener.incoming() {
        let socket = socket.unwrap();
        socket.set_nodelay(true).unwrap();
        let wire = Wire { socket, round_trip: away, has_read: false, bytes: Bytes::default() };
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), wire);
        stream.read_exact(&mut [0]).unwrap();
        stream.write_all(b"!").unwrap();
        if tell.send(stream.sock.bytes).is_err() {
            return;
        }
    }
}

fn main() {
    println!(
        "| version | handshake | bytes to the server | bytes to the client | time, same machine | time, {} ms away |",
        ROUND_TRIP.as_millis()
    );
    println!("|---|---|---:|---:|---:|---:|");
    for (name, version) in
        [("TLS 1.2", &rustls::version::TLS12), ("TLS 1.3", &rustls::version::TLS13)]
    {
        for (handshake, resumes) in [("full", false), ("resumed", true)] {
            let (near, bytes) = Server::start(version, resumes, Duration::ZERO).measure(NEAR_RUNS);
            let (far, _) = Server::start(version, resumes, ROUND_TRIP).measure(FAR_RUNS);
            println!(
                "| {name} | {handshake} | {} | {} | {:.2} ms | {:.1} ms |",
                bytes.to_server,
                bytes.to_client,
                near.as_secs_f64() * 1e3,
                far.as_secs_f64() * 1e3
            );
        }
    }
}
