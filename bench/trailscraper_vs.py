#!/usr/bin/env python3
"""Puts the policy that trailscraper makes of a principal's events beside the one that leastwise makes.

    bench/trailscraper_vs.py LOGS --bin leastwise [--facts aws_facts.json.gz] [--least EVENTS]

Both get exactly the same events of one principal. What is counted: actions that do not exist in the
catalogue of actions (--facts; ../shared/data/aws-catalogue has one), actions granted though every call of
that name was denied, actions on `*` that AWS could limit to a resource, and the size against the quota of
a managed policy (6,144 characters without white space).
"""

import argparse
import collections
import fnmatch
import glob
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

QUOTA = 6144
DENIED = ("AccessDenied*", "*UnauthorizedOperation*", "Forbidden*", "UnauthorizedAccess*")


def records_by_principal(logs):
    """Role ARN by issuer, or user ARN → its records."""
    found = collections.defaultdict(list)
    for path in sorted(glob.glob(f"{logs}/**/*.json.gz", recursive=True)):
        for record in json.loads(gzip.open(path).read())["Records"]:
            who = record.get("userIdentity") or {}
            issuer = ((who.get("sessionContext") or {}).get("sessionIssuer") or {}).get("arn")
            principal = issuer or who.get("arn")
            if principal and "/aws-service-role/" not in principal:
                found[principal].append(record)
    return found


def denied_only(records):
    """Names of calls (source, name) that were denied each time."""
    outcomes = collections.defaultdict(set)
    for record in records:
        code = record.get("errorCode") or ""
        source = record["eventSource"].split(".")[0]
        outcomes[source, record["eventName"]].add(any(fnmatch.fnmatch(code, glob) for glob in DENIED))
    return {f"{source}:{name}".lower() for (source, name), denied in outcomes.items() if denied == {True}}


class Facts:
    """Which actions exist, and which of them can be limited to a resource."""

    def __init__(self, path):
        services = json.load(gzip.open(path))
        self.actions = {
            f"{prefix}:{name}".lower(): bool(action.get("r"))
            for prefix, service in services.items()
            for name, action in service["a"].items()
        }

    def expand(self, pattern):
        lower = pattern.lower()
        if "*" not in lower and "?" not in lower:
            return [lower]
        return [action for action in self.actions if fnmatch.fnmatchcase(action, lower)]


def figures(documents, facts, denied):
    """What is counted of one or several policy documents."""
    granted, on_star = set(), set()
    for document in documents:
        for statement in as_list(document["Statement"]):
            if statement["Effect"] != "Allow":
                continue
            actions = {a for pattern in as_list(statement["Action"]) for a in facts.expand(pattern)}
            granted |= actions
            if "*" in as_list(statement["Resource"]):
                on_star |= actions
    sizes = [len("".join(json.dumps(d, separators=(",", ":")).split())) for d in documents]
    return {
        "actions": len(granted),
        "that do not exist": len([a for a in granted if a not in facts.actions]),
        "only ever denied": len(granted & denied),
        "on * though AWS can limit them": len([a for a in on_star if facts.actions.get(a)]),
        "on *": len(on_star),
        "documents": len(documents),
        "characters": " + ".join(f"{size:,}" for size in sizes),
        "of the quota": f"{max(sizes) / QUOTA:.2f}",
    }


def as_list(value):
    return value if isinstance(value, list) else [value]


def trailscraper(records):
    scraper = pathlib.Path(sys.executable).parent / "trailscraper"
    done = subprocess.run(
        [scraper, "generate"], input=json.dumps({"Records": records}), capture_output=True, text=True, check=True
    )
    return [json.loads(done.stdout)]


def leastwise(binary, records, principal):
    """The documents at --width prefix, and whether the proof holds."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        log, proof, out = folder / "log.json", folder / "proof.json", folder / "out"
        log.write_text(json.dumps({"Records": records}))
        command = [binary, "--quiet", "rightsize", log, "--principal", principal, "--width", "prefix"]
        done = subprocess.run([*command, "--out", out, "--proof", proof], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        policies = [path for path in sorted(out.rglob("*.json")) if "Statement" in json.loads(path.read_text())]
        check = [binary, "verify", proof, "--policy", *policies, "--logs", log]
        holds = subprocess.run(check, capture_output=True).returncode == 0
        return [json.loads(path.read_text()) for path in policies], holds


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("logs", type=pathlib.Path)
    arguments.add_argument("--bin", required=True)
    arguments.add_argument("--facts", default="../shared/data/aws-catalogue/aws_facts.json.gz")
    arguments.add_argument("--least", type=int, default=30, help="leave out principals with fewer events")
    given = arguments.parse_args()
    facts = Facts(given.facts)
    rows = []
    for principal, records in records_by_principal(given.logs).items():
        if len(records) < given.least:
            continue
        denied = denied_only(records)
        ours, holds = leastwise(given.bin, records, principal)
        name = f"`{principal.split(':')[-1]}`, {len(records):,} events"
        rows.append({"principal": name, "by": "trailscraper", **figures(trailscraper(records), facts, denied)})
        rows[-1]["proof holds"] = "none given"
        rows.append({"principal": name, "by": "leastwise", **figures(ours, facts, denied)})
        rows[-1]["proof holds"] = "yes" if holds else "no"
    print("| " + " | ".join(rows[0]) + " |")
    print("|---" * len(rows[0]) + "|")
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


if __name__ == "__main__":
    main()
