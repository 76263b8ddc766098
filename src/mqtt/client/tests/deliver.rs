//! What handlers may do, and in which order they are called.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn message(number: usize) -> Bytes {
    let text = number.to_string();
    packet::publish("/t", 0, QoS::AtMostOnce, false, text.as_bytes()).unwrap()
}

fn number(message: &Message) -> usize {
    std::str::from_utf8(message.payload()).unwrap().parse().unwrap()
}

/// Answers a request, once it has come, by its acknowledgement and then by `more`, in one write after
/// what comes `before` it.
fn answer(peer: &mut Peer, before: &[u8], more: &[u8]) {
    let acknowledgement = loop {
        match peer.next() {
            Some(Packet::Subscribe(request)) => {
                let [high, low] = request.pkid.to_be_bytes();
                break vec![0x90, 3, high, low, 0];
            }
            Some(Packet::Unsubscribe(request)) => {
                let [high, low] = request.pkid.to_be_bytes();
                break vec![0xB0, 2, high, low];
            }
            Some(_) => {}
            None => return,
        }
    };
    peer.send(&[before, &acknowledgement[..], more].concat());
}

#[test]
fn what_came_before_an_answer_goes_to_whom_it_went_before() {
    let address = broker(|peer, _| {
        peer.accept(&ACCEPTED);
        answer(peer, &message(1), &message(2));
        answer(peer, &message(3), &message(4));
        while peer.next().is_some() {}
    });
    let (client, events) = connect(address);
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let handle = handler(move |message| lock(&tell).send(number(message)).unwrap());
    client.subscribe("/t", QoS::AtMostOnce, handle).unwrap();
    assert_eq!(next_event(&client, &events), "message on /t");
    assert_eq!(next_event(&client, &events), "SubscribeSuccess(1)");
    client.unsubscribe("/t").unwrap();
    assert_eq!(next_event(&client, &events), "UnsubscribeSuccess(2)");
    assert_eq!(next_event(&client, &events), "message on /t");
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn what_the_broker_kept_goes_to_a_handler_that_counts_from_the_request_on() {
    let address = broker(|peer, _| {
        peer.accept(&SESSION_PRESENT);
        answer(peer, &message(1), &message(2));
        while peer.next().is_some() {}
    });
    let hal = FakeHal::leak();
    hal.redirect(HOST, 1883, address);
    let handlers = Handlers { count: HandlersCount::WhileAskedFor, newest_first: true };
    let params = Params { handlers, ..params(Arc::new(|_| {})) };
    let client = Client::connect(hal, params).unwrap();
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let handle = handler(move |message| lock(&tell).send(number(message)).unwrap());
    client.subscribe("/t", QoS::AtMostOnce, handle).unwrap();
    let seen = Mutex::new(Vec::new());
    yield_until(&client, || {
        lock(&seen).extend(told.try_iter());
        lock(&seen).len() == 2
    });
    assert_eq!(*lock(&seen), [1, 2]);
}

/// As the threads of a small device.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(256 * 1024).spawn(run).unwrap();
    within(PATIENCE, move || thread.join().unwrap());
}

#[test]
fn a_flood_does_not_nest_the_handlers_that_yield() {
    const FLOOD: usize = 300;
    let address = broker(|peer, _| {
        peer.accept(&ACCEPTED);
        let flood: Vec<u8> = (0..FLOOD).flat_map(message).collect();
        answer(peer, &[], &flood);
        answer(peer, &[], &message(FLOOD));
        while peer.next().is_some() {}
    });
    let (client, _events) = connect(address);
    let (depth, deepest, started) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(vec![]));
    let inside = Arc::new((depth, deepest, started));
    let seen = Arc::clone(&inside);
    let inner = Arc::downgrade(&client);
    let handle = handler(move |message| {
        let (depth, deepest, started) = &*inside;
        let client = inner.upgrade().unwrap();
        lock(started).push(number(message));
        deepest.fetch_max(depth.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        if number(message) == FLOOD / 2 {
            // While more waits than may be told.
            let other = handler(|_| {});
            client.subscribe_sync("/o", QoS::AtMostOnce, other, PATIENCE, true).unwrap();
        } else {
            client.yield_for(Duration::from_micros(100));
        }
        depth.fetch_sub(1, Ordering::Relaxed);
    });
    on_a_small_stack(move || {
        client.subscribe("/t", QoS::AtMostOnce, handle).unwrap();
        yield_until(&client, || lock(&seen.2).len() > FLOOD);
        assert_eq!(*lock(&seen.2), (0..=FLOOD).collect::<Vec<_>>(), "in order, and nothing twice");
        assert!((2..=4).contains(&seen.1.load(Ordering::Relaxed)), "{:?}", seen.1);
    });
}

