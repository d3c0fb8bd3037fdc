#!/bin/bash
# Succeeds while the server answers /health with 200. The image has no HTTP client, but bash opens sockets.
set -eu
exec 3<> "/dev/tcp/${HEALTH_HOST:-127.0.0.1}/${HEALTH_PORT:-8008}"
printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 _ status _ <&3
[ "$status" = 200 ]
