//! What the library allocates for a firmware comes from the firmware's own `HAL_Malloc`, and all of it
//! goes back to its `HAL_Free`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use linkkit_sim::toolchain::{Abi, Linkage};
use support::{Firmware, run, start_cloud};

#[test]
fn allocations_and_releases_are_in_balance() {
    for abi in Abi::ALL {
        for linkage in [Linkage::Static, Linkage::Shared] {
            let firmware = Firmware::of_release("tests/c/balance.c", abi, linkage);
            run(firmware.command(), &start_cloud(), &[]).succeeded();
        }
    }
}
