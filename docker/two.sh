#!/bin/sh
# The story of compose.yaml without containers: two organisations on this machine, and story.sh.  two.sh [PORT]
#
# Four ports from PORT (28030) on are taken. The programs are built first, unless PEERBRAIN_BIN and THOUGHTS_BIN name them.
set -eu
port=${1:-28030}
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
folder=$(mktemp -d)
servers=
finish() {
    for server in $servers; do
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap finish EXIT

target=${CARGO_TARGET_DIR:-$PWD/target}
if [ -z "${PEERBRAIN_BIN:-}" ]; then
    cargo build --locked -p peerbrain-server
    PEERBRAIN_BIN=$target/debug/peerbrain
fi
if [ -z "${THOUGHTS_BIN:-}" ]; then
    cargo build --locked --manifest-path src/client/Cargo.toml --target-dir "$target/client"
    THOUGHTS_BIN=$target/client/debug/thoughts
fi
mkdir "$folder/bin"
ln -s "$PEERBRAIN_BIN" "$folder/bin/peerbrain"
ln -s "$THOUGHTS_BIN" "$folder/bin/thoughts"
PATH=$folder/bin:$PATH
export PATH

tests/federation/certificates.sh "$folder/tls"
# organisation NAME CLIENT_PORT FEDERATION_PORT
organisation() {
    docker/organisation.sh "$folder/$1" "$1:$3" "127.0.0.1:$2" "127.0.0.1:$3" "$folder/tls" 127.0.0.0/8 > "$folder/$1.log" 2>&1 &
    servers="$servers $!"
    tries=0
    until HEALTH_PORT=$2 docker/healthcheck.sh 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ]; then
            cat "$folder/$1.log" >&2
            exit 1
        fi
        sleep 0.1
    done
}
organisation localhost "$port" "$((port + 1))"
organisation 127.0.0.1 "$((port + 2))" "$((port + 3))"
docker/story.sh "http://127.0.0.1:$port" "http://127.0.0.1:$((port + 2))"
