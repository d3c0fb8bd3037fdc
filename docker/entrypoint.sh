#!/bin/sh
# Starts the server in the folder that holds everything: entrypoint.sh [COMMAND …]
set -eu
umask 077
cd "${FOLDER:-/data}"

# Inside a container the loopback address reaches nobody, so the first start says where else to listen.
if [ ! -e peerbrain.toml ]; then
    {
        peerbrain config example
        printf '\n[[listeners]]\nbind = "%s"\napis = ["client", "federation", "admin", "health"]\n' "${LISTEN:-0.0.0.0:8008}"
    } > peerbrain.toml.new
    mv peerbrain.toml.new peerbrain.toml
fi

exec peerbrain "$@"
