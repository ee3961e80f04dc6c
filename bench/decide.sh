#!/usr/bin/env bash
# Measures how fast requests are decided, beside other programs, on the same policies and requests.
#
#   bench/decide.sh [--rounds N] [--seconds S] [--only chain|many|replay] [--logs FOLDER]
#
# --logs also replays the events of CloudTrail files (bench/run.sh makes a million) through the policies, and puts them
# to `leastwise simulate --batch` with the snapshots in FOLDER/snapshot or beside FOLDER.
# Fetches what it compares with: cedar-policy and iam-rs from crates.io, @cloud-copilot/iam-simulate (AGPL, run and
# never linked) from npm. Everything lands in ${XDG_CACHE_HOME:-~/.cache}/leastwise. Close what else is running: the
# programs take turns on one core, and the medians are only as quiet as the machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in -h | --help) sed -n '2,10p' "$0"; exit ;; esac
source scripts/setup.sh
need_rust
have python3 || need_packages python3
have node && have npm || need_packages nodejs npm

cargo build --quiet --release --locked --manifest-path bench/decide/Cargo.toml

if [[ " $* " == *" --logs "* ]]; then
    cargo build --quiet --release --locked -p leastwise -p leastwise-bench-limit
    set -- "$@" --bins "$CARGO_TARGET_DIR/release"
fi

simulate="@cloud-copilot/iam-simulate@0.1.173"
node="$cache/bench-decide/node"
if ! [ -e "$node/$(basename "$simulate")" ]; then
    rm -rf "$node" && mkdir -p "$node"
    npm install --silent --no-audit --no-fund --prefix "$node" "$simulate"
    touch "$node/$(basename "$simulate")"
fi

exec python3 bench/decide/run.py --binary "$CARGO_TARGET_DIR/release/leastwise-bench-decide" \
    --modules "$node/node_modules" "$@"
