#!/usr/bin/env python3
"""Lets programs decide the same requests, in turns on one core, and refuses to compare wrong answers.

    bench/decide/run.py --binary FILE --modules FOLDER [--shared FOLDER] [--rounds N] [--seconds S] [--only CASE…]

Every round runs every contender once, so that noise falls on all alike; the medians are compared. Use
bench/decide.sh, which sets everything up.
"""

import argparse
import collections
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import batch
import case

HERE = pathlib.Path(__file__).resolve().parent
SIZES = (200, 2_000, 10_000)
LEAST = 0.15  # of the requests each answer must be, or the mix measures one path

# What a contender is, whose time it is held against (None: nobody's), how many times faster that must be, and whose
# answers it must give.
Contender = collections.namedtuple("Contender", "case name does command against goal answers")

# Where a contender differs from leastwise and AWS's documentation says why: (contender, its answer, ours, predicate,
# reason). A difference that is not here is an error, and nothing is printed.
EXPLAINED = []


def contenders(binary, modules, chain):
    rust = lambda of, case_, name: [binary, of, case_, name]
    node = lambda what: ["node", HERE / "iam_simulate.mjs", modules, chain, what]
    ours, alone = "leastwise, compiled", "leastwise, compiled, identity policies alone"
    why, every, part = "all layers, which statements and why", "all layers, the verdict", "identity policies alone"
    made = [
        Contender("chain", ours, every, rust("chain", chain, "compiled"), None, None, None),
        Contender("chain", "leastwise, with reasons", why, rust("chain", chain, "reasons"), ours, None, ours),
        Contender("chain", "iam-simulate, runSimulation", f"{why}; validates", node("run"), ours, 500, ours),
        Contender("chain", "iam-simulate, preloaded core", why, node("core"), ours, 100, ours),
        Contender("chain", alone, "the verdict", rust("chain", chain, "identity"), None, None, None),
        Contender("chain", "iam-rs", f"{part}, the verdict", rust("chain", chain, "iam-rs"), alone, 10, alone),
    ]
    for size in SIZES:
        ours, of = f"{size:,} statements: leastwise, compiled", f"{size:,} statements: Cedar"
        few = "the policies of the role and the action only, found beforehand"
        cedar = lambda name: rust("many", str(size), name)
        made += [
            Contender("many", ours, "from strings", rust("many", str(size), "compiled"), None, None, None),
            Contender("many", f"{of}, sliced", few, cedar("cedar-sliced"), ours, 10, ours),
            Contender("many", of, "all policies", cedar("cedar"), ours, None, ours),
        ]
    return made


