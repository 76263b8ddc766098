//! MQTT packets as bytes, cut from a stream without looking much into them.

use std::io::{self, Read};

/// A TLS record's type, version and length.
const RECORD_HEAD: usize = 5;

/// The control packets of MQTT 3.1.1, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Connect = 1,
    ConnAck,
    Publish,
    PubAck,
    PubRec,
    PubRel,
    PubComp,
    Subscribe,
    SubAck,
    Unsubscribe,
    UnsubAck,
    PingReq,
    PingResp,
    Disconnect,
}

impl Kind {
    const ALL: [Kind; 14] = [
        Kind::Connect,
        Kind::ConnAck,
        Kind::Publish,
        Kind::PubAck,
        Kind::PubRec,
        Kind::PubRel,
        Kind::PubComp,
        Kind::Subscribe,
        Kind::SubAck,
        Kind::Unsubscribe,
        Kind::UnsubAck,
        Kind::PingReq,
        Kind::PingResp,
        Kind::Disconnect,
    ];
}

/// A whole packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) bytes: Vec<u8>,
    /// Where its body starts.
    head: usize,
}

impl Packet {
    /// A packet of this kind, with these flags in its first byte.
    pub(crate) fn new(kind: Kind, flags: u8, body: &[u8]) -> Self {
        let mut bytes = vec![(kind as u8) << 4 | flags];
        let mut length = body.len();
        loop {
            let more = if length > 127 { 0x80 } else { 0 };
            bytes.push(u8::try_from(length & 127).unwrap() | more);
            length >>= 7;
            if length == 0 {
                break;
            }
        }
        let head = bytes.len();
        bytes.extend_from_slice(body);
        Packet { bytes, head }
    }

    /// An acknowledgement of the packet with this id.
    pub(crate) fn answer(kind: Kind, id: u16) -> Self {
        Packet::new(kind, 0, &id.to_be_bytes())
    }

    /// A message; QoS 1 unless `id` is 0.
    pub(crate) fn publish(topic: &str, id: u16, payload: &[u8]) -> Self {
        let mut body = u16::try_from(topic.len()).unwrap().to_be_bytes().to_vec();
        body.extend_from_slice(topic.as_bytes());
        if id != 0 {
            body.extend_from_slice(&id.to_be_bytes());
        }
        body.extend_from_slice(payload);
        Packet::new(Kind::Publish, if id == 0 { 0 } else { 0b10 }, &body)
    }

    /// Reads the next packet.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Packet> {
        let mut bytes = vec![0];
        from.read_exact(&mut bytes)?;
        let mut length = 0;
        for shift in [0, 7, 14, 21] {
            let mut byte = [0];
            from.read_exact(&mut byte)?;
            bytes.push(byte[0]);
            length |= usize::from(byte[0] & 127) << shift;
            if byte[0] < 128 {
                break;
            }
        }
        let head = bytes.len();
        bytes.resize(head + length, 0);
        from.read_exact(&mut bytes[head..])?;
        Ok(Packet { bytes, head })
    }

    /// Reads the next TLS record, which is no packet but has a head and a body too.
    pub(crate) fn read_record(from: &mut impl Read) -> io::Result<Packet> {
        let mut bytes = vec![0; RECORD_HEAD];
        from.read_exact(&mut bytes)?;
        let length = u16::from_be_bytes([bytes[3], bytes[4]]);
        bytes.resize(RECORD_HEAD + usize::from(length), 0);
        from.read_exact(&mut bytes[RECORD_HEAD..])?;
        Ok(Packet { bytes, head: RECORD_HEAD })
    }

    /// What it is, `None` for a number that MQTT does not use.
    pub(crate) fn kind(&self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|&kind| kind as u8 == self.bytes[0] >> 4)
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[self.head..]
    }

    /// The packet id that the body of most packets starts with.
    pub(crate) fn id(&self) -> u16 {
        u16::from_be_bytes([self.body()[0], self.body()[1]])
    }

    /// The id, 0 for QoS 0, and the payload of a PUBLISH.
    pub(crate) fn published(&self) -> (u16, &[u8]) {
        let topic = usize::from(self.id());
        let rest = &self.body()[2 + topic..];
        match rest {
            [high, low, payload @ ..] if self.bytes[0] & 0b110 != 0 => {
                (u16::from_be_bytes([*high, *low]), payload)
            }
            payload => (0, payload),
        }
    }

    /// How many filters a SUBSCRIBE names.
    pub(crate) fn filters(&self) -> usize {
        let mut rest = &self.body()[2..];
        let mut count = 0;
        while let [high, low, more @ ..] = rest {
            rest = &more[usize::from(u16::from_be_bytes([*high, *low])) + 1..];
            count += 1;
        }
        count
    }
}
