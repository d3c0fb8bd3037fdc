# Installs and builds what the clients are made of, for run.sh and partner.sh, which read this file. Everything goes into the
# user's cache, never into the checkout.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
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

# js_folder: where the scripts of js-sdk run, newly copied.
js_folder() {
    local folder
    folder=$(fresh_folder js-sdk "$here"/js-sdk/package*.json)
    installed "$folder" install_js || return 1
    cp "$here"/js-sdk/*.mjs "$folder"
    echo "$folder"
}

# node_of FOLDER: the machine's own Node where no package of Node 22 exists for its processor.
node_of() {
    local node=$1/node_modules/.bin/node
    [ -x "$node" ] || node=node
    echo "$node"
}

# rust_stories: builds the program of rust-sdk's stories and prints its path. The folder is its own, since nothing in it
# is the server's.
rust_stories() {
    local target=${XDG_CACHE_HOME:-$HOME/.cache}/peerbrain/target-rust-sdk
    cargo build --quiet --locked --manifest-path "$here/rust-sdk/Cargo.toml" --target-dir "$target" &&
        echo "$target/debug/rust-sdk-stories"
}

