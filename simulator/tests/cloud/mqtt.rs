//! The broker from a device's side.

use std::time::Duration;

use linkkit_sim::trace::Event;
use linkkit_sim::{Cloud, Config, ConnectReturnCode, QoS};
use rumqttc::{Packet, PubRel, SubscribeReasonCode};

use crate::support::{Device, Login, PRODUCT, TIMEOUT, register};

const DEVICE: &str = "Example_dev1";
const DATA: &str = "/a1ExpAkj9Hi/Example_dev1/data";

fn cloud() -> Cloud {
    Cloud::start(&Config::default()).unwrap()
}

fn granted(qos: QoS) -> Vec<SubscribeReasonCode> {
    vec![SubscribeReasonCode::Success(qos)]
}

fn wait_closed(cloud: &Cloud, reason: &str) {
    let closed = |event: &Event| matches!(event, Event::Closed { why } if why.contains(reason));
    assert!(
        cloud.trace().wait(TIMEOUT, |entries| entries.iter().any(|entry| closed(&entry.event))),
        "nothing was closed for the reason {reason}: {:#?}",
        cloud.trace().entries()
    );
}

#[test]
fn a_registered_device_logs_in_with_every_signature() {
    let cloud = cloud();
    register(&cloud, "Example_dyn1");
    for (method, upper_case) in
        [("hmacsha1", false), ("hmacsha1", true), ("hmacsha256", false), ("hmacsha256", true)]
    {
        let login = Login { method, upper_case, ..Login::of(&cloud, "Example_dyn1") };
        Device::connect(&cloud, &login);
    }
}

#[test]
fn a_device_may_log_in_over_plain_tcp() {
    let cloud = cloud();
    let login = Login { plain: true, ..Login::of(&cloud, DEVICE) };
    let (mut device, _) = Device::connect(&cloud, &login);
    assert_eq!(device.subscribe(DATA), granted(QoS::AtLeastOnce));
    device.publish(DATA, "in the clear", QoS::AtMostOnce, false);
    assert_eq!(&device.message().payload[..], b"in the clear");
}

#[test]
fn a_wrong_login_gets_its_code_and_the_trace_has_the_reason() {
    let cloud = cloud();
    let good = Login::of(&cloud, DEVICE);
    for method in ["hmacsha1", "hmacsha256"] {
        let wrong = Login { secret: "wrong".into(), method, ..good.clone() };
        let (mut device, ack) = Device::try_connect(&cloud, &wrong);
        assert_eq!(ack.code, ConnectReturnCode::BadUserNamePassword);
        assert_eq!(device.receive(), None);
    }
    wait_closed(&cloud, "login refused: the password's signature is wrong");
    let unregistered = Login { name: "Example_dyn1".into(), ..good };
    let (_, ack) = Device::try_connect(&cloud, &unregistered);
    assert_eq!(ack.code, ConnectReturnCode::NotAuthorized);
    wait_closed(&cloud, "has not registered yet");
}

#[test]
fn a_login_can_be_refused_on_purpose() {
    let cloud = cloud();
    cloud.faults().refuse_next_login(ConnectReturnCode::ServiceUnavailable);
    let login = Login::of(&cloud, DEVICE);
    let (_, ack) = Device::try_connect(&cloud, &login);
    assert_eq!(ack.code, ConnectReturnCode::ServiceUnavailable);
    Device::connect(&cloud, &login);
}

#[test]
fn messages_come_back_at_the_qos_of_both_sides() {
    let cloud = cloud();
    let (mut device, _) = Device::connect(&cloud, &Login::of(&cloud, DEVICE));
    assert_eq!(device.subscribe(DATA), granted(QoS::AtLeastOnce));
    device.publish(DATA, "zero", QoS::AtMostOnce, false);
    let message = device.message();
    assert_eq!(
        (&message.payload[..], message.qos, message.pkid),
        (&b"zero"[..], QoS::AtMostOnce, 0)
    );

    let id = device.publish(DATA, "one", QoS::AtLeastOnce, false);
    let message = device.message();
    assert_eq!(
        (&message.payload[..], message.qos, message.pkid),
        (&b"one"[..], QoS::AtLeastOnce, 1)
    );
    assert!(matches!(device.receive(), Some(Packet::PubAck(ack)) if ack.pkid == id));

    device.unsubscribe(DATA);
    device.publish(DATA, "nobody", QoS::AtMostOnce, false);
    device.ping();
}

