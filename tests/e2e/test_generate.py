"""Every format that `leastwise generate` writes is read by the tool that its users use, and holds the same documents.

JSON by moto's IAM, CloudFormation by cfn-lint and by moto's CloudFormation, Terraform by `terraform fmt`, the script by
a shell in which `aws` is a stand-in that writes down how it was called.
"""

import json
import os
import shutil
import subprocess

import boto3
import cfnlint
import pytest
import yaml
from moto import mock_aws

# Quotes and dollars are what a script could get wrong; admin brings a boundary.
ROLES = """
roles:
  Worker:
    permissions:
      - consume: jobs
      - read: own
      - admin: sandbox
    never:
      - delete: own
    trust: [lambda, {account: "444455556666", external_id: "it's $HOME"}]
    session: 2h
    owner: Größe @example.com
resources:
  jobs: arn:aws:sqs:eu-west-1:111122223333:jobs
  own: arn:aws:s3:::shared/${aws:username}/*
  sandbox: arn:aws:s3:::sandbox
"""


@pytest.fixture
def generated(run, tmp_path):
    """Generates the roles in a format and gives the files by name."""

    def generated(*flags):
        (tmp_path / "roles.yaml").write_text(ROLES)
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        run("generate", "roles.yaml", "--out", out, *flags, cwd=tmp_path)
        return {path.name: path for path in sorted(out.iterdir())}

    return generated


@pytest.fixture
def iam(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield boto3.client("iam")


def documents(generated):
    files = generated()
    return {key: json.loads(files[f"worker-{key}.json"].read_text()) for key in ("identity", "trust", "boundary")}


def test_iam_takes_the_documents_of_a_role(generated, iam):
    given = documents(generated)
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=json.dumps(given["boundary"]))["Policy"]["Arn"]
    iam.create_role(
        RoleName="Worker",
        AssumeRolePolicyDocument=json.dumps(given["trust"]),
        PermissionsBoundary=boundary,
    )
    policy = iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(given["identity"]))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="Worker", PolicyArn=policy)
    assert iam.get_role(RoleName="Worker")["Role"]["AssumeRolePolicyDocument"] == given["trust"]


def test_cloudformation_makes_the_same_role(generated, iam):
    given = documents(generated)
    template = generated("--format", "cloudformation")["worker.yaml"]
    assert [str(match) for match in cfnlint.lint_file(template)] == []
    boto3.client("cloudformation").create_stack(
        StackName="worker", TemplateBody=template.read_text(), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    role = iam.get_role(RoleName="Worker")["Role"]
    assert role["AssumeRolePolicyDocument"] == given["trust"]
    assert role["MaxSessionDuration"] == 7200
    (attached,) = iam.list_attached_role_policies(RoleName="Worker")["AttachedPolicies"]
    version = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"] == given["identity"]


@pytest.mark.parametrize("style", ["jsonencode", "document"])
def test_terraform_finds_nothing_to_lay_out_anew(generated, style):
    if not shutil.which("terraform"):
        pytest.skip("terraform is not here")
    text = generated("--format", "terraform", "--terraform-style", style)["worker.tf"].read_text()
    done = subprocess.run(["terraform", "fmt", "-"], input=text, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, text), done.stderr


def test_a_shell_hands_the_same_documents_to_aws(generated, tmp_path):
    given = documents(generated)
    script = generated("--format", "script")["worker.sh"]
    calls = tmp_path / "calls"
    calls.mkdir()
    stand_in = tmp_path / "bin" / "aws"
    stand_in.parent.mkdir()
    stand_in.write_text(
        "#!/usr/bin/env python3\n"
        "import json, os, sys\n"
        f"folder = {str(calls)!r}\n"
        "json.dump(sys.argv[1:], open(os.path.join(folder, f'{len(os.listdir(folder)):02}'), 'w'))\n"
        "print('arn:aws:iam::111122223333:policy/made')\n"
    )
    stand_in.chmod(0o755)
    env = {**os.environ, "PATH": f"{stand_in.parent}:{os.environ['PATH']}"}
    subprocess.run(["sh", str(script)], check=True, env=env, capture_output=True)
    made = [json.loads(path.read_text()) for path in sorted(calls.iterdir())]
    assert [call[1] for call in made] == ["create-policy", "create-role", "create-policy", "attach-role-policy"]

    def option(call, name):
        return call[call.index(name) + 1]

    boundary, role, identity, attach = made
    assert json.loads(option(boundary, "--policy-document")) == given["boundary"]
    assert json.loads(option(identity, "--policy-document")) == given["identity"]
    assert json.loads(option(role, "--assume-role-policy-document")) == given["trust"]
    assert json.loads(option(role, "--tags")) == [{"Key": "owner", "Value": "Größe @example.com"}]
    assert option(role, "--permissions-boundary") == option(attach, "--policy-arn") != ""


def test_every_intent_of_the_corpus_is_shown_by_its_own_requests(run, root, tmp_path):
    """`--tests` beside each of the intents: `simulate` allows each line and denies its neighbour."""
    answers = 0
    for path in sorted((root / "crates/generate/tests/intents").glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text()):
            roles = tmp_path / f"{entry['id']}.yaml"
            roles.write_text(entry["roles"])
            out = tmp_path / entry["id"]
            run("--quiet", "generate", roles, "--out", out, "--tests")
            for snapshot in out.glob("*.snapshot.json"):
                requests = str(snapshot).replace(".snapshot.json", ".requests.jsonl")
                lines = run("--quiet", "simulate", "--snapshot", snapshot, "--batch", requests).stdout.splitlines()
                for line in map(json.loads, lines):
                    assert line["decision"] == line["id"]["expect"], line
                    answers += 1
    assert answers > 1_000


def test_a_guardrail_is_taken_in_every_format(generated, monkeypatch, tmp_path):
    given = json.loads(generated("--guardrail")["worker-guardrail.json"].read_text())
    template = generated("--guardrail", "--format", "cloudformation")["worker-guardrail.yaml"]
    assert [str(match) for match in cfnlint.lint_file(template)] == []
    if shutil.which("terraform"):
        text = generated("--guardrail", "--format", "terraform")["worker-guardrail.tf"].read_text()
        done = subprocess.run(["terraform", "fmt", "-"], input=text, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, text), done.stderr
    script = generated("--guardrail", "--format", "script")["worker-guardrail.sh"]
    stand_in = tmp_path / "bin" / "aws"
    stand_in.parent.mkdir()
    call = tmp_path / "call"
    stand_in.write_text(f"#!/usr/bin/env python3\nimport json, sys\njson.dump(sys.argv[1:], open({str(call)!r}, 'w'))\n")
    stand_in.chmod(0o755)
    env = {**os.environ, "PATH": f"{stand_in.parent}:{os.environ['PATH']}"}
    subprocess.run(["sh", str(script)], check=True, env=env, capture_output=True)
    arguments = json.loads(call.read_text())
    content = arguments[arguments.index("--content") + 1]
    assert json.loads(content) == given
    assert len(content) <= 10_240
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        organizations = boto3.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        made = organizations.create_policy(
            Content=content, Description="d", Name="worker-guardrail", Type="SERVICE_CONTROL_POLICY"
        )
        assert json.loads(made["Policy"]["Content"]) == given
