//! A clock that 32 bits of seconds cannot tell changes the date and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use linkkit_sim::trace::Event;
use support::{Firmware, run, run_without_cloud, start_cloud};

/// Has the program start on 2040-06-15 at 12:00 UTC.
const IN_2040: &str = "tests/c/clock_2040.c";

#[test]
fn the_hal_tells_the_time_in_2040() {
    let firmware = Firmware::debug_with("tests/c/clock.c", IN_2040);
    let mut command = firmware.command();
    command.env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3");
    run_without_cloud(command, &[]).succeeded().says("06-15 14:00:0").says(", 222337440");
}

#[test]
fn a_device_registers_and_starts_again_in_2040() {
    let (cloud, firmware) =
        (start_cloud(), Firmware::debug_with("c_examples/mqtt-example.c", IN_2040));
    run(firmware.command(), &cloud, &[]).succeeded().says("Payload: 'data: hello! start!'");
    run(firmware.command(), &cloud, &[])
        .succeeded()
        .says("Get DeviceSecret from KV succeed")
        .says("Payload: 'data: hello! start!'");
    let logins = |entry: &_| matches!(entry, Event::Connack { code: 0, .. });
    let events = cloud.trace().entries().into_iter().map(|entry| entry.event);
    assert_eq!(events.filter(logins).count(), 2);
}
