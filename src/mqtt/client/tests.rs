//! A client against a broker of the test, one script a connection.

mod deliver;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use bytes::{Bytes, BytesMut};

use super::*;
use crate::base::error::TransportError;
use crate::base::identity::Secret;
use crate::base::sync::lock;
use crate::hal::fake::FakeHal;
use crate::mqtt::Message;
use crate::mqtt::NoLogin;
use crate::mqtt::packet::{self, Packet};
use crate::mqtt::session::HandlersCount;
use crate::transport::test_support::{PATIENCE, serve_tcp, within};
use crate::transport::{Endpoint, Security};

const HOST: &str = "broker.test";
const REQUEST_TIMEOUT: Duration = Duration::from_millis(500);
const ACCEPTED: [u8; 4] = [0x20, 2, 0, 0];
const SESSION_PRESENT: [u8; 4] = [0x20, 2, 1, 0];

/// The broker's end of a connection.
struct Peer {
    stream: TcpStream,
    received: BytesMut,
}

impl Peer {
    /// The next packet, `None` once the client has gone.
    fn next(&mut self) -> Option<Packet> {
        loop {
            if let Some(packet) = packet::next_sent(&mut self.received).unwrap() {
                return Some(packet);
            }
            let mut bytes = [0; 4096];
            let len = self.stream.read(&mut bytes).ok().filter(|len| *len > 0)?;
            self.received.extend_from_slice(&bytes[..len]);
        }
    }

    /// The client may have gone; then the test looks at that.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    fn accept(&mut self, connack: &[u8]) {
        assert!(matches!(self.next(), Some(Packet::Connect(_))));
        self.send(connack);
    }
}

/// A broker that plays `script` for each connection, with the connection's number from 1 on.
fn broker(script: impl Fn(&mut Peer, usize) + Send + 'static) -> SocketAddr {
    let mut number = 0;
    serve_tcp(move |stream| {
        number += 1;
        script(&mut Peer { stream, received: BytesMut::new() }, number);
    })
}

fn params(on_event: EventHandler) -> Params {
    Params {
        login: Login {
            endpoint: Endpoint { host: HOST.to_owned(), port: 1883, security: Security::Plain },
            client_id: "client".to_owned(),
            username: "user".to_owned(),
            password: Secret::new("password"),
            clean_session: false,
            keep_alive_s: 60,
        },
        relogin: None,
        request_timeout: REQUEST_TIMEOUT,
        keep_alive: Duration::from_secs(60),
        read_limit: 1024,
        send_limit: 1024,
        publish_limit: 1 << 26,
        handlers: Handlers { count: HandlersCount::WhileGranted, newest_first: false },
        backoff: Backoff::default(),
        on_event,
    }
}

fn connect_with(address: SocketAddr, on_event: EventHandler) -> Result<Arc<Client>, Error> {
    let hal = FakeHal::leak();
    hal.redirect(HOST, 1883, address);
    Client::connect(hal, params(on_event))
}

/// A connected client, and its events as text.
fn connect(address: SocketAddr) -> (Arc<Client>, Receiver<String>) {
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let on_event: EventHandler = Arc::new(move |event| {
        // A test that looks at no events has dropped the receiver.
        let _ = lock(&tell).send(match event {
            Event::PublishReceived(message) => format!("message on {}", message.topic()),
            other => format!("{other:?}"),
        });
    });
    (connect_with(address, on_event).unwrap(), told)
}

fn handler(call: impl Fn(&mut Message) + Send + Sync + 'static) -> Handler {
    Handler { key: (1, 1), call: Arc::new(call) }
}

/// Yields until `done`.
fn yield_until(client: &Arc<Client>, done: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "it took too long");
        client.yield_for(Duration::from_millis(5));
    }
}

fn next_event(client: &Arc<Client>, events: &Receiver<String>) -> String {
    let event = Mutex::new(None);
    yield_until(client, || {
        let mut event = lock(&event);
        *event = event.take().or_else(|| events.try_recv().ok());
        event.is_some()
    });
    lock(&event).take().unwrap()
}

