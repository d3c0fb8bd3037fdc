#!/usr/bin/env bash
# Starts a private PostgreSQL on loopback for tests: tests/postgres/start.sh DIR PORT NAME…
# Makes the databases of these names (collation C) and prints the URL of the last one. DIR/pid is the server's process.
# As root it runs under the user postgres, for PostgreSQL refuses to run as root.
set -euo pipefail

dir=$1
port=$2
shift 2
bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1 | grep . || command -v initdb)")
as=()
if [ "$(id -u)" = 0 ]; then
  as=(runuser -u postgres --)
fi

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
if [ "$(id -u)" = 0 ]; then
  chown postgres "$dir"
fi
"${as[@]}" "$bin/initdb" --pgdata "$dir/cluster" --auth trust --username postgres --locale C --encoding UTF8 >"$dir/initdb.log"
"${as[@]}" "$bin/pg_ctl" --pgdata "$dir/cluster" --log "$dir/postgres.log" --wait --timeout 180 \
  -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='$dir'" start >/dev/null
head -1 "$dir/cluster/postmaster.pid" >"$dir/pid"
for name in "$@"; do
  "${as[@]}" "$bin/createdb" --host 127.0.0.1 --port "$port" --username postgres --template template0 "$name"
done
echo "postgresql://postgres@127.0.0.1:$port/${!#}"