def decide(contender, seconds):
    """One run on one core: the verdicts, and the nanoseconds on the core that one decision took."""
    core = max(os.sched_getaffinity(0))
    command = [str(part) for part in contender.command] + [str(seconds)]
    ran = subprocess.run(command, capture_output=True, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    if ran.returncode != 0:
        sys.exit(f"{contender.name} failed with {ran.returncode}:\n{ran.stderr.decode()[-2000:]}")
    return json.loads(ran.stdout)


def replay(binary, chain, logs, bins, rounds, seconds, scratch):
    """The log's events, decided one by one, beside reading them: CPU-seconds, in turns on one core."""
    core, took, found, once = max(os.sched_getaffinity(0)), collections.defaultdict(list), None, None
    usage = scratch / "usage.json"
    for _ in range(rounds):
        for name, command in {
            "reading: leastwise usage": [
                bins / "leastwise", "--quiet", "usage", logs, "--threads", "1", "--output", "json"],
            "decompressing alone": [bins / "leastwise-bench-limit", logs, "1"],
        }.items():
            with (usage if "usage" in name else scratch / "limit.json").open("wb") as out:
                child = subprocess.Popen([str(part) for part in command], stdout=out,
                                         preexec_fn=lambda: os.sched_setaffinity(0, {core}))
                _, status, used = os.wait4(child.pid, 0)
            if status != 0:
                sys.exit(f"{command[0]} failed")
            took[name].append(used.ru_utime + used.ru_stime)
        deciding = Contender("replay", "replay", "", [binary, "replay", chain, usage], None, None, None)
        found = decide(deciding, seconds)
        took["deciding each event"].append(found["nanoseconds"] * len(found["verdicts"]) / 1e9)
        once = decide(deciding._replace(command=[binary, "rows", chain, usage]), seconds)
        took["deciding each row once, as rightsize does"].append(once["nanoseconds"] * len(once["verdicts"]) / 1e9)
    told = json.loads(usage.read_text())
    counts = [row["count"] for row in told]
    events, rows = len(found["verdicts"]), len(counts)
    by_rows = collections.Counter()
    for verdict, count in zip(once["verdicts"], counts, strict=True):
        by_rows[verdict] += count
    assert by_rows == collections.Counter(found["verdicts"]), "rows and events do not come to the same"
    mix = ", ".join(f"{kind} {n / events:.0%}" for kind, n in collections.Counter(found["verdicts"]).most_common())
    print(f"\nReplay of {events:,} uses in {rows:,} rows, in no order, every row checked against the evaluator with"
          f" reasons: {mix}\n")
    for name, of in took.items():
        print(f"- {name}: {statistics.median(of):.2f} CPU-seconds ({min(of):.2f}–{max(of):.2f})")
    return told


# --- checking --------------------------------------------------------------------------------------------


def guard_mix(name, verdicts, kinds):
    """Every kind of answer must be there in earnest; "deny" is either kind of deny."""
    verdicts = [next((kind for kind in kinds if kind in verdict), verdict) for verdict in verdicts]
    shares = {kind: verdicts.count(kind) / len(verdicts) for kind in kinds}
    told = ", ".join(f"{kind} {share:.0%}" for kind, share in shares.items())
    assert sum(shares.values()) > 0.999, f"{name}: other answers than {kinds}: {set(verdicts)}"
    assert min(shares.values()) >= LEAST, f"{name}: a one-sided mix measures nothing: {told}"
    return f"{len(verdicts)} requests: {told}"


def differences(contender, found, wanted, requests):
    """The requests on which a contender differs, each with the reason when there is one."""
    assert len(found) == len(wanted), f"{contender.name}: {len(found)} answers of {len(wanted)}"
    for n, (its, ours) in enumerate(zip(found, wanted)):
        if its != ours:
            request = requests[n] if requests else {"action": f"request {n}", "resource": "", "context": {}}
            reasons = [why for name, its_, ours_, when, why in EXPLAINED
                       if (name, its_, ours_) == (contender.name, its, ours) and when(request)]
            yield n, request, its, ours, reasons[0] if reasons else None


def check(chosen, answers, requests):
    """Compares all answers, prints how many differ, and ends here when a difference has no reason."""
    unexplained = 0
    for contender in chosen:
        if contender.answers is None:
            continue
        found = list(differences(contender, answers[contender.name], answers[contender.answers],
                                 requests if contender.case == "chain" else None))
        by_reason = collections.Counter(reason for *_, reason in found)
        print(f"- {contender.name}: {len(answers[contender.name]) - len(found)} of {len(answers[contender.name])}"
              f" answers as {contender.answers}" + ("." if not found else ":"))
        for reason, count in by_reason.items():
            print(f"  - {count} × {reason or 'without a reason that we know'}")
        for n, request, its, ours, reason in found:
            if reason is None:
                unexplained += 1
                asked = f"{request['action']} {request['resource']} {json.dumps(request['context'])}"
                print(f"    request {n}: {its} instead of {ours}: {asked}")
    if unexplained:
        sys.exit(f"{unexplained} answers differ and nobody knows why: no figures")


# --- measuring and telling -------------------------------------------------------------------------------


def measure_all(chosen, rounds, seconds):
    """Every contender once a round; each must answer in every round as in the first."""
    times, answers = collections.defaultdict(list), {}
    for turn in range(rounds):
        for contender in chosen:
            ran = decide(contender, seconds)
            assert answers.setdefault(contender.name, ran["verdicts"]) == ran["verdicts"], f"{contender.name} wavers"
            times[contender.name].append(ran["nanoseconds"])
            print(f"round {turn + 1}: {contender.name}: {ran['nanoseconds'] / 1e3:.3f} µs", file=sys.stderr)
    return times, answers


def reached(it):
    return "reached" if it else "NOT reached"


def rows_of(chosen, times):
    medians = {name: statistics.median(of) for name, of in times.items()}
    for contender in chosen:
        own = medians[contender.name]
        ratio = own / medians[contender.against] if contender.against else None
        spread = f"{min(times[contender.name]) / 1e3:,.3f}–{max(times[contender.name]) / 1e3:,.3f}"
        goal = "" if contender.goal is None else f"≥ {contender.goal}: {reached(ratio >= contender.goal)}"
        yield [contender.name, contender.does, f"{own / 1e3:,.3f}", spread, f"{1e9 / own:,.0f}",
               "1" if ratio is None else f"{ratio:,.1f}", goal]


def table(rows):
    head = ["contender", "does", "µs a decision", "least to most", "decisions a second", "× leastwise", "goal"]
    text = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(text + ["| " + " | ".join(row) + " |" for row in rows])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", type=pathlib.Path, required=True)
    arguments.add_argument("--modules", type=pathlib.Path, required=True, help="node_modules with iam-simulate")
    arguments.add_argument("--shared", type=pathlib.Path, default=HERE / "../../../shared/data")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=float, default=1.0, help="how long a contender decides in one round")
    arguments.add_argument("--only", nargs="+", choices=["chain", "many", "replay"], default=["chain", "many"])
    arguments.add_argument("--logs", type=pathlib.Path, help="CloudTrail files: their events are replayed too")
    arguments.add_argument("--bins", type=pathlib.Path, help="where `leastwise` and `leastwise-bench-limit` are")
    given = arguments.parse_args()
    chain, whose = case.make(given.shared)
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch) / "chain.json"
        file.write_text(json.dumps(chain))
        chosen = [c for c in contenders(given.binary, given.modules, file) if c.case in given.only]
        if given.logs:
            scratch = pathlib.Path(scratch)
            usage = replay(given.binary, file, given.logs, given.bins, given.rounds, given.seconds, scratch)
            # Made together with the logs by gen_cloudtrail.py: what the principals of the log are granted.
            beside = [given.logs / "snapshot", given.logs.parent / "snapshot"]
            snapshots = sorted(path for folder in beside for path in folder.glob("*.json"))
            if snapshots:
                batch.run(given.bins, usage, snapshots, given.rounds, scratch)
            else:
                print(f"\nno snapshots in {beside[0]} or beside it: `simulate --batch` is not measured")
        times, answers = measure_all(chosen, given.rounds, given.seconds)
    if not chosen:
        return
    for contender in chosen:
        if contender.answers is None:
            kinds = ["allowed", "explicit deny", "implicit deny"]
            if contender.case == "many":
                kinds = ["allowed", "denied"]
            elif "identity" in contender.name:
                kinds = ["allowed", "deny"]  # identity policies alone seldom deny explicitly
            mix = guard_mix(contender.name, answers[contender.name], kinds)
            print(f"{contender.name}, {mix}")
    print(f"\nThe managed policies are {whose}. Answers, request by request:\n")
    check(chosen, answers, chain["requests"])
    print(f"\n{platform.machine()}, one core, {given.rounds} rounds of {given.seconds} s each in turns, medians\n")
    print(table(rows_of(chosen, times)))
    if "many" in given.only:
        own = [statistics.median(times[f"{size:,} statements: leastwise, compiled"]) for size in (SIZES[0], SIZES[-1])]
        flat = own[1] / own[0]
        print(f"\n{SIZES[-1]:,} statements take {flat:.2f} × the time of {SIZES[0]:,};"
              f" goal ≤ 1.5: {reached(flat <= 1.5)}")


if __name__ == "__main__":
    main()
