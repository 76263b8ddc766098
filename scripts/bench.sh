#!/usr/bin/env bash
# Compares the library's performance with libmosquitto's; see benches/compare/main.rs for the
# arguments. The programs under test are release builds. The one that runs them has a broker inside, which
# has to be faster than they are, so it is optimised for speed; as a whole it would only be built longer.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_PROFILE_BENCH_OPT_LEVEL=3 CARGO_PROFILE_BENCH_LTO=off CARGO_PROFILE_BENCH_CODEGEN_UNITS=16
exec cargo bench --bench compare -- "$@"
