//! One MQTT connection: packets in and out, login first, keepalive after.

#![forbid(unsafe_code)]

use std::future;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use rumqttc::{ConnAck, Connect, ConnectReturnCode, Packet};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

use crate::config::DeviceId;
use crate::mqtt::broker::{Attachment, Broker, End};
use crate::mqtt::session::Command;
use crate::services::login::{self, Refusal};
use crate::trace::{Event, From};

/// What a device may send in one packet: the platform's 256 KB of payload and a head.
const PACKET_MAX: usize = 257 * 1024;
/// A device that does not log in by then is not one.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Both ends of a connection, for the trace.
pub(crate) struct Ends {
    /// The device's address.
    pub(crate) peer: String,
    /// The cloud's.
    pub(crate) local: String,
    /// The region that is there.
    pub(crate) region: String,
}

/// Serves a connection until it ends; the reason goes to the trace.
pub(crate) async fn serve<S>(stream: S, ends: Ends, broker: &Broker)
where
    S: AsyncRead + AsyncWrite,
{
    let (reader, writer) = tokio::io::split(stream);
    let mut serving = Serving {
        who: ends.peer,
        local: ends.local,
        region: ends.region,
        reader: PacketReader { io: reader, buffer: BytesMut::new() },
        writer,
        broker,
    };
    let (from, why) = match serving.log_in().await {
        Ok((device, keepalive, attachment)) => serving.run(&device, keepalive, attachment).await,
        Err(ended) => ended,
    };
    broker.trace.record(&serving.who, from, Event::Closed { why });
}

/// Who closed the connection, and why.
type Closed = (From, String);

struct Serving<'a, R, W> {
    who: String,
    local: String,
    region: String,
    reader: PacketReader<R>,
    writer: W,
    broker: &'a Broker,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Serving<'_, R, W> {
    async fn log_in(&mut self) -> Result<(DeviceId, Duration, Attachment), Closed> {
        let connect = match timeout(LOGIN_TIMEOUT, self.reader.next()).await {
            Ok(Ok(Packet::Connect(connect))) => connect,
            Ok(Ok(_)) => return Err((From::Cloud, "the first packet is not CONNECT".into())),
            Ok(Err(closed)) => return Err(closed),
            Err(_) => return Err((From::Cloud, "no CONNECT in 10 s".into())),
        };
        if let Some(device) = login::claimed_device(&connect, &self.broker.registry) {
            self.who = device.to_string();
        }
        let event = Event::connect(&connect, &self.local);
        self.broker.trace.record(&self.who, From::Device, event);
        match self.check(&connect) {
            Ok(device) => {
                let attachment = self.broker.attach(&device, connect.clean_session);
                let ack = ConnAck::new(ConnectReturnCode::Success, attachment.session_present);
                let sent =
                    send(self.broker, &self.who, &mut self.writer, Packet::ConnAck(ack)).await;
                if let Err(error) = sent {
                    self.broker.detach(&device, attachment.number);
                    return Err(lost(&error));
                }
                // MQTT's rule: one and a half times the interval, and 0 turns it off.
                let keepalive = Duration::from_millis(u64::from(connect.keep_alive) * 1500);
                Ok((device, keepalive, attachment))
            }
            Err(Refusal { code, why }) => {
                let ack = Packet::ConnAck(ConnAck::new(code, false));
                // Whether the refused device still listens changes nothing.
                let _ = send(self.broker, &self.who, &mut self.writer, ack).await;
                let _ = self.writer.shutdown().await;
                Err((From::Cloud, format!("login refused: {why}")))
            }
        }
    }

    fn check(&self, connect: &Connect) -> Result<DeviceId, Refusal> {
        match self.broker.faults.take_login_refusal() {
            Some(code) => Err(Refusal { code, why: "as the test asked".into() }),
            None => login::check(connect, &self.broker.registry, &self.region),
        }
    }

    /// Reads and writes at the same time, so that a device that does not read cannot stop its
    /// own packets from being served.
    async fn run(
        &mut self,
        device: &DeviceId,
        keepalive: Duration,
        mut attachment: Attachment,
    ) -> Closed {
        let Self { who, reader, writer, broker, local, .. } = self;
        let number = attachment.number;
        let closed = tokio::select! {
            closed = async {
                loop {
                    let packet = match within(keepalive, reader.next()).await {
                        Some(Ok(packet)) => packet,
                        Some(Err(closed)) => return closed,
                        None => return (From::Cloud, "no packet in 1.5 × keepalive".into()),
                    };
                    broker.trace.record(&*who, From::Device, Event::packet(&packet, local));
                    match broker.handle(device, number, packet) {
                        Ok(()) => {}
                        Err(End::Disconnect) => return (From::Cloud, "the device said DISCONNECT".into()),
                        Err(End::Violation(how)) => return (From::Cloud, how.into()),
                    }
                }
            } => closed,
            closed = carry_out(&mut attachment.commands, writer, broker, who) => closed,
        };
        self.broker.detach(device, number);
        closed
    }
}

/// `None` when the time is up; a limit of zero is none.
async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    if limit.is_zero() { Some(work.await) } else { timeout(limit, work).await.ok() }
}

async fn carry_out<W: AsyncWrite + Unpin>(
    commands: &mut UnboundedReceiver<Command>,
    writer: &mut W,
    broker: &Broker,
    who: &str,
) -> Closed {
    loop {
        match commands.recv().await {
            Some(Command::Send(packet)) => {
                if let Err(error) = send(broker, who, writer, packet).await {
                    return lost(&error);
                }
            }
            Some(Command::Close(why)) => return (From::Cloud, why),
            // The session went to a newer connection, whose Close came before.
            None => future::pending().await,
        }
    }
}

/// Records a packet and sends it, in that order: what a device answers is recorded after.
async fn send<W: AsyncWrite + Unpin>(
    broker: &Broker,
    who: &str,
    writer: &mut W,
    packet: Packet,
) -> io::Result<()> {
    broker.trace.record(who, From::Cloud, Event::packet(&packet, ""));
    let mut bytes = BytesMut::new();
    packet.write(&mut bytes, usize::MAX).map_err(io::Error::other)?;
    writer.write_all(&bytes).await?;
    writer.flush().await
}

fn lost(error: &io::Error) -> Closed {
    (From::Device, format!("connection lost: {error}"))
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
                Err(error) => return Err((From::Cloud, format!("not MQTT 3.1.1: {error}"))),
            }
            match self.io.read_buf(&mut self.buffer).await {
                Ok(0) => return Err((From::Device, "connection closed".into())),
                Ok(_) => {}
                Err(error) => return Err(lost(&error)),
            }
        }
    }
}
