//! The MQTT 3.1.1 packet codec behind one thin door.
//!
//! The codec is rumqttc's. This module adds what it leaves to its caller: lengths are checked
//! before they are written, a packet that is too large is skipped instead of ending the stream,
//! and what it accepts but MQTT forbids is refused. A PUBLISH is read and written here, so that
//! a message is copied once; through the codec's own it would be copied two or three times.

#![forbid(unsafe_code)]

use std::ops::Range;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
pub use rumqttc::mqttbytes::QoS;
pub use rumqttc::mqttbytes::v4::{ConnectReturnCode, Packet, SubscribeReasonCode};
use rumqttc::mqttbytes::{self, v4};

use super::{Message, topic};

/// The most that a packet's remaining length can say.
const REMAINING_MAX: usize = 268_435_455;
/// The most bytes of the fixed header after its first: the remaining length.
const LENGTH_BYTES_MAX: usize = 4;
/// A PUBLISH's type, in the upper half of its first byte.
const PUBLISH: u8 = 3;
/// The flag in a PUBLISH's first byte that says that it was sent before.
const DUP_FLAG: u8 = 0b1000;
/// The one that says that the broker had retained it.
const RETAIN_FLAG: u8 = 0b0001;

/// The peer's bytes are not MQTT; the connection cannot go on.
#[derive(Debug)]
pub struct Malformed(String);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the broker sent a malformed packet: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// What a decoder finds at the head of the stream.
#[derive(Debug)]
pub enum Frame {
    /// A PUBLISH.
    Message(Message),
    /// Any other packet.
    Packet(Packet),
    /// A packet that was larger than the limit and has been skipped to its end.
    Oversized {
        /// Its size in bytes, fixed header included.
        size: usize,
        /// How it has to be acknowledged: a PUBLISH by its QoS, with its packet id.
        owed: Option<(QoS, u16)>,
    },
    /// A CONNACK with a code that MQTT 3.1.1 does not know: a refusal all the same.
    UnknownConnack {
        /// The code.
        code: u8,
    },
}

/// Cuts a stream of bytes into packets.
#[derive(Debug)]
pub struct Decoder {
    /// Bytes that were received and not decoded yet; the transport appends to it.
    pub buffer: BytesMut,
    limit: usize,
    skipping: Option<Skipping>,
}

/// An oversized packet of which this much is still to come.
#[derive(Debug)]
struct Skipping {
    size: usize,
    owed: Option<(QoS, u16)>,
    left: usize,
}

impl Decoder {
    /// A decoder that skips packets of more than `limit` bytes, fixed header included.
    pub fn new(limit: usize) -> Self {
        Decoder { buffer: BytesMut::new(), limit, skipping: None }
    }

    /// The next packet, `None` when it has not come in full.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Malformed> {
        if self.skipping.is_none() {
            let Some(head) = Head::read(&self.buffer)? else { return Ok(None) };
            if head.size <= self.limit {
                return self.decode(&head);
            }
            let Some(owed) = head.owed(&self.buffer, self.limit)? else { return Ok(None) };
            self.skipping = Some(Skipping { size: head.size, owed, left: head.size });
        }
        Ok(self.skip())
    }

    fn decode(&mut self, head: &Head) -> Result<Option<Frame>, Malformed> {
        if let missing @ 1.. = head.size.saturating_sub(self.buffer.len()) {
            self.buffer.reserve(missing);
            return Ok(None);
        }
        let frame = if let Some(qos) = head.publish_qos()? {
            Frame::Message(head.message(qos, &self.buffer)?)
        } else if let [0x20, 2, _, code @ 6..=255, ..] = *self.buffer {
            Frame::UnknownConnack { code }
        } else {
            let packet = Packet::read(&mut self.buffer, REMAINING_MAX).map_err(malformed)?;
            return Ok(Some(Frame::Packet(packet)));
        };
        self.buffer.advance(head.size);
        Ok(Some(frame))
    }

    fn skip(&mut self) -> Option<Frame> {
        let skipping = self.skipping.as_mut()?;
        let now = skipping.left.min(self.buffer.len());
        self.buffer.advance(now);
        skipping.left -= now;
        if skipping.left > 0 {
            return None;
        }
        let Skipping { size, owed, .. } = self.skipping.take()?;
        Some(Frame::Oversized { size, owed })
    }
}

