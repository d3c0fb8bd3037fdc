#!/usr/bin/env bash
# Tells the stories of thoughts on two servers:  run.sh [CHAPTER...]
#
# Environment: as story.py says; the programs are built unless THOUGHTS_BIN and PEERBRAIN_BIN name them. A closing line
# `N passed, N failed`, and the servers' logs where something failed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
if [ -z "${PEERBRAIN_BIN:-}" ]; then
  cargo build --quiet --locked --manifest-path "$root/Cargo.toml" -p peerbrain-server
  export PEERBRAIN_BIN=$target/debug/peerbrain
fi
if [ -z "${THOUGHTS_BIN:-}" ]; then
  "$here/build.sh" "$target"
  export THOUGHTS_BIN=$target/client/debug/thoughts
fi
if [ -z "${PARTICIPANT_BIN:-}" ]; then
  cargo build --quiet --locked --manifest-path "$root/Cargo.toml" -p peerbrain-participant
  export PARTICIPANT_BIN=$target/debug/participant
fi
work=$(mktemp -d)
code=0
PYTHONDONTWRITEBYTECODE=1 python3 "$here/story.py" "$work" "$@" || code=$?
if [ $code -ne 0 ]; then
  tail -n 30 "$work"/[ab]/server.log "$work"/[ab]/homeserver.log 2>/dev/null || true
fi
[ -n "${STORY_KEEP:-}" ] || rm -rf "$work"
exit $code
