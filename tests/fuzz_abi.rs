//! Random calls of the C interface under AddressSanitizer and UndefinedBehaviorSanitizer.
//!
//! `scripts/fuzz-abi.sh` runs the same for longer, with a library that has the sanitizer too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use linkkit_sim::toolchain::{CProgram, Library, Linkage, Profile};
use linkkit_sim::{Cloud, Config, Device, Product, redirect};
use support::{DEVICE_NAME, PRODUCT_KEY, PRODUCT_SECRET, run_for};

/// As in `tests/c/device.h`.
const DEVICE_SECRET: &str = "ik0qF60vcdvStygvKOTs3xEUbVj6BbSR";
const DEVICES: u32 = 4;
/// How often a device loses its connection.
const KICK_EVERY: Duration = Duration::from_millis(700);

/// A number that the script sets.
fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().expect(name))
}

fn build() -> PathBuf {
    let library = match env::var_os("LINKKIT_FUZZ_ARCHIVE") {
        Some(archive) => Library::prebuilt(archive.into()),
        None => Library::build(Profile::Debug, Linkage::Static).unwrap(),
    };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/fuzz_abi.c");
    let sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-Werror"];
    CProgram::compile(&source, &library, &[Path::new(redirect::SOURCE)], &sanitizers).unwrap()
}

fn cloud() -> Cloud {
    let mut devices = vec![Device::new(DEVICE_NAME)];
    devices.extend((0..DEVICES).map(|number| Device {
        secret: Some(DEVICE_SECRET.into()),
        ..Device::new(format!("Fuzz{number}"))
    }));
    let product = Product {
        key: PRODUCT_KEY.into(),
        secret: PRODUCT_SECRET.into(),
        dynamic_registration: true,
        any_device: false,
        refuse: None,
        devices,
    };
    Cloud::start(&Config { products: vec![product], ..Config::default() }).unwrap()
}

fn fuzz(seed: u64, calls: u64, threads: u64) {
    let cloud = cloud();
    let storage = tempfile::tempdir().unwrap();
    let mut command = Command::new(build());
    command
        .args([seed, calls, threads].map(|number| number.to_string()))
        .env("LINKKIT_KV_FILE", storage.path().join("kv.json"))
        .env("ASAN_OPTIONS", "detect_stack_use_after_return=1:allocator_may_return_null=1")
        .env("UBSAN_OPTIONS", "print_stacktrace=1");
    // Most calls take no time, but some have to wait for the cloud.
    let limit = Duration::from_secs(60 + calls / 200);
    let (over, is_over) = channel::<()>();
    thread::scope(|scope| {
        let cloud = &cloud;
        scope.spawn(move || {
            let mut victims = (0..DEVICES).cycle();
            while is_over.recv_timeout(KICK_EVERY) == Err(RecvTimeoutError::Timeout) {
                let victim = victims.next().unwrap_or_default();
                cloud.kick(PRODUCT_KEY, &format!("Fuzz{victim}"));
            }
        });
        let run = run_for(limit, command, cloud, &[]).succeeded();
        drop(over);
        println!("{}", run.output);
        // The calls reach what they are for.
        for nothing in [" 0 clients", " 0 subscriptions", " 0 messages", " 0 received"] {
            assert!(!run.output.contains(nothing), "{}", run.output);
        }
    });
}

#[test]
fn no_call_does_harm() {
    let (seed, calls) = (setting("LINKKIT_FUZZ_SEED", 1), setting("LINKKIT_FUZZ_CALLS", 20_000));
    // Half of them such that the seed brings them back, half of them against each other.
    fuzz(seed, calls / 2, 1);
    fuzz(seed, calls / 2, 4);
}
