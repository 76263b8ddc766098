//! Kills a device at every system call that it makes, and looks what is left in its store: the old
//! value or the new one, and a secret that was stored, always.
//!
//! A killed process leaves behind what it told the kernel; that the kernel has it on the disk in
//! time, which only a real power cut could show, `kv_failure` checks by the order of the calls.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use linkkit_sim::{Cloud, Config};
use support::old_store::linkkit_kv_bin;
use support::{DEVICE_NAME, Firmware, PRODUCT_KEY, Run, run_without_cloud};

/// What tests/c/killed_at.c exits with when it has killed the program.
const KILLED: i32 = 42;
/// Many more system calls than any of the programs makes.
const CALLS_MAX: usize = 5_000;

/// The command that kills a program at a system call.
struct Killer(Firmware);

impl Killer {
    fn build() -> Self {
        Killer(Firmware::without_redirect("tests/c/killed_at.c"))
    }

    fn at(&self, call: usize) -> Command {
        let mut command = self.0.command();
        command.arg(call.to_string());
        command
    }

    /// The command that kills nothing and leaves a list of the system calls.
    fn listing(&self, list: &Path) -> Command {
        let mut command = self.0.command();
        command.arg(list);
        command
    }
}

/// Whether the program was killed; else it has come to its end.
fn was_killed(run: &Run) -> bool {
    match run.status.code() {
        Some(KILLED) => true,
        Some(0) => false,
        _ => panic!("{}:\n{}", run.status, run.output),
    }
}

/// The library's store in a folder, used by processes of their own.
struct Kv(Firmware);

impl Kv {
    fn build() -> Self {
        Kv(Firmware::without_redirect("tests/c/kv.c"))
    }

    fn run(&self, mut command: Command, arguments: &[&str]) -> Run {
        command.args(arguments).current_dir(self.0.storage.path());
        run_without_cloud(command, &[])
    }

    #[track_caller]
    fn get(&self, key: &str) -> Option<String> {
        let run = self.run(self.0.command(), &["get", key]);
        run.status.success().then(|| run.output.trim_end().to_owned())
    }

    #[track_caller]
    fn set(&self, key: &str, value: &str) {
        self.run(self.0.command(), &["set", key, value]).succeeded();
    }

    /// Kills a change of the store at every system call, one after the other, with `check` after each,
    /// which gets whether the change came to its end. Returns how often it was killed.
    fn kill_at_every_call(&self, change: &[&str], check: impl Fn(bool)) -> usize {
        let killer = Killer::build();
        for call in 1..CALLS_MAX {
            let run = self.run(self.0.under(killer.at(call)), change);
            let killed = was_killed(&run);
            check(!killed);
            if !killed {
                println!("killed {} times", call - 1);
                return call - 1;
            }
        }
        panic!("the program does not end");
    }
}

/// The most system calls from a secret's arrival to the disk, the last of them the rename.
const GAP_MAX: usize = 8;
/// The most in which the device waits for the answer, which the cloud has given by then.
const WAITING_MAX: usize = 4;

/// A plausible number of kills: a program that made fewer calls would not have written anything.
const KILLS_MIN: usize = 30;

#[test]
fn a_first_write_that_is_cut_stores_the_value_or_nothing() {
    let kv = Kv::build();
    let kills = kv.kill_at_every_call(&["set", "key", "new"], |done| {
        let value = kv.get("key");
        assert!(matches!(value.as_deref(), None | Some("new")));
        assert!(value.is_some() || !done);
        let _ = fs::remove_file(kv.0.kv_file());
    });
    assert!(kills > KILLS_MIN, "{kills}");
}

#[test]
fn a_write_that_is_cut_leaves_the_old_value_or_the_new_one() {
    let kv = Kv::build();
    kv.set("key", "old");
    kv.set("another", "kept");
    let (old, new) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let kills = kv.kill_at_every_call(&["set", "key", "new"], |done| {
        match kv.get("key").as_deref() {
            Some("old") if !done => old.fetch_add(1, Ordering::Relaxed),
            Some("new") => new.fetch_add(1, Ordering::Relaxed),
            other => panic!("neither the old value nor the new one, but {other:?}"),
        };
        assert_eq!(kv.get("another").as_deref(), Some("kept"));
        // What the killed process left lying about does not stop the next one.
        kv.set("key", "old");
    });
    assert!(kills > KILLS_MIN, "{kills}");
    let (old, new) = (old.into_inner(), new.into_inner());
    assert!(old > 0 && new > 1, "some kills came before the change and some after: {old}, {new}");
}

