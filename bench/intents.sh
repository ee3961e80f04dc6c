#!/usr/bin/env bash
# Counts what `leastwise generate` makes of the intents of its corpus, per service, beside policy_sentry.
#
#   bench/intents.sh [--json FILE]
#
# Everything lands in ${XDG_CACHE_HOME:-~/.cache}/leastwise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in -h | --help) sed -n '2,6p' "$0"; exit ;; esac
source scripts/setup.sh
need_rust
cargo build --quiet --release --locked -p leastwise

venv="$cache/bench-venv-intents"
if ! "$venv/bin/python" -c 'import policy_sentry, yaml' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check policy_sentry==0.15.2 pyyaml
fi

exec "$venv/bin/python" bench/intents.py --bin "$CARGO_TARGET_DIR/release/leastwise" "$@"
