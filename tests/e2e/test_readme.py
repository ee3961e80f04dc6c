"""What the documents print works as printed: every `sh` block of the README and of docs/ is run.

The blocks of one page run one after another in a folder that holds nothing but `examples`. AWS is a server on
loopback that has the example's logs in a bucket.
"""

import json
import os
import re
import subprocess

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = ["README.md", "docs/rightsize.md", "docs/simulate.md"]


def blocks(page):
    found = BLOCK.findall(page.read_text())
    assert found, f"{page} has no commands"
    return found


@pytest.fixture(scope="module")
def aws(root):
    """An AWS of our own: the example's logs in a bucket, the example's roles in IAM. Gives the environment."""
    os.environ["MOTO_ACCOUNT_ID"] = "111122223333"
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", settings["AWS_SECRET_ACCESS_KEY"], region_name="eu-west-1")
    s3 = session.client("s3", endpoint_url=settings["AWS_ENDPOINT_URL"])
    s3.create_bucket(Bucket="my-trail", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    logs = root / "examples" / "account" / "logs"
    for path in logs.rglob("*.json.gz"):
        s3.put_object(Bucket="my-trail", Key=path.relative_to(logs).as_posix(), Body=path.read_bytes())
    iam = session.client("iam", endpoint_url=settings["AWS_ENDPOINT_URL"])
    snapshot = json.loads((root / "examples" / "account" / "snapshot.json").read_text())
    for role in snapshot["RoleDetailList"]:
        trust = json.dumps(role["AssumeRolePolicyDocument"])
        iam.create_role(RoleName=role["RoleName"], Path=role["Path"], AssumeRolePolicyDocument=trust)
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_role_policy(
            RoleName=role["RoleName"], PolicyName="everything", PolicyDocument=json.dumps(everything)
        )
    yield settings
    requests.post(f"{settings['AWS_ENDPOINT_URL']}/moto-api/reset", timeout=30)
    server.stop()
    del os.environ["MOTO_ACCOUNT_ID"]


@pytest.fixture
def shell(leastwise, aws, root, tmp_path):
    """Runs one block as a reader would, with `leastwise` on the path."""
    (tmp_path / "examples").symlink_to(root / "examples")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LEASTWISE_"))}
    environment.update(aws)
    environment["PATH"] = os.path.dirname(leastwise) + os.pathsep + environment["PATH"]
    environment["AWS_EC2_METADATA_DISABLED"] = "true"

    def shell(block):
        own_setup = block.startswith("./")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=root if own_setup else tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=1800,
        )
        assert done.returncode == 0, f"exit {done.returncode} of\n{block}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout + done.stderr

    return shell


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_works_as_printed(page, root, shell):
    for block in blocks(root / page):
        shell(block)


def test_the_first_command_shows_the_cut_and_that_the_proof_holds(root, shell):
    first = blocks(root / "README.md")[0]
    assert first.strip() == "./try.sh"
    said = shell(first)
    assert re.search(r"\bkept\b.*\b9\b|\b9\b.*\bkept\b", said), said
    assert re.search(r"proof.*holds|holds.*proof", said, re.IGNORECASE), said
    for line in re.search(r"```text\n(arn:.*?)```", (root / "README.md").read_text(), re.DOTALL)[1].splitlines():
        assert line in said, f"the README shows `{line}`, and it was not said"


def test_the_readme_s_test_command_is_what_continuous_integration_runs(root):
    assert "\n./test.sh\n" in (root / "README.md").read_text()
    assert "./test.sh" in (root / ".ci" / "run").read_text()