#[test]
fn a_deletion_that_is_cut_leaves_the_value_or_none() {
    let kv = Kv::build();
    kv.set("another", "kept");
    kv.set("key", "old");
    let kills = kv.kill_at_every_call(&["delete", "key"], |done| {
        let value = kv.get("key");
        assert!(matches!(value.as_deref(), None | Some("old")));
        assert!(value.is_none() || !done);
        assert_eq!(kv.get("another").as_deref(), Some("kept"));
        kv.set("key", "old");
    });
    assert!(kills > KILLS_MIN, "{kills}");
}

#[test]
fn an_import_that_is_cut_loses_nothing() {
    let kv = Kv::build();
    let old_store = linkkit_kv_bin("wifi_config", "abc", 0x15620);
    fs::write(kv.0.storage.path().join("linkkit_kv.bin"), old_store).unwrap();
    let kills = kv.kill_at_every_call(&["set", "key", "new"], |done| {
        if kv.0.kv_file().exists() {
            assert_eq!(kv.get("key").as_deref(), Some("new"));
            fs::remove_file(kv.0.kv_file()).unwrap();
        } else {
            assert!(!done);
        }
        assert_eq!(kv.get("wifi_config").as_deref(), Some("abc"));
        fs::remove_file(kv.0.kv_file()).unwrap();
    });
    assert!(kills > KILLS_MIN, "{kills}");
}

/// A device that is to be killed while it boots.
struct Device<'a> {
    cloud: &'a Cloud,
    firmware: &'a Firmware,
    name: String,
    store: tempfile::TempDir,
}

impl Device<'_> {
    fn boot(&self, mut command: Command) -> Run {
        command
            .arg(&self.name)
            .current_dir(&self.store)
            .env("LINKKIT_KV_FILE", self.store.path().join("kv.json"))
            .envs(self.cloud.redirect_env());
        let run = run_without_cloud(command, &[]);
        if let Some(secret) = self.handed_out() {
            assert!(!run.output.contains(&secret), "the secret was printed");
        }
        run
    }

    fn handed_out(&self) -> Option<String> {
        self.cloud.device_secret(PRODUCT_KEY, &self.name)
    }

    fn stored_secret(&self) -> Option<String> {
        stored_in(&self.store.path().join("kv.json"))
    }

    /// Kills the device at a call of its registration and checks what is left. `false`: it came
    /// to its end before. A secret that the cloud has given and nobody has is counted as lost.
    fn is_killed_at(&self, killer: &Killer, call: usize, lost: &AtomicUsize) -> bool {
        let first = self.boot(self.firmware.under(killer.at(call)));
        let stored = self.stored_secret();
        if first.output.contains("the secret is stored") {
            assert!(stored.is_some(), "call {call}: the device was told so");
        }
        if stored.is_some() {
            assert!(stored == self.handed_out(), "call {call}: another secret is stored");
        }
        let next = self.boot(self.firmware.command());
        if stored.is_some() {
            next.succeeded().says("Get DeviceSecret from KV succeed");
        } else if next.status.success() {
            next.says("Dynamic Register Code: 200");
        } else {
            // Between the cloud's answer and the disk: nothing but the cloud has the secret.
            next.failed().says("6289 device is already active");
            lost.fetch_add(1, Ordering::Relaxed);
        }
        was_killed(&first)
    }

    /// The same with its first boot after it ran under the C SDK, which stored its secret.
    fn is_killed_after_its_upgrade(&self, killer: &Killer, call: usize) -> bool {
        let secret = self.handed_out();
        let old_store = linkkit_kv_bin("DyncRegDeviceSecret", secret.as_deref().unwrap(), 0x14c10);
        fs::write(self.store.path().join("linkkit_kv.bin"), old_store).unwrap();
        let first = self.boot(self.firmware.under(killer.at(call)));
        let stored = self.stored_secret();
        assert!(stored.is_none() || stored == secret, "call {call}: another secret is stored");
        self.boot(self.firmware.command()).succeeded().says("Get DeviceSecret from KV succeed");
        was_killed(&first)
    }
}

