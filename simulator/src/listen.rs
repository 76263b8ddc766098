//! Sockets: the same port in every region, TLS at the door, each connection a task.

#![forbid(unsafe_code)]

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::ca::Authority;
use crate::config::Region;
use crate::error::{Error, Trying as _};
use crate::faults::Faults;
use crate::trace::{Event, From, Trace};

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a port is looked for that is free at the address of every region.
const PORT_ATTEMPTS: u32 = 50;

/// The sockets of one service: one a region, by the region's name.
pub(crate) type Listeners = Vec<(String, StdListener)>;

/// Listens at the same port in every region; 0 takes one that is free.
pub(crate) fn listen(regions: &[Region], port: u16) -> Result<(Listeners, u16), Error> {
    let mut attempts = if port == 0 { PORT_ATTEMPTS } else { 1 };
    loop {
        attempts -= 1;
        let mut free = port;
        let listeners: Result<Listeners, Error> = regions
            .iter()
            .map(|Region { name, address }| {
                let addr = SocketAddr::from((*address, free));
                let listener = bind(addr).trying(|| format!("listen on {addr} for {name}"))?;
                free =
                    listener.local_addr().trying(|| "find the address of a socket".into())?.port();
                Ok((name.clone(), listener))
            })
            .collect();
        match listeners {
            // The port that was free at the first address is taken at another.
            Err(Error::Io { source, .. })
                if attempts > 0 && source.kind() == io::ErrorKind::AddrInUse => {}
            outcome => return outcome.map(|listeners| (listeners, free)),
        }
    }
}

fn bind(addr: SocketAddr) -> io::Result<StdListener> {
    let listener = StdListener::bind(addr)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Listens for the control API, on loopback alone.
pub(crate) fn listen_for_control(addr: SocketAddr) -> Result<(StdListener, SocketAddr), Error> {
    if !addr.ip().is_loopback() {
        let why = io::Error::other("it is for this machine alone: give a loopback address");
        return Err(why).trying(|| format!("listen on {addr} for the control API"));
    }
    let listener = bind(addr).trying(|| {
        format!("listen on {addr} for the control API; another address can be given by --control")
    })?;
    let addr = listener.local_addr().trying(|| "find the address of a socket".into())?;
    Ok((listener, addr))
}

/// Serves each connection in a task of its own.
pub(crate) async fn accept_each<F>(
    listener: TcpListener,
    serve: impl Fn(TcpStream, SocketAddr) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let (stream, peer) = accept(&listener).await;
        tokio::spawn(serve(stream, peer));
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // For want of file descriptors: some may come free.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Without this, a small packet can wait for the acknowledgement of the one before.
pub(crate) fn send_at_once(stream: &TcpStream) {
    // A socket that refuses it works all the same.
    let _ = stream.set_nodelay(true);
}

/// Lets connections in: TLS with the certificate of the moment.
pub(crate) struct Door {
    pub(crate) authority: Arc<Authority>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) trace: Trace,
}

impl Door {
    /// The connection, once TLS is up; a failed handshake is in the trace.
    pub(crate) async fn admit(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> Option<TlsStream<TcpStream>> {
        send_at_once(&stream);
        let acceptor = TlsAcceptor::from(self.authority.server_config(self.faults.certificate()));
        let why = match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => format!("no TLS: {error}"),
            Err(_) => "no TLS: the handshake took longer than 10 s".into(),
        };
        self.trace.record(peer, From::Device, Event::Closed { why });
        None
    }
}
