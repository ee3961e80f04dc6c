#!/usr/bin/env bash
# Measures how long the paths to admin of synthetic accounts take, beside PMapper, on the same accounts.
#
#   bench/paths.sh [--sizes 100,1000,5000] [--rounds N] [--denials] [--pmapper-most ROLES] [--keep FOLDER]
#
# Fetches PMapper (AGPL, run and never linked) from PyPI. Everything lands in ${XDG_CACHE_HOME:-~/.cache}/leastwise.
# Times are of the processor, so that what else is running matters less.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in -h | --help) sed -n '2,8p' "$0"; exit ;; esac
source scripts/setup.sh
need_rust
have python3 || need_packages python3 python3-venv

cargo build --quiet --release --locked --manifest-path bench/paths/Cargo.toml

venv="$cache/bench-paths/pmapper-1.1.5"
if ! [ -e "$venv/ready" ]; then
    rm -rf "$venv" && python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet principalmapper==1.1.5
    # It imports what Python 3.10 took away.
    mended="$(echo "$venv"/lib/python3*/site-packages/principalmapper/util/case_insensitive_dict.py)"
    sed -i 's/^from collections import Mapping, MutableMapping, OrderedDict/from collections import OrderedDict\nfrom collections.abc import Mapping, MutableMapping/' "$mended"
    touch "$venv/ready"
fi

exec python3 bench/paths.py --binary "$CARGO_TARGET_DIR/release/leastwise-bench-paths" --pmapper "$venv/bin/python" "$@"