#[test]
fn a_message_is_published_and_its_acknowledgement_told() {
    let address = broker(|peer, _| {
        peer.accept(&ACCEPTED);
        while let Some(packet) = peer.next() {
            if let Packet::Publish(publish) = packet {
                assert_eq!(publish.topic, "/t");
                peer.send(&packet::puback(publish.pkid));
            }
        }
    });
    let (client, events) = connect(address);
    assert!(client.is_connected());
    assert_eq!(client.publish("/t", QoS::AtLeastOnce, false, b"x").unwrap(), 1);
    assert_eq!(next_event(&client, &events), "PublishSuccess(1)");
}

#[test]
fn refusals_and_nonsense_end_the_attempt() {
    for code in [1, 2, 3, 4, 5, 99] {
        let address = broker(move |peer, _| peer.accept(&[0x20, 2, 0, code]));
        let outcome = connect_with(address, Arc::new(|_| {}));
        assert!(matches!(outcome, Err(Error::ConnectRefused(got)) if got == code));
    }
    let address = broker(|peer, _| peer.accept(&[0xD0, 0]));
    assert!(matches!(connect_with(address, Arc::new(|_| {})), Err(Error::NoConnack)));
    let address = broker(|peer, _| peer.accept(&[0xFF, 0]));
    assert!(matches!(connect_with(address, Arc::new(|_| {})), Err(Error::Malformed(_))));
    let address = broker(|peer, _| drop(peer.next()));
    assert!(matches!(connect_with(address, Arc::new(|_| {})), Err(Error::Transport(_))));
}

#[test]
fn a_silent_broker_is_given_up_in_time() {
    let address = broker(|peer, _| while peer.next().is_some() {});
    let outcome = within(PATIENCE, move || connect_with(address, Arc::new(|_| {})).map(|_| ()));
    assert!(matches!(outcome, Err(Error::NoAnswer)));
}

#[test]
fn acknowledgements_of_tcp_wait_for_nothing_until_the_login_is_answered() {
    let hal = FakeHal::leak();
    hal.redirect(HOST, 1883, broker(echo));
    let client = Client::connect(hal, params(Arc::new(|_| {}))).unwrap();
    let while_connecting = hal.calls("tcp_acknowledge_at_once");
    assert!(while_connecting > 0);
    client.publish("/t", QoS::AtLeastOnce, false, b"").unwrap();
    yield_until(&client, || !lock(&client.state).session.is_waiting_for(1));
    assert_eq!(hal.calls("tcp_acknowledge_at_once"), while_connecting);
}

#[test]
fn a_full_waiting_list_is_told_in_one_line_and_a_count() {
    let hal = crate::hal::fake::shared_log();
    let (client, _events) = connect(broker(|peer, _| {
        peer.accept(&ACCEPTED);
        while peer.next().is_some() {}
    }));
    let publish = || client.publish("/t", QoS::AtLeastOnce, false, b"");
    (1..=20).for_each(|id| assert_eq!(publish().unwrap(), id));
    let lines = || {
        let printed = hal.printed();
        printed.lines().filter(|line| line.contains("20 packets wait")).count()
    };
    (0..100).for_each(|_| assert!(publish().is_err()));
    assert_eq!(lines(), 1);
    client.close();
    assert_eq!(lines(), 2);
    assert!(hal.printed().contains("no more may (99 times more)"));
}

#[test]
fn what_comes_with_the_connack_is_delivered() {
    let address = broker(|peer, _| {
        let message = packet::publish("/early", 3, QoS::AtLeastOnce, false, b"").unwrap();
        peer.accept(&[&SESSION_PRESENT[..], &message].concat());
        assert!(matches!(peer.next(), Some(Packet::PubAck(ack)) if ack.pkid == 3));
        peer.send(&packet::publish("/acknowledged", 0, QoS::AtMostOnce, false, b"").unwrap());
        while peer.next().is_some() {}
    });
    let (client, events) = connect(address);
    assert_eq!(next_event(&client, &events), "message on /early");
    assert_eq!(next_event(&client, &events), "message on /acknowledged");
}

