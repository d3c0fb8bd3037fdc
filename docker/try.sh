#!/bin/sh
# Does what the image does, without a container engine: build, start in an empty folder, health check, stop, start again.
# try.sh [PROFILE [PORT]]
set -eu
profile=${1:-dev}
port=${2:-18008}
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
server=

"$here/build.sh" "$folder/bin" "$profile"
mkdir "$folder/data"
PATH="$folder/bin:$PATH"
export PATH FOLDER="$folder/data" LISTEN="127.0.0.1:$port" HEALTH_PORT="$port"

for start in first second; do
    peerbrain-entrypoint serve > "$folder/log" 2>&1 &
    server=$!
    tries=0
    until peerbrain-healthcheck 2>/dev/null; do
        tries=$((tries + 1))
        # A minute and more, for a machine that is busy.
        if [ "$tries" -gt 600 ] || ! kill -0 "$server"; then
            cat "$folder/log"
            echo "the $start start failed" >&2
            exit 1
        fi
        sleep 0.1
    done
    kill -TERM "$server"
    wait "$server"
done
test -e "$folder/data/peerbrain.toml"
test "$(stat -c %a "$folder/data/data/signing.key")" = 600
echo "the steps of the image work"
