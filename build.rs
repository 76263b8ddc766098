//! Tells the sources which release the build serves, and compiles the C shim: the functions that a
//! firmware may override, and the variadic ones.

use std::env;
use std::fs;
use std::io;

/// Weak functions that a firmware overrides.
const OVERRIDABLE: [&str; 3] =
    ["src/shim/hal_unsupported.c", "src/shim/hal_weak.c", "src/shim/variadic.c"];
/// What is not the HAL's: the trust anchor, what tells whose functions were linked, and where threads
/// begin.
const OWN: [&str; 3] = ["src/shim/ca.c", "src/shim/linked.c", "src/shim/thread.c"];
/// The log of release 2.2.1, as a HAL made from that release's own calls it.
const SYSLOG: &str = "src/shim/syslog.c";

/// Leaves the overridable functions out of the archive, for a package that ships them as an archive
/// of their own: a linker takes the first definition that it finds, weak or not, and would never
/// look into a firmware's `libiot_hal.a` behind a `libiot_sdk.a` that has them.
const EXTERNAL_SHIM: &str = "LINKKIT_EXTERNAL_SHIM";

/// Holds a list of symbols for each release.
const RELEASES: &str = "abi";

fn main() -> io::Result<()> {
    tell_release()?;
    compile_shim();
    Ok(())
}

/// Sets `cfg(abi = "2.3")` for the feature `abi-2-3`. A build serves one release.
fn tell_release() -> io::Result<()> {
    println!("cargo::rerun-if-changed={RELEASES}");
    let releases = releases()?;
    let values: Vec<_> = releases.iter().map(|release| format!("\"{release}\"")).collect();
    println!("cargo::rustc-check-cfg=cfg(abi, values({}))", values.join(", "));
    let chosen: Vec<_> = releases.iter().filter(|release| is_chosen(release)).collect();
    match &chosen[..] {
        [release] => println!("cargo::rustc-cfg=abi=\"{release}\""),
        [] => println!(
            "cargo::error=choose the release to serve by a feature, such as `--features abi-2-3`"
        ),
        several => println!(
            "cargo::error=a build serves one release and {several:?} are chosen: add `--no-default-features`"
        ),
    }
    Ok(())
}

/// The releases that there are, from the names of their lists: `symbols-2.3.txt`.
fn releases() -> io::Result<Vec<String>> {
    let mut releases = Vec::new();
    for file in fs::read_dir(RELEASES)? {
        let name = file?.file_name().to_string_lossy().into_owned();
        let release = name.strip_prefix("symbols-").and_then(|name| name.strip_suffix(".txt"));
        releases.extend(release.map(str::to_owned));
    }
    releases.sort();
    Ok(releases)
}

fn is_chosen(release: &str) -> bool {
    env::var_os(format!("CARGO_FEATURE_ABI_{}", release.replace('.', "_"))).is_some()
}

fn compile_shim() {
    println!("cargo::rerun-if-env-changed={EXTERNAL_SHIM}");
    for source in OVERRIDABLE.iter().chain(&OWN).chain([&SYSLOG]) {
        println!("cargo::rerun-if-changed={source}");
    }
    let mut shim = cc::Build::new();
    if env::var_os(EXTERNAL_SHIM).is_none_or(|value| value.is_empty() || value == "0") {
        shim.files(OVERRIDABLE);
    }
    if env::var_os("CARGO_FEATURE_ABI_2_2").is_some() {
        shim.file(SYSLOG);
    }
    shim.files(OWN)
        .std("c99")
        .warnings(true)
        .extra_warnings(true)
        .warnings_into_errors(true)
        .flag("-pedantic")
        // A thread that is being ended is unwound through the forwards that wait.
        .flag("-fexceptions")
        // The archive is also linked into the shared library.
        .pic(true)
        .compile("linkkit_shim");
}
