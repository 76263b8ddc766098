//! A broker that others wrote: mosquitto, over TCP and over TLS.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::certificates::Certificates;
use super::{LIMIT, find_program};

/// A broker that ends with its owner.
pub(crate) struct Mosquitto {
    child: Child,
    pub(crate) tcp_port: u16,
    pub(crate) tls_port: u16,
    folder: TempDir,
}

impl Mosquitto {
    /// Starts a broker that remembers its sessions when it is restarted.
    pub(crate) fn start() -> Self {
        Self::with_nodelay(true)
    }

    /// Starts one as it comes: it sends small segments only one at a time.
    pub(crate) fn start_delaying() -> Self {
        Self::with_nodelay(false)
    }

    fn with_nodelay(nodelay: bool) -> Self {
        // A port may be taken before the broker comes to it.
        (0..5)
            .find_map(|_| Self::try_start(nodelay))
            .unwrap_or_else(|| panic!("mosquitto does not start"))
    }

    /// `None`: it ended at once.
    fn try_start(nodelay: bool) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let (tcp_port, tls_port) = free_ports();
        write_certificates(&folder);
        let path = |name: &str| folder.path().join(name).display().to_string();
        let configuration = format!(
            "allow_anonymous true\n\
             # As root it would become somebody who may not read the key.\n\
             user root\n\
             persistence true\n\
             persistence_location {}/\n\
             set_tcp_nodelay {nodelay}\n\
             max_inflight_messages 0\n\
             max_queued_messages 0\n\
             log_type warning\n\
             listener {tcp_port} 127.0.0.1\n\
             listener {tls_port} 127.0.0.1\n\
             certfile {}\n\
             keyfile {}\n",
            folder.path().display(),
            path("server.pem"),
            path("server.key"),
        );
        fs::write(path("mosquitto.conf"), configuration).unwrap();
        let child = spawn(&folder);
        let mut broker = Mosquitto { child, tcp_port, tls_port, folder };
        broker.is_up().then_some(broker)
    }

    /// Waits until it listens; `false`: it ended instead.
    fn is_up(&mut self) -> bool {
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            let listens = |port: &u16| TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_ok();
            if [self.tcp_port, self.tls_port].iter().all(listens) {
                return true;
            }
            assert!(start.elapsed() < LIMIT, "mosquitto does not listen");
            sleep(Duration::from_millis(10));
        }
        false
    }

    /// Lets it end in good order, as `systemctl restart` does, and starts it again.
    pub(crate) fn restart(&mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap();
        self.child = spawn(&self.folder);
        assert!(self.is_up(), "mosquitto does not start again");
    }

    /// The root certificate, as PEM.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder().join("ca.pem")
    }

    /// Where the certificates are: `ca.pem`, `server.pem` and `server.key`.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &TempDir) -> Child {
    Command::new(find_program("mosquitto"))
        .arg("-c")
        .arg(folder.path().join("mosquitto.conf"))
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

fn free_ports() -> (u16, u16) {
    let listeners = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let [tcp, tls] = listeners.map(|listener| listener.local_addr().unwrap().port());
    (tcp, tls)
}

fn write_certificates(folder: &TempDir) {
    let certificates = Certificates::new();
    for (name, pem) in [
        ("ca.pem", certificates.authority.pem()),
        ("server.pem", certificates.server.pem()),
        ("server.key", certificates.server_key.serialize_pem()),
    ] {
        fs::write(folder.path().join(name), pem).unwrap();
    }
}