/// What the fixed header at the head of a packet says.
struct Head {
    /// The first byte: type and flags.
    first: u8,
    /// The length of the fixed header.
    len: usize,
    /// The whole size of the packet.
    size: usize,
}

impl Head {
    /// `None` while it has not come in full.
    fn read(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
        let mut remaining = 0;
        for (index, byte) in rest.iter().take(LENGTH_BYTES_MAX).enumerate() {
            remaining |= usize::from(byte & 0x7F) << (7 * index);
            if byte & 0x80 == 0 {
                let len = 2 + index;
                return Ok(Some(Head { first, len, size: len + remaining }));
            }
        }
        if rest.len() >= LENGTH_BYTES_MAX {
            return Err(Malformed("a length of more than four bytes".into()));
        }
        Ok(None)
    }

    /// The QoS of a PUBLISH; `None`: it is another packet.
    fn publish_qos(&self) -> Result<Option<QoS>, Malformed> {
        if self.first >> 4 != PUBLISH {
            return Ok(None);
        }
        let qos = mqttbytes::qos(self.first >> 1 & 3);
        qos.map(Some).map_err(|_| Malformed("a PUBLISH with QoS 3".into()))
    }

    /// Where the topic of a PUBLISH is; `None` while its length has not come.
    fn topic(&self, qos: QoS, packet: &[u8]) -> Result<Option<Range<usize>>, Malformed> {
        let Some(len) = number(packet, self.len) else { return Ok(None) };
        let start = self.len + 2;
        let end = start + usize::from(len);
        if end + id_len(qos) > self.size {
            return Err(Malformed("a PUBLISH that is shorter than its topic".into()));
        }
        Ok(Some(start..end))
    }

    /// The message of a PUBLISH that has come in full.
    fn message(&self, qos: QoS, packet: &[u8]) -> Result<Message, Malformed> {
        let topic_at = self.topic(qos, packet)?.unwrap_or_default();
        let id_at = topic_at.end;
        let topic = packet.get(topic_at).map(std::str::from_utf8);
        let Some(topic) = topic.and_then(Result::ok).filter(|name| topic::is_received_name(name))
        else {
            return Err(Malformed("a PUBLISH with a topic that may not be published to".into()));
        };
        let id = match qos {
            QoS::AtMostOnce => 0,
            _ => packet_id(packet, id_at)?.unwrap_or_default(),
        };
        let payload = packet.get(id_at + id_len(qos)..self.size).unwrap_or_default();
        let (dup, retain) = (self.first & DUP_FLAG != 0, self.first & RETAIN_FLAG != 0);
        Ok(Message { id, qos, dup, retain, ..Message::new(topic, payload) })
    }

    /// How the packet has to be acknowledged if it is skipped; `None` while that has not come.
    ///
    /// A topic that is larger than a whole packet may be is no topic of this firmware: no more
    /// than `limit` bytes are kept to find out.
    fn owed(&self, packet: &[u8], limit: usize) -> Result<Option<Option<(QoS, u16)>>, Malformed> {
        let qos = match self.publish_qos()? {
            None | Some(QoS::AtMostOnce) => return Ok(Some(None)),
            Some(qos) => qos,
        };
        let Some(topic) = self.topic(qos, packet)? else { return Ok(None) };
        if topic.end + id_len(qos) > limit {
            return Ok(Some(None));
        }
        let id = packet_id(packet, topic.end)?;
        Ok(id.map(|id| Some((qos, id))))
    }
}

/// The number of two bytes at this place; `None` while it has not come.
fn number(packet: &[u8], at: usize) -> Option<u16> {
    packet.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

/// The packet id at this place; `None` while it has not come.
fn packet_id(packet: &[u8], at: usize) -> Result<Option<u16>, Malformed> {
    match number(packet, at) {
        Some(0) => Err(Malformed("a packet id of 0".into())),
        id => Ok(id),
    }
}

/// The bytes that the packet id of a PUBLISH takes.
fn id_len(qos: QoS) -> usize {
    if qos == QoS::AtMostOnce { 0 } else { 2 }
}

fn malformed(cause: mqttbytes::Error) -> Malformed {
    Malformed(cause.to_string())
}

/// What a CONNECT says.
#[derive(Debug)]
pub struct Connect<'a> {
    /// The client id.
    pub client_id: &'a str,
    /// The user name.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
    /// The interval within which the client promises to send something, in seconds.
    pub keep_alive_s: u16,
    /// Whether the broker is to forget the session with the connection.
    pub clean_session: bool,
}

