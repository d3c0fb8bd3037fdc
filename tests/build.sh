#!/bin/sh
# Builds what the tests run: the server, a copy of it that can be told to break its promises, and the power cut.
# All go where `cargo test` finds them: target/debug/{peerbrain,peerbrain-sabotage,powercut}.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
target=${CARGO_TARGET_DIR:-target}
if [ "${1:-all}" = all ]; then
    cargo build -p peerbrain-server --features sabotage
    cp "$target/debug/peerbrain" "$target/debug/peerbrain-sabotage.new"
    mv "$target/debug/peerbrain-sabotage.new" "$target/debug/peerbrain-sabotage"
    "$here/powercut/build.sh" "$target/debug/powercut"
fi
# Last, so that target/debug/peerbrain is the honest one.
cargo build -p peerbrain-server
