//! Faults of MQTT connections, from a device's side.

use linkkit_sim::{Cloud, Config, ConnectReturnCode, Direction, FaultRule, MqttFault, QoS};
use rumqttc::{Packet, PubAck};

use crate::support::{Device, Login};

const DATA: &str = "/a1ExpAkj9Hi/Example_dev1/data";

/// A cloud with this fault, and a device that subscribed before there was a fault.
fn with(rule: FaultRule) -> (Cloud, Device) {
    let cloud = Cloud::start(&Config::default()).unwrap();
    let (mut device, _) = Device::connect(&cloud, &Login::of(&cloud, "Example_dev1"));
    device.subscribe(DATA);
    cloud.faults().add(rule).unwrap();
    (cloud, device)
}

fn once(fault: MqttFault, direction: Direction) -> FaultRule {
    FaultRule { count: Some(1), direction: Some(direction), ..FaultRule::new(fault) }
}

fn publish(cloud: &Cloud, payloads: &[&'static str]) {
    for payload in payloads {
        cloud.publish(DATA, *payload, QoS::AtMostOnce, false);
    }
}

#[track_caller]
fn gets(device: &mut Device, payloads: &[&str]) {
    for payload in payloads {
        assert_eq!(device.message().payload, *payload);
    }
    device.ping();
}

#[test]
fn messages_are_lost_doubled_and_out_of_order() {
    for (fault, arrive) in [
        (MqttFault::Drop, &["b", "c"][..]),
        (MqttFault::Duplicate, &["a", "a", "b", "c"]),
        (MqttFault::Reorder, &["b", "a", "c"]),
        (MqttFault::Delay { ms: 20 }, &["a", "b", "c"]),
        (MqttFault::Slow { bytes_per_second: 2000 }, &["a", "b", "c"]),
    ] {
        let (cloud, mut device) = with(once(fault, Direction::Down));
        publish(&cloud, &["a", "b", "c"]);
        gets(&mut device, arrive);
    }
}

#[test]
fn what_a_device_sends_meets_faults_too() {
    for (fault, arrive) in [
        (MqttFault::Drop, &["b", "c"][..]),
        (MqttFault::Duplicate, &["a", "a", "b", "c"]),
        (MqttFault::Reorder, &["b", "a", "c"]),
    ] {
        let (_cloud, mut device) = with(once(fault, Direction::Up));
        for payload in ["a", "b", "c"] {
            device.publish(DATA, payload, QoS::AtMostOnce, false);
        }
        gets(&mut device, arrive);
    }
}

#[test]
fn an_acknowledgement_that_does_not_come() {
    let (_cloud, mut device) = with(FaultRule::new(MqttFault::NoPuback));
    device.publish("/a1ExpAkj9Hi/Example_dev1/update", "x", QoS::AtLeastOnce, false);
    device.ping();
}

#[test]
fn silence_ends_when_it_is_taken_back() {
    let (cloud, mut device) = with(FaultRule::new(MqttFault::Silence));
    device.send(Packet::PingReq);
    let silenced = |all: &std::collections::VecDeque<linkkit_sim::trace::Entry>| {
        all.iter().any(|entry| matches!(&entry.event, linkkit_sim::trace::Event::Fault { .. }))
    };
    assert!(cloud.trace().wait(crate::support::TIMEOUT, silenced));
    assert_eq!(cloud.faults().clear(None), 1);
    device.ping();
}

#[test]
fn connections_end_in_every_way() {
    for fault in [MqttFault::HalfPacket, MqttFault::Cut { after_bytes: 3 }, MqttFault::TlsAlert] {
        let (cloud, mut device) = with(once(fault.clone(), Direction::Down));
        publish(&cloud, &["a"]);
        match fault {
            MqttFault::TlsAlert => {
                let told = device.try_receive().unwrap_err().to_string();
                assert!(told.contains("alert"), "{told}");
            }
            _ => assert_eq!(device.receive(), None, "{fault}"),
        }
        Device::connect(&cloud, &Login::of(&cloud, "Example_dev1"));
    }
}

#[test]
fn a_login_is_refused_with_the_code_asked_for() {
    let rule = FaultRule::new(MqttFault::Connack { code: 3 });
    let rule = FaultRule { device: Some("Example_dev1".into()), count: Some(1), ..rule };
    let config = Config { faults: vec![rule], ..Config::default() };
    let cloud = Cloud::start(&config).unwrap();
    let login = Login::of(&cloud, "Example_dev1");
    let (_, ack) = Device::try_connect(&cloud, &login);
    assert_eq!(ack.code, ConnectReturnCode::ServiceUnavailable);
    Device::connect(&cloud, &login);
}

#[test]
fn a_seed_decides_what_is_lost() {
    let lost = |seed| {
        let rule = FaultRule { chance: 0.5, ..FaultRule::new(MqttFault::Drop) };
        let rule = FaultRule { direction: Some(Direction::Down), ..rule };
        let config = Config { faults: vec![rule], seed: Some(seed), ..Config::default() };
        let cloud = Cloud::start(&config).unwrap();
        let (mut device, _) = Device::connect(&cloud, &Login::of(&cloud, "Example_dev1"));
        device.subscribe(DATA);
        for number in 0..32 {
            cloud.publish(DATA, number.to_string(), QoS::AtMostOnce, false);
        }
        device.send(Packet::PingReq);
        let mut arrived = Vec::new();
        while let Some(Packet::Publish(publish)) = device.receive() {
            device.send(Packet::PubAck(PubAck::new(1)));
            arrived.push(publish.payload);
        }
        arrived
    };
    let first = lost(1);
    assert_eq!(first, lost(1));
    assert_ne!(first, lost(2));
    assert!((1..32).contains(&first.len()));
}

#[test]
fn faults_are_read_from_the_configuration() {
    let text = "seed = 7\n[[product]]\nkey = 'p'\nsecret = 's'\n\
                [[fault]]\nfault = 'delay'\nms = 40\nchance = 0.5\ndevice = 'd'\n";
    let config = Config::parse(text).unwrap();
    assert_eq!(config.faults[0].fault, MqttFault::Delay { ms: 40 });
    assert!(Config::parse(&text.replace("0.5", "1.5")).err().unwrap().contains("0 to 1"));
}