#[test]
fn a_yield_that_ends_leaves_nothing_unacknowledged() {
    let (tell, told) = mpsc::channel();
    let address = broker(move |peer, _| {
        let message = |id| packet::publish("/t", id, QoS::AtLeastOnce, false, b"").unwrap();
        peer.accept(&[&ACCEPTED[..], &message(1), &message(2), &message(3)].concat());
        for _ in 0..3 {
            let Some(Packet::PubAck(ack)) = peer.next() else { panic!("no PUBACK") };
            tell.send(ack.pkid).unwrap();
        }
    });
    let (client, events) = connect(address);
    client.yield_for(Duration::ZERO);
    assert_eq!(events.try_iter().count(), 3);
    let acknowledged = || told.recv_timeout(PATIENCE).unwrap();
    assert_eq!([acknowledged(), acknowledged(), acknowledged()], [1, 2, 3]);
}

#[test]
fn what_is_asked_for_without_a_connection_is_refused_in_one_line_and_a_count() {
    let hal = crate::hal::fake::shared_log();
    let address = broker(|peer, number| {
        peer.accept(&ACCEPTED);
        while number > 1 && peer.next().is_some() {}
    });
    let (client, events) = connect(address);
    assert_eq!(next_event(&client, &events), "Disconnect");
    for _ in 0..3 {
        assert!(matches!(client.unsubscribe("/t"), Err(Error::NotConnected)));
    }
    let lines = || {
        let printed = hal.printed();
        let ours = printed.lines().filter(|line| line.contains("iotx_mc_unsubscribe"));
        ours.filter(|line| line.contains("not connected")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines().len(), 1, "{:?}", lines());
    assert_eq!(next_event(&client, &events), "Reconnect");
    assert!(lines()[1].ends_with("not connected (2 times more)"), "{:?}", lines());
}

/// Grants every subscription and echoes every message.
fn echo(peer: &mut Peer, _: usize) {
    peer.accept(&ACCEPTED);
    while let Some(packet) = peer.next() {
        match packet {
            Packet::Subscribe(subscribe) => {
                let [high, low] = subscribe.pkid.to_be_bytes();
                peer.send(&[0x90, 3, high, low, 0]);
            }
            Packet::Publish(publish) => {
                peer.send(&packet::puback(publish.pkid));
                let echo =
                    packet::publish(&publish.topic, 0, QoS::AtMostOnce, false, &publish.payload);
                peer.send(&echo.unwrap());
            }
            _ => {}
        }
    }
}

#[test]
fn a_handler_may_publish_and_close() {
    let (client, _events) = connect(broker(echo));
    let (tell, told) = mpsc::channel();
    let inner = Arc::downgrade(&client);
    let tell = Mutex::new(tell);
    let handle = move |message: &mut Message| {
        let client = inner.upgrade().unwrap();
        lock(&tell).send(message.payload().to_vec()).unwrap();
        if message.payload() == b"first" {
            client.publish("/t", QoS::AtLeastOnce, false, b"second").unwrap();
        } else {
            client.close();
        }
    };
    client.subscribe_sync("/t", QoS::AtMostOnce, handler(handle), PATIENCE, true).unwrap();
    client.publish("/t", QoS::AtLeastOnce, false, b"first").unwrap();
    let yielding = Arc::clone(&client);
    within(PATIENCE, move || yielding.yield_for(Duration::from_secs(3600)));
    assert_eq!(told.iter().take(2).collect::<Vec<_>>(), [b"first".to_vec(), b"second".to_vec()]);
    assert!(!client.is_connected());
}

#[test]
fn a_waiting_thread_subscribes_while_another_yields() {
    let (client, _events) = connect(broker(echo));
    let yielding = Arc::clone(&client);
    let yielder = thread::spawn(move || yielding.yield_for(PATIENCE));
    client.subscribe_sync("/t", QoS::AtMostOnce, handler(|_| {}), PATIENCE, false).unwrap();
    client.close();
    yielder.join().unwrap();
}

#[test]
fn a_subscription_that_nobody_answers_ends_in_time() {
    let address = broker(|peer, _| {
        peer.accept(&ACCEPTED);
        while peer.next().is_some() {}
    });
    let (client, _events) = connect(address);
    for drive in [true, false] {
        let outcome = client.subscribe_sync(
            "/t",
            QoS::AtMostOnce,
            handler(|_| {}),
            Duration::from_millis(50),
            drive,
        );
        assert!(matches!(outcome, Err(Error::NoAnswer)));
    }
}

#[test]
fn a_yield_lasts_its_time_and_delivers_at_once() {
    let (client, events) = connect(broker(echo));
    let start = Instant::now();
    client.yield_for(Duration::from_millis(50));
    assert!(start.elapsed() >= Duration::from_millis(50));

    let yielding = Arc::clone(&client);
    let yielder = thread::spawn(move || yielding.yield_for(Duration::from_secs(3600)));
    client.publish("/t", QoS::AtLeastOnce, false, b"").unwrap();
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), "PublishSuccess(1)");
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), "message on /t");
    client.close();
    yielder.join().unwrap();
}

