#!/bin/sh
# Runs the server of one organisation that federates with another one, for trying thoughts out:
#   organisation.sh FOLDER NAME CLIENT_ADDRESS FEDERATION_ADDRESS TLS_FOLDER NETWORK
#
# NAME is the server's name, under which the other one reaches FEDERATION_ADDRESS; NETWORK is where the other one is, for
# private networks are closed to a server that is not told otherwise. Anybody may register, so nobody else should get near.
set -eu
folder=$1 name=$2 client=$3 federation=$4 tls=$5 network=$6
mkdir -p "$folder"
cd "$folder"

if [ ! -e peerbrain.toml ]; then
    cat > peerbrain.toml.new <<EOF
[server]
name = "$name"
data_dir = "data"

[registration]
mode = "open"

[[listeners]]
bind = "$client"
apis = ["client", "admin", "health"]

[[listeners]]
bind = "$federation"
apis = ["federation"]
tls_certificate = "$tls/tls.crt"
tls_key = "$tls/tls.key"

[federation]
mode = "open"
allowed_networks = ["$network"]
ca_file = "$tls/ca.crt"
EOF
    mv peerbrain.toml.new peerbrain.toml
fi
exec peerbrain serve
