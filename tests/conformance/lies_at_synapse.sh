#!/usr/bin/env bash
# Tells a Synapse every lie that the suite tells (federation_lies_*, federation_advisory_*), which proves that the tests ask for
# nothing that no server does.
#
#   tests/conformance/lies_at_synapse.sh DIR [AREA...]
#
# Each area gets a Synapse of its own, new and without memory, for Synapse lets a server rest that has lied to it. Each runs in a
# network of its own, where the system allows that (as root, or with user namespaces): then they are beside each other, all at the
# same ports, and nothing outside can be reached. Else they run one after the other. DIR gets a folder for each area, with the
# report in `report`, and is best empty.
#
# Environment: LIES_JOBS (areas beside each other: half of the processors), CONFORMANCE_BIN (the suite; else the debug build),
# LIES_PORT (29000: the client API; federation is 400 higher, the peer 450), and what tests/synapse/start.sh knows.
# Exit code 1: a test has failed that is not in federation-synapse-known-failures.txt, or one of those has passed.
set -euo pipefail

if [ $# -lt 1 ]; then
  echo "usage: $0 DIR [AREA...]" >&2
  exit 2
fi
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
self=$root/tests/conformance/lies_at_synapse.sh
suite=${CONFORMANCE_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug/conformance}
port=${LIES_PORT:-29000}

# Lets a command run in a network that has nothing but loopback; fails where that is not to be had.
apart() {
  local loopback='ip link set lo up && exec "$@"'
  if [ "$(id -u)" = 0 ]; then
    unshare --net bash -c "$loopback" bash "$@"
  else
    unshare --user --map-root-user --net bash -c "$loopback" bash "$@"
  fi
}

# One area; the whole script is run again for it, in its own network.
one() {
  local area=$1 folder=$dir/$1
  mkdir -p "$folder"
  FEDERATION_PORT=$((port + 400)) FEDERATION_TLS=$dir/tls "$root/tests/synapse/start.sh" "$folder/synapse" "$port" >/dev/null
  local code=0
  "$suite" --url "http://127.0.0.1:$port" --server-name "localhost:$((port + 400))" \
    --peer-listen "127.0.0.1:$((port + 450))" --peer-tls "$dir/tls" --shared-secret "${SYNAPSE_SHARED_SECRET:-conformance-of-peerbrain}" \
    --known-failures "$root/tests/conformance/federation-synapse-known-failures.txt" --jobs 1 --only "$area/" \
    >"$folder/report" 2>&1 || code=$?
  "$root/tests/synapse/stop.sh" "$folder/synapse" >/dev/null
  printf '%-40s %s\n' "$area" "$(tail -n 1 "$folder/report")"
  return $code
}

if [ -n "${LIES_ONE:-}" ]; then
  one "$LIES_ONE"
  exit
fi

"$root/tests/federation/certificates.sh" "$dir/tls"
areas=("$@")
if [ ${#areas[@]} = 0 ]; then
  mapfile -t areas < <("$suite" --list --peer-listen 127.0.0.1:1 --peer-tls "$dir/tls" 2>/dev/null | grep -oE '^federation_(lies|advisory)_[a-z_]+' | sort -u)
fi
if [ ${#areas[@]} = 0 ]; then
  echo "$suite lists no lies" >&2
  exit 1
fi

jobs=1 own=()
if apart true 2>/dev/null; then
  jobs=${LIES_JOBS:-$((($(nproc) + 1) / 2))}
  own=(apart)
else
  echo 'No networks of their own are to be had here: one area after the other.' >&2
fi
failed=0
for area in "${areas[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
    wait -n || failed=1
  done
  LIES_ONE=$area "${own[@]}" "$self" "$dir" &
done
while [ -n "$(jobs -p)" ]; do
  wait -n || failed=1
done
if [ $failed -ne 0 ]; then
  grep -hA 2 '^\(FAILED\|SURPRISE\)' "$dir"/*/report >&2 || true
fi
exit $failed
