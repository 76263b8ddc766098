//! What is told to the firmware, in the order of the wire and with no lock held.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Client, State};
use crate::base::deadline::Deadline;
use crate::base::waiting::{self, BeforeWaiting};
use crate::mqtt::session::{Incoming, Subscription};
use crate::mqtt::{Error, Event, Message, QoS};

/// How many handlers may run inside of each other: a handler that yields has others called. What
/// comes beyond that is told when the outer ones have returned, or a peer that sends without end
/// would use up the stack.
const NESTED_MAX: u32 = 4;
/// How long an acknowledgement, or what a handler sends, may wait for others, to go out together
/// with them.
const LONGEST_DELAY: Duration = Duration::from_millis(5);

thread_local!(static DELIVERING: Cell<Delivering> = const { Cell::new(Delivering::NOTHING) });

/// What a thread is inside of.
#[derive(Clone, Copy)]
struct Delivering {
    /// How many handlers.
    depth: u32,
    /// Where the client of the innermost lies.
    client: usize,
}

impl Delivering {
    const NOTHING: Self = Delivering { depth: 0, client: 0 };
}

/// Being inside of a client's handlers, until this is dropped.
struct Inside(Delivering);

impl Inside {
    fn enter(client: &Client) -> Self {
        let outer = DELIVERING.get();
        DELIVERING.set(Delivering { depth: outer.depth + 1, client: client.address() });
        Inside(outer)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DELIVERING.set(self.0);
    }
}

/// Whether this thread may call handlers.
pub(super) fn may_deliver() -> bool {
    DELIVERING.get().depth < NESTED_MAX
}

/// What the firmware is told.
enum Told {
    Event(Event),
    Message(Message),
}

impl Client {
    /// Whether this thread is inside of one of the client's handlers.
    pub(super) fn is_delivering(&self) -> bool {
        DELIVERING.get().client == self.address()
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Tells the firmware what happened, with no lock held. What that leaves to be sent goes out
    /// together: acknowledgements, and what handlers publish.
    pub(super) fn dispatch(self: &Arc<Self>) {
        let _inside = Inside::enter(self);
        let client = Arc::clone(self);
        let _writes = waiting::before(client);
        let mut wanted_by = Vec::new();
        let mut queued_since = None;
        loop {
            let mut state = self.lock();
            if state.outbox.is_idle() {
                queued_since = None;
            } else {
                let now = Instant::now();
                if now - *queued_since.get_or_insert(now) >= LONGEST_DELAY {
                    state = self.write_out(state, Deadline::OVER);
                    queued_since = None;
                }
            }
            let Some((generation, told)) = state.next_incoming(&mut wanted_by) else {
                drop(self.write_out(state, Deadline::OVER));
                return;
            };
            drop(state);
            match told {
                Told::Event(mut event) => (self.params.on_event)(&mut event),
                Told::Message(message) => self.deliver(message, &wanted_by, generation),
            }
        }
    }

    /// Calls the handlers and queues the acknowledgement that the broker is owed then, if any.
    fn deliver(&self, mut message: Message, wanted_by: &[Subscription], generation: u64) {
        let (id, qos) = (message.id, message.qos);
        if wanted_by.is_empty() {
            (self.params.on_event)(&mut Event::PublishReceived(message));
        } else {
            for subscription in wanted_by {
                (subscription.handler.call)(&mut message);
            }
        }
        if qos == QoS::AtMostOnce {
            return;
        }
        let now = Instant::now();
        let mut state = self.lock();
        // A broker that lost the connection meanwhile sends the message again over the next one.
        if state.generation == generation
            && let Some(answer) = state.session.acknowledge(now, qos, id)
        {
            state.outbox.put(&answer);
        }
    }
}

impl BeforeWaiting for Client {
    fn before_waiting(&self) {
        drop(self.write_out(self.lock(), Deadline::OVER));
    }
}

impl State {
    /// The next thing to tell, and over which connection it came; of a message also who wants it.
    fn next_incoming(&mut self, wanted_by: &mut Vec<Subscription>) -> Option<(u64, Told)> {
        let (generation, incoming) = self.inbox.pop_front()?;
        let told = match incoming {
            Incoming::Message(message) => {
                self.session.matching(message.topic(), wanted_by);
                Told::Message(message)
            }
            Incoming::Change(change, event) => {
                self.session.change(change);
                Told::Event(event)
            }
            Incoming::Event(event) => {
                if let Event::Reconnect = event {
                    // Not if the connection that it tells of is lost again already.
                    self.told_up = generation + 1 == self.generation;
                }
                Told::Event(event)
            }
        };
        Some((generation, told))
    }

    pub(super) fn push(&mut self, incoming: Incoming) {
        let outcome = match &incoming {
            Incoming::Event(Event::SubscribeSuccess(id))
            | Incoming::Change(_, Event::SubscribeSuccess(id)) => Some((id, Ok(()))),
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
