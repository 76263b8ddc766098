#!/usr/bin/env bash
# Fuzzes every target of src/fuzzing under AddressSanitizer, each for so long:
#   scripts/fuzz.sh [seconds] [target…]     60 seconds, and all targets
# Fails when one of them crashes, hangs or wants too much memory, and says where its input lies. Needs
# a nightly toolchain and cargo-fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
if [[ ! $seconds =~ ^[0-9]+$ ]]; then
    echo "usage: $0 [seconds] [target…]" >&2
    exit 2
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "cargo-fuzz is missing. Get it by: cargo install --locked cargo-fuzz" >&2
    exit 1
fi
if (($# > 1)); then
    targets=("${@:2}")
else
    mapfile -t targets < <(cargo fuzz list)
fi

cargo +nightly fuzz build
failed=()
for target in "${targets[@]}"; do
    echo "== $target"
    # What it finds on its way goes into the first folder, and the committed corpus stays as it is.
    found=fuzz/found/$target
    mkdir -p "$found"
    if cargo +nightly fuzz run "$target" "$found" "fuzz/corpus/$target" -- -max_total_time="$seconds" \
        -timeout=10 -malloc_limit_mb=16 -print_final_stats=1 >"$found.log" 2>&1; then
        grep '^stat::' "$found.log"
    else
        tail -n 60 "$found.log"
        failed+=("$target")
    fi
done
if ((${#failed[@]})); then
    echo "Failed: ${failed[*]}. The inputs lie in fuzz/artifacts; again by:" >&2
    echo "  cargo +nightly fuzz run TARGET fuzz/artifacts/TARGET/FILE" >&2
    exit 1
fi
