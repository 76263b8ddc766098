//! Release 2.3.0's own ways, from C: `single_client.c` checks most of it itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use linkkit_sim::toolchain::{Abi, Linkage};
use linkkit_sim::trace::Event;
use support::{Firmware, run, start_cloud};

/// A secret that the program makes up.
const WRONG: &str = "ik0qF60vcdvStygvKOTs3xEUbVj6BbSX";

fn firmware() -> Firmware {
    Firmware::of_release("tests/c/single_client.c", Abi::V2_3, Linkage::Static)
}

#[test]
fn there_is_one_client_and_null_stands_for_it() {
    let cloud = start_cloud();
    let run = run(firmware().command(), &cloud, &[WRONG]).succeeded();
    assert!(run.output.contains("[prt] log level set as: [ 4 ]"), "{}", run.output);
    let entries = cloud.trace().entries();
    let logins = entries.iter().filter(|entry| matches!(entry.event, Event::Connect { .. }));
    assert_eq!(logins.count(), 3, "{entries:#?}");
    let about_interfaces = entries.iter().any(|entry| {
        let Event::Publish { payload, .. } = &entry.event else { return false };
        let text = String::from_utf8_lossy(payload);
        text.contains("SYS_SDK_IF_INFO") && text.contains("\"2.3.0\"")
    });
    assert!(about_interfaces, "{entries:#?}");
}

#[test]
fn the_firmware_hears_of_its_ports_failures() {
    let firmware = Firmware::of_release("tests/c/port_failures.c", Abi::V2_3, Linkage::Static);
    run(firmware.command(), &start_cloud(), &[]).succeeded();
}

#[test]
fn no_memory_is_lost_or_misused() {
    let cloud = start_cloud();
    run(firmware().valgrind(), &cloud, &[WRONG]).succeeded();
}
