//! The client against a peer and a network that do everything wrong.
//!
//! After each harm the same is asked for: no message is lost in either direction, each lost
//! connection is told of once and each new one once, and the client goes on working.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(clippy::indexing_slicing, reason = "a test")]

mod support;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use iot_sdk::base::error::TransportError;
use iot_sdk::mqtt::Error;
use iot_sdk::transport::{Endpoint, Security, Trust};
use support::LIMIT;
use support::broker::Broker;
use support::device::{Device, KEEP_ALIVE, REQUEST_TIMEOUT, plain};
use support::proxy::{self, Harm, Passing, Way};
use support::terminator;
use support::wire::{Kind, Packet};

/// How many messages go in each direction.
const MESSAGES: usize = 25;
const UP: &str = "/test/device/up";
const DOWN: &str = "/test/device/down";
/// What may be added to a time that is stated, on a machine that has other things to do.
const SLACK: Duration = Duration::from_secs(3);
/// A connection that has ended is noticed by then, however it did.
const NOTICED_WITHIN: Duration = KEEP_ALIVE.saturating_add(REQUEST_TIMEOUT).saturating_add(SLACK);
/// What the documentation says of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

fn payload(number: usize) -> String {
    format!("message {number}")
}

/// What is sent by QoS 2.
fn once(number: usize) -> String {
    format!("message {number} that comes once")
}

/// A device and its broker, with traffic in both directions.
struct Pair {
    device: Device,
    broker: Broker,
    sent: usize,
    talks: usize,
}

impl Pair {
    /// Connects through a proxy.
    fn connect(tamper: impl Fn(Passing<'_>) -> Harm + Send + Sync + 'static) -> Self {
        let broker = Broker::start();
        let address = proxy::start(broker.address, tamper);
        Self::over(broker, plain(address))
    }

    /// Connects by TLS through a proxy that knows no more than records.
    fn connect_by_tls(tamper: impl Fn(Passing<'_>) -> Harm + Send + Sync + 'static) -> Self {
        let broker = Broker::start();
        let (address, trust) = terminator::start(broker.address);
        let address = proxy::start_for_tls(address, tamper);
        let security = Security::Tls(trust);
        Self::over(broker, Endpoint { security, ..plain(address) })
    }

    fn direct() -> Self {
        let broker = Broker::start();
        let endpoint = plain(broker.address);
        Self::over(broker, endpoint)
    }

    fn over(broker: Broker, endpoint: Endpoint) -> Self {
        let device = Device::connect(endpoint, false).unwrap();
        device.subscribe(DOWN);
        Pair { device, broker, sent: 0, talks: 0 }
    }

    /// Sends in both directions, with every other kind of packet beside, and waits until all has
    /// come.
    fn talk(&mut self) {
        for _ in 0..MESSAGES {
            self.broker.deliver(DOWN, payload(self.sent).as_bytes());
            self.device.publish(UP, payload(self.sent).as_bytes());
            self.device.client.yield_for(Duration::from_millis(1));
            self.sent += 1;
        }
        self.broker.deliver_once(DOWN, once(self.talks).as_bytes());
        self.talks += 1;
        self.device.subscribe("/test/device/other");
        self.device.unsubscribe("/test/device/other");
        self.settle();
    }

    fn settle(&mut self) {
        self.device.yield_until("everything is acknowledged", |device| {
            let seen = device.seen();
            seen.is_up() && seen.acknowledged.len() >= self.sent && self.broker.waiting() == 0
        });
    }

    /// Checks what must be true at any time that nothing is under way.
    #[track_caller]
    fn check(&self, case: &str, drops: usize) {
        let published = self.broker.published();
        let seen = self.device.seen().clone();
        for number in 0..self.sent {
            assert!(published.contains(&payload(number)), "{case}: {number} did not arrive");
            assert!(seen.received.contains(&payload(number)), "{case}: {number} did not come");
        }
        for number in 0..self.talks {
            let times = seen.received.iter().filter(|text| **text == once(number)).count();
            assert_eq!(times, 1, "{case}: {number} came so often");
        }
        assert_eq!(seen.drops(), drops, "{case}: {seen:#?}");
        assert!(seen.is_up(), "{case}: {:?}", seen.links);
        assert_eq!(seen.contradictions, 0, "{case}");
        assert_eq!(seen.acknowledged.len(), self.sent, "{case}: each is reported once");
        assert!(seen.others.is_empty(), "{case}: {:?}", seen.others);
        assert!(self.device.client.is_connected(), "{case}");
    }
}

/// Runs every case on a thread of its own.
fn at_once<T: Sync>(cases: &[T], run: impl Fn(&T) + Sync) {
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(|| run(case));
        }
    });
}

