//! What a process still knows of the device's secret when its client has ended: nothing, unless
//! the firmware keeps it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use linkkit_sim::toolchain::Profile;
use support::{Firmware, run, start_cloud};

#[track_caller]
fn forgets_the_secret(profile: Profile) {
    let (cloud, firmware) = (start_cloud(), Firmware::build("tests/c/core_memory.c", profile));
    run(firmware.command(), &cloud, &[]).succeeded().says("the secret is found 0 times");
    // The second boot reads it from the store.
    let run = run(firmware.command(), &cloud, &[]).succeeded();
    run.says("Get DeviceSecret from KV succeed").says("the secret is found 0 times");
}

#[test]
fn a_debug_build_forgets_the_secret() {
    forgets_the_secret(Profile::Debug);
}

#[test]
fn a_release_build_forgets_the_secret() {
    forgets_the_secret(Profile::Release);
}
