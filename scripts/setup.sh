# Sourced by the scripts of this repository: where things are kept, and how to install what is missing.
# Everything that is built or fetched stays below ${XDG_CACHE_HOME:-~/.cache}/leastwise.

cache="${XDG_CACHE_HOME:-$HOME/.cache}/leastwise"
mkdir -p "$cache"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"

say() { printf '\n== %s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# need_packages PACKAGE…: asks apt for them, when there are any.
need_packages() {
    [ "$#" = 0 ] && return
    have apt-get || { echo "please install: $*"; exit 1; }
    say "apt: $*"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}

# What building needs: Rust, and a C compiler for libdeflate and for the TLS library.
need_rust() {
    have cargo || { echo "please install Rust 1.95 or newer: https://rustup.rs"; exit 1; }
    have cc || need_packages gcc libc6-dev
}
