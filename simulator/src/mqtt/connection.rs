//! One MQTT connection: packets in and out, login first, keepalive after.

#![forbid(unsafe_code)]

use std::io;
use std::time::{Duration, SystemTime};

use bytes::BytesMut;
use rumqttc::{ConnAck, Connect, ConnectReturnCode, Packet};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use crate::config::DeviceId;
use crate::mqtt::broker::{Attachment, Broker, End, Link};
use crate::mqtt::fault::{Direction, Met, MqttFault};
use crate::services::login::{self, Carrier, Refusal};
use crate::trace::{Event, From};

/// What a device may send in one packet: the platform's 256 KB of payload and a head.
const PACKET_MAX: usize = 257 * 1024;
/// A device that does not log in by then is not one.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);
/// A packet that a fault holds back for the next one waits no longer than this.
const REORDER_MAX: Duration = Duration::from_secs(1);
/// A record of TLS that nobody encrypted: who reads it sends a fatal alert.
const FORGED_RECORD: [u8; 37] = {
    let mut record = [0; 37];
    record[0] = 0x17;
    record[1] = 3;
    record[2] = 3;
    record[4] = 32;
    record
};

/// Both ends of a connection, for the trace.
pub(crate) struct Ends {
    /// The device's address.
    pub(crate) peer: String,
    /// The cloud's.
    pub(crate) local: String,
    /// The region that is there.
    pub(crate) region: String,
    /// What is between them.
    pub(crate) carrier: Carrier,
}

/// What a connection is carried by.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send {
    /// Ends it by a fatal alert, as a server does that cannot read what it gets; without TLS there is
    /// none, and it just ends.
    fn alert(self) -> impl Future<Output = io::Result<()>> + Send;
}

impl Stream for TcpStream {
    async fn alert(self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for TlsStream<TcpStream> {
    async fn alert(mut self) -> io::Result<()> {
        let (tcp, tls) = self.get_mut();
        tls.read_tls(&mut &FORGED_RECORD[..])?;
        if tls.process_new_packets().is_ok() {
            return Err(io::Error::other("the forged record was taken"));
        }
        let mut alert = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut alert)?;
        }
        tcp.write_all(&alert).await?;
        tcp.shutdown().await
    }
}

/// Serves a connection until it ends; the reason goes to the trace.
pub(crate) async fn serve<S: Stream + Unpin>(stream: S, ends: Ends, broker: &Broker) {
    let (reader, writer) = tokio::io::split(stream);
    let mut reader = PacketReader { io: reader, buffer: BytesMut::new() };
    let mut out = Writer { who: ends.peer.clone(), io: writer, broker, device: None, sent: 0 };
    let closed = match log_in(&mut reader, &mut out, &ends, broker).await {
        Ok((device, keepalive, attachment)) => {
            let number = attachment.number;
            let closed = run(&mut reader, &mut out, &ends, &device, keepalive, attachment).await;
            broker.detach(&device, number);
            closed
        }
        Err(closed) => closed,
    };
    if closed.ending == Ending::TlsAlert {
        // A device that is gone already does not need to be told.
        let _ = reader.io.unsplit(out.io).alert().await;
    }
    broker.trace.record(&out.who, closed.from, Event::Closed { why: closed.why });
}

/// How a connection ended: by whom, why, and what is still to be done.
struct Closed {
    from: From,
    why: String,
    ending: Ending,
}

#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Drop,
    TlsAlert,
}

fn closed(from: From, why: impl Into<String>) -> Closed {
    Closed { from, why: why.into(), ending: Ending::Drop }
}

async fn log_in<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    reader: &mut PacketReader<R>,
    out: &mut Writer<'_, W>,
    ends: &Ends,
    broker: &Broker,
) -> Result<(DeviceId, Duration, Attachment), Closed> {
    let connect = match timeout(LOGIN_TIMEOUT, reader.next()).await {
        Ok(Ok(Packet::Connect(connect))) => connect,
        Ok(Ok(_)) => return Err(closed(From::Cloud, "the first packet is not CONNECT")),
        Ok(Err(closed)) => return Err(closed),
        Err(_) => return Err(closed(From::Cloud, "no CONNECT in 10 s")),
    };
    out.device = login::claimed_device(&connect, &broker.registry);
    if let Some(device) = &out.device {
        out.who = device.to_string();
    }
    broker.trace.record(&out.who, From::Device, Event::connect(&connect, &ends.local));
    match check(broker, &connect, ends) {
        Ok(device) => {
            let link = Link {
                since: SystemTime::now(),
                address: ends.peer.clone(),
                region: ends.region.clone(),
                client_id: connect.client_id.clone(),
                keepalive: connect.keep_alive,
                clean: connect.clean_session,
            };
            let attachment = broker.attach(&device, link);
            let ack = ConnAck::new(ConnectReturnCode::Success, attachment.session_present);
            if let Err(closed) = out.send(Packet::ConnAck(ack)).await {
                broker.detach(&device, attachment.number);
                return Err(closed);
            }
            // MQTT's rule: one and a half times the interval, and 0 turns it off.
            let keepalive = Duration::from_millis(u64::from(connect.keep_alive) * 1500);
            Ok((device, keepalive, attachment))
        }
        Err(Refusal { code, why }) => {
            // Whether the refused device still listens changes nothing.
            let _ = out.send(Packet::ConnAck(ConnAck::new(code, false))).await;
            let _ = out.io.shutdown().await;
            Err(closed(From::Cloud, format!("login refused: {why}")))
        }
    }
}

