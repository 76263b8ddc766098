//! The yields of what is not supported, in both profiles.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use linkkit_sim::toolchain::{Abi, Linkage};
use support::{Firmware, run_without_cloud};

#[test]
fn a_yield_that_is_not_supported_waits_and_does_not_flood_the_log() {
    for abi in Abi::ALL {
        let firmware = Firmware::of_release("tests/c/unsupported_yield.c", abi, Linkage::Static);
        let run = run_without_cloud(firmware.command(), &[]).succeeded();
        for name in ["IOT_Shadow_Yield", "IOT_CoAP_Yield", "IOT_OTA_FetchYield"] {
            let first = format!("): {name} is not supported yet\r\n");
            assert_eq!(run.output.matches(&first).count(), 1, "{}", run.output);
        }
        let said = |count: u32| {
            run.output.matches(&format!("not supported yet ({count} calls by now)")).count()
        };
        assert!(said(2) >= 3 && said(4) >= 3 && said(3) == 0 && said(5) == 0, "{}", run.output);
    }
}
