#!/usr/bin/env bash
# Attacks the one thing that cannot be had twice, the device's secret, for longer than the tests do:
#   scripts/attack.sh [kills] [rounds]     10000 kills, 300 rounds of two devices on one store
# Kills devices at every system call of a registration, an import, a Set and a Del, over and over; has two
# devices register at the same moment; offers stores that cannot keep a secret; and goes through the
# states of a disk after a power cut. Fails when a secret is lost, and prints a table of what was done.
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-10000} rounds=${2:-300}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

attack() {
    cargo test --quiet --locked --test "$1" -- --nocapture >>"$log" 2>&1 || {
        cat "$log" >&2
        exit 1
    }
}

# The sum of the numbers that stand between two texts.
sum() {
    grep -oE "$1 ?[0-9]+ $2" "$log" | awk '{for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+$/) sum += $i} END {print sum + 0}'
}

times=0
while (($(sum killed times) < kills)); do
    attack power_cut
    times=$((times + 1))
done
# Half of the rounds for each release.
ATTACK_ROUNDS=$(((rounds + 1) / 2)) attack shared_store
attack unusable_store
attack disk_model

cat <<TABLE
| attack | number |
|---|---:|
| kills at a system call: registration, upgrade, import, Set, Del | $(sum killed times) |
| … so often was each call of them killed at | $times |
| … **secrets lost that were on the disk** | **0** |
| … secrets lost between the cloud's answer and the disk | $(sum lost secrets) |
| system calls from a secret's arrival to the disk, at most | $(grep -oE '[0-9]+ calls$' "$log" | sort -n | tail -1 | cut -d' ' -f1) |
| rounds of two devices on one store, 0 to 100 ms apart, both releases | $(sum after rounds) |
| … **in which one did not log in after the restart** | **0** |
| unusable stores, both releases: the cloud was not asked | $(grep -c 'not asked:' "$log") |
| … not tested on this machine | $(grep -c '^NOT TESTED' "$log" || true) |
| states of the disk that a power cut may leave, read and written again | $(sum '' 'states of the disk') |
TABLE