fn check(broker: &Broker, connect: &Connect, ends: &Ends) -> Result<DeviceId, Refusal> {
    if let Some(code) = broker.faults.take_login_refusal() {
        return Err(Refusal { code, why: "as the test asked".into() });
    }
    let device = login::check(connect, &broker.registry, &ends.region, ends.carrier)?;
    match broker.faults.mqtt.refuse_login(&device) {
        Some(code) => Err(Refusal { code, why: "a fault asked for it".into() }),
        None => Ok(device),
    }
}

/// Reads and writes at the same time, so that a device that does not read cannot stop its own
/// packets from being served.
async fn run<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    reader: &mut PacketReader<R>,
    out: &mut Writer<'_, W>,
    ends: &Ends,
    device: &DeviceId,
    keepalive: Duration,
    attachment: Attachment,
) -> Closed {
    let Attachment { number, mut orders, .. } = attachment;
    let incoming = Incoming { broker: out.broker, ends, device, number };
    let close = orders.close();
    tokio::select! {
        closed = incoming.take_all(reader, keepalive) => closed,
        closed = out.send_all(&mut orders.packets) => closed,
        why = close => closed(From::Cloud, why),
    }
}

/// What a device sends, on its way to the broker.
struct Incoming<'a> {
    broker: &'a Broker,
    ends: &'a Ends,
    device: &'a DeviceId,
    number: u64,
}

impl Incoming<'_> {
    async fn take_all<R: AsyncRead + Unpin>(
        &self,
        reader: &mut PacketReader<R>,
        keepalive: Duration,
    ) -> Closed {
        loop {
            let packet = match within(keepalive, reader.next()).await {
                Some(Ok(packet)) => packet,
                Some(Err(closed)) => return closed,
                None => return closed(From::Cloud, "no packet in 1.5 × keepalive"),
            };
            if let Err(closed) = self.take(packet, reader).await {
                return closed;
            }
        }
    }

    /// Gives the broker a packet, or what a fault makes of it.
    async fn take<R: AsyncRead + Unpin>(
        &self,
        packet: Packet,
        reader: &mut PacketReader<R>,
    ) -> Result<(), Closed> {
        let event = Event::packet(&packet, &self.ends.local);
        self.broker.trace.record(self.device, From::Device, event);
        match meet(self.broker, Some(self.device), Direction::Up, &packet) {
            Some(MqttFault::Drop | MqttFault::Silence) => Ok(()),
            Some(MqttFault::Duplicate) => {
                self.handle(packet.clone())?;
                self.handle(packet)
            }
            Some(MqttFault::Reorder) => {
                if let Some(next) = within(REORDER_MAX, reader.next()).await {
                    let next = next?;
                    let event = Event::packet(&next, &self.ends.local);
                    self.broker.trace.record(self.device, From::Device, event);
                    self.handle(next)?;
                }
                self.handle(packet)
            }
            fault => {
                tokio::time::sleep(fault.map_or(Duration::ZERO, |fault| fault.delay())).await;
                self.handle(packet)
            }
        }
    }

    fn handle(&self, packet: Packet) -> Result<(), Closed> {
        self.broker.handle(self.device, self.number, packet).map_err(|end| match end {
            End::Disconnect => closed(From::Cloud, "the device said DISCONNECT"),
            End::Violation(how) => closed(From::Cloud, how),
        })
    }
}

/// The fault that a packet meets, which is told in the trace.
fn meet(
    broker: &Broker,
    device: Option<&DeviceId>,
    direction: Direction,
    packet: &Packet,
) -> Option<MqttFault> {
    let device = device?;
    let Met { fault, words } = broker.faults.mqtt.meet(device, direction, packet)?;
    if let Some(what) = words {
        broker.trace.record(device, From::Cloud, Event::Fault { what });
    }
    Some(fault)
}

/// `None` when the time is up; a limit of zero is none.
async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    if limit.is_zero() { Some(work.await) } else { timeout(limit, work).await.ok() }
}

/// What goes to a device.
struct Writer<'a, W> {
    /// The device, or its address while it is unknown.
    who: String,
    device: Option<DeviceId>,
    io: W,
    broker: &'a Broker,
    /// How many bytes so far.
    sent: u64,
}

