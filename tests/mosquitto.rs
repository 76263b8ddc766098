//! A C program against a broker that others wrote: mosquitto, over TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use support::{Firmware, LIMIT, find_program, run_without_cloud};
use tempfile::TempDir;

/// A broker that ends with the test.
struct Mosquitto {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Mosquitto {
    fn start() -> Self {
        // The port may be taken before the broker comes to it.
        (0..5).find_map(|_| Self::try_start(free_port())).expect("mosquitto does not start")
    }

    /// `None`: it ended at once.
    fn try_start(port: u16) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        make_certificates(&folder);
        let configuration = format!(
            "listener {port} 127.0.0.1\n\
             certfile {}\n\
             keyfile {}\n\
             allow_anonymous true\n\
             # As root it would become somebody who may not read the key.\n\
             user root\n",
            path("server.pem").display(),
            path("server.key").display(),
        );
        fs::write(path("mosquitto.conf"), configuration).unwrap();
        let child = Command::new(find_program("mosquitto"))
            .arg("-c")
            .arg(path("mosquitto.conf"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut broker = Mosquitto { child, port, folder };
        broker.is_up().then_some(broker)
    }

    fn is_up(&mut self) -> bool {
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return true;
            }
            assert!(start.elapsed() < LIMIT, "mosquitto does not listen");
            sleep(Duration::from_millis(10));
        }
        false
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn make_certificates(folder: &TempDir) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);

    let server = CertificateParams::new(["localhost".into(), "127.0.0.1".into()]).unwrap();
    let server_key = KeyPair::generate().unwrap();
    let server_certificate = server.signed_by(&server_key, &issuer).unwrap();
    for (name, pem) in [
        ("ca.pem", authority_certificate.pem()),
        ("server.pem", server_certificate.pem()),
        ("server.key", server_key.serialize_pem()),
    ] {
        fs::write(folder.path().join(name), pem).unwrap();
    }
}

#[test]
fn a_program_talks_to_mosquitto() {
    let broker = Mosquitto::start();
    let firmware = Firmware::without_redirect("tests/c/mosquitto.c");
    let mut command = firmware.command();
    command.arg(broker.port.to_string()).arg(broker.ca_file());
    run_without_cloud(command, &["a password"]).succeeded().says("mqtt connect success!");
}
