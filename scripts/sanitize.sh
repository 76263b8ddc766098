#!/usr/bin/env bash
# Runs the tests that are hard on memory and on threads under sanitizers, which need a nightly compiler:
#   scripts/sanitize.sh [address] [thread]     what is possible here
# AddressSanitizer brings LeakSanitizer along. ThreadSanitizer needs clang, and the source of the
# standard library to build it anew: the slow paths of std's locks are inside of that, and without
# them every lock that was waited for looks like a race.
set -euo pipefail
cd "$(dirname "$0")/.."

# With a target named, the flags are not for build scripts and macros, which run in the compiler.
export CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu
# The client against a hostile peer in Rust, and C programs.
tests=(--test threads --test hostile --test callbacks --test bad_input)
# Two tests run programs under valgrind, which is no place for a program with a sanitizer.
not_these=(--skip bad_parameters_are_refused --skip the_byte_behind_a_payload_may_be_written)

address() {
    export CARGO_TARGET_DIR=target/sanitize
    # The standard library comes without a sanitizer. For this one that only means that it sees less.
    export RUSTFLAGS="-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer"
    export CFLAGS="-fsanitize=address -fno-omit-frame-pointer"
    cargo +nightly test --locked --no-fail-fast "${tests[@]}" -- "${not_these[@]}"
}

thread() {
    export CARGO_TARGET_DIR=target/sanitize-thread
    export CARGO_UNSTABLE_BUILD_STD=std
    export RUSTFLAGS="-Zsanitizer=thread"
    # C programs are linked with rustc's runtime: it goes with its code, and clang's may be too old.
    local runtime
    runtime=$(rustc +nightly --print target-libdir)/librustc-nightly_rt.tsan.a
    export CC=clang CFLAGS="-fsanitize=thread -fno-sanitize-link-runtime \
        -Wl,--whole-archive,$runtime,--no-whole-archive,--export-dynamic -Wno-unused-command-line-argument"
    cargo +nightly test --locked --no-fail-fast --lib --test mosquitto "${tests[@]}" -- "${not_these[@]}"
}

if (($# == 0)); then
    set -- address thread
    if [[ ! -d $(rustc +nightly --print sysroot)/lib/rustlib/src/rust/library ]]; then
        echo "No run under ThreadSanitizer, for want of the standard library's source. Get it by:" >&2
        echo "  rustup component add rust-src --toolchain nightly" >&2
        set -- address
    fi
fi
for sanitizer in "$@"; do
    case $sanitizer in
        address | thread) ("$sanitizer") ;;
        *) echo "usage: $0 [address] [thread]" >&2; exit 2 ;;
    esac
done
