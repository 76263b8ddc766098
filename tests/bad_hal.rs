//! What the default HAL must refuse, for both releases: by a table in C, which finds what looks where
//! it must not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::process::Command;

use linkkit_sim::toolchain::{Abi, Linkage};
use support::{Firmware, run_without_cloud};

const SOURCE: &str = "tests/c/bad_hal.c";

/// Plenty of time for a resolver that has nobody to ask.
fn patiently(mut command: Command) -> Command {
    command.env("RES_OPTIONS", "timeout:1 attempts:1");
    command
}

#[test]
fn bad_input_is_refused_and_nothing_is_touched_by_it() {
    for abi in Abi::ALL {
        let flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
        let firmware = Firmware::of_release_with(SOURCE, abi, Linkage::Static, &flags);
        run_without_cloud(patiently(firmware.command()), &[]).succeeded();
    }
}

#[test]
fn valgrind_finds_nothing_either() {
    for abi in Abi::ALL {
        let firmware = Firmware::of_release(SOURCE, abi, Linkage::Static);
        run_without_cloud(patiently(firmware.valgrind()), &[]).succeeded();
    }
}
