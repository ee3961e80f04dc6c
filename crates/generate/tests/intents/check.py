#!/usr/bin/env python3
"""Checks the intents of this folder against the facts of ../shared/data/aws-catalogue and counts them.

    python3 check.py            (PyYAML is needed)

Every action exists; every resource is one of a type that its action supports, or `*` for an action that needs none;
ids are unique; roles YAML, flags and words are there, and each phrasing names each resource and who holds the role;
what is expected is not forbidden; one level on one type comes to the same everywhere. Exit 1 when something is wrong.
"""
import gzip
import json
import re
import sys
from collections import Counter
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
FACTS = HERE.parents[3] / "../shared/data/aws-catalogue/aws_facts.json.gz"
LEVELS = {"read", "list", "describe", "write", "update", "delete", "tag", "admin"}
# Places whose ARN in a policy differs from the format in the service reference, with the page that says so.
ALSO = {
    # "Use the second version, with the trailing :*": docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    "logs": {"log-group": ["arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}:*"]},
}
# What a phrasing says of the holder, by trust principal.
HOLDER = {
    "lambda.amazonaws.com": "lambda",
    "ecs-tasks.amazonaws.com": "ecs|fargate|batch",
    "ec2.amazonaws.com": "ec2",
    "states.amazonaws.com": "state machine|step functions",
    "events.amazonaws.com": "eventbridge",
    "scheduler.amazonaws.com": "scheduler",
    "pipes.amazonaws.com": "pipe",
    "codebuild.amazonaws.com": "codebuild",
    "codepipeline.amazonaws.com": "codepipeline",
    "glue.amazonaws.com": "glue",
    "apigateway.amazonaws.com": "api gateway",
    "firehose.amazonaws.com": "firehose",
    "sagemaker.amazonaws.com": "sagemaker",
    "iot.amazonaws.com": "iot",
    "pods.eks.amazonaws.com": "pod",
}
# Last parts of an ARN that are no name: all of a type.
KINDS = {"instance", "secret", "change", "transcription-job"}
# Types whose contents depend on what is bound: a table or its stream, a bucket or all of them, a parameter or a path.
DEPENDS = {("dynamodb", "table", "read"), ("s3", "", "list"), ("ssm", "parameter", "read")}
FIELDS = {"id", "roles", "flags", "words", "expect", "denies", "conditions", "never", "trust", "warns", "asks", "why"}


class Strict(yaml.SafeLoader):
    """No duplicate keys."""


def mapping(loader, node, deep=False):
    keys = [loader.construct_object(key, deep=deep) for key, _ in node.value]
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise yaml.YAMLError(f"duplicate key {twice[0]} {node.start_mark}")
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)


def fits(resource, templates):
    """Whether a resource of an intent (wildcards and placeholders allowed) can be of a catalogue's ARN format."""
    for template in templates.split(", "):
        literals = re.split(r"\$\{\w+\}|\*", template)
        if re.fullmatch(".*".join(map(re.escape, literals)), resource):
            return True
    return False


def action_problem(facts, action, resources):
    prefix, _, name = action.partition(":")
    service = facts.get(prefix)
    if service is None:
        return f"no service {prefix}"
    if name == "*":
        return None
    fact = service["a"].get(name)
    if fact is None:
        return f"no action {action}"
    types = [t if isinstance(t, str) else t[0] for t in fact.get("r", [])]
    required = any(t.endswith("*") for t in types)
    for resource in resources or []:
        if resource == "*":
            if required:
                return f"{action} has a resource type, `*` is too wide"
            continue
        formats = []
        for kind in (t.rstrip("*") for t in types):
            formats += service["r"].get(kind, [[]])[:1] + ALSO.get(prefix, {}).get(kind, [])
        if not any(fits(resource, template) for template in formats if template):
            return f"{action} is not about {resource}"
    return None


def name_in(arn):
    """The name that people would say for a resource, or nothing when it is all of a kind."""
    last = [part for part in re.split(r"[:/]", arn.split(":", 5)[5]) if part and part != "*"][-1]
    return "" if last in KINDS else re.sub(r"-a1b2c3$", "", last).rstrip("*").rstrip("-").lower()


def check_words(entry, bound, wrong):
    arns = [arn for value in bound.values() for arn in (value if isinstance(value, list) else [value])]
    for text in entry["words"]:
        for arn in arns:
            if arn.startswith("arn:") and name_in(arn) not in text.lower():
                wrong(f"`{text}` does not name {arn}")
        if "trust" in entry and not re.search(HOLDER[entry["trust"]], text.lower()):
            wrong(f"`{text}` does not name {entry['trust']}")
        if "arn:aws" in text and any("words_resources" in expected for expected in entry["expect"]):
            wrong("whole ARNs in the words, yet words_resources")


