//! Stores that cannot keep a secret: the cloud, which hands a secret out once, is not asked for one, and
//! the log says what is wrong with which file and what to do. And daemons that come near spoiling one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use linkkit_sim::toolchain::{Abi, Linkage};
use support::{DEVICE_NAME, Firmware, run, run_without_cloud, start_cloud};

/// A store in which nothing can be kept.
struct Unusable {
    what: &'static str,
    /// Makes it, in the folder `$DIR`: a script that may mount, in a namespace of its own.
    prepare: &'static str,
    /// Whether it is known to hold no secret; else the log must not say so.
    is_empty: bool,
    /// What is wrong, and what to do, in the words of the log.
    says: [&'static str; 2],
}

const A_PLAIN_FILE: &str = "see to it that a plain file can be there";

const UNUSABLE: [Unusable; 11] = [
    Unusable {
        what: "a directory in its place",
        prepare: "mkdir kv.json",
        is_empty: false,
        says: ["kv.json: it is not a regular file", A_PLAIN_FILE],
    },
    Unusable {
        what: "a symbolic link",
        prepare: "echo {} > target; ln -s target kv.json",
        is_empty: false,
        says: ["kv.json: Too many levels of symbolic links", A_PLAIN_FILE],
    },
    Unusable {
        what: "2 MiB of something",
        prepare: "head -c 2097152 /dev/zero > kv.json",
        is_empty: false,
        says: ["kv.json: file too large", "make the file smaller"],
    },
    Unusable {
        what: "below a plain file",
        prepare: "echo > file; export LINKKIT_KV_FILE=$DIR/file/kv.json",
        is_empty: false,
        says: ["file/kv.json: Not a directory", A_PLAIN_FILE],
    },
    Unusable {
        what: "a read-only file system",
        prepare: "mount -t tmpfs -o ro none $DIR",
        is_empty: true,
        says: [
            "kv.json: Read-only file system",
            "mount the file system so that it can be written to",
        ],
    },
    Unusable {
        what: "a full file system",
        prepare: "mount -t tmpfs -o size=4k none $DIR; head -c 4096 /dev/zero > $DIR/all",
        is_empty: true,
        says: ["kv.json: No space left on device", "make room there"],
    },
    Unusable {
        what: "no inodes",
        prepare: "mount -t tmpfs -o nr_inodes=2 none $DIR",
        is_empty: true,
        says: ["kv.json: No space left on device", "make room there"],
    },
    Unusable {
        what: "no descriptors",
        // The standard streams and one more, which starting the program takes as well.
        prepare: "ulimit -n 4",
        is_empty: true,
        says: ["kv.json: Too many open files", "raise the limit of open ones"],
    },
    Unusable {
        what: "no place at all",
        prepare: "unset LINKKIT_KV_FILE XDG_STATE_HOME HOME; mount -t tmpfs -o ro none /var/lib",
        is_empty: false,
        says: ["no place for the key-value file", "set LINKKIT_KV_FILE"],
    },
    Unusable {
        what: "a lock that is held",
        prepare: "exec 9> kv.json.lock; flock 9",
        is_empty: true,
        says: ["kv.json: another process keeps it locked", "end the process that keeps the lock"],
    },
    Unusable {
        what: "another user's file",
        prepare: "echo {} > kv.json; chown 65534 kv.json",
        is_empty: false,
        says: ["kv.json: it belongs to another user", "let the user that runs this own the file"],
    },
];

/// The command that runs a program in the folder once the script has prepared it.
fn prepared(script: &str, folder: &Path) -> Command {
    let mut command = Command::new("unshare");
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        command.arg("--map-root-user");
    }
    let script = format!("{script}\nexec \"$@\"");
    command.args(["--mount", "sh", "-euc", &script, "sh"]).current_dir(folder).env("DIR", folder);
    command
}

/// Some containers let nobody mount, and only root can give files away. What cannot be prepared is
/// named, and `kv_failure` has the kernel's answers to it made up.
fn can_be(script: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut command = prepared(script, folder.path());
    run_without_cloud(
        {
            command.arg("true");
            command
        },
        &[],
    )
    .status
    .success()
}

#[test]
fn what_cannot_be_kept_is_not_asked_for() {
    let mut tested = 0;
    for abi in Abi::ALL {
        let built = Firmware::of_release("tests/c/registration.c", abi, Linkage::Static);
        for Unusable { what, prepare, is_empty, says } in UNUSABLE {
            if !can_be(prepare) {
                println!("NOT TESTED, since this machine does not let it be prepared: {what}");
                continue;
            }
            let (cloud, firmware) = (start_cloud(), built.on_another_device());
            let mut command = firmware.under(prepared(prepare, firmware.storage.path()));
            command.arg(DEVICE_NAME);
            let run = run(command, &cloud, &[]).failed();
            let line = run
                .output
                .lines()
                .find(|line| line.contains("the device secret could not be kept"));
            let line = line.unwrap_or_else(|| panic!("{what}:\n{}", run.output));
            assert!(says.iter().all(|words| line.contains(words)), "{what}: {line}");
            let said = run.output.contains("DeviceSecret KV does not exist");
            assert_eq!(said, is_empty, "{what}:\n{}", run.output);
            assert!(cloud.trace().entries().is_empty(), "{what}: the cloud was asked");
            println!("release {}: not asked: {what}", abi.number());
            tested += 1;
        }
    }
    const WITHOUT_MOUNT: usize = 6;
    assert!(tested >= Abi::ALL.len() * WITHOUT_MOUNT, "{tested}");
}

/// The store's file must not get the number of a standard stream: what the device prints would land in
/// it.
#[test]
fn a_daemon_without_standard_streams_keeps_its_secret() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug("tests/c/login.c"));
    // The region, the build's way of authentication, registration, no reconnection.
    const ARGUMENTS: [&str; 4] = ["0", "-1", "1", "0"];
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$@\" <&- >&- 2>&-", "sh"]);
    let mut daemon = firmware.under(shell);
    run(
        {
            daemon.args(ARGUMENTS);
            daemon
        },
        &cloud,
        &[],
    )
    .succeeded();
    let stored = fs::read(firmware.kv_file()).unwrap();
    let stored: serde_json::Map<_, _> = serde_json::from_slice(&stored).unwrap();
    assert!(stored.keys().eq(["DyncRegDeviceSecret", "DyncRegDeviceSecret.owner"]), "{stored:?}");
    let mut command = firmware.command();
    command.args(ARGUMENTS);
    run(command, &cloud, &[]).succeeded().says("Get DeviceSecret from KV succeed");
}

#[test]
fn a_relative_path_stays_the_same_file() {
    let firmware = Firmware::without_redirect("tests/c/kv.c");
    let mut command = firmware.command();
    command
        .args(["carry", "key", "value", "/"])
        .current_dir(&firmware.storage)
        .env("LINKKIT_KV_FILE", "kv.json");
    assert_eq!(run_without_cloud(command, &[]).succeeded().output, "value\n");
    assert!(firmware.kv_file().exists());
}
