"""Policies per CPU-second: `leastwise check`, with all its checks, beside cloudsplaining and parliament.

The policies are AWS's managed ones, from the catalogue's own data, all of them for each tool: what a policy costs differs
by a thousand, so a part of them would say little. leastwise is measured as a whole process, start-up, reading of files and
printing of JSON included; the peers from when they are imported, with the documents in memory, which favours them.
cloudsplaining runs as its own command does for one policy (`scan_policy`: all that it finds), parliament likewise
(`analyze_policy_string`). Rounds take turns. Processor time of one thread counts, not the clock.

What guards the figures: what gives everything away must be found; the share of policies in which something dangerous is
found must be neither small nor all, for leastwise and for cloudsplaining; parliament must be able to read more than half
of what it gets; and the findings must be the same in every round.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile

import parliament
from cloudsplaining.command.scan_policy_file import scan_policy

DATA = pathlib.Path(__file__).parent.parent / "crates/catalog/data/managed/policies.txt"
WIDE = ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"]


def cpu(who=resource.RUSAGE_SELF):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def policies():
    rows = (line.split(" ", 3) for line in DATA.read_text().splitlines() if not line.startswith("#"))
    return {name: json.loads(document) for _, name, _, document in rows}


def leastwise(binary, folder):
    before = cpu(resource.RUSAGE_CHILDREN)
    command = [binary, "check", folder, "--output", "json", "--fail-on", "never", "--quiet"]
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "RAYON_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    used = cpu(resource.RUSAGE_CHILDREN) - before
    return used, json.loads(done.stdout)["findings"]


def cloudsplained(documents):
    before = cpu()
    results = {name: scan_policy(document) for name, document in documents.items()}
    used = cpu() - before
    risky = lambda risks: any(isinstance(risk, dict) and risk["findings"] for risk in risks.values())  # noqa: E731
    return used, {name for name, risks in results.items() if risky(risks)}


def parliamented(documents):
    """What it cannot read (value types that are newer than itself) is left out and counted."""
    used, found, failed = 0.0, set(), 0
    for name, document in documents.items():
        text = json.dumps(document)
        before = cpu()
        try:
            policy = parliament.analyze_policy_string(text)
        except Exception:  # It raises bare exceptions.
            failed += 1
            continue
        used += cpu() - before
        if policy.findings:
            found.add(name)
    return used, found, len(documents) - failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    args = parser.parse_args()
    documents = policies()
    results = {"leastwise": [], "cloudsplaining": [], "parliament": []}
    seen = None
    with tempfile.TemporaryDirectory() as folder:
        for name, document in documents.items():
            pathlib.Path(folder, f"{name}.json").write_text(json.dumps(document, indent=2))
        # The peers' first use loads their own data.
        cloudsplained({"w": documents["AdministratorAccess"]})
        parliamented({"w": documents["AdministratorAccess"]})
        many = len(documents)
        for _ in range(args.rounds):
            used, findings = leastwise(args.bin, folder)
            results["leastwise"].append(many / used)
            told = sorted((pathlib.Path(one["file"]).stem, one["code"], one["pointer"]) for one in findings)
            assert seen in (None, told), "findings differ between rounds"
            seen = told
            used, found = cloudsplained(documents)
            results["cloudsplaining"].append(many / used)
            assert many * 0.05 < len(found) < many, f"cloudsplaining finds something in {len(found)} of {many}"
            assert found.issuperset(WIDE), "cloudsplaining finds nothing in what gives everything away"
            used, found, read = parliamented(documents)
            results["parliament"].append(read / used)
            assert read > many / 2, f"parliament reads {read} of {many}"
    dangerous = {name for name, code, _ in seen if code in DANGEROUS}
    assert 0.1 < len(dangerous) / len(documents) < 0.9, f"dangerous: {len(dangerous)} of {len(documents)}"
    for name in WIDE:
        assert name in dangerous, f"nothing dangerous in {name}"
    ours = statistics.median(results["leastwise"])
    print(f"{len(documents)} policies, {len(seen)} findings, dangerous ones in {len(dangerous)}")
    for name, rates in results.items():
        rate = statistics.median(rates)
        ratio = "" if name == "leastwise" else f"   leastwise {ours / rate:.1f} x"
        print(f"{name:16} {rate:10,.0f} policies per CPU-second{ratio}")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps({"policies": len(documents), "rates": results}, indent=1))


DANGEROUS = {
    "ADMIN_ACCESS",
    "AUDIT_TAMPERING",
    "BACKUP_DESTRUCTION",
    "CREDENTIAL_EXPOSURE",
    "DATA_EXFILTRATION",
    "DESTRUCTIVE_ANYWHERE",
    "ESCALATION_POSSIBLE",
    "PERMISSIONS_MANAGEMENT",
    "RESOURCE_EXPOSURE",
    "SERVICE_ADMIN",
}

if __name__ == "__main__":
    main()
