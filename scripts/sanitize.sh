#!/usr/bin/env bash
# Runs the tests that are hard on memory under AddressSanitizer and LeakSanitizer, which need a
# nightly compiler: the client against the hostile peer in Rust, and the C programs.
#
# There is no run under ThreadSanitizer: it needs a standard library built for it, because the slow
# paths of std's locks are inside of that, and without them every lock that was waited for looks
# like a race. What it would find is excluded otherwise: all code but src/capi, src/hal/import.rs
# and src/hal/linux forbids `unsafe`, without which there are no data races in Rust.
set -euo pipefail
cd "$(dirname "$0")/.."

# With a target named, the flags are not for build scripts and macros, which run in the compiler.
export CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu
export CARGO_TARGET_DIR=target/sanitize
# The standard library comes without a sanitizer. For this one that only means that it sees less.
export RUSTFLAGS="-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer"
export CFLAGS="-fsanitize=address -fno-omit-frame-pointer"
# Two tests run programs under valgrind, which is no place for a program with a sanitizer.
exec cargo +nightly test --locked --no-fail-fast \
    --test threads --test hostile --test callbacks --test bad_input \
    -- --skip bad_parameters_are_refused --skip the_byte_behind_a_payload_may_be_written
