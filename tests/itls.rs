//! Firmware that is built for the vendor's closed key store.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use linkkit_sim::toolchain::{Abi, Linkage};
use support::{Firmware, run_without_cloud};

#[test]
fn firmware_for_id2_links_and_is_told_what_to_use_instead() {
    for linkage in [Linkage::Static, Linkage::Shared] {
        let flags = ["-DSUPPORT_ITLS", "-DMQTT_DIRECT"];
        let firmware = Firmware::of_release_with("tests/c/itls.c", Abi::V2_2, linkage, &flags);
        run_without_cloud(firmware.command(), &[])
            .succeeded()
            .says("[err] IOT_SetupConnInfo(")
            .says("iTLS and ID2 need the vendor's closed key store")
            .says("a certificate per device, or per product with dynamic registration, over TLS");
    }
}
