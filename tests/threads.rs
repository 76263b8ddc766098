//! Many firmware threads on one client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use support::mosquitto::Mosquitto;
use support::{Firmware, run_without_cloud};

fn run(port: u16, root: &str) {
    let firmware = Firmware::without_redirect("tests/c/threads.c");
    let mut command = firmware.command();
    command.arg(port.to_string()).arg(root);
    run_without_cloud(command, &["a password"]).succeeded();
}

#[test]
fn threads_may_do_anything_at_any_time_over_tls() {
    let broker = Mosquitto::start();
    run(broker.tls_port, broker.ca_file().to_str().unwrap());
}

#[test]
fn threads_may_do_anything_at_any_time_over_tcp() {
    let broker = Mosquitto::start();
    run(broker.tcp_port, "-");
}
