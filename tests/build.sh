#!/bin/sh
# Builds what the tests run, where `cargo test` finds it: target/debug/{peerbrain,peerbrain-sabotage,powercut}.
# `tests/build.sh honest` builds the server only; without it also a copy of the server that can be told to break its
# promises (see tests/README.md), and the power cut.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
target=${CARGO_TARGET_DIR:-target}
if [ "${1:-all}" = all ]; then
    cargo build --locked --workspace --bins --features peerbrain-server/sabotage,peerbrain-store/testing
    # Moved into place, for a running one cannot be written to.
    cp "$target/debug/peerbrain" "$target/debug/peerbrain-sabotage.new"
    mv "$target/debug/peerbrain-sabotage.new" "$target/debug/peerbrain-sabotage"
    "$here/powercut/build.sh" "$target/debug/powercut"
fi
# Of the whole workspace, so that `cargo test --workspace` builds no dependency again. Last, so that target/debug/peerbrain is the honest one.
cargo build --locked --workspace --bins
