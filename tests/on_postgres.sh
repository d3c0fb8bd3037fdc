#!/usr/bin/env bash
# Runs the suites of rooms and syncs, whose tests take one database each, once more on PostgreSQL.
#
# The programs are those that `cargo test --workspace` has built: to name single packages would build them anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PEERBRAIN_TEST_DATABASE=postgres

cargo test --workspace --locked --no-run --quiet --message-format=json | python3 -c '
import json, os, sys
found = 0
for line in sys.stdin:
    built = json.loads(line)
    manifest = built.get("manifest_path", "")
    package = os.path.basename(os.path.dirname(manifest))
    if built.get("executable") and built["profile"]["test"] and package in ("rooms", "sync"):
        found += 1
        print(os.path.dirname(manifest), built["executable"])
sys.exit("not all suites were found" if found < 3 else 0)
' | while read -r folder program; do
    (cd "$folder" && "$program") </dev/null
done
