//! Release 2.3.0's own ways, from C: `single_client.c` checks most of it itself.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod support;

use linkkit_sim::toolchain::{Abi, Linkage};
use linkkit_sim::trace::{Entry, Event};
use serde_json::Value;
use support::{Firmware, run, start_cloud};

/// A secret that the program makes up.
const WRONG: &str = "ik0qF60vcdvStygvKOTs3xEUbVj6BbSX";

fn firmware() -> Firmware {
    Firmware::of_release("tests/c/single_client.c", Abi::V2_3, Linkage::Static)
}

/// The start of a recording of the original.
const RECORDED: &str = include_str!("data/2.3.0-start.jsonl");

/// Whether it is a line of the log that is not about the connection.
fn is_from_the_program(payload: &[u8]) -> bool {
    let text = String::from_utf8_lossy(payload);
    text.contains("thing.log.post") && !text.contains("net_conn")
}

/// Each client sends the reports of the recording, in that order and by that QoS.
fn assert_reports(entries: &[Entry], clients: usize) {
    let recorded = RECORDED.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let recorded: Vec<_> = recorded
        .filter(|entry| entry["ev"] == "PUBLISH")
        .map(|entry| {
            let topic = entry["topic"].as_str().unwrap().replace("Example1", "Example_dev1");
            (topic, entry["qos"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(recorded.len(), 4);
    let sent: Vec<_> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            // The program posts a line of its own as well.
            Event::Publish { payload, .. } if is_from_the_program(payload) => None,
            Event::Publish { topic, qos, .. } => Some((topic.clone(), u64::from(*qos))),
            _ => None,
        })
        .filter(|sent| recorded.contains(sent))
        .collect();
    let wanted: Vec<_> = (0..clients).flat_map(|_| recorded.clone()).collect();
    assert_eq!(sent, wanted);
}

#[test]
fn there_is_one_client_and_null_stands_for_it() {
    let cloud = start_cloud();
    let run = run(firmware().command(), &cloud, &[WRONG]).succeeded();
    assert!(run.output.contains("[prt] log level set as: [ 4 ]"), "{}", run.output);
    let entries = cloud.trace().entries();
    let logins = entries.iter().filter(|entry| matches!(entry.event, Event::Connect { .. }));
    assert_eq!(logins.clone().count(), 3, "{entries:#?}");
    let announced =
        |entry: &Entry| matches!(entry.event, Event::Connect { keepalive, .. } if keepalive == 120);
    assert!(logins.clone().all(announced), "twice the 60 s: {entries:#?}");
    let about_interfaces = entries.iter().any(|entry| {
        let Event::Publish { payload, .. } = &entry.event else { return false };
        let text = String::from_utf8_lossy(payload);
        text.contains("SYS_SDK_IF_INFO") && text.contains("\"2.3.0\"")
    });
    assert!(about_interfaces, "{entries:#?}");
    assert_reports(&entries, 2);
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
