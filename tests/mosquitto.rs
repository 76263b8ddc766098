//! Against a broker that others wrote, mosquitto, over TCP and over TLS: a C program on the ways
//! that go well, and a device whose broker is restarted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(clippy::indexing_slicing, reason = "a test")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;

use iot_sdk::transport::{Endpoint, Security, Trust};
use support::device::{Device, plain};
use support::mosquitto::Mosquitto;
use support::{Firmware, run_without_cloud};

const RESTARTS: usize = 5;
const TOPIC: &str = "/test/device/data";

fn talk(port: u16, root: &str) {
    let firmware = Firmware::without_redirect("tests/c/mosquitto.c");
    let mut command = firmware.command();
    command.arg(port.to_string()).arg(root);
    run_without_cloud(command, &["a password"]).succeeded().says("mqtt connect success!");
}

#[test]
fn a_program_talks_to_mosquitto_over_tls() {
    let broker = Mosquitto::start();
    talk(broker.tls_port, broker.ca_file().to_str().unwrap());
}

#[test]
fn a_program_talks_to_mosquitto_over_tcp() {
    let broker = Mosquitto::start();
    talk(broker.tcp_port, "-");
}

/// Publishes to itself by QoS 1 while the broker is restarted again and again.
fn restart_mid_traffic(mut broker: Mosquitto, endpoint: Endpoint) {
    let device = Device::connect(endpoint, false).unwrap();
    device.subscribe(TOPIC);
    let mut sent = 0;
    for _ in 0..RESTARTS {
        thread::scope(|scope| {
            let restart = scope.spawn(|| broker.restart());
            // Some more than fit into the waiting list, before, during and after the restart.
            let enough = sent + 50;
            while sent < enough || !restart.is_finished() {
                device.publish(TOPIC, sent.to_string().as_bytes());
                device.client.yield_for(Duration::from_millis(1));
                sent += 1;
            }
        });
    }
    device.yield_until("all is acknowledged and received", |device| {
        let seen = device.seen();
        let received: BTreeSet<&String> = seen.received.iter().collect();
        seen.acknowledged.len() >= sent && received.len() >= sent && seen.is_up()
    });
    let seen = device.seen().clone();
    assert_eq!(seen.acknowledged.len(), sent, "each is reported once");
    for number in 0..sent {
        assert!(seen.received.contains(&number.to_string()), "{number} is lost");
    }
    assert_eq!(seen.drops(), RESTARTS);
    assert!(seen.others.is_empty() && seen.unmatched.is_empty(), "{seen:?}");
}

#[test]
fn a_broker_restarted_mid_traffic_loses_nothing_over_tls() {
    let broker = Mosquitto::start();
    let root = fs::read_to_string(broker.ca_file()).unwrap();
    let security = Security::Tls(Trust::Pem(root));
    let endpoint = Endpoint { host: "localhost".into(), port: broker.tls_port, security };
    restart_mid_traffic(broker, endpoint);
}

#[test]
fn a_broker_restarted_mid_traffic_loses_nothing_over_tcp() {
    let broker = Mosquitto::start();
    let endpoint = plain(([127, 0, 0, 1], broker.tcp_port).into());
    restart_mid_traffic(broker, endpoint);
}
