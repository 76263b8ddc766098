//! A firmware's own functions of the HAL are the ones that the library calls, however it is built
//! and linked; and without them the library calls its own.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::{Command, Output};

use linkkit_sim::toolchain::{CProgram, Library, Linkage, Profile};
use linkkit_sim::{Cloud, Config, redirect};

const OWN_HAL: &str = "-DOWN_HAL";
const OWN_TCP: &str = "-DOWN_TCP";

/// Runs `tests/c/hal_override.c`, which checks most of it itself, and returns its console.
fn run(profile: Profile, linkage: Linkage, flags: &[&str]) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/hal_override.c");
    let library = Library::build(profile, linkage).unwrap();
    let flags = [&["-Werror"], flags].concat();
    let program =
        CProgram::compile(&source, &library, &[Path::new(redirect::SOURCE)], &flags).unwrap();
    let cloud = Cloud::start(&Config::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kv_file = folder.path().join("state/kv.json");
    let Output { status, stdout, stderr } = Command::new(program)
        .envs(cloud.redirect_env())
        .env("LINKKIT_KV_FILE", &kv_file)
        .output()
        .unwrap();
    let console = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{status}\n{}\n{console}", String::from_utf8_lossy(&stderr));
    assert_eq!(kv_file.exists(), !flags.contains(&OWN_HAL), "whether the library's store was used");
    console
}

/// The library's own line on what it found linked.
fn linked(tcp: &str) -> String {
    format!(
        "linked are HAL_TCP_Read: {tcp}, HAL_TCP_Write: {tcp}, \
         HAL_SSL_Establish: the library's, iotx_ca_get: the firmware's"
    )
}

fn the_right_functions_are_called(profile: Profile, linkage: Linkage) {
    let console = run(profile, linkage, &[OWN_HAL]);
    // Each line of the log begins by its level, unless the firmware's HAL_Printf was before it.
    assert!(!console.lines().any(|line| line.starts_with('[')), "{console}");
    assert!(console.contains("<own>[inf] "), "{console}");
    assert!(console.contains(&linked("the library's")), "{console}");

    let console = run(profile, linkage, &[OWN_HAL, OWN_TCP]);
    assert!(console.contains(&linked("the firmware's")), "{console}");

    let console = run(profile, linkage, &[]);
    assert!(!console.contains("<own>"), "{console}");
    assert!(console.starts_with('['), "{console}");
    assert!(console.contains(&linked("the library's")), "{console}");
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
