#!/bin/sh
# Builds the power cut and proves that it works. Needs a C compiler and Python 3 with its sqlite3 module.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"$here/build.sh" "$tools"
python3 "$here/selftest.py" "$tools"
