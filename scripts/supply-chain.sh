#!/usr/bin/env bash
# Checks the crates that the workspace is made of, by deny.toml, and writes the library's bill of
# materials, linkkit.cdx.json, anew.
#   scripts/supply-chain.sh [--require-advisories]
# Licences, duplicates and sources are always checked. Vulnerable, unmaintained and yanked crates are
# when RustSec's database and the index of crates.io can be had; else the script says that they were
# not, and fails if they were required. A mirror of the database is named by git's own means:
#   git config --global url.<mirror>.insteadOf https://github.com/RustSec/advisory-db
# Gets cargo-deny and cargo-cyclonedx, which take minutes to compile, unless they are there. Needs jq.
set -euo pipefail
cd "$(dirname "$0")/.."

required=false
case ${1-} in
    "") ;;
    --require-advisories) required=true ;;
    *) echo "usage: $0 [--require-advisories]" >&2 && exit 2 ;;
esac

PATH="$PWD/target/tools/bin:$PATH"
# The same version everywhere: another one has other checks, and writes another bill.
tool() {
    if [[ $(cargo "$1" --version 2>/dev/null) != *" $2" ]]; then
        cargo install --locked --root target/tools --version "$2" "cargo-$1"
    fi
}
tool deny 0.20.2
tool cyclonedx 0.5.9

deny() {
    cargo deny --workspace --all-features --locked "$@"
}
deny check --deny warnings bans licenses sources
if deny fetch db index; then
    deny check --deny warnings advisories
else
    echo "NOT CHECKED: whether a crate is vulnerable, unmaintained or yanked. What tells it could" \
        "not be had, for the reason above." >&2
    if $required; then
        exit 1
    fi
fi

# It describes each member of the workspace, with the features that the members need together. What
# is shipped is the library, with its own.
target=x86_64-unknown-linux-gnu  # the first in deny.toml
SOURCE_DATE_EPOCH=0 cargo cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps \
    --target "$target" --override-filename linkkit.cdx
find simulator tools -name linkkit.cdx.json -delete
shipped=$(cargo tree --locked --package linkkit --edges normal --target "$target" \
    --prefix none --format '{p}' | sed -E 's/^([^ ]+) v([^ ]+).*/\1@\2/' | jq -R . | jq -s .)
jq --argjson shipped "$shipped" '
    def ships: sub(".*#"; "") as $crate | $shipped | index($crate) != null;
    .components |= map(select(."bom-ref" | ships))
    | .dependencies |= map(select(.ref | ships))
    | .dependencies[] |= if .dependsOn then .dependsOn |= map(select(ships)) else . end
    # Nothing of the machine and the hour.
    | del(.metadata.timestamp, .metadata.component.components)
    | walk(if type == "string"
        then sub("^path\\+file:[^#]*#"; "pkg:cargo/") | sub("\\?download_url=file:.*"; "")
        else . end)
' linkkit.cdx.json >target/linkkit.cdx.json
mv target/linkkit.cdx.json linkkit.cdx.json
echo "linkkit.cdx.json names $(jq '.components | length' linkkit.cdx.json) crates."