#[test]
fn a_lost_connection_is_told_once_and_comes_back_with_what_was_not_acknowledged() {
    let address = broker(|peer, number| {
        if number == 1 {
            peer.accept(&ACCEPTED);
            assert!(matches!(peer.next(), Some(Packet::Publish(first)) if !first.dup));
            return;
        }
        peer.accept(&SESSION_PRESENT);
        assert!(matches!(peer.next(), Some(Packet::Publish(again)) if again.dup));
        peer.send(&packet::puback(1));
        while peer.next().is_some() {}
    });
    let (client, events) = connect(address);
    client.publish("/t", QoS::AtLeastOnce, false, b"x").unwrap();
    assert_eq!(next_event(&client, &events), "Disconnect");
    assert!(!client.is_connected());
    assert!(matches!(client.publish("/t", QoS::AtMostOnce, false, b""), Err(Error::NotConnected)));
    assert_eq!(next_event(&client, &events), "Reconnect");
    assert!(client.is_connected());
    assert_eq!(next_event(&client, &events), "PublishSuccess(1)");
    assert!(events.try_recv().is_err());
}

#[test]
fn garbage_ends_the_connection_after_what_came_before_it() {
    let address = broker(|peer, number| {
        peer.accept(&ACCEPTED);
        if number == 1 {
            let good = packet::publish("/good", 0, QoS::AtMostOnce, false, b"").unwrap();
            peer.send(&[&good[..], &[0xF0, 0]].concat());
        }
        while peer.next().is_some() {}
    });
    let (client, events) = connect(address);
    assert_eq!(next_event(&client, &events), "message on /good");
    assert_eq!(next_event(&client, &events), "Disconnect");
    assert_eq!(next_event(&client, &events), "Reconnect");
}

#[test]
fn an_oversized_message_is_skipped_told_and_acknowledged() {
    let address = broker(|peer, _| {
        peer.accept(&ACCEPTED);
        peer.send(&packet::publish("/t", 5, QoS::AtLeastOnce, false, &[0; 2000]).unwrap());
        assert!(matches!(peer.next(), Some(Packet::PubAck(ack)) if ack.pkid == 5));
        peer.send(&packet::publish("/next", 0, QoS::AtMostOnce, false, b"").unwrap());
        while peer.next().is_some() {}
    });
    let (client, events) = connect(address);
    assert_eq!(next_event(&client, &events), "BufferOverflow");
    assert_eq!(next_event(&client, &events), "message on /next");
}

/// A broker that reads nothing but the CONNECT, until what is returned beside it is dropped.
fn deaf_broker() -> (&'static FakeHal, mpsc::Sender<()>) {
    let (stop, stopped) = mpsc::channel();
    let address = broker(move |peer, _| {
        peer.accept(&ACCEPTED);
        let _ = stopped.recv_timeout(PATIENCE);
    });
    let hal = FakeHal::leak();
    hal.redirect(HOST, 1883, address);
    (hal, stop)
}

#[test]
fn a_broker_that_does_not_read_holds_up_neither_a_yield_nor_a_close() {
    let (hal, stop) = deaf_broker();
    let patience = Duration::from_secs(3);
    let params = Params { request_timeout: patience, ..params(Arc::new(|_| {})) };
    let client = Client::connect(hal, params).unwrap();
    let publishing = Arc::clone(&client);
    let publisher =
        thread::spawn(move || publishing.publish("/t", QoS::AtMostOnce, false, &vec![0; 1 << 25]));
    yield_until(&client, || lock(&client.state).outbox.is_being_written());
    let start = Instant::now();
    client.yield_for(Duration::from_millis(20));
    assert!(start.elapsed() < patience / 2, "{:?}", start.elapsed());
    let start = Instant::now();
    client.close();
    assert!(start.elapsed() < patience / 2, "{:?}", start.elapsed());
    assert!(matches!(publisher.join().unwrap(), Err(Error::Transport(_))));
    drop(stop);
}