/// Encodes a packet that was made by one of the functions below.
fn encode(packet: &Packet) -> Option<Bytes> {
    if packet.size() > REMAINING_MAX {
        return None;
    }
    let mut buffer = BytesMut::with_capacity(packet.size());
    packet.write(&mut buffer, usize::MAX).ok()?;
    Some(buffer.freeze())
}

/// Encodes a CONNECT; `None` when one of its strings is longer than MQTT allows.
pub fn connect(connect: &Connect<'_>) -> Option<Bytes> {
    let strings = [connect.client_id, connect.username, connect.password];
    if strings.iter().any(|text| text.len() > usize::from(u16::MAX)) {
        return None;
    }
    let mut packet = v4::Connect::new(connect.client_id);
    packet.set_login(connect.username, connect.password);
    packet.keep_alive = connect.keep_alive_s;
    packet.clean_session = connect.clean_session;
    encode(&Packet::Connect(packet))
}

/// Encodes a PUBLISH; `id` is 0 for QoS 0. `None` when it is longer than MQTT allows.
///
/// The topic has been checked by [`topic::check_name`].
pub fn publish(topic: &str, id: u16, qos: QoS, retain: bool, payload: &[u8]) -> Option<Bytes> {
    let remaining = 2 + topic.len() + id_len(qos) + payload.len();
    if remaining > REMAINING_MAX {
        return None;
    }
    let mut packet = BytesMut::with_capacity(1 + LENGTH_BYTES_MAX + remaining);
    packet.put_u8(PUBLISH << 4 | (qos as u8) << 1 | u8::from(retain));
    put_length(&mut packet, remaining);
    packet.put_u16(u16::try_from(topic.len()).ok()?);
    packet.put_slice(topic.as_bytes());
    if qos != QoS::AtMostOnce {
        packet.put_u16(id);
    }
    packet.put_slice(payload);
    Some(packet.freeze())
}

/// Writes a remaining length: seven bits a byte, the lowest first.
fn put_length(packet: &mut BytesMut, mut length: usize) {
    while length >= 0x80 {
        packet.put_u8(length as u8 | 0x80);
        length >>= 7;
    }
    packet.put_u8(length as u8);
}

/// The same PUBLISH marked as sent before.
pub fn duplicate(publish: &Bytes) -> BytesMut {
    let mut again = BytesMut::from(publish.as_ref());
    if let Some(first) = again.first_mut() {
        *first |= DUP_FLAG;
    }
    again
}

/// Encodes a SUBSCRIBE of filters that [`topic::check_filter`] has checked.
pub fn subscribe<'a>(id: u16, filters: impl Iterator<Item = (&'a str, QoS)>) -> Option<Bytes> {
    let filters = filters.map(|(filter, qos)| v4::SubscribeFilter::new(filter.to_owned(), qos));
    let mut packet = v4::Subscribe::new_many(filters);
    packet.pkid = id;
    encode(&Packet::Subscribe(packet))
}

/// Encodes an UNSUBSCRIBE of a filter that [`topic::check_filter`] has checked.
pub fn unsubscribe(id: u16, filter: &str) -> Option<Bytes> {
    let mut packet = v4::Unsubscribe::new(filter);
    packet.pkid = id;
    encode(&Packet::Unsubscribe(packet))
}

/// A packet of four bytes that acknowledges the packet with this id.
fn acknowledgement(kind: u8, id: u16) -> [u8; 4] {
    let [high, low] = id.to_be_bytes();
    [kind, 2, high, low]
}

/// A PUBACK.
pub fn puback(id: u16) -> [u8; 4] {
    acknowledgement(0x40, id)
}

/// A PUBREC.
pub fn pubrec(id: u16) -> [u8; 4] {
    acknowledgement(0x50, id)
}

/// A PUBCOMP.
pub fn pubcomp(id: u16) -> [u8; 4] {
    acknowledgement(0x70, id)
}

/// Takes the next packet from bytes that a client has sent, as the codec reads it; `None` when it
/// has not come in full.
#[cfg(any(test, fuzzing))]
pub(crate) fn next_sent(bytes: &mut BytesMut) -> Result<Option<Packet>, Malformed> {
    match Packet::read(bytes, REMAINING_MAX) {
        Ok(packet) => Ok(Some(packet)),
        Err(mqttbytes::Error::InsufficientBytes(_)) => Ok(None),
        Err(cause) => Err(malformed(cause)),
    }
}

