#!/usr/bin/env bash
# Runs every client's stories against a homeserver:  run.sh URL SERVER_NAME [SHARED_SECRET]
#
# SHARED_SECRET is used only where the server refuses open registration. Python 3, npm and cargo must be there; what the
# clients need is installed from the pinned lists into the user's cache, never into the checkout.
# Closing line: `N passed, N failed` over all stories.
#
# PEER_URL: where the other SDK's user of js/with_nio and rust/with_js is at home, to have the two servers federate.
# CLIENT_STORIES names some of them instead of all, CLIENT_DEVICES and RESTART_SERVER are for many_devices (see there).
# CLIENT_AGAIN=1 runs a story that fails once more, and tells of it, unless something was unreadable or came twice.
set -uo pipefail

if [ $# -lt 2 ]; then
    echo "usage: $0 URL SERVER_NAME [SHARED_SECRET]" >&2
    exit 2
fi
export HOMESERVER_URL=$1 SERVER_NAME=$2 REGISTRATION_SHARED_SECRET=${3:-}
# Only the server under test is spoken to, and it is on this machine.
export NO_PROXY=127.0.0.1,localhost,::1 no_proxy=127.0.0.1,localhost,::1

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/peerbrain/clients

# fresh_folder NAME FILES...: prints a cache folder whose name changes with the content of FILES.
fresh_folder() {
    local name=$1
    shift
    echo "$cache/$name-$(cat "$@" | sha256sum | cut -c1-16)"
}

# install_nio FOLDER: a virtual environment with exactly what requirements.txt says.
install_nio() {
    python3 -m venv "$1" && "$1/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/nio/requirements.txt"
}

# install_js FOLDER: a copy of the project, since node_modules and the imports' look-up belong beside the script.
install_js() {
    mkdir -p "$1" && cp "$here"/js-sdk/package.json "$here"/js-sdk/package-lock.json "$1" &&
        (cd "$1" && npm ci --silent --no-audit --no-fund --ignore-scripts)
}

# installed FOLDER COMMAND: installs once; a folder whose installation broke off is made anew, for registries fail now and then.
installed() {
    [ -e "$1/.complete" ] && return
    for _ in 1 2 3; do
        rm -rf "$1"
        "$2" "$1" && touch "$1/.complete" && return
        sleep 10
    done
    return 1
}

nio_folder() {
    local folder
    folder=$(fresh_folder nio "$here/nio/requirements.txt")
    installed "$folder" install_nio && echo "$folder"
}

# run_nio SCRIPT
run_nio() {
    local folder
    folder=$(nio_folder) && PYTHONDONTWRITEBYTECODE=1 "$folder/bin/python" "$here/nio/$1.py"
}

# run_js SCRIPT
run_js() {
    local folder nio node
    folder=$(fresh_folder js-sdk "$here"/js-sdk/package*.json)
    installed "$folder" install_js || return 1
    nio=$(nio_folder) || return 1
    cp "$here"/js-sdk/*.mjs "$folder"
    # The machine's own Node where no package of Node 22 exists for its processor.
    node=$folder/node_modules/.bin/node
    [ -x "$node" ] || node=node
    NIO_PYTHON=$nio/bin/python NIO_FOLDER=$here/nio "$node" "$folder/$1.mjs"
}

# rust_stories: builds the program of rust-sdk's stories and prints its path. The folder is its own, since nothing in it
# is the server's.
rust_stories() {
    local target=${XDG_CACHE_HOME:-$HOME/.cache}/peerbrain/target-rust-sdk
    cargo build --quiet --locked --manifest-path "$here/rust-sdk/Cargo.toml" --target-dir "$target" &&
        echo "$target/debug/rust-sdk-stories"
}

# run_rust SCRIPT
run_rust() {
    local program nio
    program=$(rust_stories) || return 1
    if [ "$1" = with_js ]; then
        RUST_STORIES=$program run_js with_rust
        return
    fi
    nio=$(nio_folder) || return 1
    NIO_PYTHON=$nio/bin/python NIO_FOLDER=$here/nio "$program" "$1"
}

passed=0 failed=0
for story in ${CLIENT_STORIES:-nio/story nio/encryption js/story js/encryption js/with_nio js/many_devices \
    rust/story rust/with_js rust/with_nio}; do
    echo "== $story"
    output=$("run_${story%/*}" "${story#*/}" 2>&1)
    code=$?
    if [ "$code" -ne 0 ] && [ -n "${CLIENT_AGAIN:-}" ] && ! grep -qiE '^FAIL.*(unreadable|read|twice|once)' <<<"$output"; then
        echo "$output"
        echo "UNSTEADY: $story failed (exit code $code); once more"
        output=$("run_${story%/*}" "${story#*/}" 2>&1)
        code=$?
    fi
    echo "$output" | sed '$!b; /^[0-9]* passed, [0-9]* failed$/d'
    counts=$(echo "$output" | grep -oE '^[0-9]+ passed, [0-9]+ failed$' | tail -1)
    passed=$((passed + $(echo "${counts:-0}" | grep -oE '^[0-9]+')))
    if [ "$code" -ne 0 ] || [ -z "$counts" ]; then
        echo "== $story failed (exit code $code)"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
