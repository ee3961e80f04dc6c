#!/usr/bin/env bash
# Passes every test of leastwise, on a fresh Debian with Rust as well as on a warm machine.
#
#   ./test.sh            everything
#   ./test.sh STEP…      only these steps: format lint test doctest doc generated deny fuzz e2e
#
# Everything that is built or fetched stays in ${XDG_CACHE_HOME:-~/.cache}/leastwise; nothing is written
# beside the sources. Set-up may ask apt, crates.io, PyPI and npm; the tests themselves speak to loopback only.
# LEASTWISE_FUZZ_SECONDS sets how long each fuzz target runs (20).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

source scripts/setup.sh
tools="$cache/tools"
logs="$cache/test-logs"
mkdir -p "$tools" "$logs"
export PATH="$tools/bin:$PATH"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-never}"
unset RUSTFLAGS # another value would rebuild every dependency

step="set-up"
passed=0
notes=()
trap 'code=$?; if [ "$code" != 0 ]; then echo; echo "FAILED in step: $step"; echo "$passed passed, 1 failed"; fi' EXIT

note() { notes+=("$*"); printf 'NOTE: %s\n' "$*"; }
count() { passed=$((passed + ${1:-0})); }

# --- set-up: only what is missing --------------------------------------------------------------------

install_packages() {
    need_rust
    local missing=()
    have c++ || missing+=(g++)
    have git || missing+=(git)
    have z3 || missing+=(z3) # the tests of comparison ask it too
    python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3 python3-venv)
    need_packages "${missing[@]}"
}

# install_tool SUBCOMMAND CRATE@VERSION [FLAGS…]: a cargo subcommand, built once into the cache.
install_tool() {
    local name="$1" crate="$2"
    shift 2
    have "cargo-$name" && return
    say "cargo install $crate (once)"
    CARGO_TARGET_DIR="$tools/target" cargo install --quiet --locked --root "$tools" "$crate" "$@"
    rm -rf "$tools/target"
}

# The Python side of the tests, in an environment of its own that follows its requirements file.
python_environment() {
    local key stamp
    key="$(cat tests/e2e/requirements.txt <(python3 --version) | sha256sum | cut -c1-12)"
    venv="$cache/venv-$key"
    stamp="$venv/.complete"
    [ -e "$stamp" ] && return
    say "python environment (once)"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/e2e/requirements.txt
    touch "$stamp"
}

# The published schema of SARIF, out of a package of Microsoft's (MIT) that carries it; its digest is what npm lists for it.
sarif_schema() {
    local package=@microsoft/jest-sarif@1.0.0-beta.0 file=package/lib/schemas/sarif-2.1.0-rtm.5.json
    local digest=0357ce84f77a21ce620e4e05f583f0d6a341e1717eefe22f891ef197caf617a433424c7972963d2ec1a4dab1318852047016e3a559d29b058606e9004a4890f4
    local folder
    sarif="$cache/sarif-2.1.0-rtm.5.json"
    [ -e "$sarif" ] && return
    folder="$(mktemp -d)"
    if have npm && (cd "$folder" && npm pack --silent "$package" >/dev/null 2>&1); then
        sha512sum --check --quiet <<<"$digest  $(ls "$folder"/*.tgz)"
        tar -xzf "$folder"/*.tgz -C "$folder" "$file"
        mv "$folder/$file" "$sarif"
    else
        note "SARIF was not held against the published schema: npm, or its registry, is not here"
    fi
    rm -rf "$folder"
}

# --- the steps ---------------------------------------------------------------------------------------

step_format() { cargo fmt --all --check; }

step_lint() { cargo clippy --quiet --workspace --all-targets --locked -- -D warnings; }

step_test() {
    install_tool nextest cargo-nextest@0.9.143
    cargo nextest run --cargo-quiet --workspace --locked --no-tests=pass --color never 2>&1 | tee "$logs/nextest"
    count "$(sed -nE 's/.*Summary .* ([0-9]+) passed.*/\1/p' "$logs/nextest" | tail -1)"
}

step_doctest() {
    cargo test --quiet --workspace --doc --locked 2>&1 | tee "$logs/doctest"
    count "$(sed -nE 's/^test result: ok\. ([0-9]+) passed.*/\1/p' "$logs/doctest" | paste -sd+ | add_up)"
}
add_up() { local sum; read -r sum || sum=0; echo $((sum)); }

step_doc() { RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps --locked; }

# What is generated and committed is what its generator makes. The catalogue's check (cargo xtask
# sync-catalog --check) asks package registries, so it is run by whoever changes the catalogue.
step_generated() { python3 examples/make.py --check; }

step_deny() {
    install_tool deny cargo-deny@0.20.2 --no-default-features
    if timeout 60 cargo deny --log-level error fetch db >/dev/null 2>&1; then
        cargo deny --log-level error check
    else
        note "advisories were SKIPPED: the advisory database could not be fetched from here"
        cargo deny --log-level error check licenses bans sources
    fi
}

step_fuzz() {
    if [ ! -e fuzz/Cargo.toml ]; then
        echo "no fuzz targets yet"
        return
    fi
    if ! cargo +nightly --version >/dev/null 2>&1; then
        note "fuzzing was SKIPPED: there is no nightly toolchain here (rustup toolchain install nightly)"
        return
    fi
    install_tool fuzz cargo-fuzz@0.13.2
    local target
    for target in $(cargo +nightly fuzz list); do
        echo "-- $target"
        mkdir -p "$cache/fuzz/$target" "$logs/fuzz-artifacts"
        local corpus=("$cache/fuzz/$target")
        [ -d "fuzz/seeds/$target" ] && corpus+=("fuzz/seeds/$target")
        cargo +nightly fuzz run --target-dir "$cache/fuzz-target" "$target" "${corpus[@]}" -- \
            -max_total_time="${LEASTWISE_FUZZ_SECONDS:-20}" -artifact_prefix="$logs/fuzz-artifacts/" \
            >"$logs/fuzz-$target" 2>&1 || { tail -50 "$logs/fuzz-$target"; return 1; }
        tail -1 "$logs/fuzz-$target"
        count 1
    done
}

step_e2e() {
    python_environment
    sarif_schema
    cargo build --quiet --release --locked -p leastwise
    LEASTWISE_BIN="$CARGO_TARGET_DIR/release/leastwise" LEASTWISE_SARIF_SCHEMA="$sarif" \
        "$venv/bin/python" -m pytest -q -p no:cacheprovider tests/e2e 2>&1 | tee "$logs/pytest"
    count "$(sed -nE 's/^([0-9]+) passed.*/\1/p; s/.* ([0-9]+) passed.*/\1/p' "$logs/pytest" | tail -1)"
}

# --- run ---------------------------------------------------------------------------------------------

install_packages
cargo fetch --quiet --locked
[ "$#" = 0 ] && set -- format lint test doctest doc generated deny fuzz e2e
for step in "$@"; do
    declare -F "step_$step" >/dev/null || { echo "no such step: $step"; exit 2; }
    say "$step"
    begun=$SECONDS
    "step_$step"
    echo "   ($step: $((SECONDS - begun)) s)"
done

echo
for line in "${notes[@]}"; do echo "NOTE: $line"; done
echo "all steps passed: $* (${SECONDS} s)"
echo "$passed passed, 0 failed"
