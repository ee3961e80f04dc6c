"""A million requests through `leastwise simulate --batch`: every use of a log, asked anew of the account's snapshot.

The lines are those of `leastwise usage`, as often as they were counted and in no order. The answers of one and of two
threads must be the same text, and each verdict is also had with `--reasons`, from the evaluator that explains.
"""

import collections
import itertools
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time


def lines(usage):
    """One line for each row, with how often it was used."""
    for row in usage:
        asked = {key: row[key] for key in ("principal", "action", "resource")}
        asked |= {"context": row["context"], "complete_context": True}
        if row["resource_is"] == "exact":
            asked["resource_is"] = "exact"
        yield json.dumps(asked), row["count"]


def simulate(leastwise, snapshots, batch, out, *more):
    """The answers land in `out`; returns the seconds on the wall and on the cores."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with out.open("wb") as file:
        ran = subprocess.run([str(part) for part in [leastwise, "--quiet", "simulate", "--snapshot", *snapshots,
                                                      "--batch", batch, *more]], stdout=file)
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode not in (0, 3):  # 3: some lines could not be decided; they are counted below.
        sys.exit(f"simulate --batch failed with {ran.returncode}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def answers(file):
    with file.open() as text:
        return [answer.get("verdict", "undecided") for answer in map(json.loads, text)]


def run(bins, usage, snapshots, rounds, scratch):
    leastwise, asked = bins / "leastwise", list(lines(usage))
    once, batch = scratch / "once.jsonl", scratch / "batch.jsonl"
    once.write_text("".join(f"{line}\n" for line, _ in asked))
    many = list(itertools.chain.from_iterable([number] * count for number, (_, count) in enumerate(asked)))
    random.Random(1).shuffle(many)
    with batch.open("w") as file:
        file.writelines(f"{asked[number][0]}\n" for number in many)
    simulate(leastwise, snapshots, once, scratch / "reasons.jsonl", "--reasons")
    explained = answers(scratch / "reasons.jsonl")
    took, told = collections.defaultdict(list), {}
    for _ in range(rounds):
        for threads in (1, 2):
            out = scratch / f"answers-{threads}.jsonl"
            took[threads].append(simulate(leastwise, snapshots, batch, out, "--threads", threads))
            told[threads] = out.read_bytes()
    assert told[1] == told[2], "two threads answer otherwise than one"
    found = answers(scratch / "answers-1.jsonl")
    assert found == [explained[number] for number in many], "answers differ from those with reasons"
    mix = ", ".join(f"{kind} {n / len(found):.0%}" for kind, n in collections.Counter(found).most_common())
    print(f"\nsimulate --batch of {len(found):,} lines, {os.stat(batch).st_size / 1e6:.0f} MB, every answer checked"
          f" against the evaluator with reasons: {mix}\n")
    for threads, of in took.items():
        wall, core = (statistics.median(one[n] for one in of) for n in (0, 1))
        print(f"- {threads} thread{'s'[: threads - 1]}: {len(found) / wall:,.0f} decisions a second"
              f" ({wall:.2f} s, {core:.2f} CPU-seconds)")
