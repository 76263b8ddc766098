//! The memory that a client takes does not grow with what it lives through.
//!
//! One test alone, because the resident size is the process's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(clippy::indexing_slicing, reason = "a test")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};

use iot_sdk::mqtt::QoS;
use iot_sdk::transport::{Endpoint, Security, Trust};
use support::device::{CLIENT_ID, Device, Seen};
use support::mosquitto::Mosquitto;
use support::wire::{Kind, Packet};

/// How much more the process may take than when it had warmed up.
const GROWTH_PERCENT: u64 = 5;

#[test]
fn memory_does_not_grow_with_reconnections_nor_with_topics() {
    let broker = Mosquitto::start();
    let root = fs::read_to_string(broker.ca_file()).unwrap();
    let security = Security::Tls(Trust::Pem(root));
    let endpoint = Endpoint { host: "localhost".into(), port: broker.tls_port, security };
    let device = Device::connect(endpoint, false).unwrap();
    device.subscribe("/test/device/down");

    let reconnected = after(50, 1000, |number| {
        take_over(broker.tcp_port);
        device.publish(&format!("/test/device/up/{number}"), b"between two drops");
        device.yield_until("it is back", |device| device.seen().links == [false, true]);
        device.yield_until("it is acknowledged", |device| device.seen().acknowledged.len() == 1);
        *device.seen() = Seen::default();
    });
    assert_bounded("1000 reconnections", reconnected);

    let published = after(5_000, 100_000, |number| {
        let topic = format!("/test/device/topics/{number}");
        device.client.publish(&topic, QoS::AtMostOnce, false, b"payload").unwrap();
        if number % 100 == 0 {
            device.publish(&topic, b"payload");
            device
                .yield_until("it is acknowledged", |device| !device.seen().acknowledged.is_empty());
            *device.seen() = Seen::default();
        }
    });
    assert_bounded("100000 topics", published);
}

/// Logs in as the device, whose connection the broker ends therefore.
fn take_over(port: u16) {
    let mut body = b"\0\x04MQTT\x04\0\0\x3c\0".to_vec();
    body.push(u8::try_from(CLIENT_ID.len()).unwrap());
    body.extend_from_slice(CLIENT_ID.as_bytes());
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.write_all(&Packet::new(Kind::Connect, 0, &body).bytes).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
}

/// Does something many times, and returns the resident size after the first few and at the end.
fn after(few: usize, many: usize, mut act: impl FnMut(usize)) -> (u64, u64) {
    (0..few).for_each(&mut act);
    let warm = resident_kib();
    (few..many).for_each(act);
    (warm, resident_kib())
}

#[track_caller]
fn assert_bounded(what: &str, (warm, end): (u64, u64)) {
    println!("{what}: {warm} KiB, then {end} KiB");
    assert!(end <= warm + warm * GROWTH_PERCENT / 100, "{what}: {warm} KiB became {end} KiB");
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