/// A client that publishes by QoS 1 on each acknowledgement and then calls `after`, the HAL that counts its writes, and what
/// the broker gets.
fn publishing(
    published: usize,
    after: impl Fn(&Client, u16) + Send + Sync + 'static,
) -> (&'static FakeHal, Arc<Client>, Receiver<(usize, u16)>) {
    let (tell, told) = mpsc::channel();
    let address = broker(move |peer, number| {
        peer.accept(&ACCEPTED);
        let mut acknowledgements = Vec::new();
        while let Some(packet) = peer.next() {
            let Packet::Publish(publish) = packet else { continue };
            acknowledgements.extend(packet::puback(publish.pkid));
            tell.send((number, publish.pkid)).unwrap();
            if usize::from(publish.pkid) == published {
                peer.send(&acknowledgements);
            }
        }
    });
    let hal = FakeHal::leak();
    hal.redirect(HOST, 1883, address);
    let own: Arc<Mutex<Option<std::sync::Weak<Client>>>> = Arc::default();
    let later = Arc::clone(&own);
    let on_event: EventHandler = Arc::new(move |event| {
        if let Event::PublishSuccess(id) = event
            && let Some(client) = lock(&later).as_ref().and_then(std::sync::Weak::upgrade)
            && client.publish("/t", QoS::AtLeastOnce, false, b"again").is_ok()
        {
            after(&client, *id);
        }
    });
    let client = Client::connect(hal, params(on_event)).unwrap();
    *lock(&own) = Some(Arc::downgrade(&client));
    for _ in 0..published {
        client.publish("/t", QoS::AtLeastOnce, false, b"first").unwrap();
    }
    (hal, client, told)
}

#[test]
fn what_handlers_publish_leaves_in_one_write_in_the_order_of_the_calls() {
    const WINDOW: usize = 20;
    let (hal, client, told) = publishing(WINDOW, |_, _| {});
    let before = hal.calls("tcp_write");
    assert_eq!(before, 1 + WINDOW, "CONNECT and each of the first");
    let ids = Mutex::new(Vec::new());
    yield_until(&client, || {
        lock(&ids).extend(told.try_iter().map(|(_, id)| usize::from(id)));
        lock(&ids).len() == 2 * WINDOW
    });
    assert_eq!(*lock(&ids), (1..=2 * WINDOW).collect::<Vec<_>>());
    assert_eq!(hal.calls("tcp_write"), before + 1);
}

#[test]
fn a_handler_that_waits_keeps_nothing_back() {
    let (hal, client, _told) = publishing(3, |_, id| {
        if id == 1 {
            crate::base::waiting::about_to_wait();
        }
    });
    let before = hal.calls("tcp_write");
    yield_until(&client, || lock(&client.state).session.is_waiting_for(6));
    assert_eq!(hal.calls("tcp_write"), before + 2, "one before the wait, and one for the others");
}

#[test]
fn a_handler_that_closes_the_client_sends_before_what_it_published() {
    let (_, client, told) = publishing(3, |client, id| {
        if id == 2 {
            client.close();
        }
    });
    client.yield_for(PATIENCE);
    assert_eq!(told.iter().take(5).map(|(_, id)| id).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[test]
fn what_was_collected_when_the_connection_is_lost_goes_over_the_next_one() {
    let (_, client, told) = publishing(3, |client, id| {
        if id == 2 {
            client.lost(&mut client.lock(), &"the test says so");
        }
    });
    let again = Mutex::new(Vec::new());
    yield_until(&client, || {
        lock(&again).extend(told.try_iter().filter(|(number, _)| *number == 2).map(|(_, id)| id));
        lock(&again).len() == 2
    });
    assert_eq!(*lock(&again), [4, 5]);
}
