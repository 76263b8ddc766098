//! What handlers may do, and in which order they are called.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::hal::ReadStyle;

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

/// Like [`publishing`] with two messages, except that the broker acknowledges the second only while the
/// handler of the first runs.
fn answered_one_by_one(style: ReadStyle) -> (&'static FakeHal, Arc<Client>, Receiver<u16>) {
    let (tell, told) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let address = broker(move |peer, _| {
        peer.accept(&ACCEPTED);
        for published in 0.. {
            let Some(Packet::Publish(publish)) = peer.next() else { return };
            tell.send(publish.pkid).unwrap();
            if published == 1 {
                peer.send(&packet::puback(1));
                may_go_on.recv().unwrap();
                peer.send(&packet::puback(2));
            }
        }
    });
    let hal = FakeHal::leak();
    hal.state().read_style = style;
    hal.redirect(HOST, 1883, address);
    let own: Arc<Mutex<Option<std::sync::Weak<Client>>>> = Arc::default();
    let later = Arc::clone(&own);
    let go_on = Mutex::new(go_on);
    let on_event: EventHandler = Arc::new(move |event| {
        if let Event::PublishSuccess(id @ 1..=2) = event
            && let Some(client) = lock(&later).as_ref().and_then(std::sync::Weak::upgrade)
        {
            if *id == 1 {
                lock(&go_on).send(()).unwrap();
                hal.wait_for_bytes();
            }
            client.publish("/t", QoS::AtLeastOnce, false, b"again").unwrap();
        }
    });
    let client = Client::connect(hal, params(on_event)).unwrap();
    *lock(&own) = Some(Arc::downgrade(&client));
    for _ in 0..2 {
        client.publish("/t", QoS::AtLeastOnce, false, b"first").unwrap();
    }
    (hal, client, told)
}

#[test]
fn what_has_come_while_a_handler_ran_is_told_before_its_message_is_written() {
    let (hal, client, told) = answered_one_by_one(ReadStyle::Available);
    let before = hal.calls("tcp_write");
    yield_until(&client, || lock(&client.state).session.is_waiting_for(4));
    assert_eq!(told.iter().take(4).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(hal.calls("tcp_write"), before + 1);
}

#[test]
fn a_firmwares_read_function_is_not_called_inside_of_a_handler() {
    let (hal, client, told) = answered_one_by_one(ReadStyle::Exact);
    let before = hal.calls("tcp_write");
    yield_until(&client, || lock(&client.state).session.is_waiting_for(4));
    assert_eq!(told.iter().take(4).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(hal.calls("tcp_write"), before + 2);
}

#[test]
fn a_connection_that_a_publishing_handler_finds_lost_is_told_and_the_message_goes_over_the_next() {
    let (tell, told) = mpsc::channel();
    let address = broker(move |peer, number| {
        peer.accept(&ACCEPTED);
        while let Some(Packet::Publish(publish)) = peer.next() {
            tell.send((number, publish.pkid)).unwrap();
            peer.send(&packet::puback(publish.pkid));
            if number == 1 {
                return;
            }
        }
    });
    let hal = FakeHal::leak();
    hal.redirect(HOST, 1883, address);
    let own: Arc<Mutex<Option<std::sync::Weak<Client>>>> = Arc::default();
    let later = Arc::clone(&own);
    let (tell_event, events) = mpsc::channel();
    let tell_event = Mutex::new(tell_event);
    let on_event: EventHandler = Arc::new(move |event| {
        lock(&tell_event).send(format!("{event:?}")).unwrap();
        if let Event::PublishSuccess(1) = event
            && let Some(client) = lock(&later).as_ref().and_then(std::sync::Weak::upgrade)
        {
            // The end of the connection is what comes next.
            hal.wait_for_bytes();
            client.publish("/t", QoS::AtLeastOnce, false, b"again").unwrap();
        }
    });
    let client = Client::connect(hal, params(on_event)).unwrap();
    *lock(&own) = Some(Arc::downgrade(&client));
    client.publish("/t", QoS::AtLeastOnce, false, b"first").unwrap();
    let told_events = Mutex::new(Vec::new());
    yield_until(&client, || {
        lock(&told_events).extend(events.try_iter());
        lock(&told_events).len() == 4
    });
    assert_eq!(
        *lock(&told_events),
        ["PublishSuccess(1)", "Disconnect", "Reconnect", "PublishSuccess(2)"]
    );
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [(1, 1), (2, 2)]);
}
