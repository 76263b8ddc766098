#!/usr/bin/env bash
# Passes all checks and tests of the project. Installs the Debian packages that they need when it
# may (as root, or by sudo without a password); otherwise says which are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/packages.sh
. scripts/lib/machines.sh

# shellcheck disable=SC2046 # Each word of it is a pair.
need cc:gcc c++:g++ clang:clang cmake:cmake make:make pkg-config:pkg-config \
    mosquitto:mosquitto openssl:openssl valgrind:valgrind musl-gcc:musl-tools \
    chromium:chromium chromedriver:chromium-driver \
    $(packages_of $(machine_names))
PATH="$PATH:/usr/sbin"

step() {
    echo "== $*"
    "$@"
}
step cargo fmt --all --check
step cargo clippy --workspace --all-targets --locked -- -D warnings
RUSTDOCFLAGS="-D warnings" step cargo doc --workspace --no-deps --locked --quiet
step cargo test --workspace --locked
# The library for release 2.3.0; the tests above run C programs against it.
profile_2_3=(--package linkkit --no-default-features --features abi-2-3 --locked)
step cargo clippy "${profile_2_3[@]}" --all-targets -- -D warnings
step cargo test "${profile_2_3[@]}" --lib
# The build that authenticates over HTTPS unless it is told otherwise.
step cargo test --package linkkit --lib --features https-auth --locked device
# The oldest compiler that Cargo.toml promises.
oldest=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
rustup run "$oldest" rustc --version >/dev/null 2>&1 ||
    step run_rustup toolchain install "$oldest" --profile minimal --no-self-update
step cargo "+$oldest" check --package linkkit --package linkkit-sim --locked
# The other machines.
step scripts/targets.sh --gate
