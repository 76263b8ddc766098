//! A C program against a broker that others wrote: mosquitto, over TCP and over TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use support::mosquitto::Mosquitto;
use support::{Firmware, run_without_cloud};

#[test]
fn a_program_talks_to_mosquitto() {
    let broker = Mosquitto::start();
    let firmware = Firmware::without_redirect("tests/c/mosquitto.c");
    let mut command = firmware.command();
    command.arg(broker.tls_port.to_string()).arg(broker.ca_file());
    run_without_cloud(command, &["a password"]).succeeded().says("mqtt connect success!");
}
