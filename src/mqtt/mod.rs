//! The MQTT client: one connection to the platform, driven by the firmware's thread.
//!
//! [`session`] is the protocol without any I/O or clock of its own; [`client`] gives it both;
//! [`packet`] and [`topic`] are its vocabulary.

#![forbid(unsafe_code)]

use std::fmt;
use std::sync::Arc;

use crate::base::error::TransportError;

pub mod backoff;
pub mod client;
pub mod connect;
mod outbox;
pub mod packet;
pub mod session;
pub mod topic;

pub use packet::QoS;

/// Why an operation of a client did not do what it was asked to.
#[derive(Debug)]
pub enum Error {
    /// The client is not connected at the moment.
    NotConnected,
    /// The topic or filter may not be used.
    BadTopic(topic::BadTopic),
    /// Only QoS 0 and 1 can be published.
    UnsupportedQos,
    /// Too many messages or requests wait for their acknowledgement.
    WaitListFull {
        /// How many may.
        limit: usize,
    },
    /// The packet would be larger than the firmware allows.
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The broker does not grant the subscription.
    NotGranted,
    /// No acknowledgement came in time.
    NoAnswer,
    /// The bytes could not be carried; the connection is lost.
    Transport(TransportError),
    /// The broker's bytes are not MQTT.
    Malformed(packet::Malformed),
    /// The broker answered CONNECT with a refusal.
    ConnectRefused(u8),
    /// The broker answered CONNECT with something else than CONNACK.
    NoConnack,
    /// What is needed to log in again could not be had.
    NoLogin(NoLogin),
}

/// Why there is nothing to log in again with.
#[derive(Debug)]
pub struct NoLogin {
    /// What went wrong.
    pub cause: Box<dyn std::error::Error + Send + Sync>,
    /// Whether the cloud has said no, and asking soon again cannot help.
    pub is_final: bool,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotConnected => f.write_str("mqtt client state is error: not connected"),
            Error::BadTopic(why) => write!(f, "topic format is error: {why}"),
            Error::UnsupportedQos => f.write_str("only QoS 0 and QoS 1 can be published"),
            Error::WaitListFull { limit } => {
                write!(f, "{limit} packets wait for their acknowledgement, no more may")
            }
            Error::TooLarge { size, limit } => {
                write!(f, "the packet is {size} bytes long, the buffer size allows {limit}")
            }
            Error::NotGranted => f.write_str("the broker does not grant the subscription"),
            Error::NoAnswer => f.write_str("no answer came in time"),
            // In the words of the cause, because nothing is known that it does not say.
            Error::Transport(cause) => write!(f, "{cause}"),
            Error::Malformed(cause) => write!(f, "{cause}"),
            Error::ConnectRefused(code) => {
                write!(f, "the broker refused the login: {} ({code})", refusal(*code))
            }
            Error::NoConnack => f.write_str("the broker did not answer CONNECT with CONNACK"),
            Error::NoLogin(_) => f.write_str("there is nothing to log in again with"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::BadTopic(cause) => Some(cause),
            Error::Transport(cause) => Some(cause),
            Error::Malformed(cause) => Some(cause),
            Error::NoLogin(NoLogin { cause, .. }) => Some(&**cause),
            _ => None,
        }
    }
}

impl Error {
    /// Whether the cloud has said no to a login, and asking soon again cannot help.
    pub fn is_final(&self) -> bool {
        match self {
            Error::ConnectRefused(code) => *code != SERVICE_UNAVAILABLE,
            Error::NoLogin(NoLogin { is_final, .. }) => *is_final,
            _ => false,
        }
    }
}

/// The one CONNACK code of a broker that may accept the same login later.
const SERVICE_UNAVAILABLE: u8 = 3;

impl From<TransportError> for Error {
    fn from(cause: TransportError) -> Self {
        Error::Transport(cause)
    }
}

impl From<packet::Malformed> for Error {
    fn from(cause: packet::Malformed) -> Self {
        Error::Malformed(cause)
    }
}

/// A CONNACK code in words.
fn refusal(code: u8) -> &'static str {
    match code {
        1 => "it does not speak MQTT 3.1.1",
        2 => "the client id is not accepted",
        SERVICE_UNAVAILABLE => "the service is unavailable",
        4 => "user name or password are wrong; check product key, device name and device secret",
        5 => "the device is not authorised; check that it exists and is enabled in the console",
        _ => "unknown code",
    }
}