/// The packets that go through a connection, and which way.
const PACKETS: [(Way, Kind); 14] = [
    (Way::ToBroker, Kind::Publish),
    (Way::ToBroker, Kind::PubAck),
    (Way::ToBroker, Kind::PubRec),
    (Way::ToBroker, Kind::PubComp),
    (Way::ToBroker, Kind::Subscribe),
    (Way::ToBroker, Kind::Unsubscribe),
    (Way::ToBroker, Kind::PingReq),
    (Way::ToClient, Kind::Publish),
    (Way::ToClient, Kind::PubAck),
    (Way::ToClient, Kind::PubRel),
    (Way::ToClient, Kind::SubAck),
    (Way::ToClient, Kind::UnsubAck),
    (Way::ToClient, Kind::PingResp),
    (Way::ToBroker, Kind::Connect),
];

#[test]
fn a_connection_cut_after_or_inside_of_any_packet_loses_nothing() {
    let cases: Vec<_> = PACKETS
        .into_iter()
        .chain([(Way::ToClient, Kind::ConnAck)])
        .flat_map(|packet| [Harm::CutAfter, Harm::CutInside, Harm::Reset].map(|cut| (packet, cut)))
        .collect();
    at_once(&cases, |((way, kind), cut)| {
        let name = format!("{cut:?} {kind:?} {way:?}");
        let (way, kind, cut) = (*way, *kind, cut.clone());
        // The first connection must come about, so what belongs to connecting is cut later.
        let connecting = matches!(kind, Kind::Connect | Kind::ConnAck);
        let done = Arc::new(AtomicBool::new(false));
        let cutting = Arc::clone(&done);
        let mut pair = Pair::connect(move |passing| {
            let first_drop =
                connecting && passing.connection == 1 && passing.is(Way::ToBroker, Kind::PubAck);
            if first_drop {
                return Harm::CutAfter;
            }
            let wanted = passing.is(way, kind) && passing.connection == 1 + usize::from(connecting);
            if wanted && !cutting.swap(true, Ordering::Relaxed) { cut.clone() } else { Harm::None }
        });
        pair.talk();
        pair.device.yield_until(&name, |_| done.load(Ordering::Relaxed));
        // Behind a CONNACK the connection was there, if only for a moment.
        let twice = kind == Kind::ConnAck && name.starts_with("CutAfter");
        pair.talk();
        pair.check(&name, 1 + usize::from(twice));
    });
}

#[test]
fn a_bad_line_disturbs_nothing() {
    let late = Harm::Delay(Duration::from_millis(20));
    let cases: Vec<_> = PACKETS
        .into_iter()
        .flat_map(|(way, kind)| {
            // Nothing is doubled that TCP could not deliver twice within MQTT's rules.
            let twice = !matches!(kind, Kind::Connect) && way == Way::ToClient;
            [Some(late.clone()), Some(Harm::Piecemeal), twice.then_some(Harm::Twice)]
                .into_iter()
                .flatten()
                .map(move |harm| (way, kind, harm))
        })
        .collect();
    at_once(&cases, |(way, kind, harm)| {
        let name = format!("{harm:?} {kind:?} {way:?}");
        let (way, kind, harm) = (*way, *kind, harm.clone());
        let mut pair = Pair::connect(
            move |passing| {
                if passing.is(way, kind) { harm.clone() } else { Harm::None }
            },
        );
        pair.talk();
        pair.check(&name, 0);
    });
}

#[test]
fn every_byte_alone_in_both_directions() {
    let mut pair = Pair::connect(|_| Harm::Piecemeal);
    pair.talk();
    pair.check("piecemeal", 0);
}

#[test]
fn acknowledgements_out_of_order_and_duplicates_of_messages_are_taken() {
    let cases = [(Way::ToClient, Kind::PubAck), (Way::ToBroker, Kind::PubAck)];
    at_once(&cases, |&(way, kind)| {
        let mut pair = Pair::connect(
            move |passing| {
                if passing.is(way, kind) { Harm::Later } else { Harm::None }
            },
        );
        for number in 0..MESSAGES + 1 {
            pair.broker.deliver(DOWN, payload(number).as_bytes());
            pair.device.publish(UP, payload(number).as_bytes());
        }
        pair.sent = MESSAGES + 1;
        pair.settle();
        pair.check("reordered", 0);
    });
}

