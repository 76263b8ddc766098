//! A device that registered under the C SDK, whose firmware is linked with this library now: it
//! finds its secret, which the cloud would not give again.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use linkkit_sim::trace::Event;
use linkkit_sim::{Cloud, Config};
use support::old_store::linkkit_kv_bin;
use support::{DEVICE_NAME, Firmware, Run, run};

const EXAMPLE: &str = "c_examples/mqtt-example.c";
const SECRET: &str = "FieldSecret0123456789abcdefABCDE";

/// What release 2.2.1 leaves in /tmp/kvfile.db, byte by byte.
const KVFILE_DB: &[u8] =
    b"{\n\t\"DyncRegDeviceSecret\":\t\"RmllbGRTZWNyZXQwMTIzNDU2Nzg5YWJjZGVmQUJDREU=\"\n}\0";

/// A device in the field, and the folder in which its firmware runs.
struct Device {
    cloud: Cloud,
    firmware: Firmware,
}

impl Device {
    fn new() -> Self {
        let mut config = Config::default();
        let devices = &mut config.products[0].devices;
        let device = devices.iter_mut().find(|device| device.name == DEVICE_NAME).unwrap();
        device.secret = Some(SECRET.to_owned());
        Device {
            cloud: Cloud::start(&config).unwrap(),
            firmware: Firmware::debug_with(EXAMPLE, "tests/c/old_kv.c"),
        }
    }

    fn folder(&self) -> &Path {
        self.firmware.storage.path()
    }

    /// Leaves an old store, as private as the C SDK does.
    fn leave(&self, name: &str, content: &[u8]) -> PathBuf {
        let file = self.folder().join(name);
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    fn command(&self) -> Command {
        let mut command = self.firmware.command();
        command.current_dir(self.folder()).env("TEST_OLD_KV", self.folder().join("kvfile.db"));
        command
    }

    #[track_caller]
    fn boot(&self) -> Run {
        run(self.command(), &self.cloud, &[SECRET])
    }

    fn https_requests(&self) -> usize {
        let entries = self.cloud.trace().entries();
        entries.iter().filter(|entry| matches!(entry.event, Event::Http { .. })).count()
    }

    /// Boots twice, the second time without the old file.
    #[track_caller]
    fn connects_with(&self, old_store: &Path) {
        let before = fs::read(old_store).unwrap();
        self.boot()
            .succeeded()
            .says("1 values of the C SDK are found in")
            .says("Get DeviceSecret from KV succeed")
            .says("mqtt connect success!");
        assert!(fs::read(old_store).unwrap() == before, "the old store was changed");
        fs::remove_file(old_store).unwrap();
        self.boot().succeeded().says("mqtt connect success!");
        assert_eq!(self.https_requests(), 0);
    }
}

#[test]
fn a_device_of_release_2_2_1_connects_with_its_secret() {
    let device = Device::new();
    let old_store = device.leave("kvfile.db", KVFILE_DB);
    device.connects_with(&old_store);
}

#[test]
fn a_device_of_release_2_3_connects_with_its_secret() {
    let device = Device::new();
    let content = linkkit_kv_bin("DyncRegDeviceSecret", SECRET, 0x14c10);
    let old_store = device.leave("linkkit_kv.bin", &content);
    device.connects_with(&old_store);
}

#[test]
fn a_device_of_release_3_connects_with_its_secret() {
    let device = Device::new();
    let content = linkkit_kv_bin("DYNAMIC_REG_Example_dyn1", SECRET, 0x3ee40);
    let old_store = device.leave("linkkit_kv.bin", &content);
    device.connects_with(&old_store);
}

/// The cloud's refusal is what such a device meets: it has a secret already.
#[test]
fn an_old_file_that_others_may_write_to_is_not_believed() {
    let device = Device::new();
    let planted = device.leave("kvfile.db", KVFILE_DB);
    fs::set_permissions(planted, fs::Permissions::from_mode(0o666)).unwrap();
    device
        .boot()
        .says("kvfile.db of the C SDK is not imported: others may write to it")
        .says("6289 device is already active");
    assert_eq!(device.https_requests(), 1);
}
