#!/usr/bin/env python3
"""Measures how long the paths of synthetic accounts take, beside PMapper, and checks every answer.

    bench/paths.py --binary PROGRAM [--sizes 100,1000,5000] [--rounds 20] [--denials] [--pmapper PYTHON] [--keep FOLDER]

PROGRAM is `leastwise-bench-paths` (cargo build --release --manifest-path bench/paths/Cargo.toml). An account has so many
roles, one user for each fifty, and all kinds of edges; who has a path is known by construction, and no figure is printed
unless exactly those were found. PYTHON is one with `principalmapper` installed (on Python 3.10 and later its import of
`collections.Mapping` has to be mended); it is given the same principals and policies as objects, without AWS, and
measured from there to the last edge. With --denials every role is also under the two denials that many organisations put on
everything: unless MFA was used, unless the call comes from one's own network; the same have a path, under these conditions.
All times are of the processor; ours are means, since the clock is coarse.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ACCOUNT = "111122223333"
SERVICES = ["lambda", "ec2", "cloudformation", "glue", "codebuild", "ecs-tasks", "sagemaker", "states"]


def arn(kind, name):
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def statement(actions, resources="*", effect="Allow", condition=None):
    made = {"Effect": effect, "Action": actions, "Resource": resources}
    if condition:
        made["Condition"] = condition
    return made


def document(statements):
    return {"Version": "2012-10-17", "Statement": statements}


def trust(principal):
    return document([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}])


class Account:
    def __init__(self):
        self.roles, self.users, self.policies, self.truth = [], [], [], set()

    def role(self, name, statements, trusts=None, attached=(), boundary=None, path=False):
        made = {
            "Arn": arn("role", name),
            "RoleName": name,
            "RoleId": "AROA" + name.upper(),
            "Path": "/",
            "AssumeRolePolicyDocument": trusts or trust({"Service": "backup.amazonaws.com"}),
            "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document(statements)}] if statements else [],
            "AttachedManagedPolicies": [{"PolicyArn": one, "PolicyName": one.split("/")[-1]} for one in attached],
        }
        if boundary:
            made["PermissionsBoundary"] = {"PermissionsBoundaryArn": boundary}
        self.roles.append(made)
        if path:
            self.truth.add(made["Arn"])

    def user(self, name, statements):
        own = [{"PolicyName": "own", "PolicyDocument": document(statements)}]
        self.users.append({"Arn": arn("user", name), "UserName": name, "UserId": "AIDA" + name.upper(), "Path": "/",
                           "UserPolicyList": own, "AttachedManagedPolicies": [], "GroupList": []})

    def policy(self, name, statements):
        version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document(statements)}
        self.policies.append({"Arn": arn("policy", name), "PolicyName": name, "DefaultVersionId": "v1",
                              "PolicyVersionList": [version]})

    def snapshot(self):
        return {"RoleDetailList": self.roles, "UserDetailList": self.users, "GroupDetailList": [],
                "Policies": self.policies}


def account(size):
    """An account of `size` roles: one in a hundred is admin, the others go round all kinds."""
    made = Account()
    everything = [statement("*")]
    harmless = [statement(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]),
                statement(["logs:CreateLogStream", "logs:PutLogEvents"])]
    made.policy("boundary", [statement(["s3:*", "iam:PutRolePolicy"])])
    made.policy("shared", harmless)
    admins = max(len(SERVICES), size // 100)
    for number in range(admins):
        made.role(f"admin{number}", everything, trust({"Service": f"{SERVICES[number % len(SERVICES)]}.amazonaws.com"}))
    made.user("boss", everything)
    for number in range(size // 50):
        made.user(f"user{number}", harmless)
    lambda_admin = [arn("role", f"admin{number}") for number in range(admins) if number % len(SERVICES) == 0]
    chain = 0
    for number in range(size - admins):
        name, kind = f"r{number}", number % 16
        some = lambda_admin[number % len(lambda_admin)]
        function = ["lambda:CreateFunction", "lambda:InvokeFunction"]
        if kind == 0:  # passes one admin to Lambda
            made.role(name, harmless + [statement("iam:PassRole", some), statement(function)], path=True)
        elif kind == 1:  # passes a role that is no admin
            made.role(name, harmless + [statement("iam:PassRole", arn("role", "r2")), statement(function)])
        elif kind == 2:  # passes anything, under a Deny of what it needs besides
            made.role(name, harmless + [statement("iam:PassRole"), statement(function),
                                        statement("lambda:InvokeFunction", effect="Deny")])
        elif kind == 3:  # passes by a pattern, to another service
            made.role(name, harmless + [statement("iam:PassRole", arn("role", "admin*")),
                                        statement("cloudformation:CreateStack")], path=True)
        elif kind == 4:  # writes its own policy
            made.role(name, harmless + [statement("iam:PutRolePolicy", arn("role", name))], path=True)
        elif kind == 5:  # the same under a boundary
            made.role(name, harmless + [statement("iam:PutRolePolicy", arn("role", name))],
                      boundary=arn("policy", "boundary"))
        elif kind == 6:  # writes another version of a policy of its own
            made.policy(f"own{number}", harmless + [statement("iam:CreatePolicyVersion", arn("policy", f"own{number}"))])
            made.role(name, [], attached=[arn("policy", f"own{number}")], path=True)
        elif kind == 7:  # writes another version of a policy that it does not have
            made.role(name, harmless + [statement("iam:CreatePolicyVersion", arn("policy", "nobodys"))])
        elif kind == 8:  # writes the trust policy of an admin
            made.role(name, harmless + [statement("iam:UpdateAssumeRolePolicy", some)], path=True)
        elif kind == 9:  # makes a key for the admin
            made.role(name, harmless + [statement("iam:CreateAccessKey", arn("user", "boss"))], path=True)
        elif kind == 10:  # makes keys for somebody harmless
            made.role(name, harmless + [statement("iam:CreateAccessKey", arn("user", "user0"))])
        elif kind == 11:  # opens sessions on any instance
            made.role(name, harmless + [statement("ssm:StartSession")], path=True)
        elif kind == 12:  # a chain of eight, whose end passes a role
            if chain % 8 == 0:
                made.role(name, [statement("iam:PassRole", some), statement(function)],
                          trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), path=True)
            else:
                made.role(name, [statement("sts:AssumeRole", arn("role", f"r{number - 16}"))],
                          trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), path=True)
            chain += 1
        elif kind == 13:  # assumes a role that does not trust it
            made.role(name, harmless + [statement("sts:AssumeRole", some)])
        elif kind == 14:  # nothing at all
            made.role(name, harmless)
        else:  # reads, by a policy that many share
            made.role(name, [], attached=[arn("policy", "shared")])
    return made


def under_denials(made):
    """Puts two denials that hang on MFA and on the network on every role that is no admin."""
    unless = [
        statement("*", effect="Deny", condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
        statement("*", effect="Deny", condition={
            "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"]},
            "StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1a2b3c4d"},
            "Bool": {"aws:ViaAWSService": "false"}}),
    ]
    made.policy("guard", unless)
    guard = {"PolicyArn": arn("policy", "guard"), "PolicyName": "guard"}
    for role in made.roles:
        if not role["RoleName"].startswith("admin"):
            role["AttachedManagedPolicies"].append(guard)
    return made


def ours(binary, file, rounds):
    done = subprocess.run([binary, file, str(rounds)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


PMAPPER = """
import json, sys, time
sys.setrecursionlimit(10000)
from principalmapper.common import Node, Policy, Group
from principalmapper.graphing import edge_identification, gathering
listed = json.load(open(sys.argv[1]))
managed = {}
for one in listed["Policies"]:
    managed[one["Arn"]] = Policy(one["Arn"], one["PolicyName"], one["PolicyVersionList"][0]["Document"])
