#!/usr/bin/env bash
# Starts our own server for a test from outside, on loopback, with open registration and without rate limits.
#
#   tests/peerbrain/start.sh DIR PORT [sqlite|postgres-url]
#
# DIR holds its configuration, data and log. With FEDERATION_PORT it federates there over TLS, with the certificate and the
# authority in the folder FEDERATION_TLS (tests/federation/certificates.sh), and is called localhost:FEDERATION_PORT; FEDERATION_WITH names
# the servers that it has to do with (comma between), FEDERATION_NOTARIES those among them that it asks for keys of others.
# Prints the process id when the server answers.
# Environment: PEERBRAIN_BIN (the program; else the debug build), PEERBRAIN_SHARED_SECRET (conformance-of-peerbrain),
# PEERBRAIN_SERVER_NAME (localhost:PORT), PEERBRAIN_UPLOAD_MB (1: tests of the limit send files of that size).
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: $0 DIR PORT [sqlite|postgres-url]" >&2
  exit 2
fi
mkdir -p "$1"
dir=$(cd "$1" && pwd)
port=$2
database=${3:-sqlite}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${PEERBRAIN_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug/peerbrain}

notaries() {
  [ -z "${FEDERATION_NOTARIES:-}" ] || printf 'notaries = [%s]' "$(printf '"%s",' ${FEDERATION_NOTARIES//,/ })"
}

if [ ! -e "$dir/peerbrain.toml" ]; then
  cat >"$dir/peerbrain.toml" <<EOF
[server]
name = "${PEERBRAIN_SERVER_NAME:-localhost:${FEDERATION_PORT:-$port}}"
data_dir = "$dir/data"
public_base_url = "http://127.0.0.1:$port"

[well_known]
support_page = "https://example.org/support.html"

[[well_known.support_contacts]]
matrix_id = "@admin:example.org"

[[well_known.support_contacts]]
role = "m.role.security"
email_address = "security@example.org"

[database]
url = "$database"

[registration]
mode = "open"
shared_secret = "${PEERBRAIN_SHARED_SECRET:-conformance-of-peerbrain}"
guests = true

[rate_limits]
enabled = false

[media]
max_upload_mb = ${PEERBRAIN_UPLOAD_MB:-1}
max_remote_mb = ${PEERBRAIN_UPLOAD_MB:-1}

[turn]
uris = ["turn:turn.example.com?transport=udp"]
shared_secret = "conformance"

[push]
allowed_networks = ["127.0.0.1"]
allow_http = true

[[listeners]]
bind = "127.0.0.1:$port"
apis = ["client", "admin", "health", "metrics"]
EOF
  # Names of servers that do not exist stand in many tests; nobody looks them up.
  if [ -n "${FEDERATION_PORT:-}" ]; then
    tls=$(cd "$FEDERATION_TLS" && pwd)
    cat >>"$dir/peerbrain.toml" <<EOF

[[listeners]]
bind = "127.0.0.1:$FEDERATION_PORT"
apis = ["federation"]
tls_certificate = "$tls/tls.crt"
tls_key = "$tls/tls.key"

[federation]
mode = "listed"
allowed_servers = [$(printf '"%s",' ${FEDERATION_WITH//,/ })]
allowed_networks = ["127.0.0.0/8"]
$(notaries)
ca_file = "$tls/ca.crt"
EOF
  else
    printf '\n[federation]\nmode = "off"\n' >>"$dir/peerbrain.toml"
  fi
fi

setsid "$bin" --config "$dir/peerbrain.toml" serve </dev/null >>"$dir/server.log" 2>&1 &
pid=$!
echo "$pid" >"$dir/pid"
# Two minutes and more, for a machine that is busy; a server that ends is noticed at once.
for _ in $(seq 1 1200); do
  kill -0 "$pid" 2>/dev/null || break
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "$pid"
    exit 0
  fi
  sleep 0.1
done
echo "the server did not come up:" >&2
tail -20 "$dir/server.log" >&2
exit 1
