//! TLS in front of a broker that does not speak it.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use iot_sdk::transport::Trust;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};

use super::certificates::Certificates;

/// The longest record with its head, and more.
const RECORD_MAX: usize = 17 * 1024;

/// Decrypts for the broker at `to` until the test ends. Returns where, and what to trust in.
pub(crate) fn start(to: SocketAddr) -> (SocketAddr, Trust) {
    let certificates = Certificates::new();
    let key = PrivateKeyDer::try_from(certificates.server_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificates.server.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let line = Arc::new(Line {
                tls: Mutex::new(ServerConnection::new(Arc::clone(&config)).unwrap()),
                client: client.unwrap(),
                broker: TcpStream::connect(to).unwrap(),
            });
            line.client.set_nodelay(true).unwrap();
            line.broker.set_nodelay(true).unwrap();
            for pass in [Line::decrypt, Line::encrypt] {
                let line = Arc::clone(&line);
                thread::spawn(move || {
                    let _ = pass(&line);
                    for stream in [&line.client, &line.broker] {
                        let _ = stream.shutdown(Shutdown::Both);
                    }
                });
            }
        }
    });
    (address, Trust::Pem(certificates.authority.pem()))
}

/// A client's connection and the one that was made for it.
struct Line {
    tls: Mutex<ServerConnection>,
    client: TcpStream,
    broker: TcpStream,
}

impl Line {
    /// From the client to the broker.
    fn decrypt(&self) -> io::Result<()> {
        let mut buffer = vec![0; RECORD_MAX];
        loop {
            let len = (&self.client).read(&mut buffer)?;
            let mut ciphertext = &buffer[..len];
            if ciphertext.is_empty() {
                return Ok(());
            }
            let mut plaintext = Vec::new();
            let mut tls = self.tls.lock().unwrap();
            while !ciphertext.is_empty() {
                tls.read_tls(&mut ciphertext)?;
                let outcome = tls.process_new_packets();
                // What went wrong is told to the client.
                self.flush(&mut tls)?;
                let len = outcome.map_err(io::Error::other)?.plaintext_bytes_to_read();
                let start = plaintext.len();
                plaintext.resize(start + len, 0);
                tls.reader().read_exact(&mut plaintext[start..])?;
            }
            drop(tls);
            (&self.broker).write_all(&plaintext)?;
        }
    }

    /// From the broker to the client.
    fn encrypt(&self) -> io::Result<()> {
        let mut buffer = vec![0; RECORD_MAX];
        loop {
            let len = (&self.broker).read(&mut buffer)?;
            if len == 0 {
                return Ok(());
            }
            let mut tls = self.tls.lock().unwrap();
            tls.writer().write_all(&buffer[..len])?;
            self.flush(&mut tls)?;
        }
    }

    fn flush(&self, tls: &mut ServerConnection) -> io::Result<()> {
        while tls.wants_write() {
            tls.write_tls(&mut &self.client)?;
        }
        Ok(())
    }
}
