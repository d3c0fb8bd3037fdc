#!/usr/bin/env bash
# Starts a Synapse from PyPI as a test peer, on loopback, with everything lifted that would slow a test down.
#
#   tests/synapse/start.sh DIR PORT [sqlite|postgres-url]
#
# DIR holds its configuration, keys, database, log and `pid`; a DIR that already has a configuration is started again with it.
# PORT is the plain HTTP port of its client API. With FEDERATION_PORT it federates there over TLS, with the certificate and
# the authority in the folder FEDERATION_TLS (tests/federation/certificates.sh), and is called localhost:FEDERATION_PORT.
# The database is SQLite in DIR, or the one of a URL postgresql://USER[:PASSWORD]@HOST[:PORT]/DATABASE, which must exist
# and have been made with LC_COLLATE 'C' and encoding UTF8.
# Prints the process id when the server answers. Exit code 1: it could not be installed or did not come up.
#
# Environment: SYNAPSE_VENV (where it is installed), SYNAPSE_VERSION, SYNAPSE_SERVER_NAME (localhost:PORT),
# SYNAPSE_SHARED_SECRET (conformance-of-peerbrain), PYTHON (python3).
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: $0 DIR PORT [sqlite|postgres-url]" >&2
  exit 2
fi
mkdir -p "$1"
dir=$(cd "$1" && pwd)
port=$2
database=${3:-sqlite}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=${SYNAPSE_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/peerbrain/synapse}
version=${SYNAPSE_VERSION:-1.163.2}

# Two callers at once must not install into the same folder.
install() {
  mkdir -p "$(dirname "$venv")"
  exec 9>"$venv.lock"
  flock 9
  if [ "$(cat "$venv/installed" 2>/dev/null)" != "$version" ]; then
    "${PYTHON:-python3}" -m venv "$venv"
    local pinned=(--constraint "$here/constraints.txt")
    [ -z "${SYNAPSE_VERSION:-}" ] || pinned=()
    "$venv/bin/pip" install --quiet --disable-pip-version-check --retries 10 "${pinned[@]}" \
      "matrix-synapse[postgres]==$version" >&2
    echo "$version" >"$venv/installed"
  fi
  exec 9>&-
}

install
if [ ! -e "$dir/homeserver.yaml" ]; then
  "$venv/bin/python" "$here/configure.py" "$dir" "$port" "$database"
  "$venv/bin/python" -m synapse.app.homeserver --config-path "$dir/homeserver.yaml" --generate-keys >"$dir/keys.log" 2>&1
fi

# Without standard input and in a session of its own, so that it outlives the shell that started it.
setsid "$venv/bin/python" -m synapse.app.homeserver --config-path "$dir/homeserver.yaml" \
  </dev/null >"$dir/synapse.out" 2>&1 9>&- &
pid=$!
echo "$pid" >"$dir/pid"

# Three minutes and more, for a machine that is busy; one that ends is noticed at once.
for _ in $(seq 1 900); do
  if ! kill -0 "$pid" 2>/dev/null; then
    break
  fi
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "$pid"
    exit 0
  fi
  sleep 0.2
done
echo "Synapse did not come up; the end of its output:" >&2
tail -n 20 "$dir/synapse.out" "$dir/homeserver.log" >&2 || true
kill "$pid" 2>/dev/null || true
exit 1
