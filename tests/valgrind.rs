//! The shipped build of the example under valgrind: no error, no leak.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use linkkit_sim::toolchain::Profile;
use support::{Firmware, run, start_cloud};

#[test]
fn the_example_makes_no_memory_error_and_leaks_nothing() {
    let cloud = start_cloud();
    let firmware = Firmware::build("c_examples/mqtt-example.c", Profile::Release);
    // A device that registers, and the same one when it has its secret.
    for _ in 0..2 {
        run(firmware.valgrind(), &cloud, &[]).succeeded().says("mqtt connect success!");
    }
}
