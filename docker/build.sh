#!/bin/sh
# Builds what goes into the image and puts it into a folder: build.sh FOLDER [PROFILE]
set -eu
out=$1
profile=${2:-release}
cd "$(dirname "$0")/.."

cargo build --locked --profile "$profile" -p peerbrain-server
# The profile called dev has a folder called debug.
folder=$profile
[ "$profile" = dev ] && folder=debug

mkdir -p "$out"
install -m 0755 "${CARGO_TARGET_DIR:-target}/$folder/peerbrain" "$out/peerbrain"
install -m 0755 docker/entrypoint.sh "$out/peerbrain-entrypoint"
install -m 0755 docker/healthcheck.sh "$out/peerbrain-healthcheck"
install -m 0755 docker/organisation.sh "$out/peerbrain-organisation"