#[test]
fn a_qos_2_message_arrives_once() {
    let cloud = cloud();
    let (mut device, _) = Device::connect(&cloud, &Login::of(&cloud, DEVICE));
    device.subscribe(DATA);
    let mut publish = rumqttc::Publish::new(DATA, QoS::ExactlyOnce, "two");
    publish.pkid = 70;
    device.send(Packet::Publish(publish.clone()));
    assert_eq!(device.message().qos, QoS::AtLeastOnce);
    assert!(matches!(device.receive(), Some(Packet::PubRec(rec)) if rec.pkid == 70));
    publish.dup = true;
    device.send(Packet::Publish(publish));
    assert!(matches!(device.receive(), Some(Packet::PubRec(rec)) if rec.pkid == 70));
    device.send(Packet::PubRel(PubRel::new(70)));
    assert!(matches!(device.receive(), Some(Packet::PubComp(comp)) if comp.pkid == 70));
    device.ping();
}

#[test]
fn a_device_may_use_its_own_topics_only() {
    let cloud = cloud();
    register(&cloud, "Example_dyn1");
    let foreign = "/a1ExpAkj9Hi/Example_dyn1/data";
    let (mut other, _) = Device::connect(&cloud, &Login::of(&cloud, "Example_dyn1"));
    other.subscribe(foreign);

    let (mut device, _) = Device::connect(&cloud, &Login::of(&cloud, DEVICE));
    for filter in [foreign, "/a1ExpAkj9Hi/#", "#"] {
        assert_eq!(device.subscribe(filter), [SubscribeReasonCode::Failure], "{filter}");
    }
    let id = device.publish(foreign, "intruder", QoS::AtLeastOnce, false);
    assert!(matches!(device.receive(), Some(Packet::PubAck(ack)) if ack.pkid == id));
    other.ping();
    let refused = cloud.trace().entries().into_iter().any(|entry| {
        matches!(entry.event, Event::Refused { why }
            if why == format!("message dropped, {foreign}: not a topic of this device"))
    });
    assert!(refused);
}

#[test]
fn wildcards_match_by_mqtts_rules() {
    let cloud = cloud();
    let (mut device, _) = Device::connect(&cloud, &Login::of(&cloud, DEVICE));
    device.subscribe("/a1ExpAkj9Hi/Example_dev1/+/get");
    device.subscribe("/a1ExpAkj9Hi/Example_dev1/deep/#");
    for (topic, arrives) in [
        ("/a1ExpAkj9Hi/Example_dev1/user/get", true),
        ("/a1ExpAkj9Hi/Example_dev1/user/other/get", false),
        ("/a1ExpAkj9Hi/Example_dev1/deep", true),
        ("/a1ExpAkj9Hi/Example_dev1/deep/er/still", true),
        ("/a1ExpAkj9Hi/Example_dev1/deep/get", true),
        ("/a1ExpAkj9Hi/Example_dyn1/user/get", false),
    ] {
        cloud.publish(topic, "x", QoS::AtMostOnce, false);
        if arrives {
            assert_eq!(device.message().topic, topic);
        }
        // Once only, although two filters may match.
        device.ping();
    }
}

#[test]
fn a_retained_message_waits_for_subscribers_until_it_is_cleared() {
    let cloud = cloud();
    let login = Login { clean: true, ..Login::of(&cloud, DEVICE) };
    let (mut device, _) = Device::connect(&cloud, &login);
    device.publish(DATA, "kept", QoS::AtLeastOnce, true);
    assert!(matches!(device.receive(), Some(Packet::PubAck(_))));
    device.subscribe(DATA);
    let message = device.message();
    assert_eq!(&message.payload[..], b"kept");
    assert!(message.retain);
    device.publish(DATA, "live", QoS::AtMostOnce, false);
    assert!(!device.message().retain);
    device.unsubscribe(DATA);
    device.publish(DATA, "", QoS::AtMostOnce, true);
    device.subscribe(DATA);
    device.ping();
}

#[test]
fn a_persistent_session_keeps_subscriptions_and_messages() {
    let cloud = cloud();
    let login = Login::of(&cloud, DEVICE);
    let (mut device, present) = Device::connect(&cloud, &login);
    assert!(!present);
    device.subscribe(DATA);
    device.send(Packet::Disconnect);
    wait_closed(&cloud, "said DISCONNECT");
    cloud.publish(DATA, "lost", QoS::AtMostOnce, false);
    cloud.publish(DATA, "queued 1", QoS::AtLeastOnce, false);
    cloud.publish(DATA, "queued 2", QoS::AtLeastOnce, false);

    let (mut device, present) = Device::connect(&cloud, &login);
    assert!(present);
    assert_eq!(&device.message().payload[..], b"queued 1");
    // Received, not acknowledged.
    assert!(matches!(device.receive(), Some(Packet::Publish(publish)) if !publish.dup));
    device.send(Packet::Disconnect);

    let (mut device, _) = Device::connect(&cloud, &login);
    let message = device.message();
    assert_eq!((&message.payload[..], message.dup), (&b"queued 2"[..], true));
    device.ping();
}

