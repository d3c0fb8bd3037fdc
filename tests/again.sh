#!/usr/bin/env bash
# Runs `cargo test ARGUMENTS...`, and what failed once more, alone:  again.sh --workspace --locked
#
# For machines that may stand still for a while, where one test of two thousand fails for that reason. Whatever fails twice
# has failed, as have more than five at once, and what does not build or breaks off without naming a test. No second chance
# has what throws dice: a promise that is broken seldom is broken, so neither the kill test nor a counterexample of proptest.
# What passed only the second time is told in the last lines, for it wants mending.
set -euo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT
cargo test --no-fail-fast "$@" 2>&1 | tee "$log" && exit 0

mapfile -t names < <(sed -nE 's/^test (.*) \.\.\. FAILED$/\1/p' "$log")
# Cargo ends with how each target that failed is run: `-p peerbrain-store --lib`.
mapfile -t targets < <(sed -nE 's/^    `(-.*)`$/\1/p' "$log")
if [ ${#names[@]} -eq 0 ] || [ ${#targets[@]} -eq 0 ] || [ ${#names[@]} -gt 5 ] ||
    grep -qE '^test kill::.* FAILED$|minimal failing input' "$log"; then
    exit 1
fi

printf '\n== once more: %s\n' "${names[*]}"
for target in "${targets[@]}"; do
    read -ra target <<<"$target"
    cargo test --locked "${target[@]}" -- --exact "${names[@]}" 2>&1 | tee "$log.again"
    grep -qE '^test result: ok\. [1-9]' "$log.again"
    rm "$log.again"
done
printf '\nUNSTEADY: %s\n' "${names[@]}"