impl<W: AsyncWrite + Unpin> Writer<'_, W> {
    async fn send_all(&mut self, packets: &mut tokio::sync::mpsc::Receiver<Packet>) -> Closed {
        loop {
            let Some(packet) = packets.recv().await else {
                // The session went to a newer connection; the order to close is on its way.
                return std::future::pending().await;
            };
            let fault = meet(self.broker, self.device.as_ref(), Direction::Down, &packet);
            let sent = if fault == Some(MqttFault::Reorder) {
                self.send_after_next(packet, packets).await
            } else {
                self.send_spoilt(packet, fault).await
            };
            if let Err(closed) = sent {
                return closed;
            }
        }
    }

    async fn send_after_next(
        &mut self,
        packet: Packet,
        packets: &mut tokio::sync::mpsc::Receiver<Packet>,
    ) -> Result<(), Closed> {
        if let Some(Some(next)) = within(REORDER_MAX, packets.recv()).await {
            self.write(next, None).await?;
        }
        self.write(packet, None).await
    }

    /// Sends a packet, or what a fault makes of it.
    async fn send(&mut self, packet: Packet) -> Result<(), Closed> {
        let fault = meet(self.broker, self.device.as_ref(), Direction::Down, &packet);
        self.send_spoilt(packet, fault).await
    }

    async fn send_spoilt(
        &mut self,
        packet: Packet,
        fault: Option<MqttFault>,
    ) -> Result<(), Closed> {
        match fault {
            Some(MqttFault::Drop | MqttFault::NoPuback | MqttFault::Silence) => Ok(()),
            Some(MqttFault::TlsAlert) => {
                let why = "a fault: a TLS alert".into();
                Err(Closed { from: From::Cloud, why, ending: Ending::TlsAlert })
            }
            Some(MqttFault::Duplicate) => {
                self.write(packet.clone(), None).await?;
                self.write(packet, None).await
            }
            fault => {
                let delay = fault.as_ref().map_or(Duration::ZERO, MqttFault::delay);
                tokio::time::sleep(delay).await;
                self.write(packet, fault).await
            }
        }
    }

    /// Records a packet and writes it, in that order: what a device answers is recorded after.
    async fn write(&mut self, packet: Packet, fault: Option<MqttFault>) -> Result<(), Closed> {
        self.broker.trace.record(&self.who, From::Cloud, Event::packet(&packet, ""));
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, usize::MAX).map_err(|error| lost(&io::Error::other(error)))?;
        let whole = bytes.len();
        let left = match fault {
            Some(MqttFault::HalfPacket) => whole / 2,
            Some(MqttFault::Cut { after_bytes }) => {
                usize::try_from(after_bytes.saturating_sub(self.sent)).unwrap_or(usize::MAX)
            }
            _ => whole,
        };
        bytes.truncate(left);
        self.sent += bytes.len() as u64;
        match fault {
            Some(MqttFault::Slow { bytes_per_second }) => {
                self.trickle(&bytes, bytes_per_second).await
            }
            _ => self.write_whole(&bytes).await,
        }
        .map_err(|error| lost(&error))?;
        if left < whole {
            return Err(closed(From::Cloud, "a fault: the connection is dropped"));
        }
        Ok(())
    }

    async fn write_whole(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.io.write_all(bytes).await?;
        self.io.flush().await
    }

    async fn trickle(&mut self, bytes: &[u8], bytes_per_second: u32) -> io::Result<()> {
        let a_byte = Duration::from_secs(1) / bytes_per_second.max(1);
        // Ten pieces a second: as steady as a device can tell.
        let piece = (bytes_per_second / 10).max(1);
        for bytes in bytes.chunks(piece as usize) {
            self.write_whole(bytes).await?;
            tokio::time::sleep(a_byte * u32::try_from(bytes.len()).unwrap_or(piece)).await;
        }
        Ok(())
    }
}

fn lost(error: &io::Error) -> Closed {
    closed(From::Device, format!("connection lost: {error}"))
}

struct PacketReader<R> {
    io: R,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> PacketReader<R> {
    /// The next packet. Dropping the future half-way loses nothing.
    async fn next(&mut self) -> Result<Packet, Closed> {
        loop {
            match Packet::read(&mut self.buffer, PACKET_MAX) {
                Ok(packet) => return Ok(packet),
                Err(rumqttc::Error::InsufficientBytes(_)) => {}
                Err(error) => return Err(closed(From::Cloud, format!("not MQTT 3.1.1: {error}"))),
            }
            match self.io.read_buf(&mut self.buffer).await {
                Ok(0) => return Err(closed(From::Device, "connection closed")),
                Ok(_) => {}
                Err(error) => return Err(lost(&error)),
            }
        }
    }
}
