#!/usr/bin/env bash
# Compares the library's performance with libmosquitto's; see benches/compare/main.rs for the
# arguments. The programs under test are release builds; the one that runs them need not be.
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo bench --profile dev --bench compare -- "$@"
