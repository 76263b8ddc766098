#!/usr/bin/env bash
# Builds and installs the last commit twice, on what looks like two machines, and fails unless both
# packages are the same to the byte. Prints their SHA-256 sums, which another machine's may be
# compared with.
#   scripts/reproducible.sh [profile...]     all profiles unless some are named: 2.2, 2.3
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(git rev-parse HEAD)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo_home=$(realpath "${CARGO_HOME:-$HOME/.cargo}")
rustup_home=${RUSTUP_HOME:-$HOME/.rustup}

# The package that an environment makes of the last commit in a folder.
#   package PROFILE FOLDER [NAME=VALUE...]
package() {
    local profile=$1 folder=$2
    shift 2
    mkdir -p "$folder/source" "$folder/home"
    git archive "$commit" | tar -x -m -C "$folder/source"
    # The crates are fetched once, and found by a path of this build's own.
    ln -s "$cargo_home" "$folder/home/.cargo"
    local env=(env HOME="$folder/home" CARGO_HOME="$folder/home/.cargo" RUSTUP_HOME="$rustup_home" "$@")
    "${env[@]}" cmake -S "$folder/source" -B "$folder/build" \
        -DLINKKIT_ABI="$profile" -DCMAKE_INSTALL_PREFIX=/usr
    "${env[@]}" cmake --build "$folder/build"
    "${env[@]}" DESTDIR="$folder/installed" cmake --install "$folder/build"
} >&2

profiles=("$@")
if ((${#profiles[@]} == 0)); then
    for list in abi/symbols-*.txt; do
        profile=${list#abi/symbols-}
        profiles+=("${profile%.txt}")
    done
fi
for profile in "${profiles[@]}"; do
    one=$work/one/$profile other="$work/another machine/with longer paths/$profile"
    (umask 022 && package "$profile" "$one" TZ=UTC LC_ALL=C)
    (umask 077 && package "$profile" "$other" TZ=Asia/Tokyo LC_ALL=C.UTF-8 CARGO_BUILD_JOBS=1)
    diff -r --no-dereference "$one/installed" "$other/installed"
    echo "Release $profile of $commit, by $(rustc --version), is reproducible:"
    (cd "$one/installed/usr" && find . -type f -name 'lib*' -exec sha256sum {} + | sort -k 2)
done
