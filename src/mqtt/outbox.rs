//! What waits to be sent over a connection.
//!
//! Writing happens outside of the client's lock, by one thread at a time, so that no thread waits for
//! the lock while the peer does not read.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use bytes::BytesMut;

/// The bytes of one connection, in their order. Positions count from its start.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// What no thread has taken to write yet.
    bytes: BytesMut,
    /// How many bytes have been put in, and how many of them have gone out.
    queued: u64,
    gone: u64,
    /// How many bytes a thread has taken to write at the moment.
    taken: Option<usize>,
    /// Since when the peer has taken nothing of what waits.
    stalled: Option<Instant>,
}

impl Outbox {
    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.queued += bytes.len() as u64;
    }

    /// How many bytes no thread has taken to write yet.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The position behind all that was put in.
    pub(super) fn end(&self) -> u64 {
        self.queued
    }

    /// Whether all before this position has gone out.
    pub(super) fn has_gone(&self, position: u64) -> bool {
        self.gone >= position
    }

    pub(super) fn is_being_written(&self) -> bool {
        self.taken.is_some()
    }

    /// Whether there is nothing to write for a thread that asks.
    pub(super) fn is_idle(&self) -> bool {
        self.is_being_written() || self.gone == self.queued
    }

    /// Hands out all that waits to the one thread that writes, which gives the rest back.
    ///
    /// It may be nothing: then something waits in the connection, which has to be flushed.
    pub(super) fn take(&mut self) -> Option<BytesMut> {
        if self.is_idle() {
            return None;
        }
        let bytes = std::mem::take(&mut self.bytes);
        self.taken = Some(bytes.len());
        Some(bytes)
    }

    /// Takes back what could not be written; `all`: nothing waits in the connection either.
    pub(super) fn give_back(&mut self, rest: BytesMut, all: bool) {
        let taken = self.taken.take().unwrap_or_default();
        if rest.len() < taken {
            self.stalled = None;
        }
        let came_meanwhile = std::mem::replace(&mut self.bytes, rest);
        if all {
            self.gone = self.queued - came_meanwhile.len() as u64;
            self.stalled = None;
        } else {
            self.stalled.get_or_insert_with(Instant::now);
        }
        // Mostly nothing has: then the same memory is used again for what comes next.
        self.bytes.extend_from_slice(&came_meanwhile);
    }

    /// Whether the peer has taken nothing for so long.
    pub(super) fn is_stalled(&self, patience: Duration) -> bool {
        self.stalled.is_some_and(|since| since.elapsed() >= patience)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Buf as _;

    use super::*;

    #[test]
    fn one_thread_writes_and_others_may_put_more_in() {
        let mut outbox = Outbox::default();
        assert!(outbox.is_idle() && outbox.take().is_none());
        outbox.put(b"one");
        let first = outbox.end();
        let mut bytes = outbox.take().unwrap();
        assert!(outbox.is_being_written() && outbox.is_idle() && outbox.take().is_none());
        outbox.put(b"two");
        bytes.advance(3);
        outbox.give_back(bytes, true);
        assert!(outbox.has_gone(first) && !outbox.has_gone(outbox.end()));
        assert_eq!(&outbox.take().unwrap()[..], b"two");
    }

    #[test]
    fn what_could_not_be_written_comes_first_the_next_time() {
        let mut outbox = Outbox::default();
        outbox.put(b"one");
        let mut bytes = outbox.take().unwrap();
        bytes.advance(1);
        outbox.put(b"two");
        outbox.give_back(bytes, false);
        assert!(!outbox.has_gone(1), "it may be in the connection still");
        assert_eq!(&outbox.take().unwrap()[..], b"netwo");
    }

    #[test]
    fn what_waits_in_the_connection_is_taken_as_nothing_until_it_is_flushed() {
        let mut outbox = Outbox::default();
        outbox.put(b"one");
        outbox.take().unwrap();
        outbox.give_back(BytesMut::new(), false);
        assert!(outbox.take().unwrap().is_empty());
        outbox.give_back(BytesMut::new(), true);
        assert!(outbox.has_gone(3) && outbox.take().is_none());
    }

    #[test]
    fn a_peer_that_takes_something_is_not_stalled() {
        let mut outbox = Outbox::default();
        outbox.put(b"one");
        let bytes = outbox.take().unwrap();
        outbox.give_back(bytes, false);
        assert!(outbox.is_stalled(Duration::ZERO) && !outbox.is_stalled(Duration::from_secs(3600)));
        let since = outbox.stalled;
        let mut bytes = outbox.take().unwrap();
        bytes.advance(1);
        outbox.give_back(bytes, false);
        assert_ne!(outbox.stalled, since, "time counts anew");
    }
}
