#!/usr/bin/env bash
# Measures what the library adds to a firmware on each machine, by each profile as CMake installs it,
# and writes the table of sizes in README.md anew.
#   scripts/size.sh [--check] [machine...]
#
# Without names it is about all machines of the table whose C compiler is there; the rows of others
# stay. With --check nothing is written, and a size that is more than 1 % above the table fails.
#
# The program is c_examples/mqtt-example.c with all of the library that it needs inside. An example
# for another profile is called mqtt-example-<profile>.c.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/machines.sh

work=target/size
all=(x86-64 i686 armv7 aarch64 riscv64)
profiles=()
for list in abi/symbols-*.txt; do
    profile=${list#abi/symbols-}
    profiles+=("${profile%.txt}")
done

# Builds a profile for the machine that is chosen, and prints the sizes of program and shared library.
measure() {
    local profile=$1 build=$work/$machine/$1 example=c_examples/mqtt-example.c cross=()
    local prefix=$build/prefix
    if [[ -e c_examples/mqtt-example-$profile.c ]]; then
        example=c_examples/mqtt-example-$profile.c
    fi
    if [[ $machine != x86-64 ]]; then
        need_std
        cross=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$machine"
            -DLINKKIT_RUST_TARGET="$target")
    fi
    {
        cmake -S . -B "$build" -DLINKKIT_ABI="$profile" -DCMAKE_INSTALL_PREFIX="$prefix" \
            -DCMAKE_C_COMPILER="$cc" "${cross[@]}"
        cmake --build "$build"
        cmake --install "$build" --strip
        # As the compilers for devices link: not position independent, and without what is not called.
        "$cc" -Os -no-pie -s -Wl,--gc-sections "$example" -o "$build/example" \
            -I"$prefix/include" -L"$prefix/lib" -liot_sdk -liot_hal -liot_tls -lpthread -lrt
    } >&2
    stat -c %s "$build/example" "$prefix/lib/libiot_sdk.so.$profile"
}

# The row of the machine that is chosen, sizes in thousands of bytes.
row() {
    local profile size
    printf '| %s |' "$machine"
    for profile in "${profiles[@]}"; do
        for size in $(measure "$profile"); do
            printf ' %d kB |' $(((size + 500) / 1000))
        done
    done
    echo
}

row_in_readme() {
    sed -n '/^<!-- sizes -->$/,/^<!-- end of sizes -->$/p' README.md | grep -F "| $1 |"
}

heading() {
    local profile cells= line=
    for profile in "${profiles[@]}"; do
        cells+=" $profile: \`mqtt-example\` | $profile: \`libiot_sdk.so\` |"
        line+="---|---|"
    done
    printf '| machine |%s\n|---|%s\n' "$cells" "$line"
}

# Compares a row with the table's, both without their lines.
check() {
    local new=($1) old=($2) i failed=0
    if ((${#old[@]} != ${#new[@]})); then
        echo "$machine: README's table has not its row" >&2
        return 1
    fi
    for i in "${!old[@]}"; do
        [[ ${old[i]} =~ ^[0-9]+$ ]] || continue
        if ((new[i] * 100 > old[i] * 101)); then
            echo "$machine: ${new[i]} kB, which is more than 1 % above README's ${old[i]} kB" >&2
            failed=1
        fi
    done
    return $failed
}

write=1
if [[ ${1:-} == --check ]]; then
    write=0
    shift
fi
wanted=("$@")
mkdir -p "$work"
heading >"$work/table.md"
failed=0
for name in "${all[@]}"; do
    choose_machine "$name"
    old=$(row_in_readme "$machine") || old=
    if ((${#wanted[@]})) && [[ " ${wanted[*]} " != *" $machine "* ]]; then
        new=$old
    elif ! command -v "$cc" >/dev/null; then
        echo "$machine is not measured: there is no $cc" >&2
        new=$old
        # Who asks for a machine by name wants it measured.
        ((${#wanted[@]} == 0)) || failed=1
    else
        new=$(row)
        ((write)) || check "${new//|/}" "${old//|/}" || failed=1
    fi
    [[ -z $new ]] || echo "$new" >>"$work/table.md"
done
cat "$work/table.md"
if ((write)); then
    sed -i -e '/^<!-- sizes -->$/,/^<!-- end of sizes -->$/{//!d}' \
        -e "/^<!-- sizes -->\$/r $work/table.md" README.md
elif ((failed)); then
    echo "Make it smaller, or run scripts/size.sh and commit the table with the reason." >&2
fi
exit $failed
