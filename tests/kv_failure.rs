//! A store that fails must not cost the device its secret, which the cloud gives once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use linkkit_sim::trace::Event;
use support::{Firmware, run, start_cloud};

#[test]
fn a_secret_that_is_not_stored_is_used_and_stored_later() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug("tests/c/kv_failure.c"));
    let run = run(firmware.command(), &cloud, &[]).succeeded();
    let mut lines = run.output.lines();
    for words in [
        "attempt 1 fails",
        "Save Device Secret to KV Failed: HAL_Kv_Set returned -1; the secret is used from memory",
        "attempt 2 fails",
        "Save Device Secret to KV Failed",
        "mqtt connect success!",
        "attempt 3 works",
        "DeviceSecret is stored now",
    ] {
        assert!(lines.any(|line| line.contains(words)), "{words}\n{}", run.output);
    }
    let entries = cloud.trace().entries();
    let requests = entries.iter().filter(|entry| matches!(entry.event, Event::Http { .. }));
    assert_eq!(requests.count(), 1, "{entries:#?}");
}
