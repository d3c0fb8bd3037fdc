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

. "$(dirname "${BASH_SOURCE[0]}")/programs.sh"

# run_nio SCRIPT
run_nio() {
    local folder
    folder=$(nio_folder) && PYTHONDONTWRITEBYTECODE=1 "$folder/bin/python" "$here/nio/$1.py"
}

# run_js SCRIPT
run_js() {
    local folder nio
    folder=$(js_folder) && nio=$(nio_folder) || return 1
    NIO_PYTHON=$nio/bin/python NIO_FOLDER=$here/nio "$(node_of "$folder")" "$folder/$1.mjs"
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
