#!/usr/bin/env bash
# Passes all checks and tests of the project. Installs the Debian packages that they need when it
# may (as root, or by sudo without a password); otherwise says which are missing.
set -euo pipefail
cd "$(dirname "$0")/.."

# program:package — mosquitto's program is in a folder that is not on every PATH.
PATH="$PATH:/usr/sbin"
needed=(cc:gcc c++:g++ clang:clang cmake:cmake make:make pkg-config:pkg-config
    mosquitto:mosquitto openssl:openssl valgrind:valgrind
    chromium:chromium chromedriver:chromium-driver)

missing=()
for pair in "${needed[@]}"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
if ((${#missing[@]})); then
    install=(apt-get install -y --no-install-recommends "${missing[@]}")
    if ((EUID == 0)); then
        apt-get update -qq && "${install[@]}"
    elif sudo -n true 2>/dev/null; then
        sudo apt-get update -qq && sudo "${install[@]}"
    else
        echo "Missing: ${missing[*]}. Get them by: sudo ${install[*]}" >&2
        exit 1
    fi
fi

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
step cargo test --package linkkit --lib --features https-auth --locked conninfo
