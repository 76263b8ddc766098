//! A firmware's own functions of the HAL are the ones that the library calls, however it is built
//! and linked; and without them the library calls its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::fs;
use std::path::Path;

use linkkit_sim::redirect;
use linkkit_sim::toolchain::{CProgram, Library, Linkage, Profile, start};
use support::broker::Broker;
use support::{Firmware, run_without_cloud, start_cloud};

const OWN_HAL: &str = "-DOWN_HAL";
const OWN_TCP: &str = "-DOWN_TCP";

/// Runs `tests/c/hal_override.c`, which checks most of it itself, and returns its console.
fn run(profile: Profile, linkage: Linkage, flags: &[&str]) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/hal_override.c");
    let library = Library::build(profile, linkage).unwrap();
    let flags = [&["-Werror"], flags].concat();
    let program =
        CProgram::compile(&source, &library, &[Path::new(redirect::SOURCE)], &flags).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kv_file = folder.path().join("state/kv.json");
    let mut command = start(&program);
    command.env("LINKKIT_KV_FILE", &kv_file);
    let console = support::run(command, &start_cloud(), &[]).succeeded().output;
    assert_eq!(kv_file.exists(), !flags.contains(&OWN_HAL), "whether the library's store was used");
    console
}

/// The library's own line on what it found linked.
fn linked(kv: &str, tcp: &str) -> String {
    format!(
        "linked are HAL_GetProductKey: the library's, HAL_Kv_Set: {kv}, HAL_TCP_Read: {tcp}, \
         HAL_TCP_Write: {tcp}, HAL_SSL_Establish: the library's, iotx_ca_get: the firmware's"
    )
}

fn the_right_functions_are_called(profile: Profile, linkage: Linkage) {
    let console = run(profile, linkage, &[OWN_HAL]);
    // Each line of the log begins by its level, unless the firmware's HAL_Printf was before it.
    assert!(!console.lines().any(|line| line.starts_with('[')), "{console}");
    assert!(console.contains("<own>[inf] "), "{console}");
    assert!(console.contains(&linked("the firmware's", "the library's")), "{console}");

    let console = run(profile, linkage, &[OWN_HAL, OWN_TCP]);
    assert!(console.contains(&linked("the firmware's", "the firmware's")), "{console}");

    let console = run(profile, linkage, &[]);
    assert!(!console.contains("<own>"), "{console}");
    assert!(console.starts_with('['), "{console}");
    assert!(console.contains(&linked("the library's", "the library's")), "{console}");
}

#[test]
fn debug_static() {
    the_right_functions_are_called(Profile::Debug, Linkage::Static);
}

#[test]
fn debug_shared() {
    the_right_functions_are_called(Profile::Debug, Linkage::Shared);
}

#[test]
fn release_static() {
    the_right_functions_are_called(Profile::Release, Linkage::Static);
}

#[test]
fn release_shared() {
    the_right_functions_are_called(Profile::Release, Linkage::Shared);
}

#[test]
fn a_read_function_that_does_not_wait_is_not_called_without_end() {
    let firmware = Firmware::without_redirect("tests/c/impatient_port.c");
    let certificate = firmware.kv_file().with_file_name("ca.pem");
    fs::write(&certificate, "for the firmware's own SSL, which does not look at it").unwrap();
    for security in [Path::new("-"), &certificate] {
        let mut command = firmware.command();
        command.arg(Broker::start().address.port().to_string()).arg(security);
        run_without_cloud(command, &[]).succeeded();
    }
}
