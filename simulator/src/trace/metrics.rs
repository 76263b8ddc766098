//! What is counted of the messages: a number a second for the plots, and a sum a device.

#![forbid(unsafe_code)]

use std::collections::{HashMap, VecDeque};

use serde::Serialize;

use super::{Entry, Event, From};

/// Ten minutes are kept.
const SECONDS_MAX: usize = 600;
/// More messages than this that wait for their PUBACK are not timed.
const WAITING_MAX: usize = 10_000;
/// More devices than this are not counted one by one.
const DEVICES_MAX: usize = 10_000;

/// One second.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Second {
    /// Which one, since the cloud started.
    pub(crate) second: u64,
    /// Messages from devices.
    pub(crate) up: u64,
    /// Messages to devices.
    pub(crate) down: u64,
    /// The payloads of those, in bytes.
    pub(crate) up_bytes: u64,
    pub(crate) down_bytes: u64,
    /// How long devices took to acknowledge, `None` when none did.
    pub(crate) latency: Option<Latency>,
}

/// From the cloud's PUBLISH at QoS 1 to the device's PUBACK, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub(crate) mean: f64,
    pub(crate) max: f64,
    /// How many there were.
    pub(crate) count: u64,
}

/// What a device has done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Activity {
    pub(crate) up: u64,
    pub(crate) down: u64,
    /// In seconds since the cloud started.
    pub(crate) last: Option<f64>,
}

#[derive(Default)]
pub(super) struct Metrics {
    /// The second that the last entry was in, and those before it.
    current: Second,
    past: VecDeque<Second>,
    devices: HashMap<String, Activity>,
    /// When a message that waits for its PUBACK was sent, by device and packet id.
    waiting: HashMap<(String, u16), f64>,
}

impl Metrics {
    /// Counts what an entry stands for.
    pub(super) fn count(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Publish { payload, id, dup, .. } => {
                let second = self.second(entry.t);
                let (messages, bytes) = match entry.from {
                    From::Device => (&mut second.up, &mut second.up_bytes),
                    From::Cloud => (&mut second.down, &mut second.down_bytes),
                };
                *messages += 1;
                *bytes += payload.len() as u64;
                self.count_for(entry);
                if let (From::Cloud, Some(id), 0) = (entry.from, id, dup)
                    && self.waiting.len() < WAITING_MAX
                {
                    self.waiting.insert((entry.who.clone(), *id), entry.t);
                }
            }
            Event::Puback { id } if entry.from == From::Device => {
                let sent = self.waiting.remove(&(entry.who.clone(), *id));
                if let Some(sent) = sent {
                    let took = (entry.t - sent) * 1000.0;
                    self.second(entry.t).latency.get_or_insert_default().add(took);
                }
            }
            Event::Closed { .. } => self.waiting.retain(|(who, _), _| *who != entry.who),
            _ => {}
        }
    }

    /// The seconds from `from` to the one before `now`, quiet ones too.
    pub(super) fn seconds(&self, from: u64, now: u64) -> Vec<Second> {
        let from = from.max(now.saturating_sub(SECONDS_MAX as u64));
        let mut counted = self
            .past
            .iter()
            .chain([&self.current])
            .skip_while(|counted| counted.second < from)
            .peekable();
        (from..now)
            .map(|second| {
                let found = counted.next_if(|counted| counted.second == second).cloned();
                found.unwrap_or(Second { second, ..Second::default() })
            })
            .collect()
    }

    pub(super) fn activity(&self, device: &str) -> Activity {
        self.devices.get(device).copied().unwrap_or_default()
    }

    fn count_for(&mut self, entry: &Entry) {
        if self.devices.len() >= DEVICES_MAX && !self.devices.contains_key(&entry.who) {
            return;
        }
        let activity = match self.devices.get_mut(&entry.who) {
            Some(activity) => activity,
            None => self.devices.entry(entry.who.clone()).or_default(),
        };
        activity.last = Some(entry.t);
        match entry.from {
            From::Device => activity.up += 1,
            From::Cloud => activity.down += 1,
        }
    }

    /// The second in which this moment is. Entries come in order.
    fn second(&mut self, t: f64) -> &mut Second {
        let second = t as u64;
        if self.current.second < second {
            if self.past.len() == SECONDS_MAX {
                self.past.pop_front();
            }
            let next = Second { second, ..Second::default() };
            self.past.push_back(std::mem::replace(&mut self.current, next));
        }
        &mut self.current
    }
}

impl Latency {
    fn add(&mut self, took: f64) {
        self.count += 1;
        self.mean += (took - self.mean) / self.count as f64;
        self.max = self.max.max(took);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn entry(t: f64, from: From, event: Event) -> Entry {
        Entry { t, who: "pk.dn".into(), from, event }
    }

    fn message(id: u16) -> Event {
        let payload = Bytes::from_static(b"four");
        let (qos, dup, retain, id) = (1, 0, 0, Some(id));
        Event::Publish { topic: "/pk/dn/t".into(), qos, dup, retain, id, payload }
    }

    #[test]
    fn messages_are_counted_by_second_and_device() {
        let mut metrics = Metrics::default();
        metrics.count(&entry(0.2, From::Device, message(1)));
        metrics.count(&entry(2.1, From::Cloud, message(1)));
        metrics.count(&entry(2.2, From::Cloud, message(2)));
        metrics.count(&entry(2.3, From::Device, Event::Puback { id: 1 }));
        let seconds = metrics.seconds(0, 3);
        assert_eq!(
            seconds.iter().map(|one| (one.up, one.down)).collect::<Vec<_>>(),
            [(1, 0), (0, 0), (0, 2)]
        );
        assert_eq!(seconds[2].down_bytes, 8);
        let latency = seconds[2].latency.clone().unwrap();
        assert_eq!((latency.count, latency.max.round()), (1, 200.0));
        assert_eq!(metrics.seconds(2, 4).len(), 2);
        let activity = metrics.activity("pk.dn");
        assert_eq!((activity.up, activity.down, activity.last), (1, 2, Some(2.2)));
    }

    #[test]
    fn an_acknowledgement_of_another_connection_is_not_timed() {
        let mut metrics = Metrics::default();
        metrics.count(&entry(0.0, From::Cloud, message(1)));
        metrics.count(&entry(0.1, From::Device, Event::Closed { why: String::new() }));
        metrics.count(&entry(0.2, From::Device, Event::Puback { id: 1 }));
        assert_eq!(metrics.seconds(0, 1)[0].latency, None);
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let mut metrics = Metrics::default();
        for second in 0..2000 {
            metrics.count(&entry(f64::from(second), From::Device, message(1)));
        }
        assert_eq!(metrics.past.len(), SECONDS_MAX);
        assert_eq!(metrics.seconds(0, 2000).len(), SECONDS_MAX);
    }
}
