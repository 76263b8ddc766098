//! Each function of the HAL and each callback calls each function of the library, in both profiles.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::time::Duration;

use linkkit_sim::toolchain::{Abi, Linkage};
use linkkit_sim::{Cloud, Config};
use support::{Firmware, run_for};

/// For some 300 lives of a device, each of which the program itself bounds.
const LIMIT: Duration = Duration::from_secs(300);

#[test]
fn the_library_may_be_called_from_everywhere() {
    let mut config = Config::default();
    config.products.iter_mut().for_each(|product| product.any_device = true);
    for abi in Abi::ALL {
        let firmware = Firmware::of_release("tests/c/calls_inside.c", abi, Linkage::Static);
        let cloud = Cloud::start(&config).unwrap();
        run_for(LIMIT, firmware.command(), &cloud, &[]).succeeded();
    }
}
