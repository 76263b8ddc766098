//! Every function of the HAL, brought by a firmware: the library calls the firmware's, static and
//! shared.

// The firmware's functions are in this processor's assembler.
#![cfg(target_arch = "x86_64")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread;

use linkkit_sim::toolchain::{Abi, Linkage};
use linkkit_sim::trace::Event;
use support::{DEVICE_NAME, Firmware, PRODUCT_KEY, run, start_cloud, wait_for};

/// What the page on the HAL says that a library for this release calls.
fn called(abi: Abi) -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hal.md");
    let text = fs::read_to_string(page).unwrap();
    let (_, section) = text.split_once("## Called by the library").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `HAL_")?.split_once(" | "));
    rows.filter_map(|(function, _)| {
        let (name, release) = function.split_once('`')?;
        let counts = release.is_empty() || release.starts_with(&format!(" ({}.", abi.number()));
        counts.then(|| format!("HAL_{name}"))
    })
    .collect()
}

/// The list that `own_hal.c` is made of.
fn list(names: &[String], called: &BTreeSet<String>) -> String {
    let mut list = String::new();
    for (number, name) in names.iter().enumerate() {
        let next = match name.as_str() {
            "HAL_GetFirmwareVersion" | "HAL_GetFirmwareVesion" if called.contains(name) => {
                "firmware_version"
            }
            "HAL_GetProductSecret" => "product_secret",
            "HAL_Printf" => "print",
            "HAL_TCP_Establish" => "establish",
            name if called.contains(name) => {
                writeln!(list, "LIBRARYS({number}, {name})").unwrap();
                continue;
            }
            name => {
                writeln!(list, "UNCALLED({number}, {name})").unwrap();
                continue;
            }
        };
        writeln!(list, "OTHER({number}, {name}, {next})").unwrap();
    }
    list
}

#[test]
fn the_library_calls_the_firmwares_functions() {
    let folder = tempfile::tempdir().unwrap();
    for abi in Abi::ALL {
        let names: Vec<String> =
            abi.symbols().unwrap().into_iter().filter(|name| name.starts_with("HAL_")).collect();
        let called = called(abi);
        let file = folder.path().join(format!("{}.h", abi.number()));
        fs::write(&file, list(&names, &called)).unwrap();
        let definition = format!("-DLIST=\"{}\"", file.display());
        for (linkage, flag) in [(Linkage::Static, "-DSTATIC"), (Linkage::Shared, "-DSHARED")] {
            let firmware =
                Firmware::of_release_with("tests/c/own_hal.c", abi, linkage, &[&definition, flag]);
            let cloud = start_cloud();
            let output = thread::scope(|scope| {
                scope.spawn(|| {
                    wait_for(&cloud, |entry| {
                        matches!(&entry.event, Event::Publish { payload, .. } if payload == "cut me off")
                    });
                    assert!(cloud.kick(PRODUCT_KEY, DEVICE_NAME));
                });
                run(firmware.command(), &cloud, &[]).succeeded().output
            });
            let counts = output.lines().filter_map(|line| {
                line.strip_prefix("calls of ")?.split_once(": ").filter(|(_, count)| *count != "0")
            });
            let counted: BTreeSet<String> = counts.map(|(name, _)| name.to_owned()).collect();
            assert_eq!(counted, called, "{abi:?} {linkage:?}");
        }
    }
}
