//! What is seen as it happens, by server-sent events.

#![forbid(unsafe_code)]

use std::time::Duration;

use bytes::Bytes;
use http_body_util::channel::Sender;
use http_body_util::{BodyExt as _, Channel};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Response, http};
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior};

use crate::control::Body;
use crate::control::actions::{number, text};
use crate::control::operator::{Operator, Refusal};
use crate::mqtt::topic;
use crate::trace::{Entry, Event, From, Tail};

/// What happened meanwhile goes out together, so that a page is not drawn for every packet.
const TICK: Duration = Duration::from_millis(100);
/// More than this a tick is skipped, oldest first: nobody reads so fast.
const ENTRIES_A_TICK: usize = 200;
/// What a client sees at first of what was before it came, unless it says otherwise.
const HISTORY: usize = 200;

type Lines = Sender<Bytes, std::convert::Infallible>;

/// The entries that a client wants.
struct Wanted {
    device: Option<String>,
    from: Option<From>,
    topic: Option<String>,
}

impl Wanted {
    fn parse(operator: &Operator, query: &str) -> Result<Self, Refusal> {
        let from = match text(query, "from").as_deref() {
            None => None,
            Some("device") => Some(From::Device),
            Some("cloud") => Some(From::Cloud),
            Some(_) => return Err(Refusal::Invalid("from is device or cloud".into())),
        };
        let device = text(query, "device").map(|device| operator.find(&device)).transpose()?;
        let topic = text(query, "topic");
        if topic.as_deref().is_some_and(|filter| !rumqttc::valid_filter(filter)) {
            return Err(Refusal::Invalid("the topic is not a topic filter".into()));
        }
        Ok(Wanted { device: device.map(|device| device.to_string()), from, topic })
    }

    fn is(&self, entry: &Entry) -> bool {
        let on_topic = match (&self.topic, &entry.event) {
            (None, _) => true,
            (Some(filter), Event::Publish { topic, .. }) => topic::matches(topic, filter),
            (Some(_), _) => false,
        };
        on_topic
            && self.device.as_ref().is_none_or(|device| *device == entry.who)
            && self.from.is_none_or(|from| from == entry.from)
    }
}

/// `entries` as they come, and each second `metrics` and, when they have changed, `devices`.
pub(crate) fn events(
    operator: &Operator,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response<Body>, Refusal> {
    let wanted = Wanted::parse(operator, query)?;
    let history = number(query, "history").and_then(|count| usize::try_from(count).ok());
    // A browser that was cut off says where it was.
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let feed = Feed {
        operator: operator.clone(),
        wanted,
        next: resumed.unwrap_or(0),
        history: history.unwrap_or(HISTORY).min(10 * HISTORY),
        second: operator.trace.started().elapsed().map_or(0, |age| age.as_secs()),
        devices: Value::Null,
    };
    let (lines, response) = stream();
    tokio::spawn(feed.run(lines));
    Ok(response)
}

struct Feed {
    operator: Operator,
    wanted: Wanted,
    /// The number of the first entry that was not sent.
    next: u64,
    history: usize,
    /// The first second that was not sent.
    second: u64,
    /// What was sent of the devices.
    devices: Value,
}

impl Feed {
    /// Goes on until the client leaves.
    async fn run(mut self, mut lines: Lines) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = Instant::now();
        let mut sent = self.entries(&mut lines, self.history).await;
        if sent.is_ok() {
            sent = self.state(&mut lines).await;
        }
        while sent.is_ok() {
            ticks.tick().await;
            sent = self.entries(&mut lines, ENTRIES_A_TICK).await;
            if sent.is_ok() && told.elapsed() >= Duration::from_secs(1) {
                told = Instant::now();
                sent = self.state(&mut lines).await;
            }
        }
    }

    async fn entries(&mut self, lines: &mut Lines, max: usize) -> Result<(), Gone> {
        let Tail { entries, next, skipped } =
            self.operator.trace.tail(self.next, max, |entry| self.wanted.is(entry));
        let fresh = next != self.next;
        self.next = next;
        if entries.is_empty() {
            // What was not wanted need not be looked at again after a reconnection.
            return if fresh { send(lines, &format!("id: {next}\n\n")).await } else { Ok(()) };
        }
        let entries: Vec<Value> = entries
            .iter()
            .map(|(number, entry)| {
                let mut shown = self.operator.trace.shown(entry);
                shown.insert("n".into(), (*number).into());
                Value::Object(shown)
            })
            .collect();
        let data = json!({"entries": entries, "skipped": skipped});
        send(lines, &format!("id: {next}\nevent: entries\ndata: {data}\n\n")).await
    }

    /// What is not a single event: rates, and the devices. It also finds out that a client has left.
    async fn state(&mut self, lines: &mut Lines) -> Result<(), Gone> {
        let seconds = self.operator.trace.seconds(self.second);
        if let Some(last) = seconds.last() {
            self.second = last.second + 1;
        }
        send(lines, &format!("event: metrics\ndata: {}\n\n", json!(seconds))).await?;
        let devices = json!(self.operator.devices());
        if devices == self.devices {
            return Ok(());
        }
        self.devices = devices;
        send(lines, &format!("event: devices\ndata: {}\n\n", self.devices)).await
    }
}

/// Every message that matches, one a `message`.
pub(crate) fn messages(operator: &Operator, query: &str) -> Result<Response<Body>, Refusal> {
    let filter =
        text(query, "topic").ok_or_else(|| Refusal::Invalid("the topic is missing".into()))?;
    let mut messages = operator.watch(&filter)?;
    let (mut lines, response) = stream();
    tokio::spawn(async move {
        while let Some(message) = messages.recv().await {
            if send(&mut lines, &format!("data: {}\n\n", json!(message))).await.is_err() {
                return;
            }
        }
    });
    Ok(response)
}

/// The client has left.
struct Gone;

async fn send(lines: &mut Lines, text: &str) -> Result<(), Gone> {
    lines.send_data(Bytes::copy_from_slice(text.as_bytes())).await.map_err(|_| Gone)
}

fn stream() -> (Lines, Response<Body>) {
    let (lines, body) = Channel::new(16);
    let mut response = http::Response::new(body.boxed_unsync());
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    (lines, response)
}
