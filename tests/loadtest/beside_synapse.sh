#!/usr/bin/env bash
# Measures ours and Synapse one after the other on the same kind of database, and sets the two tables side by side:
#   tests/loadtest/beside_synapse.sh DIR sqlite|postgres [ROWS]
# DIR gets the servers, the reports (ours.json, synapse.json) and the tables. ROWS: parts of row names, comma between.
# Build before: cargo build --release -p peerbrain-server -p peerbrain-loadtest
#
# Both federate with 50 servers at ports of 127.0.0.1 that the generator plays; ROWS `federation` asks for those rows alone.
#
# Environment: SECONDS_EACH (5; how long a row is measured), HISTORY (0; messages that fill our database before), ONLY
# (ours synapse), SYNAPSE_BCRYPT_ROUNDS (4, so that preparing does not take hours; the rows of logins want 12),
# CARGO_TARGET_DIR, and what the start scripts take.
# Nothing else may run meanwhile: both servers wait for the disk and share two processors with the generator.
set -euo pipefail

out=$1 database=$2 rows=${3:-}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${CARGO_TARGET_DIR:-$here/../target}/release
export PEERBRAIN_BIN=$bin/peerbrain PEERBRAIN_UPLOAD_MB=100 PEERBRAIN__SYNC__KEEP_ANSWERS_SECONDS=0 SYNAPSE_UPLOAD_SIZE=100M
mkdir -p "$out"
chmod 755 "$out"
# The servers that are played, and what they need to be believed.
peers=29350
"$here/federation/certificates.sh" "$out/tls"
FEDERATION_TLS=$(cd "$out/tls" && pwd)
FEDERATION_WITH=$(seq -s, -f '127.0.0.1:%.0f' $peers $((peers + 49)))
export FEDERATION_TLS FEDERATION_WITH

running=()
stop() {
  for pid in "$@"; do
    # Not INT, which what is started in the background may ignore.
    kill -TERM "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
  done
  running=()
}
trap 'stop "${running[@]}"' EXIT

# measure NAME PORT EXTRA...: the server of that name has been started, and perhaps its database. It federates at PORT + 20.
measure() {
  local name=$1 port=$2
  shift 2
  "$bin/loadtest" --url "http://127.0.0.1:$port" --server-name "localhost:$((port + 20))" --settle 60 \
    --peer-port $peers --peer-tls "$FEDERATION_TLS" \
    --shared-secret conformance-of-peerbrain --seconds "${SECONDS_EACH:-5}" ${rows:+--rows "$rows"} \
    --json "$out/$name.json" "$@" | tee "$out/$name.txt"
}

serve() {
  local name=$1 port=$2 start=$3 where=sqlite extra=() pid
  shift 3
  rm -rf "${out:?}/$name" "$out/$name-postgres"
  mkdir -p "$out/$name"
  if [ "$database" = postgres ]; then
    where=$("$here/postgres/start.sh" "$out/$name-postgres" $((port + 100)) "$name")
    extra=(--db-pid "$(cat "$out/$name-postgres/pid")")
    running+=("$(cat "$out/$name-postgres/pid")")
  fi
  pid=$(FEDERATION_PORT=$((port + 20)) "$start" "$out/$name" "$port" "$where")
  running=("$pid" "${running[@]}")
  measure "$name" "$port" --pid "$pid" "${extra[@]}" "$@"
  stop "${running[@]}"
}

for name in ${ONLY:-ours synapse}; do
  case $name in
    ours) serve ours 29301 "$here/peerbrain/start.sh" --history "${HISTORY:-0}" ;;
    synapse) serve synapse 29302 "$here/synapse/start.sh" ;;
  esac
done
[ -z "${ONLY:-}" ] || exit 0
"$bin/loadtest" compare "$out/ours.json" "$out/synapse.json" | tee "$out/beside.txt"
