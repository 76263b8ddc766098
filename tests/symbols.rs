//! What the library defines: exactly the listed symbols, which a firmware can count on, and no
//! other that could clash with one of the firmware's own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use linkkit_sim::toolchain::{Abi, Library, Linkage, Profile};

/// The names that belong to the C SDK begin so.
const NAMESPACES: [&str; 6] = ["HAL_", "IOT_", "LITE_", "awss_", "iotx_", "linkkit_"];
/// What runs between the library and its own C files.
const INTERNAL: [&str; 6] = [
    "linkkit_default_",
    "linkkit_log_line",
    "linkkit_ours_",
    "linkkit_own_",
    "linkkit_thread_",
    "linkkit_unsupported",
];

fn nm(arguments: &[&str], file: &Path) -> Vec<String> {
    let output = Command::new("nm").args(arguments).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    names.lines().filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned).collect()
}

fn listed(abi: Abi) -> BTreeSet<String> {
    abi.symbols().unwrap().into_iter().collect()
}

#[test]
fn the_shared_library_exports_the_list_by_the_releases_version() {
    for abi in Abi::ALL {
        let library = Library::build_for(abi, Profile::Debug, Linkage::Shared).unwrap();
        let version = format!("LINKKIT_{}", abi.number());
        let exported: BTreeSet<String> =
            nm(&["--dynamic", "--defined-only", "--with-symbol-versions"], &library.path)
                .into_iter()
                .filter(|name| *name != version)
                .collect();
        let expected: BTreeSet<String> =
            listed(abi).iter().map(|name| format!("{name}@@{version}")).collect();
        assert_eq!(exported, expected);
    }
}

#[test]
fn the_archive_defines_the_list_and_nothing_else_by_such_names() {
    for abi in Abi::ALL {
        let library = Library::build_for(abi, Profile::Debug, Linkage::Static).unwrap();
        let defined: BTreeSet<String> = nm(&["--extern-only", "--defined-only"], &library.path)
            .into_iter()
            .filter(|name| NAMESPACES.iter().any(|start| name.starts_with(start)))
            .filter(|name| !INTERNAL.iter().any(|start| name.starts_with(start)))
            .collect();
        assert_eq!(defined, listed(abi));
    }
}

/// The objects of a HAL, which the shipped `libiot_hal.a` has instead of `libiot_sdk.a`.
const PORT: [&str; 3] = ["hal_unsupported.o", "hal_weak.o", "variadic.o"];

/// The functions of a HAL that the library itself calls.
fn asked(archive: &Path) -> BTreeSet<String> {
    let mut nm = Command::new("nm");
    nm.args(["--print-file-name", "--undefined-only"]).arg(archive);
    let output = nm.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .filter_map(|line| {
            let (place, name) = line.rsplit_once(" U ")?;
            let of_port = PORT.iter().any(|object| place.contains(object));
            (!of_port && name.starts_with("HAL_")).then(|| name.to_owned())
        })
        .collect()
}

/// A product puts this `libiot_sdk.a` in the place of its release's, and keeps its `libiot_hal.a`.
#[test]
fn of_a_port_no_more_is_asked_than_its_release_did() {
    for abi in Abi::ALL {
        let library = Library::build_for(abi, Profile::Debug, Linkage::Static).unwrap();
        let (asked, known) = (asked(&library.path), abi.port().unwrap());
        let more: Vec<_> = asked.iter().filter(|name| !known.contains(name)).collect();
        assert!(more.is_empty(), "the HAL of release {} need not have {more:?}", abi.number());
        assert!(asked.contains("HAL_Kv_Set"), "{asked:?}");
    }
}

#[test]
fn a_program_that_was_linked_without_versions_runs() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("program.c");
    fs::write(
        &source,
        "int IOT_Ioctl(int, void *);\nint main(void) { int v = -1; return IOT_Ioctl(1, &v) || v; }\n",
    )
    .unwrap();
    for abi in Abi::ALL {
        let library = Library::build_for(abi, Profile::Debug, Linkage::Shared).unwrap();
        // The C SDK's own shared library, as far as the program can see it: its name, no versions.
        let original = folder.path().join(format!("libiot_sdk.so.{}", abi.number()));
        let stub = folder.path().join("stub.c");
        fs::write(&stub, "int IOT_Ioctl(int o, void *d) { (void)o; (void)d; return -1; }\n")
            .unwrap();
        let soname = format!("-Wl,-soname,{}", original.file_name().unwrap().to_str().unwrap());
        cc(&["-shared", "-fPIC", &soname], &[&stub], &original);
        let program = folder.path().join(format!("program-{}", abi.number()));
        cc(&[], &[&source, &original], &program);

        let run = |folder: &Path| {
            let status = Command::new(&program).env("LD_LIBRARY_PATH", folder).status();
            status.unwrap().success()
        };
        assert!(!run(folder.path()), "the stub answers");
        assert!(run(library.path.parent().unwrap()), "the library takes its place");
    }
}

fn cc(flags: &[&str], inputs: &[&Path], output: &Path) {
    let status = Command::new("cc").args(flags).args(inputs).arg("-o").arg(output).status();
    assert!(status.unwrap().success());
}
