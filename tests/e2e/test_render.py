"""Every format that `leastwise rightsize` writes is read by the tool that its users use.

JSON by moto's IAM, CloudFormation by cfn-lint and by moto's CloudFormation, Terraform by `terraform fmt` and an HCL
parser. What comes out must be the policy that went in.
"""

import json
import re
import shutil
import subprocess

import boto3
import cfnlint
import hcl2
import pytest
from moto import mock_aws

AGENT = "arn:aws:iam::111122223333:role/agents/order-agent"
PIPELINE = "arn:aws:iam::111122223333:role/deploy"
ANALYST = "arn:aws:iam::111122223333:user/analyst"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


@pytest.fixture
def rightsized(run, root, tmp_path):
    """Right-sizes a principal of the example account and gives the files by name."""

    def rightsized(principal, *flags):
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        account = root / "examples" / "account"
        run(
            "rightsize", account / "logs", "--principal", principal,
            "--granted", account / "snapshot.json", "--out", out, *flags,
        )  # fmt: skip
        return {path.name: path for path in sorted(out.iterdir()) if path.is_file()}

    return rightsized


@pytest.fixture
def aws(monkeypatch):
    """moto's account, with the principals that the policies are attached to."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        iam = boto3.client("iam")
        iam.create_role(RoleName="order-agent", Path="/agents/", AssumeRolePolicyDocument=TRUST)
        iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=TRUST)
        iam.create_user(UserName="analyst")
        yield iam


def documents(files):
    """The policy documents among the JSON files, in order."""
    numbered = [path for name, path in files.items() if re.fullmatch(r".*-\d+\.json", name)]
    assert numbered, sorted(files)
    return [json.loads(path.read_text()) for path in sorted(numbered)]


def canonical(node):
    """One value and a list of one are the same to AWS, and so is any order within a list."""
    if isinstance(node, dict):
        return {key: canonical(value) for key, value in sorted(node.items())}
    if isinstance(node, list):
        inner = [canonical(item) for item in node]
        if len(inner) == 1 and isinstance(inner[0], str):
            return inner[0]
        return sorted(inner, key=json.dumps)
    return node


def same(left, right):
    assert [canonical(one) for one in left] == [canonical(one) for one in right]


@pytest.mark.parametrize("principal", [AGENT, PIPELINE, ANALYST])
def test_iam_takes_each_json_document_and_gives_it_back(rightsized, aws, principal):
    given = documents(rightsized(principal))
    for number, document in enumerate(given):
        policy = aws.create_policy(PolicyName=f"p{number}", PolicyDocument=json.dumps(document))["Policy"]
        version = aws.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
        same([version["Document"]], [document])


@pytest.mark.parametrize("attach", ["managed", "inline"])
@pytest.mark.parametrize("principal", [AGENT, PIPELINE, ANALYST])
def test_cfn_lint_finds_nothing_in_the_template(rightsized, principal, attach):
    files = rightsized(principal, "--format", "cloudformation", "--attach", attach)
    (template,) = [path for name, path in files.items() if name.endswith(".yaml")]
    found = cfnlint.lint_file(template)
    assert [str(match) for match in found] == []


@pytest.mark.parametrize("principal", [AGENT, PIPELINE, ANALYST])
def test_a_managed_policy_deployed_by_cloudformation_is_attached_and_the_same(rightsized, aws, principal):
    expected = documents(rightsized(principal))
    files = rightsized(principal, "--format", "cloudformation")
    deploy(files)
    kind, name = principal.rsplit(":", 1)[1].split("/", 1)
    name = name.rsplit("/", 1)[-1]
    if kind == "role":
        attached = aws.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    else:
        attached = aws.list_attached_user_policies(UserName=name)["AttachedPolicies"]
    got = []
    for policy in sorted(attached, key=lambda policy: policy["PolicyName"]):
        version = aws.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        answer = aws.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
        got.append(answer["PolicyVersion"]["Document"])
    same(got, expected)


def test_an_inline_policy_deployed_by_cloudformation_is_the_same(rightsized, aws):
    expected = documents(rightsized(PIPELINE))
    deploy(rightsized(PIPELINE, "--format", "cloudformation", "--attach", "inline"))
    names = aws.list_role_policies(RoleName="deploy")["PolicyNames"]
    got = [aws.get_role_policy(RoleName="deploy", PolicyName=name)["PolicyDocument"] for name in sorted(names)]
    same(got, expected)


def deploy(files):
    (template,) = [path for name, path in files.items() if name.endswith(".yaml")]
    boto3.client("cloudformation").create_stack(
        StackName="example",
        TemplateBody=template.read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )


@pytest.mark.parametrize("style", ["jsonencode", "document"])
@pytest.mark.parametrize("attach", ["managed", "inline"])
@pytest.mark.parametrize("principal", [AGENT, PIPELINE, ANALYST])
def test_terraform_reads_the_file_and_would_not_format_it(rightsized, principal, attach, style):
    files = rightsized(principal, "--format", "terraform", "--attach", attach, "--terraform-style", style)
    (path,) = [path for name, path in files.items() if name.endswith(".tf")]
    parsed = hcl2.loads(path.read_text())
    assert parsed["resource"]
    assert bool(parsed.get("data")) == (style == "document")
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not here")
    done = subprocess.run(["terraform", "fmt", "-check", "-diff", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_terraform_evaluates_jsonencode_to_the_same_policy(rightsized, tmp_path):
    """Needs no provider: the expressions become outputs of an otherwise empty configuration."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not here")
    expected = documents(rightsized(PIPELINE))
    files = rightsized(PIPELINE, "--format", "terraform")
    (path,) = [path for name, path in files.items() if name.endswith(".tf")]
    expressions = [rest.split("\n}\n")[0] for rest in path.read_text().split("  policy = ")[1:]]
    module = tmp_path / "module"
    module.mkdir()
    blocks = (f'output "o{n:03}" {{\n  value = {text}\n}}\n' for n, text in enumerate(expressions))
    (module / "main.tf").write_text("".join(blocks))
    for command in (["apply", "-auto-approve"], ["output", "-json"]):
        done = subprocess.run(["terraform", *command], cwd=module, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    outputs = json.loads(done.stdout)
    same([json.loads(outputs[name]["value"]) for name in sorted(outputs)], expected)
