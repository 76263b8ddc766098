//! The cloud's view: every HTTPS request and every MQTT packet, in order.
//!
//! Serialised, an entry has the form of the transcripts that real runs of the C SDK left:
//! `{"t":0.97,"who":…,"from":"device","ev":"PUBLISH",…}`. Displayed, it is one line for people,
//! and shown to the console, it is that JSON with more about the payload: these two mask secrets.
//! Passwords are left out, a device secret is shortened.

#![forbid(unsafe_code)]

mod event;
mod metrics;
mod view;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

pub(crate) use event::mask;
pub use event::{Entry, Event, From};
use metrics::Metrics;
pub(crate) use metrics::{Activity, Second};
pub(crate) use view::milliseconds;

/// Older entries are forgotten, so that a cloud that serves for weeks does not fill the memory.
const ENTRIES_MAX: usize = 100_000;
/// So are those whose payloads and texts take more than this together.
const BYTES_MAX: usize = 64 * 1024 * 1024;

type Observer = Box<dyn Fn(&Entry) + Send>;

/// The entries of one cloud. Clones show the same entries; every method may be called from any
/// thread.
#[derive(Clone)]
pub struct Trace {
    shared: Arc<Shared>,
}

struct Shared {
    start: Instant,
    log: Mutex<Log>,
    grown: Condvar,
    started: SystemTime,
}

#[derive(Default)]
struct Log {
    entries: VecDeque<Entry>,
    /// How many entries were forgotten: the number of the oldest one that is kept.
    forgotten: u64,
    /// Roughly what the kept entries take.
    bytes: usize,
    metrics: Metrics,
    observer: Option<Observer>,
}

/// Entries from the trace, and where to go on.
pub(crate) struct Tail {
    /// Each with its number, the oldest first.
    pub(crate) entries: Vec<(u64, Entry)>,
    /// The number of the next entry that will be recorded.
    pub(crate) next: u64,
    /// How many more there were that matched, before those.
    pub(crate) skipped: usize,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Trace {
            shared: Arc::new(Shared {
                start: Instant::now(),
                started: SystemTime::now(),
                log: Mutex::default(),
                grown: Condvar::new(),
            }),
        }
    }

    pub(crate) fn record(&self, who: impl fmt::Display, from: From, event: Event) {
        let mut log = self.lock();
        let entry = Entry {
            t: self.shared.start.elapsed().as_secs_f64(),
            who: who.to_string(),
            from,
            event,
        };
        if let Some(observer) = &log.observer {
            observer(&entry);
        }
        log.keep(entry);
        drop(log);
        self.shared.grown.notify_all();
    }

    /// When the cloud started, which every entry's time counts from.
    pub(crate) fn started(&self) -> SystemTime {
        self.shared.started
    }

    /// The newest entries from number `from` on that are wanted, `max` at most.
    pub(crate) fn tail(&self, from: u64, max: usize, wanted: impl Fn(&Entry) -> bool) -> Tail {
        let log = self.lock();
        let next = log.forgotten + log.entries.len() as u64;
        let known = usize::try_from(next.saturating_sub(from)).unwrap_or(usize::MAX);
        let newest_first = log.entries.iter().rev().take(known);
        let mut entries = Vec::new();
        let mut skipped = 0;
        for (entry, number) in newest_first.zip((0..next).rev()) {
            if !wanted(entry) {
                continue;
            }
            if entries.len() < max {
                entries.push((number, entry.clone()));
            } else {
                skipped += 1;
            }
        }
        entries.reverse();
        Tail { entries, next, skipped }
    }

    /// What is counted a second, from second `from` since the start on.
    pub(crate) fn seconds(&self, from: u64) -> Vec<Second> {
        let now = self.shared.start.elapsed().as_secs();
        self.lock().metrics.seconds(from, now)
    }

    /// How many messages a device has sent and been sent, and when the last was.
    pub(crate) fn activity(&self, device: &str) -> Activity {
        self.lock().metrics.activity(device)
    }

    /// Calls `observer` with every entry from now on, in order. It must not use the trace.
    pub fn observe(&self, observer: impl Fn(&Entry) + Send + 'static) {
        self.lock().observer = Some(Box::new(observer));
    }

    /// All entries so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    /// The requests and packets that devices sent, as JSON: what a transcript holds.
    pub fn transcript(&self) -> Vec<Value> {
        self.lock()
            .entries
            .iter()
            .filter(|entry| entry.from == From::Device)
            .filter_map(|entry| serde_json::to_value(entry).ok())
            .collect()
    }

    /// Waits until the entries so far satisfy `condition`, which gets all of them, oldest first.
    ///
    /// Returns whether they did before `timeout` was over.
    pub fn wait(
        &self,
        timeout: Duration,
        mut condition: impl FnMut(&VecDeque<Entry>) -> bool,
    ) -> bool {
        let (_log, result) = self
            .shared
            .grown
            .wait_timeout_while(self.lock(), timeout, |log| !condition(&log.entries))
            .unwrap_or_else(PoisonError::into_inner);
        !result.timed_out()
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// Keeps an entry, and forgets the oldest ones for it.
    fn keep(&mut self, entry: Entry) {
        self.metrics.count(&entry);
        self.bytes += entry.weight();
        self.entries.push_back(entry);
        while self.entries.len() > ENTRIES_MAX || (self.bytes > BYTES_MAX && self.entries.len() > 1)
        {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.bytes -= oldest.weight();
            self.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn message(payload: Bytes) -> Event {
        let (qos, dup, retain) = (0, 0, 0);
        Event::Publish { topic: "/pk/dn/t".into(), qos, dup, retain, id: None, payload }
    }

    #[test]
    fn large_payloads_are_forgotten_before_they_fill_the_memory() {
        let trace = Trace::new();
        let payload = Bytes::from(vec![b'x'; 1024 * 1024]);
        for _ in 0..70 {
            trace.record("pk.dn", From::Device, message(payload.clone()));
        }
        let Tail { entries, next, skipped } = trace.tail(0, 10, |_| true);
        assert_eq!((entries.len(), next, skipped), (10, 70, 53));
        assert_eq!(entries.first().map(|(number, _)| *number), Some(60));
    }

    #[test]
    fn a_tail_goes_on_where_the_last_one_ended() {
        let trace = Trace::new();
        for event in [Event::Pingreq, message(Bytes::new()), Event::Pingreq] {
            trace.record("pk.dn", From::Device, event);
        }
        let messages = |entry: &Entry| matches!(entry.event, Event::Publish { .. });
        let first = trace.tail(0, 10, messages);
        assert_eq!(first.entries.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1]);
        assert!(trace.tail(first.next, 10, messages).entries.is_empty());
        trace.record("pk.dn", From::Device, message(Bytes::new()));
        assert_eq!(trace.tail(first.next, 10, messages).entries.len(), 1);
        assert!(trace.tail(999, 10, messages).entries.is_empty());
    }

    #[test]
    fn waiting_ends_when_the_condition_holds_and_when_the_time_is_up() {
        let trace = Trace::new();
        assert!(!trace.wait(Duration::from_millis(10), |entries| !entries.is_empty()));
        let other = trace.clone();
        let recorder = std::thread::spawn(move || {
            other.record("pk.dn", From::Device, Event::Pingreq);
        });
        assert!(trace.wait(Duration::from_secs(5), |entries| !entries.is_empty()));
        recorder.join().unwrap();
    }
}