fn stored_in(kv_file: &Path) -> Option<String> {
    use base64::Engine as _;
    let json: serde_json::Value = serde_json::from_slice(&fs::read(kv_file).ok()?).unwrap();
    let encoded = json.get("DyncRegDeviceSecret")?.as_str().unwrap();
    let secret = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
    Some(String::from_utf8(secret).unwrap())
}

/// Has a boot killed at every call, each on a device with an empty store, and several at a time.
/// Returns how often it was killed.
fn kill_boots_at_every_call(is_killed: impl Fn(usize, tempfile::TempDir) -> bool + Sync) -> usize {
    const WORKERS: usize = 4;
    let kills = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 1..=WORKERS {
            let (is_killed, kills) = (&is_killed, &kills);
            scope.spawn(move || {
                for call in (worker..CALLS_MAX).step_by(WORKERS) {
                    if !is_killed(call, tempfile::tempdir().unwrap()) {
                        return;
                    }
                    kills.fetch_add(1, Ordering::Relaxed);
                }
                panic!("the program does not end");
            });
        }
    });
    let kills = kills.into_inner();
    println!("killed {kills} times");
    kills
}

#[test]
fn a_registration_that_is_cut_keeps_what_it_stored() {
    let mut config = Config::default();
    config.products[0].any_device = true;
    let cloud = Cloud::start(&config).unwrap();
    let (firmware, killer) = (Firmware::debug("tests/c/registration.c"), Killer::build());
    let lost = AtomicUsize::new(0);
    let kills = kill_boots_at_every_call(|call, store| {
        let (cloud, firmware, name) = (&cloud, &firmware, format!("cut_at_{call}"));
        Device { cloud, firmware, name, store }.is_killed_at(&killer, call, &lost)
    });
    assert!(kills > 3 * KILLS_MIN, "{kills}");
    let lost = lost.into_inner();
    println!("lost {lost} secrets before they were on the disk");
    assert!(lost <= GAP_MAX + WAITING_MAX, "{lost}");
}

/// The cloud would not give the secret again.
#[test]
fn an_upgrade_that_is_cut_keeps_the_secret() {
    let mut config = Config::default();
    let devices = &mut config.products[0].devices;
    let device = devices.iter_mut().find(|device| device.name == DEVICE_NAME).unwrap();
    device.secret = Some("FieldSecret0123456789abcdefABCDE".to_owned());
    let cloud = Cloud::start(&config).unwrap();
    let (firmware, killer) = (Firmware::debug("tests/c/registration.c"), Killer::build());
    let kills = kill_boots_at_every_call(|call, store| {
        let (cloud, firmware, name) = (&cloud, &firmware, DEVICE_NAME.to_owned());
        Device { cloud, firmware, name, store }.is_killed_after_its_upgrade(&killer, call)
    });
    assert!(kills > 3 * KILLS_MIN, "{kills}");
}

/// What a power cut in between costs is lost: it shall be little, whether there is a log or not.
#[test]
fn few_calls_lie_between_a_secret_and_the_disk() {
    let mut config = Config::default();
    config.products[0].any_device = true;
    let cloud = Cloud::start(&config).unwrap();
    let (firmware, killer) = (Firmware::debug("tests/c/registration.c"), Killer::build());
    for arguments in [&["with_a_log"] as &[_], &["without_a_log", "quiet"]] {
        let firmware = firmware.on_another_device();
        let list = firmware.storage.path().join("calls");
        let mut command = firmware.under(killer.listing(&list));
        command.args(arguments).envs(cloud.redirect_env());
        run_without_cloud(command, &[]).succeeded().says("the secret is stored");
        let list = fs::read_to_string(list).unwrap();
        let calls: Vec<_> = list.lines().collect();
        let last = |kind: &str, calls: &[&str]| {
            calls.iter().rposition(|call| call.starts_with(kind)).unwrap()
        };
        let stored = last("rename", &calls);
        let arrived = last("received", &calls[..stored]);
        let gap = &calls[arrived + 1..=stored];
        println!("{arguments:?}: {} calls", gap.len());
        assert!(gap.len() <= GAP_MAX, "{arguments:?}: {gap:?}");
    }
}
