#!/bin/sh
# Builds the command line `thoughts` into a target folder: build.sh TARGET. A folder of its own in there, for the client's
# workspace has other versions of what the server is made of.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cargo build --quiet --locked --manifest-path "$here/../../src/client/Cargo.toml" --target-dir "$1/client"
