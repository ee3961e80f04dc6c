#!/usr/bin/env bash
# Right-sizes the AI agent of the example account: builds leastwise, writes the policy, proves it, checks the
# proof. Nothing leaves this machine; what is written lies in a folder of its own that is named at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

source scripts/setup.sh
need_rust
[ -x "$CARGO_TARGET_DIR/release/leastwise" ] || echo "building leastwise: a few minutes, once"
cargo build --quiet --release --locked -p leastwise
export PATH="$CARGO_TARGET_DIR/release:$PATH"

out="$cache/try"
rm -rf "$out"
mkdir -p "$out"
agent=arn:aws:iam::111122223333:role/agents/order-agent

echo '$ leastwise rightsize examples/account/logs --granted examples/account/snapshot.json' \
    "--principal $agent --width prefix"
leastwise rightsize examples/account/logs --granted examples/account/snapshot.json --principal "$agent" \
    --width prefix --out "$out" --proof "$out/proof.json" --report "$out/report.md"
policies=("$out"/order-agent-[0-9]*.json)
cat "${policies[@]}"

echo
echo '$ leastwise verify proof.json --policy order-agent-1.json --logs examples/account/logs'
leastwise verify "$out/proof.json" --policy "${policies[@]}" --logs examples/account/logs

echo
echo "the policy, its proof and a report are in $out"
