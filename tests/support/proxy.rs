//! A proxy between a client and a broker that does harm to the packets it passes on.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use socket2::SockRef;

use super::wire::{Kind, Packet};

/// Where a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    ToBroker,
    ToClient,
}

/// A packet, or a TLS record, that the proxy is about to pass on.
#[derive(Clone, Copy)]
pub(crate) struct Passing<'a> {
    pub(crate) packet: &'a Packet,
    pub(crate) way: Way,
    /// The connection's number, from 1 on.
    pub(crate) connection: usize,
    /// How many packets of this kind went this way over this connection before, or records of any.
    pub(crate) before: usize,
}

impl Passing<'_> {
    pub(crate) fn is(&self, way: Way, kind: Kind) -> bool {
        self.way == way && self.packet.kind() == Some(kind)
    }
}

/// What becomes of a packet.
#[derive(Clone, Debug)]
pub(crate) enum Harm {
    None,
    /// The connection ends behind it, or in its middle.
    CutAfter,
    CutInside,
    /// The client's connection is reset instead.
    Reset,
    /// It is passed on late.
    Delay(Duration),
    /// It is passed on in pieces of one byte.
    Piecemeal,
    Twice,
    /// It changes places with the next one of its kind.
    Later,
    /// These bytes come before it.
    Before(Vec<u8>),
    /// Its last byte is another one.
    Spoilt,
    /// Neither it nor anything after it is passed on, although the connection stays open.
    Silence,
    /// The same, but its first half is passed on.
    SilenceInside,
}

/// Passes on to `to` what comes, as `tamper` says, until the test ends.
pub(crate) fn start(
    to: SocketAddr,
    tamper: impl Fn(Passing<'_>) -> Harm + Send + Sync + 'static,
) -> SocketAddr {
    start_reading(to, |from| Packet::read(from), tamper)
}

/// The same with TLS records instead of packets.
pub(crate) fn start_for_tls(
    to: SocketAddr,
    tamper: impl Fn(Passing<'_>) -> Harm + Send + Sync + 'static,
) -> SocketAddr {
    start_reading(to, |from| Packet::read_record(from), tamper)
}

type Read = fn(&mut &TcpStream) -> io::Result<Packet>;

fn start_reading(
    to: SocketAddr,
    read: Read,
    tamper: impl Fn(Passing<'_>) -> Harm + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let tamper: Arc<dyn Fn(Passing<'_>) -> Harm + Send + Sync> = Arc::new(tamper);
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let line = Arc::new(Line {
                client: client.unwrap(),
                broker: TcpStream::connect(to).unwrap(),
                is_reset: AtomicBool::new(false),
            });
            for way in [Way::ToBroker, Way::ToClient] {
                let line = Arc::clone(&line);
                let pump =
                    Pump { line, read, way, connection: number + 1, seen: [0; 16], held: None };
                let tamper = Arc::clone(&tamper);
                thread::spawn(move || pump.run(&*tamper));
            }
        }
    });
    address
}

/// A client's connection and the one that was made for it, closed when both directions have ended.
struct Line {
    client: TcpStream,
    broker: TcpStream,
    is_reset: AtomicBool,
}

impl Line {
    fn end(&self) {
        if !self.is_reset.load(Ordering::Relaxed) {
            for stream in [&self.client, &self.broker] {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }

    /// Has the client's connection reset when it is closed, and lets both directions end.
    fn reset(&self) {
        self.is_reset.store(true, Ordering::Relaxed);
        SockRef::from(&self.client).set_linger(Some(Duration::ZERO)).unwrap();
        // This one sends nothing, and that to the broker may.
        let _ = self.client.shutdown(Shutdown::Read);
        let _ = self.broker.shutdown(Shutdown::Both);
    }
}

/// One direction of one connection.
struct Pump {
    line: Arc<Line>,
    read: Read,
    way: Way,
    connection: usize,
    seen: [usize; 16],
    held: Option<Packet>,
}

impl Pump {
    fn run(mut self, tamper: &dyn Fn(Passing<'_>) -> Harm) {
        let line = Arc::clone(&self.line);
        let (mut from, mut into) = match self.way {
            Way::ToBroker => (&line.client, &line.broker),
            Way::ToClient => (&line.broker, &line.client),
        };
        into.set_nodelay(true).unwrap();
        let _ = self.pass_all(&mut from, &mut into, tamper);
        line.end();
    }

    /// Passes packets on until the connection ends, by whom ever.
    fn pass_all(
        &mut self,
        from: &mut &TcpStream,
        into: &mut &TcpStream,
        tamper: &dyn Fn(Passing<'_>) -> Harm,
    ) -> io::Result<()> {
        loop {
            let mut packet = (self.read)(from)?;
            let seen = &mut self.seen[usize::from(packet.bytes[0] >> 4)];
            let (way, connection) = (self.way, self.connection);
            let harm = tamper(Passing { packet: &packet, way, connection, before: *seen });
            *seen += 1;
            let bytes = &mut packet.bytes;
            let half = bytes.len() / 2;
            match harm {
                Harm::None => into.write_all(bytes)?,
                Harm::CutAfter => return into.write_all(bytes),
                Harm::CutInside => return into.write_all(&bytes[..half]),
                Harm::Reset => {
                    self.line.reset();
                    return Ok(());
                }
                Harm::Delay(time) => {
                    sleep(time);
                    into.write_all(bytes)?;
                }
                Harm::Piecemeal => {
                    for byte in bytes {
                        into.write_all(&[*byte])?;
                        thread::yield_now();
                    }
                }
                Harm::Twice => into.write_all(&[bytes.as_slice(), bytes].concat())?,
                Harm::Later if self.held.is_none() => {
                    self.held = Some(packet);
                    continue;
                }
                Harm::Later => into.write_all(bytes)?,
                Harm::Before(strange) => into.write_all(&[&strange[..], bytes].concat())?,
                Harm::Spoilt => {
                    *bytes.last_mut().unwrap() ^= 1;
                    into.write_all(bytes)?;
                }
                Harm::Silence => return io::copy(from, &mut io::sink()).map(drop),
                Harm::SilenceInside => {
                    into.write_all(&bytes[..half])?;
                    return io::copy(from, &mut io::sink()).map(drop);
                }
            }
            let same_kind = |held: &mut Packet| held.kind() == packet.kind();
            if let Some(held) = self.held.take_if(same_kind) {
                into.write_all(&held.bytes)?;
            }
        }
    }
}