nodes = []
for one in listed["UserDetailList"] + listed["RoleDetailList"]:
    own = one.get("UserPolicyList") or one.get("RolePolicyList") or []
    policies = [Policy(one["Arn"], inline["PolicyName"], inline["PolicyDocument"]) for inline in own]
    policies += [managed[attached["PolicyArn"]] for attached in one["AttachedManagedPolicies"]]
    role = "RoleId" in one
    profile = [one["Arn"].replace(":role/", ":instance-profile/")] if role else None
    boundary = one.get("PermissionsBoundary")
    boundary = managed[boundary["PermissionsBoundaryArn"]] if boundary else None
    nodes.append(Node(one["Arn"], one.get("RoleId") or one["UserId"], policies, [],
                      one.get("AssumeRolePolicyDocument"), profile, 0, False, False, boundary, False, {}))
start = time.process_time()
gathering.update_admin_status(nodes, None)
kinds = list(edge_identification.checker_map)
edges = edge_identification.obtain_edges(None, kinds, nodes, None, None, None)
print(json.dumps({"seconds": time.process_time() - start, "edges": len(edges), "kinds": kinds,
                  "admins": sum(node.is_admin for node in nodes)}))
"""


def pmapper(python, file):
    done = subprocess.run([python, "-c", PMAPPER, file], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("PMapper: " + done.stderr[-2000:])
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--sizes", default="100,1000,5000")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--denials", action="store_true", help="every role is under denials that hang on conditions")
    parser.add_argument("--pmapper", metavar="PYTHON")
    parser.add_argument("--pmapper-most", type=int, default=1000, help="roles above which PMapper is left out")
    parser.add_argument("--keep", metavar="FOLDER", help="leave the accounts there")
    args = parser.parse_args()
    folder = pathlib.Path(args.keep or tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    print("| roles | with a path | reading, ms | search, ms | search and cut, ms | PMapper, ms |\n|---|---|---|---|---|---|")
    for size in map(int, args.sizes.split(",")):
        made = under_denials(account(size)) if args.denials else account(size)
        file = folder / f"account-{size}.json"
        file.write_text(json.dumps(made.snapshot()))
        measured = ours(args.binary, str(file), args.rounds)
        found = set(measured["answer"]["paths"])
        if found != made.truth:
            missed, wrong = sorted(made.truth - found), sorted(found - made.truth)
            sys.exit(f"{size}: {len(missed)} missed {missed[:5]}, {len(wrong)} wrong {wrong[:5]}")
        theirs = "–"
        if args.pmapper and size <= args.pmapper_most:
            theirs = f"{pmapper(args.pmapper, str(file))['seconds'] * 1e3:,.0f}"
        times = [f"{statistics.mean(measured[part]) * 1e3:,.1f}" for part in ("read", "search", "with_cut")]
        print(f"| {size:,} | {len(found):,} | {' | '.join(times)} | {theirs} |", flush=True)


if __name__ == "__main__":
    main()
