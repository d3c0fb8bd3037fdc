#!/bin/sh
# build.sh FOLDER: builds powercut.so and powercut-undo there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cc=${CC:-cc}
"$cc" -std=gnu11 -O2 -Wall -Wextra -shared -fPIC -U_FORTIFY_SOURCE -o "$1/powercut.so" "$here/preload.c" -pthread
"$cc" -std=gnu11 -O2 -Wall -Wextra -o "$1/powercut-undo" "$here/undo.c"
