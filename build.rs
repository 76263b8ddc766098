//! Compiles the C shim: the functions that a firmware may override, and the variadic ones.

const SHIM: [&str; 3] = ["src/shim/hal_weak.c", "src/shim/linked.c", "src/shim/variadic.c"];

fn main() {
    for source in SHIM {
        println!("cargo::rerun-if-changed={source}");
    }
    cc::Build::new()
        .files(SHIM)
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
