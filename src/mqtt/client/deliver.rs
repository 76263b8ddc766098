//! What is told to the firmware, in the order of the wire and with no lock held.

#![forbid(unsafe_code)]

use std::time::Instant;

use super::{ACK_DELAY, Client, State};
use crate::deadline::Deadline;
use crate::mqtt::session::{Incoming, Subscription};
use crate::mqtt::{Error, Event, Message, QoS};

impl Client {
    /// Tells the firmware what happened, with no lock held.
    pub(super) fn dispatch(&self) {
        let mut wanted_by = Vec::new();
        let mut owed_since = None;
        while let Some((generation, incoming)) = self.next_incoming(&mut wanted_by) {
            match incoming {
                Incoming::Event(mut event) => (self.params.on_event)(&mut event),
                Incoming::Message(message) => {
                    if let Some(now) = self.deliver(message, &wanted_by, generation)
                        && now - *owed_since.get_or_insert(now) >= ACK_DELAY
                    {
                        drop(self.write_out(self.lock(), Deadline::OVER));
                        owed_since = None;
                    }
                }
            }
        }
        if owed_since.is_some() {
            drop(self.write_out(self.lock(), Deadline::OVER));
        }
    }

    /// The next thing to tell, and over which connection it came; of a message also who wants it.
    fn next_incoming(&self, wanted_by: &mut Vec<Subscription>) -> Option<(u64, Incoming)> {
        let mut state = self.lock();
        let next = state.inbox.pop_front()?;
        match &next.1 {
            Incoming::Message(message) => state.session.matching(message.topic(), wanted_by),
            Incoming::Event(Event::Reconnect) => {
                // Not if the connection that it tells of is lost again already.
                state.told_up = next.0 + 1 == state.generation;
            }
            Incoming::Event(_) => {}
        }
        Some(next)
    }

    /// Calls the handlers and queues the acknowledgement that the broker is owed then, if any;
    /// returns the time of that.
    fn deliver(
        &self,
        mut message: Message,
        wanted_by: &[Subscription],
        generation: u64,
    ) -> Option<Instant> {
        let (id, qos) = (message.id, message.qos);
        if wanted_by.is_empty() {
            (self.params.on_event)(&mut Event::PublishReceived(message));
        } else {
            for subscription in wanted_by {
                (subscription.handler.call)(&mut message);
            }
        }
        if qos == QoS::AtMostOnce {
            return None;
        }
        let now = Instant::now();
        let mut state = self.lock();
        // A broker that lost the connection meanwhile sends the message again over the next one.
        if state.generation != generation {
            return None;
        }
        let answer = state.session.acknowledge(now, qos, id)?;
        state.outbox.put(&answer);
        Some(now)
    }
}

impl State {
    pub(super) fn push(&mut self, incoming: Incoming) {
        let outcome = match &incoming {
            Incoming::Event(Event::SubscribeSuccess(id)) => Some((id, Ok(()))),
            Incoming::Event(Event::SubscribeNack(id)) => Some((id, Err(Error::NotGranted))),
            Incoming::Event(Event::SubscribeTimeout(id)) => Some((id, Err(Error::NoAnswer))),
            _ => None,
        };
        if let Some((id, outcome)) = outcome
            && let Some(slot) = self.awaited.get_mut(id)
        {
            *slot = Some(outcome);
        }
        self.inbox.push_back((self.generation, incoming));
    }
}
