//! The programs of `c_examples`, each against a cloud of its own. `mqtt_example.rs` has the largest.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use linkkit_sim::toolchain::{Abi, Linkage};
use linkkit_sim::trace::{Entry, Event};
use linkkit_sim::{Cloud, QoS};
use support::{
    DEVICE_NAME, Firmware, PRODUCT_KEY, find_program, run, run_without_cloud, start_cloud, wait_for,
};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/c_examples");
/// The device with a certificate of its own.
const CERTIFIED: &str = "Example_dev1";

/// The payloads of what the device published to a topic, in order, without repetitions.
fn published(cloud: &Cloud, topic: &str) -> Vec<String> {
    let is_device = |entry: &Entry| serde_json::to_value(entry.from).unwrap() == "device";
    let entries = cloud.trace().entries();
    let payload = |entry: &Entry| match &entry.event {
        Event::Publish { topic: to, payload, dup: 0, .. } if to == topic && is_device(entry) => {
            Some(String::from_utf8_lossy(payload).into_owned())
        }
        _ => None,
    };
    entries.iter().filter_map(payload).collect()
}

#[test]
fn each_is_clean_c99() {
    let sources: Vec<PathBuf> = fs::read_dir(EXAMPLES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension() == Some(OsStr::new("c")))
        .collect();
    assert!(sources.len() >= 5, "{sources:?}");
    for compiler in ["gcc", "clang"] {
        for source in &sources {
            let is_later = source.to_string_lossy().ends_with("-2.3.c");
            let include = if is_later { "include/2.3" } else { "include/2.2" };
            let mut command = Command::new(find_program(compiler));
            command.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"]);
            command.arg("-I").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(include)).arg(source);
            run_without_cloud(command, &[]).succeeded();
        }
    }
}

#[test]
fn release_2_3_0_s_way() {
    let cloud = start_cloud();
    let example = "c_examples/mqtt-example-2.3.c";
    let firmware = Firmware::of_release(example, Abi::V2_3, Linkage::Static);
    for _ in ["registers", "finds its secret"] {
        run(firmware.command(), &cloud, &[])
            .succeeded()
            .says("received: data: hello! start!")
            .says("connected 1 times, received 1 messages");
    }
    let is_request = |entry: &&Entry| matches!(entry.event, Event::Http { .. });
    assert_eq!(cloud.trace().entries().iter().filter(is_request).count(), 1);
}

#[test]
fn a_certificate_per_device() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug("c_examples/certificate-per-device.c"));
    run(firmware.command(), &cloud, &[]).succeeded().says("the platform has the message");
    let topic = format!("/{PRODUCT_KEY}/{CERTIFIED}/update");
    assert_eq!(published(&cloud, &topic), [r#"{"temperature":21}"#]);
    // It has its secret, so it asks the platform for none.
    let is_request = |entry: &Entry| matches!(entry.event, Event::Http { .. });
    assert!(!cloud.trace().entries().iter().any(is_request));
}

#[test]
fn rrpc() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug("c_examples/rrpc.c"));
    let mut command = firmware.command();
    command.arg("2");
    let rrpc = format!("/sys/{PRODUCT_KEY}/{CERTIFIED}/rrpc");
    thread::scope(|scope| {
        let device = scope.spawn(|| run(command, &cloud, &[]));
        wait_for(&cloud, |entry| matches!(entry.event, Event::Suback { .. }));
        for id in ["8843", "8844"] {
            cloud.publish(&format!("{rrpc}/request/{id}"), "how long?", QoS::AtMostOnce, false);
        }
        device.join().unwrap().succeeded().says("asked: how long?").says("answered: {\"uptime\":");
    });
    for id in ["8843", "8844"] {
        let answers = published(&cloud, &format!("{rrpc}/response/{id}"));
        assert!(matches!(&*answers, [answer] if answer.starts_with("{\"uptime\":")), "{answers:?}");
    }
}

#[test]
fn multi_thread() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug("c_examples/multi-thread.c"));
    run(firmware.command(), &cloud, &[])
        .succeeded()
        .says("seen of the publishers: 50 and 50 messages");
    let payloads = published(&cloud, &format!("/{PRODUCT_KEY}/{CERTIFIED}/data"));
    for publisher in 0..2 {
        let prefix = format!("{publisher} ");
        let own = payloads.iter().filter_map(|text| text.strip_prefix(&prefix));
        assert!(own.map(|number| number.parse::<u32>().unwrap()).eq(1..=50), "{payloads:?}");
    }
}

#[test]
fn custom_hal() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug("c_examples/custom-hal.c"));
    let output = run(firmware.command(), &cloud, &[])
        .succeeded()
        .says("registering returned 0, starting again 0")
        .output;
    // Every line came through the example's own HAL_Printf.
    assert!(output.lines().all(|line| line.contains(" ms | ")), "{output}");
    let secret = |verb: &str| {
        let of_secret = |line: &&str| line.ends_with("bytes under 'DyncRegDeviceSecret'");
        output.lines().filter(of_secret).filter(|line| line.contains(verb)).count()
    };
    assert_eq!((secret("| stored "), secret("| found ")), (1, 1), "{output}");
    assert!(!firmware.kv_file().exists(), "the library's store was used");
    assert!(cloud.device_secret(PRODUCT_KEY, DEVICE_NAME).is_some());
}
