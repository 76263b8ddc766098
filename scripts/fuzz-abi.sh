#!/usr/bin/env bash
# Makes random calls of the C interface under AddressSanitizer and UndefinedBehaviorSanitizer:
#   scripts/fuzz-abi.sh [calls] [seed]     one million calls, and a seed that is new each time
# With a nightly toolchain the library is built with AddressSanitizer as well; without one only
# the C side and all memory that comes from malloc are watched. Needs clang.
set -euo pipefail
cd "$(dirname "$0")/.."

export LINKKIT_FUZZ_CALLS=${1:-1000000} LINKKIT_FUZZ_SEED=${2:-$RANDOM}
if [[ ! $LINKKIT_FUZZ_CALLS$LINKKIT_FUZZ_SEED =~ ^[0-9]+$ ]]; then
    echo "usage: $0 [calls] [seed]" >&2
    exit 2
fi
target=$(rustc -vV | sed -n 's/^host: //p')
if cargo +nightly --version >/dev/null 2>&1; then
    # With a target named, build scripts and macros stay without the sanitizer.
    RUSTFLAGS=-Zsanitizer=address cargo +nightly build --locked --package linkkit --lib \
        --target "$target" --target-dir target/sanitized
    export LINKKIT_FUZZ_ARCHIVE=$PWD/target/sanitized/$target/debug/libiot_sdk.a
    # Its runtime goes with rustc's code; GCC's is too old.
    export CC=clang
    echo "The library has the sanitizer."
else
    echo "No nightly toolchain: the library is without the sanitizer."
fi
echo "$LINKKIT_FUZZ_CALLS calls; again by: $0 $LINKKIT_FUZZ_CALLS $LINKKIT_FUZZ_SEED"
exec cargo test --locked --test fuzz_abi -- --nocapture