/// What a client tells the firmware's event handler.
#[derive(Debug)]
pub enum Event {
    /// The connection is lost.
    Disconnect,
    /// The connection is there again.
    Reconnect,
    /// The broker granted the subscription that was asked for with this packet id.
    SubscribeSuccess(u16),
    /// The broker did not answer the SUBSCRIBE with this packet id.
    SubscribeTimeout(u16),
    /// The broker refused the subscription that was asked for with this packet id.
    SubscribeNack(u16),
    /// The broker confirmed the UNSUBSCRIBE with this packet id.
    UnsubscribeSuccess(u16),
    /// The broker did not answer the UNSUBSCRIBE with this packet id.
    UnsubscribeTimeout(u16),
    /// The broker confirmed the message that was published with this packet id.
    PublishSuccess(u16),
    /// A message came that no subscription wants.
    PublishReceived(Message),
    /// A packet came that is larger than the read buffer; it has been skipped.
    BufferOverflow,
}

/// A received message. Its topic and its payload are each followed by a NUL that is not counted.
///
/// Firmware writes `payload[payload_len] = 0`, so the byte after the payload must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Topic, NUL, payload, NUL.
    buffer: Vec<u8>,
    topic_len: usize,
    /// The packet id, 0 for QoS 0.
    pub id: u16,
    /// How it was sent.
    pub qos: QoS,
    /// Whether the broker says that it sends it again.
    pub dup: bool,
    /// Whether it was retained by the broker.
    pub retain: bool,
}

impl Message {
    /// A message by QoS 0 and without flags, with copies of these parts.
    pub fn new(topic: &str, payload: &[u8]) -> Self {
        let mut buffer = Vec::with_capacity(topic.len() + payload.len() + 2);
        buffer.extend_from_slice(topic.as_bytes());
        buffer.push(0);
        buffer.extend_from_slice(payload);
        buffer.push(0);
        let (id, qos, dup, retain) = (0, QoS::AtMostOnce, false, false);
        Message { buffer, topic_len: topic.len(), id, qos, dup, retain }
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        let bytes = self.buffer.get(..self.topic_len).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// The payload.
    pub fn payload(&self) -> &[u8] {
        let end = self.buffer.len().saturating_sub(1);
        self.buffer.get(self.topic_len + 1..end).unwrap_or_default()
    }

    /// The topic and the payload for a caller that may write to them, each with the NUL after it.
    pub fn parts_mut(&mut self) -> (&mut [u8], &mut [u8]) {
        let middle = (self.topic_len + 1).min(self.buffer.len());
        self.buffer.split_at_mut(middle)
    }
}

/// A function that messages are given to. Two are the same when their keys are.
#[derive(Clone)]
pub struct Handler {
    /// What tells this handler from others: the firmware's function and its context.
    pub key: (usize, usize),
    /// The function.
    pub call: Arc<dyn Fn(&mut Message) + Send + Sync>,
}

impl PartialEq for Handler {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handler{:x?}", self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::chain;

    #[test]
    fn an_error_keeps_its_cause_and_a_chain_says_it_once() {
        let cut = || TransportError::Io(std::io::Error::other("wire cut"));
        assert_eq!(chain(&Error::Transport(cut())), "wire cut");
        let cause = Box::new(crate::base::error::Error::Transport(cut()));
        assert_eq!(
            chain(&Error::NoLogin(NoLogin { cause, is_final: false })),
            "there is nothing to log in again with: the cloud cannot be reached: wire cut"
        );
    }

    #[test]
    fn a_refusal_is_final_unless_the_service_is_unavailable() {
        let no_login = |is_final| Error::NoLogin(NoLogin { cause: "no".into(), is_final });
        for code in [1, 2, 4, 5, 6] {
            assert!(Error::ConnectRefused(code).is_final(), "{code}");
        }
        assert!(no_login(true).is_final());
        for passing in [Error::ConnectRefused(3), no_login(false), Error::NoConnack] {
            assert!(!passing.is_final(), "{passing}");
        }
    }

    #[test]
    fn a_message_keeps_a_writable_nul_after_each_part() {
        let mut message = Message::new("/t", b"payload");
        assert_eq!(message.topic(), "/t");
        assert_eq!(message.payload(), b"payload");
        let (topic, payload) = message.parts_mut();
        assert_eq!(topic, b"/t\0");
        assert_eq!(payload, b"payload\0");
    }
}
