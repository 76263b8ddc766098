#!/usr/bin/env bash
# Measures what the library adds to a firmware, each profile as CMake installs it, and writes the
# table of sizes in README.md anew.
#
# The program is c_examples/mqtt-example.c with all of the library that it needs inside. An example
# for another profile is called mqtt-example-<profile>.c.
set -euo pipefail
cd "$(dirname "$0")/.."

cc=${CC:-cc}
work=target/size
mkdir -p "$work"

kilobytes() {
    echo "$((($(stat -c %s "$1") + 500) / 1000)) kB"
}

# Builds a profile and prints its row.
row() {
    local profile=$1 prefix=$work/$1/prefix example=c_examples/mqtt-example.c
    if [[ -e c_examples/mqtt-example-$profile.c ]]; then
        example=c_examples/mqtt-example-$profile.c
    fi
    {
        cmake -S . -B "$work/$profile" -DLINKKIT_ABI="$profile" -DCMAKE_INSTALL_PREFIX="$prefix"
        cmake --build "$work/$profile"
        cmake --install "$work/$profile" --strip
    } >&2
    # As the compilers for devices link: not position independent, and without what is not called.
    "$cc" -Os -no-pie -s -Wl,--gc-sections "$example" -o "$work/$profile/example" \
        -I"$prefix/include" -L"$prefix/lib" -liot_sdk -liot_hal -liot_tls -lpthread -lrt
    echo "| $profile | $(kilobytes "$work/$profile/example")" \
        "| $(kilobytes "$prefix/lib/libiot_sdk.so.$profile") |"
}

{
    echo "| profile | \`mqtt-example\`, static | \`libiot_sdk.so\` |"
    echo "|---|---|---|"
    for list in abi/symbols-*.txt; do
        profile=${list#abi/symbols-}
        row "${profile%.txt}"
    done
} >"$work/table.md"

sed -i -e '/^<!-- sizes -->$/,/^<!-- end of sizes -->$/{//!d}' \
    -e "/^<!-- sizes -->\$/r $work/table.md" README.md
cat "$work/table.md"