/// A PINGREQ.
pub const PINGREQ: [u8; 2] = [0xC0, 0];
/// A DISCONNECT.
pub const DISCONNECT: [u8; 2] = [0xE0, 0];

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder(limit: usize, bytes: &[u8]) -> Decoder {
        let mut decoder = Decoder::new(limit);
        decoder.buffer.extend_from_slice(bytes);
        decoder
    }

    #[test]
    fn acknowledgements_are_what_the_codec_reads() {
        let mut decoder = decoder(100, &puback(0x0102));
        decoder.buffer.extend_from_slice(&pubrec(3));
        decoder.buffer.extend_from_slice(&pubcomp(4));
        decoder.buffer.extend_from_slice(&PINGREQ);
        decoder.buffer.extend_from_slice(&DISCONNECT);
        let mut next = || match decoder.next_frame().unwrap() {
            Some(Frame::Packet(packet)) => packet,
            other => panic!("{other:?}"),
        };
        assert!(matches!(next(), Packet::PubAck(ack) if ack.pkid == 0x0102));
        assert!(matches!(next(), Packet::PubRec(ack) if ack.pkid == 3));
        assert!(matches!(next(), Packet::PubComp(ack) if ack.pkid == 4));
        assert!(matches!(next(), Packet::PingReq));
        assert!(matches!(next(), Packet::Disconnect));
    }

    #[test]
    fn a_packet_may_come_a_byte_at_a_time() {
        let frame = publish("/t", 7, QoS::AtLeastOnce, false, b"payload").unwrap();
        let mut decoder = Decoder::new(100);
        let (last, head) = frame.split_last().unwrap();
        for byte in head {
            decoder.buffer.extend_from_slice(&[*byte]);
            assert!(decoder.next_frame().unwrap().is_none());
        }
        decoder.buffer.extend_from_slice(&[*last]);
        let Some(Frame::Message(message)) = decoder.next_frame().unwrap() else {
            panic!("no message")
        };
        assert_eq!((message.topic(), message.id), ("/t", 7));
        assert_eq!(message.payload(), b"payload");
        assert!(decoder.buffer.is_empty());
    }

    #[test]
    fn a_message_is_what_the_codec_reads() {
        for (flags, id) in [(0, 0), (1, 0), (0b0010, 7), (0b1011, 0x0102), (0b1100, 65535)] {
            for payload in [&b""[..], b"p", &[b'p'; 117], &[b'p'; 118], &[b'p'; 20_000]] {
                let qos = mqttbytes::qos(flags >> 1 & 3).unwrap();
                let mut frame =
                    BytesMut::from(&publish("/t", id, qos, false, payload).unwrap()[..]);
                frame[0] |= flags;
                frame.extend_from_slice(b"next");
                let Some(Frame::Message(message)) = decoder(30_000, &frame).next_frame().unwrap()
                else {
                    panic!("no message")
                };
                let Packet::Publish(read) = next_sent(&mut frame).unwrap().unwrap() else {
                    panic!("no PUBLISH")
                };
                assert_eq!(&frame[..], b"next");
                assert_eq!((read.topic.as_str(), &read.payload[..]), ("/t", payload));
                assert_eq!((read.qos, read.pkid), (qos, id));
                assert_eq!((message.topic(), message.payload()), ("/t", payload));
                assert_eq!((message.qos, message.id), (qos, id));
                assert_eq!((message.dup, message.retain), (read.dup, read.retain));
            }
        }
    }

    #[test]
    fn a_message_is_written_as_the_codec_writes_it() {
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
            for (retain, len) in [(false, 0), (true, 117), (false, 118), (true, 20_000)] {
                let payload = vec![b'p'; len];
                let mut packet = v4::Publish::new("/topic", qos, payload.clone());
                packet.retain = retain;
                packet.pkid = if qos == QoS::AtMostOnce { 0 } else { 0x0102 };
                let written = encode(&Packet::Publish(packet.clone())).unwrap();
                assert_eq!(publish("/topic", packet.pkid, qos, retain, &payload).unwrap(), written);
            }
        }
        let too_long = vec![0; REMAINING_MAX - 3];
        assert!(publish("/t", 0, QoS::AtMostOnce, false, &too_long).is_none());
        assert!(publish("/", 0, QoS::AtMostOnce, false, &too_long).is_some());
    }

    #[test]
    fn an_oversized_packet_is_skipped_and_the_next_one_read() {
        let large = publish("/t", 0, QoS::AtMostOnce, false, &[b'x'; 200]).unwrap();
        let mut decoder = Decoder::new(100);
        for chunk in large.chunks(64) {
            decoder.buffer.extend_from_slice(chunk);
            if decoder.buffer.len() < 64 {
                break;
            }
            assert!(decoder.next_frame().unwrap().is_none());
            assert!(decoder.buffer.is_empty(), "nothing is hoarded");
        }
        decoder.buffer.extend_from_slice(&puback(1));
        assert!(matches!(
            decoder.next_frame().unwrap(),
            Some(Frame::Oversized { size, owed: None }) if size == large.len()
        ));
        assert!(matches!(decoder.next_frame().unwrap(), Some(Frame::Packet(Packet::PubAck(_)))));
    }

    #[test]
    fn of_a_skipped_message_remains_how_it_has_to_be_acknowledged() {
        for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
            let large = publish("/a/topic", 0x1234, qos, false, &[b'x'; 200]).unwrap();
            let mut decoder = Decoder::new(20);
            let frame = large.iter().find_map(|byte| {
                decoder.buffer.extend_from_slice(&[*byte]);
                decoder.next_frame().unwrap()
            });
            let Some(Frame::Oversized { owed, .. }) = frame else { panic!("{frame:?}") };
            assert_eq!(owed, Some((qos, 0x1234)));
            assert!(decoder.buffer.is_empty());
        }
    }

    #[test]
    fn a_packet_of_exactly_the_limit_is_read() {
        let frame = publish("/t", 0, QoS::AtMostOnce, false, &[b'x'; 94]).unwrap();
        assert_eq!(frame.len(), 100);
        assert!(matches!(decoder(100, &frame).next_frame().unwrap(), Some(Frame::Message(_))));
        assert!(matches!(
            decoder(99, &frame).next_frame().unwrap(),
            Some(Frame::Oversized { size: 100, owed: None })
        ));
    }

    #[test]
    fn what_is_not_mqtt_is_refused() {
        for bytes in [
            &[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01][..], // length of five bytes
            &[0x00, 0x00],                             // packet type 0
            &[0x36, 0x07, 0, 2, b'/', b't', 0, 1, 0],  // QoS 3
            &[0x32, 0x06, 0, 2, b'/', b't', 0, 0],     // QoS 1 with id 0
            &[0x30, 0x02, 0, 0],                       // empty topic
            &[0x30, 0x04, 0, 2, b'/', b'#'],           // wildcard in a name
            &[0x30, 0x04, 0, 2, b'/', 0],              // NUL in a name
            &[0x30, 0x04, 0, 9, b'/', b't'],           // topic longer than the packet
            &[0x30, 0x04, 0, 2, 0xC3, 0x28],           // topic not UTF-8
            &[0x40, 0x00],                             // PUBACK without id
        ] {
            assert!(decoder(100, bytes).next_frame().is_err(), "{bytes:02x?}");
        }
        for oversized in [
            &[0x36, 0x80, 0x01][..],               // QoS 3
            &[0x32, 0x07, 0, 5, b'/', b't'],       // topic longer than the packet
            &[0x32, 0x07, 0, 2, b'/', b't', 0, 0], // QoS 1 with id 0
        ] {
            assert!(decoder(8, oversized).next_frame().is_err(), "{oversized:02x?}");
        }
    }

    #[test]
    fn strings_that_the_codec_would_cut_are_refused() {
        let long = "x".repeat(65536);
        let with = |client_id, username, password| {
            connect(&Connect {
                client_id,
                username,
                password,
                keep_alive_s: 60,
                clean_session: true,
            })
        };
        assert!(with("c", "u", "p").is_some());
        assert!(with(&long, "u", "p").is_none());
        assert!(with("c", &long, "p").is_none());
        assert!(with("c", "u", &long).is_none());
    }

    #[test]
    fn connack_codes_are_read_even_when_unknown() {
        assert!(matches!(
            decoder(100, &[0x20, 2, 0, 99]).next_frame().unwrap(),
            Some(Frame::UnknownConnack { code: 99 })
        ));
        assert!(matches!(
            decoder(100, &[0x20, 2, 1, 0]).next_frame().unwrap(),
            Some(Frame::Packet(Packet::ConnAck(ack))) if ack.session_present
        ));
    }
}
