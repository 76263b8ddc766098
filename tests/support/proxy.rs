//! A proxy between a client and a broker that does harm to the packets it passes on.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, sleep};
use std::time::Duration;

use super::wire::{Kind, Packet};

/// Where a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    ToBroker,
    ToClient,
}

/// A packet that the proxy is about to pass on.
#[derive(Clone, Copy)]
pub(crate) struct Passing<'a> {
    pub(crate) packet: &'a Packet,
    pub(crate) way: Way,
    /// The connection's number, from 1 on.
    pub(crate) connection: usize,
    /// How many packets of this kind went this way over this connection before.
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
    /// It is passed on late.
    Delay(Duration),
    /// It is passed on in pieces of one byte.
    Piecemeal,
    Twice,
    /// It changes places with the next one of its kind.
    Later,
    /// These bytes come before it.
    Before(Vec<u8>),
    /// Neither it nor anything after it is passed on, although the connection stays open.
    Silence,
}

/// Passes on to `to` what comes, as `tamper` says, until the test ends.
pub(crate) fn start(
    to: SocketAddr,
    tamper: impl Fn(Passing<'_>) -> Harm + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let tamper: Arc<dyn Fn(Passing<'_>) -> Harm + Send + Sync> = Arc::new(tamper);
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let client = client.unwrap();
            let broker = TcpStream::connect(to).unwrap();
            for (from, into, way) in
                [(&client, &broker, Way::ToBroker), (&broker, &client, Way::ToClient)]
            {
                let pump = Pump {
                    from: from.try_clone().unwrap(),
                    into: into.try_clone().unwrap(),
                    way,
                    connection: number + 1,
                    seen: [0; 16],
                    held: None,
                };
                let tamper = Arc::clone(&tamper);
                thread::spawn(move || pump.run(&*tamper));
            }
        }
    });
    address
}

/// One direction of one connection.
struct Pump {
    from: TcpStream,
    into: TcpStream,
    way: Way,
    connection: usize,
    seen: [usize; 16],
    held: Option<Packet>,
}

impl Pump {
    fn run(mut self, tamper: &dyn Fn(Passing<'_>) -> Harm) {
        self.into.set_nodelay(true).unwrap();
        let _ = self.pass_all(tamper);
        for stream in [&self.from, &self.into] {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Passes packets on until the connection ends, by whom ever.
    fn pass_all(&mut self, tamper: &dyn Fn(Passing<'_>) -> Harm) -> io::Result<()> {
        loop {
            let packet = Packet::read(&mut self.from)?;
            let seen = &mut self.seen[usize::from(packet.bytes[0] >> 4)];
            let (way, connection) = (self.way, self.connection);
            let harm = tamper(Passing { packet: &packet, way, connection, before: *seen });
            *seen += 1;
            let bytes = &packet.bytes;
            match harm {
                Harm::None => self.into.write_all(bytes)?,
                Harm::CutAfter => return self.into.write_all(bytes),
                Harm::CutInside => return self.into.write_all(&bytes[..bytes.len() / 2]),
                Harm::Delay(time) => {
                    sleep(time);
                    self.into.write_all(bytes)?;
                }
                Harm::Piecemeal => {
                    for byte in bytes {
                        self.into.write_all(&[*byte])?;
                        thread::yield_now();
                    }
                }
                Harm::Twice => self.into.write_all(&[bytes.as_slice(), bytes].concat())?,
                Harm::Later if self.held.is_none() => {
                    self.held = Some(packet);
                    continue;
                }
                Harm::Later => self.into.write_all(bytes)?,
                Harm::Before(strange) => self.into.write_all(&[&strange[..], bytes].concat())?,
                Harm::Silence => return io::copy(&mut self.from, &mut io::sink()).map(drop),
            }
            let same_kind = |held: &mut Packet| held.kind() == packet.kind();
            if let Some(held) = self.held.take_if(same_kind) {
                self.into.write_all(&held.bytes)?;
            }
        }
    }
}
