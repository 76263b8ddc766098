//! A store that fails must not cost the device its secret, which the cloud gives once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

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
fn what_fails_is_said_in_words_and_nothing_is_asked_for() {
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
                "the device secret could not be kept",
                "the store works again",
                "Dynamic Register Code: 200",
                "mqtt connect success!",
            ],
        );
        assert_eq!(https_requests(&cloud), 1, "{call}");
    }
}

/// A state of the disk in which the kernel refuses a part of what the store does.
struct Refusal {
    what: &'static str,
    /// Brings a folder, in which the store's own folder `state` is to be, into that state.
    prepare: fn(&Path),
    /// How `tests/c/kv_disk.c` mends it, and what.
    mend: (&'static str, &'static str),
    /// What cannot be done, and why, in the words of the log.
    says: (&'static str, &'static str),
}

const REFUSALS: [Refusal; 8] = [
    Refusal {
        what: "there is no room for any byte",
        prepare: |_| {},
        mend: ("limit", "0"),
        says: ("cannot write", "File too large"),
    },
    Refusal {
        what: "there is room for the first bytes, and a store already",
        prepare: |folder| put(folder, "state/kv.json", KEPT, 0o600),
        mend: ("limit", "16"),
        says: ("cannot write", "File too large"),
    },
    Refusal {
        what: "the folder cannot be made",
        prepare: |folder| set_mode(folder, 0o500),
        mend: ("mode", "."),
        says: ("cannot make the folder of", "Permission denied"),
    },
    Refusal {
        what: "a file is where the folder should be",
        prepare: |folder| put(folder, "state", "", 0o600),
        mend: ("remove", "state"),
        says: ("cannot read", "Not a directory"),
    },
    Refusal {
        what: "the folder takes no lock file",
        prepare: |folder| make_folder(folder, 0o500),
        mend: ("mode", "state"),
        says: ("cannot lock", "Permission denied"),
    },
    Refusal {
        what: "the lock file is another's",
        prepare: |folder| put(folder, "state/kv.json.lock", "", 0o400),
        mend: ("mode", "state/kv.json.lock"),
        says: ("cannot lock", "Permission denied"),
    },
    Refusal {
        what: "the folder has become read-only",
        prepare: |folder| {
            put(folder, "state/kv.json", KEPT, 0o600);
            put(folder, "state/kv.json.lock", "", 0o600);
            set_mode(&folder.join("state"), 0o500);
        },
        mend: ("mode", "state"),
        says: ("cannot write", "Permission denied"),
    },
    Refusal {
        what: "the store cannot be read",
        prepare: |folder| put(folder, "state/kv.json", KEPT, 0),
        mend: ("mode", "state/kv.json"),
        says: ("cannot read", "Permission denied"),
    },
];

/// A store that has a value already, which must not be lost.
const KEPT: &str = r#"{"wifi":"a2VwdA=="}"#;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn make_folder(folder: &Path, mode: u32) {
    DirBuilder::new().recursive(true).mode(mode).create(folder.join("state")).unwrap();
}

fn put(folder: &Path, name: &str, content: &str, mode: u32) {
    let path = folder.join(name);
    if name.starts_with("state/") {
        make_folder(folder, 0o700);
    }
    fs::write(&path, content).unwrap();
    set_mode(&path, mode);
}

/// The same as with calls that are made to fail, but refused by a real file system.
#[test]
fn what_the_file_system_refuses_is_not_asked_for() {
    let mut firmware = Firmware::debug("tests/c/kv_disk.c");
    for Refusal { what, prepare, mend: (how, argument), says: (doing, why) } in REFUSALS {
        println!("{what}");
        let cloud = start_cloud();
        firmware = firmware.with_empty_storage();
        let folder = firmware.storage.path();
        let kv_file = folder.join("state/kv.json");
        prepare(folder);
        let had_value = fs::symlink_metadata(&kv_file).is_ok();
        let mut command = firmware.command();
        command.arg(how).env("LINKKIT_KV_FILE", &kv_file);
        if how == "limit" {
            command.arg(argument)
        } else {
            command.arg(folder.join(argument))
        };
        let run = run(command, &cloud, &[]).succeeded();
        let failure = run.output.lines().find(|line| line.contains(doing));
        assert!(failure.is_some_and(|line| line.contains(why)), "{}", run.output);
        says_in_order(
            &run,
            &[
                "the device secret could not be kept",
                "the store works again",
                "Dynamic Register Code: 200",
                "mqtt connect success!",
            ],
        );
        assert_eq!(https_requests(&cloud), 1);
        let stored = fs::read_to_string(&kv_file).unwrap();
        assert_eq!(stored.contains(r#""wifi":"a2VwdA==""#), had_value, "{stored}");
        assert!(!folder.join("state/kv.json.tmp").exists(), "half a store is left");
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
        "flock kv.json.lock",
        "create kv.json.tmp",
        "write kv.json.tmp",
        "fsync kv.json.tmp",
        "rename kv.json",
        "fsync folder deep",
        "flock kv.json.lock",
    ];
    // Of the folder's own folder, whose name each run makes anew, nothing is told.
    let ready = ["mkdir state", "mkdir deep", "fsync folder state", "open lock kv.json.lock"];
    let expected = [&ready as &[_], &write, &write].concat();
    assert_eq!(calls, expected, "for whom the secret is, and then the secret");
}
