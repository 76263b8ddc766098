//! The bytes of a reply as they come.

#![forbid(unsafe_code)]

use std::sync::Arc;

use bytes::BytesMut;
use zeroize::{Zeroize as _, Zeroizing};

use super::BODY_MAX;
use crate::base::deadline::Deadline;
use crate::base::error::{Error, TransportError};
use crate::transport::Connection;

/// The longest reply as it goes over the wire, in bytes: a body in chunks of one byte has six bytes
/// for each of its own.
const WIRE_MAX: usize = 8 * BODY_MAX;
/// More than one `receive` can bring: a read of the HAL, and a TLS record that it completes.
const RECEIVE_MAX: usize = 40 * 1024;

/// The receiving end: bytes of the reply, wiped after use.
pub(super) struct Wire {
    connection: Arc<dyn Connection>,
    deadline: Deadline,
    /// What came last. It never grows, because growing would leave a copy behind.
    arrival: BytesMut,
    /// What has not been consumed yet.
    pub(super) pending: Zeroizing<Vec<u8>>,
    /// How many bytes have come altogether.
    pub(super) received: usize,
}

impl Wire {
    pub(super) fn new(connection: Arc<dyn Connection>, deadline: Deadline) -> Self {
        Wire {
            connection,
            deadline,
            arrival: BytesMut::with_capacity(RECEIVE_MAX),
            pending: Zeroizing::default(),
            received: 0,
        }
    }

    /// Waits for more bytes; `false`: the peer has closed the connection.
    pub(super) fn receive(&mut self) -> Result<bool, Error> {
        while !self.deadline.is_over() {
            match self.connection.receive(&mut self.arrival, self.deadline.left()) {
                Ok(0) => {}
                Ok(len) => {
                    append(&mut self.pending, &self.arrival);
                    self.arrival.zeroize();
                    self.arrival.clear();
                    self.received += len;
                    // Neither head nor body end here: there is no end to what is around them.
                    if self.received > WIRE_MAX {
                        return Err(Error::BadReply(format!("it goes on after {WIRE_MAX} bytes")));
                    }
                    return Ok(true);
                }
                Err(TransportError::Closed) => return Ok(false),
                Err(cause) => return Err(Error::Unanswered(cause)),
            }
        }
        Err(Error::Unanswered(TransportError::TimedOut))
    }

    pub(super) fn consume(&mut self, len: usize) {
        let len = len.min(self.pending.len());
        self.pending.drain(..len);
    }

    /// What to call a reply that the peer did not finish.
    pub(super) fn cut_off(&self, place: &str) -> Error {
        match self.received {
            0 => Error::Unanswered(TransportError::Closed),
            received => Error::BadReply(format!("it is cut off {place}, after {received} bytes")),
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // A receive that failed may have brought something first.
        self.arrival.zeroize();
    }
}

/// Appends without leaving a copy of the old bytes behind, as `Vec` does when it grows.
pub(super) fn append(to: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    let len = to.len() + bytes.len();
    if len > to.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(len.next_power_of_two()));
        larger.extend_from_slice(to);
        *to = larger;
    }
    to.extend_from_slice(bytes);
}