#[test]
fn a_clean_session_leaves_nothing() {
    let cloud = cloud();
    let persistent = Login::of(&cloud, DEVICE);
    let clean = Login { clean: true, ..persistent.clone() };
    Device::connect(&cloud, &persistent).0.subscribe(DATA);
    let (mut device, present) = Device::connect(&cloud, &clean);
    assert!(!present);
    device.subscribe(DATA);
    let (mut device, present) = Device::connect(&cloud, &persistent);
    assert!(!present);
    cloud.publish(DATA, "x", QoS::AtLeastOnce, false);
    device.ping();
}

#[test]
fn the_newer_connection_of_a_device_wins() {
    let cloud = cloud();
    let login = Login::of(&cloud, DEVICE);
    let (mut older, _) = Device::connect(&cloud, &login);
    older.subscribe(DATA);
    let (mut newer, present) = Device::connect(&cloud, &login);
    assert!(present);
    assert_eq!(older.receive(), None);
    wait_closed(&cloud, "taken over by a newer connection");
    cloud.publish(DATA, "to the newer", QoS::AtLeastOnce, false);
    assert_eq!(&newer.message().payload[..], b"to the newer");
}

#[test]
fn a_kicked_device_can_come_back() {
    let cloud = cloud();
    let login = Login::of(&cloud, DEVICE);
    assert!(!cloud.kick(PRODUCT, DEVICE));
    let (mut device, _) = Device::connect(&cloud, &login);
    assert!(cloud.kick(PRODUCT, DEVICE));
    assert_eq!(device.receive(), None);
    Device::connect(&cloud, &login);
}

#[test]
fn silence_longer_than_the_keepalive_ends_the_connection() {
    let cloud = cloud();
    let (mut device, _) =
        Device::connect(&cloud, &Login { keepalive: 1, ..Login::of(&cloud, DEVICE) });
    assert_eq!(device.receive(), None);
    wait_closed(&cloud, "1.5 × keepalive");
}

#[test]
fn what_is_not_mqtt_ends_the_connection() {
    let cloud = cloud();
    let (mut device, _) = Device::connect(&cloud, &Login::of(&cloud, DEVICE));
    device.send(Packet::PingResp);
    assert_eq!(device.receive(), None);
    wait_closed(&cloud, "a packet that no device sends");
}

#[test]
fn the_transcript_has_packets_with_their_ids_and_no_line_has_a_secret() {
    let cloud = cloud();
    let login = Login { method: "hmacsha1", ..Login::of(&cloud, DEVICE) };
    let (mut device, _) = Device::connect(&cloud, &login);
    device.publish(DATA, "hello", QoS::AtLeastOnce, false);
    assert!(matches!(device.receive(), Some(Packet::PubAck(_))));
    let transcript = cloud.trace().transcript();
    assert_eq!(transcript[0]["ev"], "CONNECT");
    assert_eq!(transcript[0]["where"], cloud.mqtt_addr().to_string());
    assert_eq!(transcript[0]["username"], "Example_dev1&a1ExpAkj9Hi");
    assert_eq!(transcript[1]["ev"], "PUBLISH");
    assert_eq!(transcript[1]["id"], 1);
    assert_eq!(transcript[1]["payload"], "hello");
    let password = transcript[0]["password"].as_str().unwrap();
    let lines = format!("{:?}", cloud.trace().entries());
    assert!(!lines.contains(password) && !lines.contains(&login.secret));
}

#[test]
fn a_restart_keeps_the_devices_and_the_addresses_and_loses_the_sessions() {
    let cloud = cloud();
    register(&cloud, "Example_dyn1");
    let login = Login { clean: false, ..Login::of(&cloud, "Example_dyn1") };
    let (mut device, _) = Device::connect(&cloud, &login);
    device.subscribe("/a1ExpAkj9Hi/Example_dyn1/data");
    let before = (cloud.mqtt_addr(), cloud.https_addr(), cloud.ca_pem().to_owned());
    let cloud = cloud.restart(Duration::from_millis(10)).unwrap();
    assert_eq!(device.receive(), None);
    assert_eq!((cloud.mqtt_addr(), cloud.https_addr(), cloud.ca_pem().to_owned()), before);
    let (_, session_present) = Device::connect(&cloud, &login);
    assert!(!session_present);
}
