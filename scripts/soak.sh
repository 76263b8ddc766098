#!/usr/bin/env bash
# Runs a device against the loopback cloud while one thing after another goes wrong, and fails when
# a message is lost:
#   scripts/soak.sh [minutes] [folder] [seed]     10 minutes, target/soak, a new seed
# Leaves a table (soak.md), a picture (soak.png) and the device's log in the folder.
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo run --locked --package linkkit-soak -- "${1:-10}" "${2:-target/soak}" "${@:3}"
