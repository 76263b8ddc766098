//! From a login to an MQTT connection: transport, CONNECT, CONNACK.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use super::Error;
use super::packet::{self, Connect, ConnectReturnCode, Decoder, Frame, Packet};
use crate::base::deadline::Deadline;
use crate::base::identity::Secret;
use crate::hal::Hal;
use crate::transport::{self, Connection, Endpoint, Framing};

/// Where to log in, and as whom.
#[derive(Clone, Debug)]
pub struct Login {
    /// The broker.
    pub endpoint: Endpoint,
    /// The client id.
    pub client_id: String,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// Whether the broker is to forget the session with the connection.
    pub clean_session: bool,
    /// The keepalive interval that is announced, in seconds.
    pub keep_alive_s: u16,
}

/// A connection that the broker has accepted.
pub struct Established {
    /// The stream.
    pub connection: Arc<dyn Connection>,
    /// Cuts it into packets; may hold some that came with the CONNACK.
    pub decoder: Decoder,
    /// Whether the broker remembers the session.
    pub session_present: bool,
}

/// The time for resolving, connecting and the TLS handshake. The HAL takes at most half of it for
/// the first two, if it is ours.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Connects and logs in. `timeout` bounds sending CONNECT, and then the wait for CONNACK. Packets
/// over `read_limit` bytes are skipped.
pub fn establish(
    hal: &'static dyn Hal,
    login: &Login,
    read_limit: usize,
    timeout: Duration,
) -> Result<Established, Error> {
    let connect = packet::connect(&Connect {
        client_id: &login.client_id,
        username: &login.username,
        password: login.password.expose(),
        keep_alive_s: login.keep_alive_s,
        clean_session: login.clean_session,
    });
    let limit = usize::from(u16::MAX);
    let connect = connect.ok_or(Error::TooLarge { size: usize::MAX, limit })?;

    let connection = transport::connect(hal, &login.endpoint, Framing::Mqtt, CONNECT_TIMEOUT)?;
    transport::send_all(&*connection, &connect, Deadline::after(timeout))?;
    let mut decoder = Decoder::new(read_limit);
    let first = first_frame(&*connection, &mut decoder, timeout)?;
    let session_present = accepted(first)?;
    connection.greeted();
    Ok(Established { connection, decoder, session_present })
}

fn first_frame(
    connection: &dyn Connection,
    decoder: &mut Decoder,
    timeout: Duration,
) -> Result<Frame, Error> {
    let deadline = Deadline::after(timeout);
    loop {
        if let Some(frame) = decoder.next_frame()? {
            return Ok(frame);
        }
        if deadline.is_over() {
            return Err(Error::NoAnswer);
        }
        connection.receive(&mut decoder.buffer, deadline.left())?;
    }
}

fn accepted(first: Frame) -> Result<bool, Error> {
    let code = match first {
        Frame::Packet(Packet::ConnAck(ack)) => match ack.code {
            ConnectReturnCode::Success => return Ok(ack.session_present),
            ConnectReturnCode::RefusedProtocolVersion => 1,
            ConnectReturnCode::BadClientId => 2,
            ConnectReturnCode::ServiceUnavailable => 3,
            ConnectReturnCode::BadUserNamePassword => 4,
            ConnectReturnCode::NotAuthorized => 5,
        },
        Frame::UnknownConnack { code } => code,
        Frame::Message(_) | Frame::Packet(_) | Frame::Oversized { .. } => {
            return Err(Error::NoConnack);
        }
    };
    Err(Error::ConnectRefused(code))
}
