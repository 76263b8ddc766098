//! Object files that were compiled against the C SDK's own headers work as they are: the program
//! knows our library only by the recorded offsets and numbers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use linkkit_sim::toolchain::{Abi, Linkage};
use linkkit_sim::trace::Event;
use support::{Firmware, run, start_cloud};

/// Runs the program and returns the client id that it logged in with.
fn client_id(abi: Abi, linkage: Linkage) -> String {
    let (cloud, firmware) =
        (start_cloud(), Firmware::of_release("tests/c/old_object.c", abi, linkage));
    run(firmware.command(), &cloud, &[]).succeeded();
    let mut events = cloud.trace().entries().into_iter().map(|entry| entry.event);
    events
        .find_map(|event| match event {
            Event::Connect { client_id, .. } => Some(client_id),
            _ => None,
        })
        .unwrap()
}

#[test]
fn of_release_2_2() {
    for linkage in [Linkage::Static, Linkage::Shared] {
        let client_id = client_id(Abi::V2_2, linkage);
        assert!(client_id.contains("_v=sdk-c-2.2.1.1,"), "{client_id}");
        assert!(client_id.contains(",partner_id=example.demo.partner-id,"), "{client_id}");
    }
}

#[test]
fn of_release_2_3() {
    for linkage in [Linkage::Static, Linkage::Shared] {
        let client_id = client_id(Abi::V2_3, linkage);
        assert!(client_id.contains("_v=sdk-c-2.3.0,"), "{client_id}");
        assert!(client_id.contains(",pid=example.demo.partner-id,mid="), "{client_id}");
    }
}