#[test]
fn acknowledgements_of_what_was_never_sent_are_ignored() {
    let strange = [
        Packet::answer(Kind::PubAck, 0x7777).bytes,
        Packet::answer(Kind::PubRec, 0x7777).bytes,
        Packet::answer(Kind::PubComp, 0x7777).bytes,
        Packet::answer(Kind::UnsubAck, 0x7777).bytes,
        Packet::new(Kind::SubAck, 0, &[0x77, 0x77, 1]).bytes,
        Packet::new(Kind::PingResp, 0, &[]).bytes,
        // The id belongs to a message, and the packet to a subscription.
        Packet::new(Kind::SubAck, 0, &[0, 3, 1]).bytes,
        Packet::answer(Kind::UnsubAck, 4).bytes,
        // A client has no use for these.
        Packet::new(Kind::PingReq, 0, &[]).bytes,
        Packet::new(Kind::ConnAck, 0, &[0, 0]).bytes,
    ];
    at_once(&strange, |bytes| {
        let sent = bytes.clone();
        let mut pair = Pair::connect(move |passing| {
            let wanted = passing.is(Way::ToClient, Kind::PubAck);
            if wanted { Harm::Before(sent.clone()) } else { Harm::None }
        });
        pair.talk();
        pair.check(&format!("{bytes:x?}"), 0);
    });
}

#[test]
fn a_silent_line_is_noticed_in_time_and_loses_nothing() {
    at_once(&[Harm::Silence, Harm::SilenceInside], |harm| {
        let silent = Arc::new(AtomicBool::new(false));
        let (cut, silence) = (Arc::clone(&silent), harm.clone());
        let mut pair = Pair::connect(move |passing| {
            if passing.connection == 1 && cut.load(Ordering::Relaxed) {
                silence.clone()
            } else {
                Harm::None
            }
        });
        pair.talk();
        silent.store(true, Ordering::Relaxed);
        pair.broker.deliver(DOWN, payload(pair.sent).as_bytes());
        pair.device.publish(UP, payload(pair.sent).as_bytes());
        pair.sent += 1;
        let start = Instant::now();
        pair.device.yield_until("the silence is noticed", |device| device.seen().drops() == 1);
        let noticed = start.elapsed();
        assert!(noticed >= KEEP_ALIVE, "{harm:?}: {noticed:?}");
        assert!(noticed < NOTICED_WITHIN, "{harm:?}: {noticed:?}");
        pair.settle();
        pair.talk();
        pair.check(&format!("{harm:?}"), 1);
    });
}

