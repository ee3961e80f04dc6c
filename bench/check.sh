#!/usr/bin/env bash
# Measures `leastwise check` on AWS's managed policies, beside cloudsplaining and parliament.
#
#   bench/check.sh [--rounds N] [--json FILE]
#
# Everything lands in ${XDG_CACHE_HOME:-~/.cache}/leastwise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in -h | --help) sed -n '2,6p' "$0"; exit ;; esac
source scripts/setup.sh
need_rust
cargo build --quiet --release --locked -p leastwise

venv="$cache/bench-venv-check"
if ! "$venv/bin/python" -c 'import cloudsplaining, parliament' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check cloudsplaining==0.9.1 parliament==1.6.4
fi

exec "$venv/bin/python" bench/check.py --bin "$CARGO_TARGET_DIR/release/leastwise" "$@"
