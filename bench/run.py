#!/usr/bin/env python3
"""Measures programs that read the same CloudTrail files, in turns, and refuses to compare wrong answers.

    bench/run.py FOLDER --bin DIR [--rounds N] [--only NAME…] [--markdown FILE]

Every round runs every contender once, so that noise falls on all alike; the medians are compared. Programs
are pinned to as many cores as they may use threads. Use bench/run.sh, which sets everything up.
"""

import argparse
import collections
import concurrent.futures
import glob
import gzip
import hashlib
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SUBSET = 20  # files for trailscraper, which would need minutes for all of them

Run = collections.namedtuple("Run", "wall cpu rss stdout stderr")


def measure(command, threads, keep=None, stdin=None):
    """Runs one command on `threads` cores: wall and CPU seconds, peak resident bytes. What it prints goes into the file
    `keep`, if there is one: whoever held it all here would be counted among the memory of the next command."""
    cores = sorted(os.sched_getaffinity(0))[:threads]
    with open(keep, "w+b") if keep else tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        child = subprocess.Popen(
            [str(part) for part in command],
            stdin=stdin,
            stdout=out,
            stderr=err,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        stderr = err.read()
    if child.returncode != 0:
        sys.exit(f"{command[0]} failed with {child.returncode}:\n{stderr.decode()[-2000:]}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, b"", b"")


# --- the contenders: each gives its command and what its answer says -------------------------------------


class Contender:
    """A program, what it is asked to do, and how its answer is checked."""

    def __init__(self, name, does, command, check, threads=(1, 2), files=None):
        self.name, self.does, self.command, self.check = name, does, command, check
        self.threads = threads
        self.files = files  # the files it reads, when it is not given all of them

    def events(self, truth):
        """How many events it reads."""
        per_file = truth["per_file"]
        return truth["events"] if self.files is None else sum(per_file[os.path.basename(f)] for f in self.files)


def contenders(folder, binaries, scratch):
    logs = folder / "AWSLogs" if (folder / "AWSLogs").is_dir() else folder
    python = sys.executable
    subset = trailscraper_subset(logs, scratch)
    scraper = pathlib.Path(python).parent / "trailscraper"
    return logs, [
        Contender(
            "libdeflate",
            "decompresses the files and nothing else: the limit",
            lambda n: [binaries / "leastwise-bench-limit", logs, n],
            check=check_limit,
        ),
        Contender(
            "leastwise usage",
            "principal, action and resource of every call, outcome, context, counts, first and last",
            lambda n: [binaries / "leastwise", "--quiet", "usage", logs, "--threads", n, "--output", "json"],
            check=check_leastwise,
        ),
        Contender(
            "chdb",
            "groups the events by principal, source and name",
            lambda n: [python, HERE / "contender.py", "chdb", logs, n],
            check=check_groups,
        ),
        Contender(
            "chdb, resources",
            "groups the events by principal, source, name and the resources that the log names",
            lambda n: [python, HERE / "contender.py", "chdb-resources", logs, n],
            check=check_resources,
        ),
        Contender(
            "DuckDB",
            "groups the events by principal, source and name",
            lambda n: [python, HERE / "contender.py", "duckdb", logs, n],
            check=check_groups,
        ),
        Contender(
            "trailscraper",
            f"select, then generate, on {SUBSET} of the files",
            lambda n: ["sh", "-c", f"'{scraper}' select --log-dir '{scratch}' | '{scraper}' generate"],
            check=check_policy,
            threads=(1,),
            files=subset,
        ),
    ]


def trailscraper_subset(logs, scratch):
    """Every so-many-th file, in one flat folder as trailscraper wants it, because all would take minutes."""
    files = sorted(glob.glob(f"{logs}/**/*.json.gz", recursive=True))
    chosen = files[:: max(1, len(files) // SUBSET)][:SUBSET]
    for path in chosen:
        shutil.copy(path, scratch)
    return chosen


# --- the truth, and the checks ---------------------------------------------------------------------------


def read_truth(logs, folder):
    """What a plain Python reading of every file finds; slow, so it is kept beside the data."""
    kept = folder / "plain-reading.json"
    truth = None
    if kept.exists() and kept.stat().st_mtime > max(p.stat().st_mtime for p in logs.rglob("*.json.gz")):
        truth = json.loads(kept.read_text())
    if truth is None or "resources" not in truth:
        calls, on, per_file, raw = collections.Counter(), collections.Counter(), {}, 0
        for path in glob.glob(f"{logs}/**/*.json.gz", recursive=True):
            text = gzip.open(path).read()
            raw += len(text)
            records = json.loads(text)["Records"]
            per_file[os.path.basename(path)] = len(records)
            for record in records:
                who = record.get("userIdentity") or {}
                issuer = ((who.get("sessionContext") or {}).get("sessionIssuer") or {}).get("arn")
                principal = issuer or who.get("arn") or who.get("type") or ""
                call = principal, record["eventSource"], record["eventName"]
                calls[call] += 1
                for resource in record.get("resources") or [{}]:
                    on[(*call, resource.get("ARN") or "")] += 1
        truth = {"raw": raw, "per_file": per_file, "calls": sorted([*key, n] for key, n in calls.items())}
        truth["resources"] = digest([*key, n] for key, n in on.items())
        try:
            kept.write_text(json.dumps(truth))
        except OSError:
            pass
    truth["events"] = sum(truth["per_file"].values())
    generated = folder / "truth.json"
    labels = folder / "labels.jsonl"
    truth["attacks"] = len(labels.read_text().splitlines()) if labels.exists() else 0
    truth["generated"] = json.loads(generated.read_text()) if generated.exists() else None
    return truth


def guard_mix(truth):
    """A mix of one kind would measure one path: no call may be more than a third, and sources must differ."""
    by_call = collections.Counter()
    for _, source, name, events in truth["calls"]:
        by_call[source, name] += events
    (call, most), sources = by_call.most_common(1)[0], {source for source, _ in by_call}
    assert most / truth["events"] < 0.34, f"{call} is {most / truth['events']:.0%} of the events"
    assert len(sources) >= 10 and len(by_call) >= 50, "too few kinds of calls to measure by"
    return len(by_call), len(sources), f"{call[1]} {most / truth['events']:.0%}"


def check_limit(run, truth):
    answer = json.loads(run.stdout)
    assert answer["raw"] == truth["raw"], f"{answer['raw']} bytes of {truth['raw']}"


def digest(groups):
    """Of very many groups, in whatever order."""
    lines = sorted(json.dumps(group) for group in groups)
    return [len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()]


def check_resources(run, truth):
    groups = [json.loads(line) for line in run.stdout.splitlines()]
    assert digest(groups) == truth["resources"], "the groups differ from a plain reading"


def check_policy(run, truth):
    assert json.loads(run.stdout)["Statement"], "no policy"


def check_groups(run, truth):
    assert json.loads(run.stdout) == truth["calls"], "the groups differ from a plain reading"


# The generator writes one resource for each of these calls where AWS asks for several: action → how many.
SEVERAL_RESOURCES = {"glue:GetPartitions": 3, "glue:GetTable": 3, "rds:CreateDBSnapshot": 2}
# It counts these, and nobody needs a permission for them.
NEEDS_NOTHING = {"sts:GetCallerIdentity"}


def check_leastwise(run, truth):
    """Used and denied counts of each principal and action equal the generator's truth, exactly. What the
    generator does not count in its truth are the attacks that it injects; its own labels count those."""
    rows = json.loads(run.stdout)
    assert rows, "no usage"
    if truth["generated"] is None:
        return
    compared = 0
    for kind in ("used", "denied"):
        several = SEVERAL_RESOURCES if kind == "used" else {}  # a refusal names the one that was refused
        found, wanted = collections.Counter(), collections.Counter()
        for row in rows:
            if row["outcome"] == kind:
                found[row["principal"], row["action"]] += row["count"]
        for principal, of in truth["generated"].items():
            for action, resources in of[kind].items():
                if action not in NEEDS_NOTHING:
                    wanted[principal, action] += sum(resources.values()) * several.get(action, 1)
        attacks = {key: n for key, n in found.items() if key not in wanted}
        wrong = [key for key in wanted if found[key] != wanted[key]]
        shown = [f"{key}: {found[key]} instead of {wanted[key]}" for key in sorted(wrong)[:10]]
        assert not wrong, f"{kind}: {len(wrong)} differ from truth.json\n" + "\n".join(shown)
        assert sum(attacks.values()) <= 2 * truth["attacks"], f"{kind}: more than was done: {sorted(attacks)[:10]}"
        compared += len(wanted)
    assert compared > 500, "too little to compare"


# --- measuring and telling -------------------------------------------------------------------------------


def check(contender_check, run, kept, truth):
    """Checks what a run printed into a file."""
    contender_check(run._replace(stdout=pathlib.Path(kept).read_bytes()), truth)


def apart(function, *arguments):
    """Calls it in a process of its own: what a program needs at most is measured from the memory of whoever starts it on."""
    with concurrent.futures.ProcessPoolExecutor(max_workers=1) as process:
        return process.submit(function, *arguments).result()


def measure_all(chosen, rounds, truth):
    """Every contender on every number of threads, in turns; the first answer of each is checked."""
    runs = collections.defaultdict(list)
    cores = len(os.sched_getaffinity(0))
    for turn in range(rounds):
        for contender in chosen:
            if turn >= 2 and statistics.median(r.wall for r in runs[contender.name, 1]) > 30:
                continue  # two runs of a slow program tell enough
            for threads in contender.threads:
                if threads > cores:
                    continue
                with tempfile.NamedTemporaryFile() as kept:
                    run = measure(contender.command(threads), threads, keep=kept.name)
                    if turn == 0:
                        apart(check, contender.check, run, kept.name, truth)
                runs[contender.name, threads].append(run)
                print(f"round {turn + 1}: {contender.name} × {threads}: {run.wall:.2f} s", file=sys.stderr)
    return runs


def lines(chosen, runs, truth):
    """One row for each contender and number of threads."""
    rate, out = {}, []
    for contender in chosen:
        events = contender.events(truth)
        for threads in contender.threads:
            of = runs.get((contender.name, threads))
            if not of:
                continue
            wall, cpu = statistics.median(r.wall for r in of), statistics.median(r.cpu for r in of)
            rate[contender.name, threads] = events / wall, events / cpu
            limit = rate.get(("libdeflate", threads))
            row = {
                "contender": contender.name,
                "threads": threads,
                "runs": len(of),
                "wall seconds": round(wall, 2),
                "events/s": round(events / wall),
                "of the limit": limit and round(events / wall / limit[0], 4),
                "events per CPU-second": round(events / cpu),
                "of the limit, by CPU": limit and round(events / cpu / limit[1], 4),
                "peak MB": round(max(r.rss for r in of) / 1e6),
            }
            out.append(row)
    return out


def table(rows):
    """The rows as a Markdown table."""
    head = list(rows[0])
    text = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        cells = [f"{v:,}" if isinstance(v, int) else ("–" if v is None else str(v)) for v in row.values()]
        text.append("| " + " | ".join(cells) + " |")
    return "\n".join(text)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--bin", type=pathlib.Path, required=True, help="where the release binaries are")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--only", nargs="+", help="only these contenders (the limit always runs)")
    arguments.add_argument("--json", type=pathlib.Path, help="write the rows there too")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        logs, chosen = contenders(given.folder.resolve(), given.bin.resolve(), scratch)
        if given.only:
            chosen = [c for c in chosen if c.name == "libdeflate" or c.name in given.only]
        truth = apart(read_truth, logs, given.folder)
        calls, sources, largest = guard_mix(truth)
        rows = lines(chosen, measure_all(chosen, given.rounds, truth), truth)
    print(f"{truth['events']:,} events, {truth['raw']:,} bytes unpacked, {len(truth['per_file']):,} files; "
          f"{calls} calls of {sources} sources, the largest is {largest}; {platform.machine()}, "
          f"{len(os.sched_getaffinity(0))} cores; every answer was checked\n")
    print(table(rows))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
