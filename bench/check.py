"""Policies per CPU-second: `leastwise check`, with all its checks, beside cloudsplaining and parliament.

The policies are AWS's managed ones, from the catalogue's own data, all of them for each tool: what a policy costs differs
by a thousand, so a part of them would say little. Each tool is a process that reads the same files from the same folder,
judges them and prints JSON: start-up and all, for every one of them. cloudsplaining runs as its own command does for one
policy (`scan_policy`: all that it finds), parliament likewise (`analyze_policy_string`). What the peers take for judging
alone, once they are imported and have the documents in memory, is printed too, beside the whole of leastwise's process.
Rounds take turns. Processor time of one thread counts, not the clock.

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
import sys
import tempfile

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


def cloudsplained(texts):
    """What one process does with all documents: the names of those in which it found something, and what to print."""
    from cloudsplaining.command.scan_policy_file import scan_policy

    documents = {name: json.loads(text) for name, text in texts.items()}
    scan_policy(documents["AdministratorAccess"])  # The first use loads its own data.
    before = cpu()
    results = {name: scan_policy(document) for name, document in documents.items()}
    used = cpu() - before
    risky = lambda risks: any(isinstance(risk, dict) and risk["findings"] for risk in risks.values())  # noqa: E731
    return used, [name for name, risks in results.items() if risky(risks)], len(documents), results


def parliamented(texts):
    """The same; what it cannot read (value types that are newer than itself) is left out and counted."""
    import parliament

    parliament.analyze_policy_string(texts["AdministratorAccess"])
    results = {}
    before = cpu()
    for name, text in texts.items():
        try:
            results[name] = [str(finding) for finding in parliament.analyze_policy_string(text).findings]
        except Exception:  # It raises bare exceptions.
            continue
    used = cpu() - before
    return used, [name for name, findings in results.items() if findings], len(results), results


PEERS = {"cloudsplaining": cloudsplained, "parliament": parliamented}


def be(peer, folder):
    """Runs as one of the peers: from files to JSON."""
    texts = {path.stem: path.read_text() for path in sorted(pathlib.Path(folder).iterdir())}
    used, found, read, results = PEERS[peer](texts)
    print(json.dumps({"judging": used, "found": found, "read": read, "results": results}, default=str))


def peer(name, folder):
    """The peer's whole process, and what it takes for judging alone."""
    before = cpu(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, __file__, "--be", name, folder], capture_output=True, check=True)
    return cpu(resource.RUSAGE_CHILDREN) - before, json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    parser.add_argument("--be", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.be:
        be(*args.be)
        return
    documents = policies()
    whole = {"leastwise": [], "cloudsplaining": [], "parliament": []}
    judging = {"cloudsplaining": [], "parliament": []}
    seen = None
    with tempfile.TemporaryDirectory() as folder:
        for name, document in documents.items():
            pathlib.Path(folder, f"{name}.json").write_text(json.dumps(document, indent=2))
        many = len(documents)
        for _ in range(args.rounds):
            used, findings = leastwise(args.bin, folder)
            whole["leastwise"].append(many / used)
            told = sorted((pathlib.Path(one["file"]).stem, one["code"], one["pointer"]) for one in findings)
            assert seen in (None, told), "findings differ between rounds"
            seen = told
            for name in judging:
                used, told = peer(name, folder)
                whole[name].append(told["read"] / used)
                judging[name].append(told["read"] / told["judging"])
                found = set(told["found"])
                assert many * 0.05 < len(found) < many, f"{name} finds something in {len(found)} of {many}"
                assert told["read"] > many / 2, f"{name} reads {told['read']} of {many}"
                if name == "cloudsplaining":
                    assert found.issuperset(WIDE), "cloudsplaining finds nothing in what gives everything away"
    dangerous = {name for name, code, _ in seen if code in DANGEROUS}
    assert 0.1 < len(dangerous) / len(documents) < 0.9, f"dangerous: {len(dangerous)} of {len(documents)}"
    for name in WIDE:
        assert name in dangerous, f"nothing dangerous in {name}"
    ours = statistics.median(whole["leastwise"])
    print(f"{len(documents)} policies, {len(seen)} findings, dangerous ones in {len(dangerous)}")
    print(f"leastwise        {ours:10,.0f} policies per CPU-second")
    for name, alone in judging.items():
        rate, alone = statistics.median(whole[name]), statistics.median(alone)
        text = f"leastwise {ours / rate:.1f} x; judging alone {alone:,.0f}, {ours / alone:.1f} x"
        print(f"{name:16} {rate:10,.0f}   {text}")
    if args.json:
        rates = {"whole": whole, "judging": judging}
        pathlib.Path(args.json).write_text(json.dumps({"policies": len(documents), "rates": rates}, indent=1))


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
