//! A broker that does as little as a broker can, so that the client sets the pace.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use bytes::BytesMut;
use iot_sdk::mqtt::packet::{self, Decoder, Frame, Packet, QoS};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Who publishes here asks for messages without end.
const FLOOD: &str = "/bench/flood";
/// The topic of the messages of a flood, which benches/c/workload.c subscribes to.
const TOPIC: &str = "/bench/device/data";
const FLOOD_PAYLOAD: [u8; 64] = [b'x'; 64];
/// As much as a TLS record holds.
const CHUNK: usize = 16 * 1024;
/// Larger than any packet here.
const LIMIT: usize = 1 << 20;
const ACCEPTED: [u8; 4] = [0x20, 2, 0, 0];

/// Runs until the program ends.
pub(crate) struct FastBroker {
    pub(crate) tls_port: u16,
}

impl FastBroker {
    /// Starts one that shows the certificate in this folder's `server.pem` and `server.key`.
    pub(crate) fn start(certificates: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let tls_port = listener.local_addr().unwrap().port();
        let config = Arc::new(config(certificates));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let config = Arc::clone(&config);
                // It ends by an error when the client goes, which is as it should be.
                thread::spawn(move || serve(stream?, config));
            }
        });
        FastBroker { tls_port }
    }
}

fn config(certificates: &Path) -> ServerConfig {
    let certificate = CertificateDer::from_pem_file(certificates.join("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates.join("server.key")).unwrap();
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}

fn serve(tcp: TcpStream, config: Arc<ServerConfig>) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, tcp);
    let mut decoder = Decoder::new(LIMIT);
    let mut chunk = [0; CHUNK];
    loop {
        let len = stream.read(&mut chunk)?;
        if len == 0 {
            return Ok(());
        }
        decoder.buffer.extend_from_slice(&chunk[..len]);
        let mut answers = BytesMut::new();
        let mut flood = false;
        while let Some(frame) = decoder.next_frame().map_err(io::Error::other)? {
            flood |= matches!(&frame, Frame::Message(message) if message.topic() == FLOOD);
            answer(&frame, &mut answers);
        }
        stream.write_all(&answers)?;
        if flood {
            return send_for_ever(&mut stream);
        }
    }
}

fn answer(frame: &Frame, answers: &mut BytesMut) {
    match frame {
        Frame::Packet(Packet::Connect(_)) => answers.extend_from_slice(&ACCEPTED),
        Frame::Message(message) if message.qos == QoS::AtLeastOnce => {
            answers.extend_from_slice(&packet::puback(message.id));
        }
        Frame::Packet(Packet::Subscribe(subscribe)) => {
            let [high, low] = subscribe.pkid.to_be_bytes();
            answers.extend_from_slice(&[0x90, 3, high, low, 0]);
        }
        _ => {}
    }
}

/// Until the client goes.
fn send_for_ever(stream: &mut impl io::Write) -> io::Result<()> {
    let message = packet::publish(TOPIC, 0, QoS::AtMostOnce, false, &FLOOD_PAYLOAD)
        .ok_or(io::ErrorKind::InvalidInput)?;
    let messages = message.repeat(CHUNK / message.len());
    loop {
        stream.write_all(&messages)?;
    }
}
