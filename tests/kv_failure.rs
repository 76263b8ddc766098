//! A store that fails must not cost the device its secret, which the cloud gives once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use linkkit_sim::Cloud;
use linkkit_sim::trace::Event;
use support::{Firmware, Run, run, start_cloud};

fn https_requests(cloud: &Cloud) -> usize {
    let entries = cloud.trace().entries();
    entries.iter().filter(|entry| matches!(entry.event, Event::Http { .. })).count()
}

#[track_caller]
fn says_in_order(run: &Run, words: &[&str]) {
    let mut lines = run.output.lines();
    for words in words {
        assert!(lines.any(|line| line.contains(words)), "{words}\n{}", run.output);
    }
}

#[test]
fn a_secret_that_is_not_stored_is_used_and_stored_later() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug("tests/c/kv_failure.c"));
    let run = run(firmware.command(), &cloud, &[]).succeeded();
    let words = [
        "attempt 1 fails",
        "Save Device Secret to KV Failed: HAL_Kv_Set returned -1; the secret is used from memory",
        "attempt 2 fails",
        "Save Device Secret to KV Failed",
        "mqtt connect success!",
        "attempt 3 works",
        "DeviceSecret is stored now",
    ];
    says_in_order(&run, &words);
    assert_eq!(https_requests(&cloud), 1);
}

/// The library's own store on a disk, in a folder, or with a kernel that does not do its part.
#[test]
fn what_fails_is_said_in_words_and_the_secret_is_used_and_stored_later() {
    let mut firmware = Firmware::debug("tests/c/kv_faults.c");
    for (call, error, doing, why) in [
        ("mkdir", libc::EACCES, "cannot make the folder of", "Permission denied"),
        ("mkdir", libc::EROFS, "cannot make the folder of", "Read-only file system"),
        ("open lock", libc::EACCES, "cannot lock", "Permission denied"),
        ("open lock", libc::EROFS, "cannot lock", "Read-only file system"),
        ("flock", libc::ENOLCK, "cannot lock", "No locks available"),
        ("create", libc::EACCES, "cannot write", "Permission denied"),
        ("create", libc::ENOSPC, "cannot write", "No space left on device"),
        ("write", libc::ENOSPC, "cannot write", "No space left on device"),
        ("write rest", libc::ENOSPC, "cannot write", "No space left on device"),
        ("fsync", libc::EIO, "cannot write", "Input/output error"),
        ("rename", libc::EIO, "cannot write", "Input/output error"),
        ("fsync folder", libc::EIO, "cannot write", "Input/output error"),
    ] {
        let cloud = start_cloud();
        firmware = firmware.with_empty_storage();
        let mut command = firmware.command();
        command
            .args([call, &error.to_string()])
            .env("LINKKIT_KV_FILE", firmware.storage.path().join("state/kv.json"));
        let run = run(command, &cloud, &[]).succeeded();
        let failure = run.output.lines().find(|line| line.contains(doing));
        assert!(failure.is_some_and(|line| line.contains(why)), "{call}\n{}", run.output);
        says_in_order(
            &run,
            &[
                "Save Device Secret to KV Failed",
                "the secret is used from memory",
                "mqtt connect success!",
                "the store works again",
                "DeviceSecret is stored now",
            ],
        );
        assert_eq!(https_requests(&cloud), 1, "{call}");
    }
}

/// What is not on the disk when the next call is made, a power cut would undo in any order.
#[test]
fn every_step_of_a_write_is_on_the_disk_before_the_next() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug("tests/c/kv_faults.c"));
    let mut command = firmware.command();
    command
        .args(["none", "0"])
        .env("LINKKIT_KV_FILE", firmware.storage.path().join("state/deep/kv.json"));
    let run = run(command, &cloud, &[]).succeeded();
    let calls: Vec<_> = run.output.lines().filter_map(|line| line.strip_prefix("call: ")).collect();
    let write = [
        "open lock kv.json.lock",
        "flock kv.json.lock",
        "create kv.json.tmp",
        "write kv.json.tmp",
        "fsync kv.json.tmp",
        "rename kv.json",
        "fsync folder deep",
    ];
    // Of the folder's own folder, whose name each run makes anew, nothing is told.
    let expected =
        [&["mkdir state", "mkdir deep", "fsync folder state"] as &[_], &write, &write].concat();
    assert_eq!(calls, expected, "the secret's write and its owner's");
}
