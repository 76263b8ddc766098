//! How many bytes a read may ask for.
//!
//! The read function of a firmware's port blocks until the whole buffer is full. Asking it for more
//! than the peer is about to send costs the whole timeout, so what is asked for follows the frames
//! of the protocol that the stream carries.

#![forbid(unsafe_code)]

use crate::base::error::TransportError;
use crate::hal::ReadStyle;

/// What a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// MQTT control packets: a type, a length of one to four bytes, the rest.
    Mqtt,
    /// TLS records: a head of five bytes that ends with the length, the rest.
    TlsRecords,
    /// Bytes that do not announce their number, such as the head of an HTTP reply.
    Unframed,
}

/// The length of a TLS record's head.
const TLS_HEAD: usize = 5;
/// The most bytes that can announce the length of an MQTT packet.
const MQTT_LENGTH_BYTES: usize = 4;

/// Follows a stream, to know where in a frame it is.
struct Tracker {
    framing: Framing,
    /// How many bytes of a frame's head have come.
    head: usize,
    /// The length of the frame's body as far as the head has announced it.
    length: usize,
    /// How many bytes of the body are still to come.
    body: usize,
}

impl Tracker {
    fn new(framing: Framing) -> Self {
        Tracker { framing, head: 0, length: 0, body: 0 }
    }

    /// The most bytes that are certain to come without the peer sending another frame.
    fn certain(&self) -> usize {
        match self.framing {
            _ if self.body > 0 => self.body,
            Framing::TlsRecords => TLS_HEAD - self.head,
            Framing::Mqtt | Framing::Unframed => 1,
        }
    }

    fn advance(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.body > 0 {
                self.body -= 1;
            } else {
                self.head_byte(byte);
            }
        }
    }

    fn head_byte(&mut self, byte: u8) {
        let at = self.head;
        self.head += 1;
        let complete = match self.framing {
            Framing::Unframed => true,
            Framing::TlsRecords => {
                if at + 2 >= TLS_HEAD {
                    self.length = self.length << 8 | usize::from(byte);
                }
                self.head == TLS_HEAD
            }
            // A length that goes on after its fourth byte is for the packet decoder to refuse.
            Framing::Mqtt => match at.checked_sub(1) {
                None => false,
                Some(place) => {
                    self.length |= usize::from(byte & 0x7f) << (7 * place);
                    byte & 0x80 == 0 || self.head > MQTT_LENGTH_BYTES
                }
            },
        };
        if complete {
            *self = Tracker { body: self.length, ..Tracker::new(self.framing) };
        }
    }
}

/// The receiving end of a connection: its buffer, and how much of it a read may fill.
pub(super) struct Inbound {
    /// `None` when a read returns what is there, so that it may ask for as much as it likes.
    tracker: Option<Tracker>,
    buffer: Box<[u8]>,
}

impl Inbound {
    /// About a TLS record, so that a bulk transfer takes few calls.
    const ROOM: usize = 16 * 1024;

    pub(super) fn new(style: ReadStyle, framing: Framing) -> Self {
        Inbound {
            tracker: match style {
                ReadStyle::Available => None,
                ReadStyle::Exact => Some(Tracker::new(framing)),
            },
            buffer: vec![0; Self::ROOM].into(),
        }
    }

    /// Lets `read` fill as much of the buffer as it may, and returns what came.
    pub(super) fn read(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> Result<usize, TransportError>,
    ) -> Result<&[u8], TransportError> {
        let most = self.tracker.as_ref().map_or(Self::ROOM, Tracker::certain).min(Self::ROOM);
        let room = self.buffer.get_mut(..most).unwrap_or_default();
        let len = read(room)?.min(most);
        let came = self.buffer.get(..len).unwrap_or_default();
        if let Some(tracker) = &mut self.tracker {
            tracker.advance(came);
        }
        Ok(came)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a stream is asked for when each read is answered by at most `granted` bytes.
    fn asked(framing: Framing, stream: &[u8], granted: usize) -> Vec<usize> {
        let mut tracker = Tracker::new(framing);
        let mut asked = Vec::new();
        let mut rest = stream;
        while !rest.is_empty() {
            let certain = tracker.certain();
            asked.push(certain);
            let (now, later) = rest.split_at(certain.min(granted));
            tracker.advance(now);
            rest = later;
        }
        asked
    }

    #[test]
    fn mqtt_is_asked_for_by_type_length_and_rest() {
        let mut stream = vec![0xd0, 0];
        stream.extend([0x30, 0xc8, 0x01]);
        stream.extend([7; 200]);
        stream.extend([0xd0, 0]);
        assert_eq!(asked(Framing::Mqtt, &stream, usize::MAX), [1, 1, 1, 1, 1, 200, 1, 1]);
    }

    #[test]
    fn tls_is_asked_for_by_head_and_rest() {
        let mut stream = vec![22, 3, 3, 1, 2];
        stream.extend([7; 258]);
        stream.extend([21, 3, 3, 0, 2, 1, 0]);
        assert_eq!(asked(Framing::TlsRecords, &stream, usize::MAX), [5, 258, 5, 2]);
    }

    #[test]
    fn a_short_read_is_followed_by_the_rest_of_the_same_frame() {
        let stream = [22, 3, 3, 0, 7, 1, 2, 3, 4, 5, 6, 7];
        assert_eq!(asked(Framing::TlsRecords, &stream, 3), [5, 2, 7, 4, 1]);
        assert_eq!(asked(Framing::Mqtt, &[0x30, 4, 1, 2, 3, 4], 3), [1, 1, 4, 1]);
    }

    #[test]
    fn an_endless_mqtt_length_ends_after_four_bytes() {
        let mut tracker = Tracker::new(Framing::Mqtt);
        tracker.advance(&[0x30, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(tracker.certain(), 0x0fff_ffff);
    }

    #[test]
    fn an_unframed_stream_is_asked_for_byte_by_byte() {
        assert_eq!(asked(Framing::Unframed, b"HTTP", usize::MAX), [1, 1, 1, 1]);
    }

    #[test]
    fn a_frame_longer_than_the_buffer_is_read_in_parts() {
        let mut inbound = Inbound::new(ReadStyle::Exact, Framing::TlsRecords);
        let head = [23, 3, 3, 0x41, 0x00];
        inbound
            .read(|room| {
                room.copy_from_slice(&head);
                Ok(head.len())
            })
            .unwrap();
        let mut rooms = Vec::new();
        for _ in 0..2 {
            inbound
                .read(|room| {
                    rooms.push(room.len());
                    Ok(room.len())
                })
                .unwrap();
        }
        assert_eq!(rooms, [Inbound::ROOM, 0x4100 - Inbound::ROOM]);
    }
}
