#!/usr/bin/env bash
# Stops the Synapse that start.sh started in DIR, and waits until it is gone.
#
#   tests/synapse/stop.sh DIR
set -euo pipefail

pid=$(cat "${1:?usage: stop.sh DIR}/pid")
# A pid may have been given to another process since: only a Synapse is ended.
if ! tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q synapse.app.homeserver; then
  rm -f "$1/pid"
  exit 0
fi
kill -TERM "$pid"
for _ in $(seq 1 100); do
  if ! kill -0 "$pid" 2>/dev/null; then
    rm -f "$1/pid"
    exit 0
  fi
  sleep 0.1
done
kill -KILL "$pid"
rm -f "$1/pid"