#[test]
fn what_is_told_as_failed_is_not_sent_over_the_next_connection() {
    let (hal, stop) = deaf_broker();
    let params = Params { request_timeout: PATIENCE, ..params(Arc::new(|_| {})) };
    let client = Client::connect(hal, params).unwrap();
    let publishers = [vec![0; 1 << 25], vec![0]].map(|payload| {
        let publishing = Arc::clone(&client);
        let publisher =
            thread::spawn(move || publishing.publish("/t", QoS::AtLeastOnce, false, &payload));
        yield_until(&client, || lock(&client.state).outbox.is_being_written());
        publisher
    });
    yield_until(&client, || lock(&client.state).sending.len() == 2);
    {
        // The next connection is there before the publishers know that this one is lost.
        let mut state = client.lock();
        client.lost(&mut state, &"the test says so");
        let mut again = BytesMut::new();
        state.session.connected(Instant::now(), true, &mut again);
        assert!(again.is_empty());
    }
    for publisher in publishers {
        assert!(matches!(publisher.join().unwrap(), Err(Error::Transport(_))));
    }
    drop(stop);
    client.close();
}

#[test]
fn what_a_broker_does_not_take_in_time_ends_the_connection() {
    let (hal, stop) = deaf_broker();
    let client = Client::connect(hal, Params { ..params(Arc::new(|_| {})) }).unwrap();
    let outcome = client.publish("/t", QoS::AtLeastOnce, false, &vec![0; 1 << 25]);
    assert!(matches!(outcome, Err(Error::Transport(TransportError::TimedOut))));
    assert!(!client.is_connected());
    drop(stop);
}

#[test]
fn closing_says_goodbye() {
    let (tell, told) = mpsc::channel();
    let address = broker(move |peer, _| {
        peer.accept(&ACCEPTED);
        tell.send(matches!(peer.next(), Some(Packet::Disconnect))).unwrap();
    });
    let (client, _events) = connect(address);
    client.close();
    assert!(told.recv_timeout(PATIENCE).unwrap());
    assert!(matches!(client.publish("/t", QoS::AtMostOnce, false, b""), Err(Error::NotConnected)));
    assert!(matches!(client.publish("t", QoS::AtMostOnce, false, b""), Err(Error::BadTopic(_))));
}

#[test]
fn closing_while_reconnecting_ends_a_yield() {
    let address = broker(|peer, _| peer.accept(&ACCEPTED));
    let (client, events) = connect(address);
    assert_eq!(next_event(&client, &events), "Disconnect");
    let yielding = Arc::clone(&client);
    let yielder = thread::spawn(move || yielding.yield_for(Duration::from_secs(3600)));
    client.close();
    within(PATIENCE, move || yielder.join().unwrap());
}

#[test]
fn a_reconnection_asks_for_a_new_login_and_goes_where_it_says() {
    let first = broker(|peer, _| peer.accept(&ACCEPTED));
    let second = broker(|peer, _| {
        let Some(Packet::Connect(connect)) = peer.next() else { panic!("no CONNECT") };
        assert_eq!(connect.login.unwrap().username, "another user");
        peer.send(&ACCEPTED);
        while peer.next().is_some() {}
    });
    let hal = FakeHal::leak();
    hal.redirect(HOST, 1883, first);
    hal.redirect("another.test", 8883, second);
    let params = params(Arc::new(|_| {}));
    let mut login = params.login.clone();
    login.endpoint.host = "another.test".to_owned();
    login.endpoint.port = 8883;
    login.username = "another user".to_owned();
    let asked = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&asked);
    let relogin: Relogin = Arc::new(move || {
        let mut asked = lock(&counter);
        *asked += 1;
        match *asked {
            1 => Err(NoLogin { cause: "at first".into(), is_final: false }),
            _ => Ok(login.clone()),
        }
    });
    let client = Client::connect(hal, Params { relogin: Some(relogin), ..params }).unwrap();
    assert_eq!(*lock(&asked), 0, "the first login is the one that was given");
    yield_until(&client, || *lock(&asked) == 2 && client.is_connected());
    client.close();
}
