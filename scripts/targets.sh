#!/usr/bin/env bash
# Builds the library for every machine of scripts/lib/machines.sh and runs the tests on each that
# something here stands in for; writes the table of it in docs/cross.md.
#   scripts/targets.sh [machine...]    all machines, or those that are named, whose rows it writes
#   scripts/targets.sh --gate          what the gate runs, and no table
#
# It installs the Debian packages, Rust targets and sources that it needs, or says which are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/packages.sh
. scripts/lib/machines.sh

page=docs/cross.md
work=target/targets
mkdir -p "$work"

# A column is a test, of which it may take a part.
columns=(
    "main job:mqtt_example the_first_boot the_log_has"
    "second boot:mqtt_example later_boots"
    "layouts:layouts"
    "HAL overrides:hal_override"
    "bad input:bad_input"
    "old objects:old_object"
    "in 2040:clock"
)

# Rust has no standard library for these to download; its sources are compiled instead, which a
# stable compiler has to be told to do.
needs_std_built() {
    [[ $machine == armv5te || $machine == mipsel ]]
}

# Has the library checked for the machine that is chosen.
check() {
    local options=() bootstrap=()
    if needs_std_built; then
        need_std_sources
        options=(-Zbuild-std)
        bootstrap=(RUSTC_BOOTSTRAP=1)
    else
        need_std
    fi
    env "${bootstrap[@]}" cargo check "${options[@]}" --locked --package linkkit --lib --target "$target"
}

# Has the archive built as it is shipped.
build() {
    need_std
    cargo rustc --locked --package linkkit --lib --crate-type staticlib --release --target "$target"
}

# Whether the column's test can be run for the machine that is chosen.
can_run() {
    # With musl Rust makes no shared library, which all of these tests take.
    runs_here && [[ $machine != *-musl || $1 != "old objects:"* ]]
}

# Runs a column's test. One that finds nothing to run has failed.
run_column() {
    local test part
    read -r test part <<<"${1#*:}"
    [[ $machine != *-musl || $test != hal_override ]] || part=static
    # shellcheck disable=SC2086 # Each word of it is a name.
    cargo test --locked --test "$test" -- $part | tee "$work/output" &&
        grep -q 'test result: ok\. [1-9]' "$work/output"
}

# The machine's row: what works, what does not, and – for what nothing here can try.
row() {
    local cells="$machine | \`$target\`" column
    attempt() {
        echo "== $machine: $1" >&2
        if "${@:2}" >&2; then cells+=" | yes"; else cells+=" | **no**"; fi
    }
    if needs_std_built; then
        attempt "check" check
        cells=${cells/%yes/checked}
    else
        attempt "build" build
    fi
    for column in "${columns[@]}"; do
        if can_run "$column"; then
            attempt "${column%%:*}" run_column "$column"
        else
            cells+=" | –"
        fi
    done
    echo "| $cells | $(size) |"
}

# The program's size, which README's table has.
size() {
    local size
    size=$(sed -n "s/^| $machine | \([0-9]* kB\) |.*/\1/p" README.md)
    echo "${size:-–}"
}

heading() {
    local column names= line=
    for column in "${columns[@]}"; do
        names+=" ${column%%:*} |"
        line+="---|"
    done
    printf '| machine | Rust target | builds |%s size |\n|---|---|---|%s---|\n' "$names" "$line"
}

# Writes the rows that were found, and keeps the page's others.
write_table() {
    local name
    {
        heading
        for name in $(machine_names); do
            if [[ -e $work/$name.row ]]; then
                cat "$work/$name.row"
            else
                sed -n '/^<!-- targets -->$/,/^<!-- end of targets -->$/p' "$page" |
                    grep -F "| $name |" || true
            fi
        done
    } >"$work/table.md"
    sed -i -e '/^<!-- targets -->$/,/^<!-- end of targets -->$/{//!d}' \
        -e "/^<!-- targets -->\$/r $work/table.md" "$page"
    cat "$work/table.md"
}

# What the gate asks for: everything on a machine of 32 bits that runs here natively, and on the one
# that most devices have; and that it compiles for the others.
gate() {
    local name column tests=()
    # shellcheck disable=SC2046 # Each word of it is a pair.
    need $(packages_of $(machine_names))
    for column in "${columns[@]}"; do
        read -r name _ <<<"${column#*:}"
        [[ " ${tests[*]} " == *" $name "* ]] || tests+=(--test "$name")
    done
    for name in $(machine_names); do
        choose_machine "$name"
        echo "== $machine: $target"
        case $machine in
            # The other steps of the gate are about this one.
            x86-64) ;;
            i686 | armv7) (use_machine && need_std && cargo test --locked "${tests[@]}") ;;
            *) (use_machine && check) ;;
        esac
    done
    scripts/size.sh --check x86-64 i686 armv7
}

if [[ ${1:-} == --gate ]]; then
    gate
    exit
fi

wanted=("$@")
# shellcheck disable=SC2207 # A name is a word.
((${#wanted[@]})) || wanted=($(machine_names))
# shellcheck disable=SC2046
need $(packages_of "${wanted[@]}")
rm -f "$work"/*.row
for name in "${wanted[@]}"; do
    choose_machine "$name"
    (use_machine && row >"$work/$name.row")
done
write_table
! grep -qF '**no**' "$work"/*.row
