//! Compiles the C shim: the functions that a firmware may override, and the variadic ones.

use std::env;

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

fn main() {
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
