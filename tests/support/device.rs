//! A device in the test's own process: the client through its Rust interface, which has shorter
//! times to offer than the C interface.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};
use std::time::{Duration, Instant};

use iot_sdk::base::identity::Secret;
use iot_sdk::hal::c;
use iot_sdk::mqtt::backoff::Backoff;
use iot_sdk::mqtt::client::{Client, Params};
use iot_sdk::mqtt::connect::Login;
use iot_sdk::mqtt::session::{Handlers, HandlersCount};
use iot_sdk::mqtt::{Error, Event, Handler, Message, QoS};
use iot_sdk::transport::{Endpoint, Security};

use super::LIMIT;

pub(crate) const CLIENT_ID: &str = "device";
pub(crate) const KEEP_ALIVE: Duration = Duration::from_millis(500);
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
const BACKOFF: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(50));

/// What a device's handlers were told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// `true` for a reconnection, `false` for a lost connection, in order.
    pub(crate) links: Vec<bool>,
    /// The ids of what was acknowledged, granted and ended.
    pub(crate) acknowledged: Vec<u16>,
    pub(crate) granted: Vec<u16>,
    pub(crate) ended: Vec<u16>,
    /// The payloads that the subscription's handler got, and those that nobody wanted.
    pub(crate) received: Vec<String>,
    pub(crate) unmatched: Vec<String>,
    pub(crate) overflows: usize,
    /// All other events, in words.
    pub(crate) others: Vec<String>,
    /// How often the client said that it is connected inside of the event that it is not.
    pub(crate) contradictions: usize,
}

impl Seen {
    pub(crate) fn drops(&self) -> usize {
        self.links.iter().filter(|&&up| !up).count()
    }

    /// Whether each lost connection was followed by one reconnection.
    pub(crate) fn is_up(&self) -> bool {
        self.links.chunks(2).all(|pair| pair == [false, true])
    }
}

/// A connected device.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) client: Arc<Client>,
    seen: Arc<Mutex<Seen>>,
}

pub(crate) fn plain(address: SocketAddr) -> Endpoint {
    Endpoint { host: address.ip().to_string(), port: address.port(), security: Security::Plain }
}

impl Device {
    pub(crate) fn connect(endpoint: Endpoint, clean_session: bool) -> Result<Self, Error> {
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let told = Arc::clone(&seen);
        let own: Arc<OnceLock<Weak<Client>>> = Arc::default();
        let later = Arc::clone(&own);
        let params = Params {
            relogin: None,
            login: Login {
                endpoint,
                client_id: CLIENT_ID.into(),
                username: "user".into(),
                password: Secret::new("password"),
                clean_session,
                keep_alive_s: 60,
            },
            request_timeout: REQUEST_TIMEOUT,
            keep_alive: KEEP_ALIVE,
            read_limit: 4096,
            send_limit: 4096,
            publish_limit: 4096,
            handlers: Handlers { count: HandlersCount::WhileGranted, newest_first: false },
            backoff: Backoff::between(BACKOFF.0, BACKOFF.1),
            on_event: Arc::new(move |event| {
                let connected =
                    later.get().and_then(Weak::upgrade).is_some_and(|client| client.is_connected());
                note(&mut told.lock().unwrap(), event, connected);
            }),
        };
        let client = Client::connect(c::hal(), params)?;
        own.set(Arc::downgrade(&client)).unwrap();
        Ok(Device { client, seen })
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// Yields until it is so.
    #[track_caller]
    pub(crate) fn yield_until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < LIMIT, "{what}: {:#?}", self.seen());
            self.client.yield_for(Duration::from_millis(2));
        }
    }

    /// Asks again until the client takes it, and returns the packet id.
    #[track_caller]
    fn insist(&self, ask: impl Fn(&Client) -> Result<u16, Error>) -> u16 {
        let start = Instant::now();
        loop {
            match ask(&self.client) {
                Ok(id) => return id,
                Err(Error::NotConnected | Error::Transport(_) | Error::WaitListFull { .. }) => {}
                Err(other) => panic!("{other}"),
            }
            assert!(start.elapsed() < LIMIT, "not taken: {:#?}", self.seen());
            self.client.yield_for(Duration::from_millis(2));
        }
    }

    /// Publishes by QoS 1.
    #[track_caller]
    pub(crate) fn publish(&self, topic: &str, payload: &[u8]) -> u16 {
        self.insist(|client| client.publish(topic, QoS::AtLeastOnce, false, payload))
    }

    /// Subscribes by QoS 1 and yields until it is granted.
    #[track_caller]
    pub(crate) fn subscribe(&self, filter: &str) {
        let told = Arc::clone(&self.seen);
        let handler = Handler {
            key: (1, 1),
            call: Arc::new(move |message| {
                told.lock().unwrap().received.push(text(message));
            }),
        };
        let id = self.insist(|client| client.subscribe(filter, QoS::AtLeastOnce, handler.clone()));
        self.yield_until("a subscription is granted", |own| own.seen().granted.contains(&id));
    }

    #[track_caller]
    pub(crate) fn unsubscribe(&self, filter: &str) {
        let id = self.insist(|client| client.unsubscribe(filter));
        self.yield_until("a subscription is ended", |own| own.seen().ended.contains(&id));
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.client.close();
    }
}

fn text(message: &Message) -> String {
    String::from_utf8_lossy(message.payload()).into_owned()
}

fn note(seen: &mut Seen, event: &mut Event, connected: bool) {
    match event {
        Event::Disconnect => {
            seen.links.push(false);
            seen.contradictions += usize::from(connected);
        }
        Event::Reconnect => seen.links.push(true),
        Event::PublishSuccess(id) => seen.acknowledged.push(*id),
        Event::SubscribeSuccess(id) => seen.granted.push(*id),
        Event::UnsubscribeSuccess(id) => seen.ended.push(*id),
        Event::PublishReceived(message) => seen.unmatched.push(text(message)),
        Event::BufferOverflow => seen.overflows += 1,
        other => seen.others.push(format!("{other:?}")),
    }
}
