#!/usr/bin/env bash
# Measures how fast logs become usage, against the limit and against other programs, on the same files.
#
#   bench/run.sh [--events N] [--from FOLDER] [--rounds N]
#
# --from takes any folder of CloudTrail files; without it, N events (1,000,000) are generated once with
# ../shared/tools/gen_cloudtrail.py. Everything lands in ${XDG_CACHE_HOME:-~/.cache}/leastwise. Close what
# else is running: the programs take turns, and the medians are only as quiet as the machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source scripts/setup.sh
events=1000000 from="" rounds=5
while [ "$#" -gt 0 ]; do
    case "$1" in
        --events) events="$2" ;;
        --from) from="$2" ;;
        --rounds) rounds="$2" ;;
        *) sed -n '2,8p' "$0"; exit 2 ;;
    esac
    shift 2
done

need_rust
cargo build --quiet --release --locked -p leastwise -p leastwise-bench-limit

venv="$cache/bench-venv"
if ! "$venv/bin/python" -c 'import chdb, duckdb, trailscraper' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
fi

if [ -z "$from" ]; then
    generator=../shared/tools/gen_cloudtrail.py
    [ -e "$generator" ] || { echo "no generator here: give a folder of CloudTrail files with --from"; exit 2; }
    from="$cache/bench-data-$events"
    [ -e "$from/manifest.json" ] || python3 "$generator" --events "$events" --out "$from" --accounts 2 \
        --per-file 1000 --seed bench-1 --jobs "$(nproc)" >/dev/null
fi

exec "$venv/bin/python" bench/run.py "$from" --bin "$CARGO_TARGET_DIR/release" --rounds "$rounds"