/// Everything that ends a TLS connection when it happens to one of its records.
fn harms_to_a_record() -> Vec<Harm> {
    vec![
        Harm::CutAfter,
        Harm::CutInside,
        Harm::Reset,
        Harm::SilenceInside,
        Harm::Spoilt,
        Harm::Twice,
        Harm::Later,
        // One that nobody encrypted, and what is no record.
        Harm::Before([&[23, 3, 3, 0, 32][..], &[b'x'; 32]].concat()),
        Harm::Before(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
    ]
}

#[test]
fn what_happens_to_a_tls_connection_is_noticed_and_loses_nothing() {
    let cases: Vec<_> = [Way::ToBroker, Way::ToClient]
        .into_iter()
        .flat_map(|way| harms_to_a_record().into_iter().map(move |harm| (way, harm)))
        .collect();
    at_once(&cases, |(way, harm)| {
        let name = format!("{harm:?} {way:?}");
        let (way, harm) = (*way, harm.clone());
        let armed = Arc::new(AtomicBool::new(false));
        let trigger = Arc::clone(&armed);
        let mut pair = Pair::connect_by_tls(move |passing| {
            let wanted = passing.way == way && trigger.swap(false, Ordering::Relaxed);
            if wanted { harm.clone() } else { Harm::None }
        });
        pair.talk();
        armed.store(true, Ordering::Relaxed);
        let start = Instant::now();
        pair.talk();
        pair.device.yield_until(&name, |device| device.seen().drops() == 1);
        assert!(start.elapsed() < NOTICED_WITHIN, "{name}: {:?}", start.elapsed());
        pair.talk();
        pair.check(&name, 1);
    });
}

#[test]
fn a_handshake_that_fails_when_reconnecting_is_tried_again() {
    let cases: Vec<_> = [Way::ToBroker, Way::ToClient]
        .into_iter()
        .flat_map(|way| [Harm::CutAfter, Harm::CutInside, Harm::Reset].map(|harm| (way, harm)))
        .chain([Harm::Spoilt, Harm::SilenceInside].map(|harm| (Way::ToClient, harm)))
        .collect();
    at_once(&cases, |(way, harm)| {
        let name = format!("{harm:?} {way:?}");
        let (way, harm) = (*way, harm.clone());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let mut pair = Pair::connect_by_tls(move |passing| {
            count.fetch_max(passing.connection, Ordering::Relaxed);
            let wanted = passing.way == way && passing.connection == 2 && passing.before == 0;
            if wanted { harm.clone() } else { Harm::None }
        });
        pair.talk();
        pair.broker.hang_up();
        pair.device.yield_until(&name, |_| connections.load(Ordering::Relaxed) == 3);
        pair.talk();
        pair.check(&name, 1);
    });
}

/// What is not MQTT.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let publish = |flags: u8, body: &[u8]| Packet::new(Kind::Publish, flags, body).bytes;
    vec![
        ("a PUBLISH of QoS 3", publish(0b110, b"\0\x02/t\0\x01x")),
        ("a PUBLISH to no topic", publish(0, b"\0\0x")),
        ("a PUBLISH to '#'", publish(0, b"\0\x04/t/#x")),
        ("a PUBLISH to '+'", publish(0, b"\0\x04/+/tx")),
        ("a PUBLISH to a topic with a NUL", publish(0, b"\0\x04/t\0tx")),
        ("a PUBLISH to a topic that is no UTF-8", publish(0, b"\0\x04/t\xff\xfex")),
        ("a PUBLISH whose topic is longer than itself", publish(0, b"\0\x40/t")),
        ("a PUBLISH without anything", publish(0, b"")),
        ("a PUBLISH of QoS 1 without an id", publish(0b10, b"\0\x02/t")),
        ("a PUBLISH of QoS 1 with the id 0", publish(0b10, b"\0\x02/t\0\0x")),
        ("a length of five bytes", vec![0x30, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ("the packet type 0", vec![0, 0]),
        ("the packet type 15", vec![0xf0, 0]),
        ("a PUBACK of one byte", vec![0x40, 1, 0]),
        ("a PUBACK without an id", vec![0x40, 0]),
        ("a SUBACK without an id", vec![0x90, 0]),
        ("a CONNACK of one byte", vec![0x20, 1, 0]),
    ]
}

#[test]
fn what_is_not_mqtt_ends_the_connection_and_loses_nothing() {
    at_once(&malformed(), |(name, bytes)| {
        let mut pair = Pair::direct();
        pair.talk();
        pair.broker.send(bytes);
        pair.device.yield_until(name, |device| device.seen().drops() > 0);
        pair.talk();
        pair.check(name, 1);
        assert!(pair.device.seen().unmatched.is_empty(), "{name}");
    });
}

#[test]
fn a_packet_that_is_too_large_is_skipped_and_told_of() {
    let mut pair = Pair::direct();
    for times in 1..=20 {
        pair.broker.send(&Packet::publish(DOWN, 0, &vec![b'x'; 5000 * times]).bytes);
        pair.talk();
        assert_eq!(pair.device.seen().overflows, times);
    }
    pair.check("oversized", 0);
}

#[test]
fn a_refused_login_is_an_error_with_its_code() {
    for code in [1, 2, 3, 4, 5, 6, 99, 255] {
        let broker = Broker::start();
        broker.answer_connect_by(code);
        let start = Instant::now();
        match Device::connect(plain(broker.address), false).err().unwrap() {
            Error::ConnectRefused(told) => assert_eq!(told, code),
            other => panic!("{code}: {other}"),
        }
        assert!(start.elapsed() < SLACK);
    }
}

#[test]
fn a_login_that_is_refused_for_a_while_comes_back() {
    at_once(&[1, 2, 3, 4, 5, 99], |&code| {
        let mut pair = Pair::direct();
        pair.talk();
        pair.broker.answer_connect_by(code);
        let before = pair.broker.connections();
        pair.broker.hang_up();
        // Refused a few times: told of as one lost connection all the same.
        pair.device.yield_until("refusals", |_| pair.broker.connections() >= before + 3);
        assert!(!pair.device.client.is_connected());
        assert_eq!(pair.device.seen().links, [false]);
        pair.broker.answer_connect_by(0);
        pair.talk();
        pair.check(&format!("CONNACK {code}"), 1);
    });
}

#[test]
fn a_session_that_the_broker_forgot_is_subscribed_again() {
    let mut pair = Pair::direct();
    pair.talk();
    let before = pair.broker.subscribes();
    pair.broker.forget();
    pair.broker.hang_up();
    pair.device.yield_until("it is back", |device| device.seen().links == [false, true]);
    pair.device.yield_until("it subscribes", |_| pair.broker.subscribes() == before + 1);
    pair.talk();
    pair.check("forgotten", 1);
}

/// A peer that treats every connection so.
fn peer(treat: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().for_each(|stream| treat(stream.unwrap())));
    address
}

fn tls(address: SocketAddr) -> Endpoint {
    Endpoint { security: Security::Tls(Trust::BuiltIn), ..plain(address) }
}

#[test]
fn a_peer_that_accepts_and_says_nothing_is_given_up_in_time() {
    let start = Instant::now();
    let held = std::sync::Mutex::new(Vec::new());
    let address = peer(move |stream| held.lock().unwrap().push(stream));
    assert!(matches!(Device::connect(plain(address), false).err(), Some(Error::NoAnswer)));
    assert!(start.elapsed() >= REQUEST_TIMEOUT);
    assert!(start.elapsed() < REQUEST_TIMEOUT + SLACK, "{:?}", start.elapsed());
}

#[test]
fn a_peer_that_is_silent_in_the_handshake_is_given_up_in_time() {
    use std::io::Write as _;

    at_once(&[&[][..], HALF_A_RECORD], |said| {
        let (held, said) = (std::sync::Mutex::new(Vec::new()), said.to_vec());
        let address = peer(move |mut stream| {
            stream.write_all(&said).unwrap();
            held.lock().unwrap().push(stream);
        });
        let start = Instant::now();
        let outcome = Device::connect(tls(address), false).err().unwrap();
        assert!(matches!(outcome, Error::Transport(TransportError::TimedOut)), "{outcome}");
        let expected = CONNECT_TIMEOUT..CONNECT_TIMEOUT + SLACK;
        assert!(expected.contains(&start.elapsed()), "{:?}", start.elapsed());
    });
}

/// The start of a ServerHello.
const HALF_A_RECORD: &[u8] = &[22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3];

#[test]
fn a_handshake_that_fails_is_an_error_at_once() {
    use std::io::{Read as _, Write as _};

    let half_a_record = |mut stream: TcpStream| {
        let mut hello = [0; 64];
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(HALF_A_RECORD).unwrap();
        // The rest of the client's hello is read, so that the end is an end and no reset.
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    };
    // Closing before all that came was read makes the kernel send a reset.
    let reset = |mut stream: TcpStream| stream.read_exact(&mut [0]).unwrap();
    let close = drop;
    let not_tls = |mut stream: TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    };
    for address in [peer(half_a_record), peer(reset), peer(close), peer(not_tls)] {
        let start = Instant::now();
        let outcome = Device::connect(tls(address), false).err().unwrap();
        assert!(matches!(outcome, Error::Transport(_)), "{outcome}");
        assert!(start.elapsed() < SLACK, "{outcome}: {:?}", start.elapsed());
    }
}

