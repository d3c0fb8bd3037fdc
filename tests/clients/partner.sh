#!/usr/bin/env bash
# One device of an unmodified client that does what it is told, a JSON object a line:  partner.sh js|rust
#
# Orders stand in rust-sdk/src/partner.rs and js-sdk/partner.mjs. Environment: HOMESERVER_URL, SERVER_NAME.
set -euo pipefail
export NO_PROXY=127.0.0.1,localhost,::1 no_proxy=127.0.0.1,localhost,::1
. "$(dirname "${BASH_SOURCE[0]}")/programs.sh"

case ${1:-} in
js)
    folder=$(js_folder)
    exec "$(node_of "$folder")" "$folder/partner.mjs"
    ;;
rust)
    program=$(rust_stories)
    exec "$program" partner
    ;;
*)
    echo "usage: $0 js|rust" >&2
    exit 2
    ;;
esac
