#!/usr/bin/env python3
"""What `leastwise generate` makes of the intents in crates/generate/tests/intents, counted per service, and what
policy_sentry makes of those among them that it can be asked: a level on an ARN.

    bench/intents.py --bin leastwise [--json FILE]

Every entry is given as roles YAML, as flags and in words (three phrasings). A pair is an action on a resource;
precision is the share of the pairs granted that are expected, recall the share of those expected that are granted.
Pairs that the corpus says one may doubt count as neither. Words that led to a question grant nothing and are
counted by themselves. policy_sentry is told the very resources that are expected (an object's ARN where objects are
meant), and is counted by actions alone.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

INTENTS = pathlib.Path(__file__).resolve().parent.parent / "crates/generate/tests/intents"
# The levels that both know, as policy_sentry calls them.
LEVELS = {"list": "list", "read": "read", "write": "write", "tag": "tagging"}


class Count:
    """Pairs that were granted, expected and both."""

    def __init__(self):
        self.granted = self.expected = self.both = 0

    def add(self, granted, expected, may=frozenset()):
        granted = granted - may
        self.granted += len(granted)
        self.expected += len(expected)
        self.both += len(granted & expected)

    def __str__(self):
        share = lambda of: "–" if not of else f"{self.both / of:.3f}"
        return f"{share(self.granted)} / {share(self.expected)}"


def listed(value):
    return value if isinstance(value, list) else [value]


def granted(document):
    """The (action, resource) pairs that a policy's statements allow."""
    pairs = set()
    for statement in listed(document["Statement"]):
        if statement["Effect"] == "Allow":
            pairs |= {(a, r) for a in listed(statement["Action"]) for r in listed(statement["Resource"])}
    return pairs


def expected(entry, form):
    """The pairs that an entry expects of a form, and those that one may doubt."""
    pairs, may = set(), set()
    for item in entry.get("expect") or []:
        resources = item["resources"]
        if form == "words":
            resources = item.get("words_resources", resources)
        if form == "flags":
            whole = all(":" in r and "arn:" in r for r in entry["flags"][1::2] if "," in r)
            resources = item.get("flags_resources", resources if whole else item.get("words_resources", resources))
        pairs |= {(a, r) for a in item["actions"] for r in resources}
        may |= {(a, r) for a in item.get("may", []) for r in resources}
    return pairs, may


def run(binary, arguments):
    """The pairs that one run grants; None when it asked or refused."""
    done = subprocess.run(
        [binary, "--quiet", "generate", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        sys.exit(f"generate {arguments} ended with {done.returncode}:\n{done.stderr}")
    pairs = set()
    for role in json.loads(done.stdout).values():
        identity = role.get("identity", [])
        for document in identity if isinstance(identity, list) else [identity]:
            pairs |= granted(document)
    return pairs


def asked(binary, entry, scratch):
    """Everything that leastwise makes of one entry: form → list of pairs or None."""
    file = pathlib.Path(scratch) / f"{entry['id']}.yaml"
    file.write_text(entry["roles"])
    return {
        "yaml": [run(binary, [str(file)])],
        "flags": [run(binary, entry["flags"])],
        "words": [run(binary, [text, "--yes"]) for text in entry["words"]],
    }


def by_service(pairs):
    found = collections.defaultdict(set)
    for action, resource in pairs:
        found[action.split(":")[0]].add((action, resource))
    return found


def level_on_arn(entry):
    """The level, when the entry is one level on ARNs."""
    roles = yaml.safe_load(entry["roles"])
    (role,) = roles["roles"].values()
    permissions = role.get("permissions", [])
    if len(permissions) != 1 or role.get("never") or role.get("conditions"):
        return None
    ((level, name),) = permissions[0].items()
    bound = listed((roles.get("resources") or {}).get(name))
    if level not in LEVELS or not all(isinstance(arn, str) and arn.startswith("arn:") for arn in bound):
        return None
    return level


def sentry(level, resources):
    """The actions that policy_sentry grants."""
    from policy_sentry.command.write_policy import write_policy_with_template

    template = {"mode": "crud", "name": "x", LEVELS[level]: sorted(resources)}
    return {action for action, _ in granted(write_policy_with_template(template))}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--bin", required=True, help="the leastwise binary")
    arguments.add_argument("--json", type=pathlib.Path, help="write the counts there too")
    given = arguments.parse_args()
    entries = [entry for path in sorted(INTENTS.glob("*.yaml")) for entry in yaml.safe_load(path.read_text())]
    counts = collections.defaultdict(lambda: collections.defaultdict(Count))
    intents, words = collections.Counter(), collections.Counter()
    levels = {"policy_sentry": Count(), "leastwise": Count(), "intents": 0, "destructive": collections.Counter()}
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(lambda entry: asked(given.bin, entry, scratch), entries))
    for entry, answer in zip(entries, answers):
        services = by_service(expected(entry, "yaml")[0])
        intents.update(services.keys())
        for form, runs in answer.items():
            wanted, may = expected(entry, form)
            for pairs in runs:
                if form == "words":
                    right = pairs is not None and wanted <= pairs <= wanted | may
                    words["asked" if pairs is None else "right" if right else "wrong"] += 1
                    words["meant to ask"] += bool(entry.get("asks"))
                    words["asked as meant"] += bool(entry.get("asks")) and pairs is None
                if pairs is None:
                    continue
                found, known, doubted = by_service(pairs), by_service(wanted), by_service(may)
                for service in found.keys() | known.keys():
                    counts[service][form].add(found[service], known[service], doubted[service])
                    counts["all"][form].add(found[service], known[service], doubted[service])
        level = level_on_arn(entry)
        resources = {r for _, r in expected(entry, "yaml")[0] if r != "*"}
        if level and resources:
            wanted, may = ({a for a, _ in pairs} for pairs in expected(entry, "yaml"))
            theirs = sentry(level, resources)
            levels["intents"] += 1
            levels["policy_sentry"].add(theirs, wanted, may)
            levels["leastwise"].add({a for a, _ in answer["yaml"][0] or ()}, wanted, may)
            levels["destructive"].update(a for a in theirs - wanted - may if ":Delete" in a)
    tell(counts, intents, words, levels, len(entries))
    if given.json:
        given.json.write_text(json.dumps({s: {f: vars(c) for f, c in by.items()} for s, by in counts.items()}, indent=1))


def tell(counts, intents, words, levels, total):
    print(f"{total} intents over {len(intents)} services; precision / recall by pairs of action and resource\n")
    print("| service | intents | roles YAML | flags | words, where understood |\n|---|---|---|---|---|")
    order = sorted((service for service in counts if service != "all"), key=lambda s: (-intents[s], s))
    for service in ["all", *order]:
        by = counts[service]
        number = total if service == "all" else intents[service]
        print(f"| {service} | {number} | {by['yaml']} | {by['flags']} | {by['words']} |")
    said = words["asked"] + words["right"] + words["wrong"]
    print(f"\nwords: {said} phrasings, {words['right']} right, {words['wrong']} wrong, {words['asked']} asked "
          f"({words['asked as meant']} of the {words['meant to ask']} that are meant to be asked)")
    print(f"\nOne level on ARNs, {levels['intents']} intents, by actions, precision / recall: "
          f"leastwise {levels['leastwise']}, policy_sentry {levels['policy_sentry']}. "
          f"What policy_sentry deletes unasked, most often: "
          + ", ".join(f"{action} ({n})" for action, n in levels["destructive"].most_common(5)))


if __name__ == "__main__":
    main()