#[test]
fn a_peer_that_keeps_hanging_up_is_survived() {
    let drops = 20;
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let mut pair = Pair::connect(move |passing| {
        let wanted = passing.is(Way::ToBroker, Kind::Publish) && passing.before == 2;
        if wanted && counting.load(Ordering::Relaxed) < drops {
            counting.fetch_add(1, Ordering::Relaxed);
            return Harm::CutInside;
        }
        Harm::None
    });
    let start = Instant::now();
    while count.load(Ordering::Relaxed) < drops {
        pair.talk();
        assert!(start.elapsed() < LIMIT);
    }
    pair.talk();
    pair.check("many drops", drops);
}

#[test]
fn a_yield_ends_in_time_whatever_the_peer_does() {
    let broker = Broker::start();
    let address = proxy::start(broker.address, |passing| {
        if passing.before > 5 { Harm::Silence } else { Harm::Piecemeal }
    });
    let device = Device::connect(plain(address), false).unwrap();
    let time = Duration::from_millis(50);
    let start = Instant::now();
    for _ in 0..100 {
        let _ = device.client.publish(UP, iot_sdk::mqtt::QoS::AtMostOnce, false, b"x");
        let one = Instant::now();
        device.client.yield_for(time);
        assert!(one.elapsed() >= time && one.elapsed() < time + SLACK, "{:?}", one.elapsed());
    }
    assert!(start.elapsed() < 100 * time + SLACK, "{:?}", start.elapsed());
}