def level_of(entry, role, bound):
    """(service, type, level) and the actions, when the intent is one level on one resource."""
    if len(role["permissions"]) != 1:
        return None
    (level, name), = role["permissions"][0].items()
    if level not in LEVELS:
        return None
    arn = bound[name][0] if isinstance(bound[name], list) else bound[name]
    service, kind = arn.split(":")[0], ""
    if arn.startswith("arn:"):
        service, resource = arn.split(":")[2], arn.split(":", 5)[5]
        parts = re.split(r"[:/]", resource)
        kind = parts[0] if len(parts) > 1 and service != "s3" else ""
    actions = sorted(action for expected in entry["expect"] for action in expected["actions"])
    return (service, kind, level), tuple(actions)


def check_entry(facts, entry, problems):
    def wrong(text):
        problems.append(f"{entry.get('id')}: {text}")

    for field in set(entry) - FIELDS:
        wrong(f"unknown field {field}")
    for field in ("id", "roles", "flags", "words", "expect", "asks"):
        if field not in entry:
            wrong(f"no {field}")
    if len(entry["words"]) != 3 or len({w.lower() for w in entry["words"]}) != 3:
        wrong("not three different phrasings")
    if entry["asks"] and "why" not in entry:
        wrong("asks without why")
    roles = yaml.load(entry["roles"], Strict)
    bound = roles["resources"]
    for role in roles["roles"].values():
        named = [name for permission in role["permissions"] + role.get("never", []) for name in permission.values()]
        for name in named:
            if name not in bound:
                wrong(f"{name} is not bound")
        for name in bound:
            if name not in named:
                wrong(f"{name} is bound and not used")
        if role.get("trust") != entry.get("trust"):
            wrong("trust differs")
    if not entry["asks"]:
        check_words(entry, bound, wrong)
    allowed = set()
    for expected in entry["expect"] + entry.get("denies", []):
        if len(expected.get("words_resources", expected["resources"])) != len(expected["resources"]):
            wrong("as many words_resources as resources")
        for action in expected["actions"] + expected.get("may", []):
            for kind in ("resources", "words_resources", "flags_resources"):
                problem = action_problem(facts, action, expected.get(kind))
                if problem:
                    wrong(problem)
    for expected in entry["expect"]:
        allowed |= set(expected["actions"]) | set(expected.get("may", []))
    for action in entry.get("never", []):
        problem = action_problem(facts, action, None)
        if problem:
            wrong(problem)
        if action in allowed:
            wrong(f"{action} is expected and forbidden")


def main():
    if not FACTS.exists():
        print("skipped: ../shared/data is not here")
        return 0
    facts = json.load(gzip.open(FACTS))
    problems, ids, services, counts = [], Counter(), Counter(), Counter()
    phrases, levels = Counter(), {}
    for path in sorted(HERE.glob("*.yaml")):
        text = path.read_text()
        if "docs.aws.amazon.com" not in text.split("- id:")[0]:
            problems.append(f"{path.name}: names no AWS page")
        for entry in yaml.load(text, Strict):
            ids[entry["id"]] += 1
            phrases.update(word.lower() for word in entry["words"])
            check_entry(facts, entry, problems)
            used = {action.partition(":")[0] for expected in entry["expect"] for action in expected["actions"]}
            services.update(used)
            roles = yaml.load(entry["roles"], Strict)
            role = next(iter(roles["roles"].values()))
            permissions = role["permissions"]
            found = level_of(entry, role, roles["resources"])
            if found and found[0] not in DEPENDS and levels.setdefault(*found) != found[1]:
                problems.append(f"{entry['id']}: {' '.join(found[0])} comes to other actions elsewhere")
            counts["files"] = len(list(HERE.glob("*.yaml")))
            counts["intents"] += 1
            counts["intents that ask"] += bool(entry["asks"])
            counts["with several destinations"] += len({name for p in permissions for name in p.values()}) > 1
            counts["over several services"] += len(used) > 1
            counts["with a source service"] += "trust" in entry
            counts["with conditions"] += "conditions" in entry
            counts["with explicit denies"] += "denies" in entry
            counts["by level alone"] += all(key in LEVELS for p in permissions for key in p)
            counts["actions expected"] += sum(len(expected["actions"]) for expected in entry["expect"])
    problems += [f"{name}: id used {count} times" for name, count in ids.items() if count > 1]
    problems += [f"phrasing used {count} times: {text}" for text, count in phrases.items() if count > 1]
    counts["services"] = len(services)
    for name, count in counts.items():
        print(f"{count:5} {name}")
    print("      " + " ".join(f"{name}:{count}" for name, count in sorted(services.items())))
    for problem in problems:
        print(f"WRONG {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
