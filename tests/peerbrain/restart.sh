#!/usr/bin/env bash
# Kills a server that start.sh has started, with -9, and starts it again on the same data. Returns when it answers.
#
#   tests/peerbrain/restart.sh DIR PORT
#
# Environment: as for start.sh.
set -euo pipefail

if [ $# -ne 2 ]; then
  echo "usage: $0 DIR PORT" >&2
  exit 2
fi
pid=$(cat "$1/pid")
kill -9 "$pid" 2>/dev/null || true
while kill -0 "$pid" 2>/dev/null; do
  sleep 0.02
done
exec "$(dirname "${BASH_SOURCE[0]}")/start.sh" "$1" "$2"
