"""`leastwise snapshot` against moto's IAM on loopback: the same JSON as `aws iam get-account-authorization-details`."""

import datetime
import json

import boto3
import pytest

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_REGION": "us-east-1",
}
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/${aws:username}/100%/*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(scope="module")
def iam(server):
    client = boto3.client(
        "iam",
        endpoint_url=server,
        region_name="us-east-1",
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    policy = client.create_policy(PolicyName="reads", PolicyDocument=json.dumps(DOCUMENT))["Policy"]["Arn"]
    client.create_group(GroupName="readers", Path="/teams/")
    client.put_group_policy(GroupName="readers", PolicyName="inline", PolicyDocument=json.dumps(DOCUMENT))
    client.attach_group_policy(GroupName="readers", PolicyArn=policy)
    client.create_user(UserName="ana", Path="/people/", Tags=[{"Key": "team", "Value": "größe"}])
    client.put_user_policy(UserName="ana", PolicyName="inline", PolicyDocument=json.dumps(DOCUMENT))
    client.add_user_to_group(UserName="ana", GroupName="readers")
    # More roles than one page holds.
    for number in range(130):
        name = f"role-{number:03}"
        client.create_role(RoleName=name, Path="/agents/", AssumeRolePolicyDocument=json.dumps(TRUST))
        client.attach_role_policy(RoleName=name, PolicyArn=policy)
        client.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=json.dumps(DOCUMENT))
    client.put_role_permissions_boundary(RoleName="role-000", PermissionsBoundary=policy)
    client.create_instance_profile(InstanceProfileName="profile")
    client.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="role-000")
    return client


def as_the_cli_prints(value):
    """boto3 decodes the documents as the CLI does; times become text."""
    if isinstance(value, dict):
        return {k: as_the_cli_prints(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_the_cli_prints(v) for v in value]
    if isinstance(value, datetime.datetime):
        return value.replace(microsecond=0).isoformat()
    return value


def expected(iam) -> dict:
    merged = {}
    for page in iam.get_paginator("get_account_authorization_details").paginate():
        for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
            merged.setdefault(name, []).extend(page[name])
    return as_the_cli_prints(merged)


def subset(small, large, path="$"):
    """Whatever the CLI prints is there too, with the same value; empty lists may be added."""
    if isinstance(small, dict):
        for name, value in small.items():
            assert name in large or value in ([], {}), f"{path}.{name} is missing"
            if name in large:
                subset(value, large[name], f"{path}.{name}")
    elif isinstance(small, list):
        assert len(small) == len(large), path
        for i, (a, b) in enumerate(zip(small, large)):
            subset(a, b, f"{path}[{i}]")
    else:
        assert small == large, path


def test_the_snapshot_is_what_the_cli_prints(run, server, iam):
    done = run("snapshot", "--endpoint-url", server, env=CREDENTIALS)
    found = json.loads(done.stdout)
    assert len(found["RoleDetailList"]) == 130
    assert found["RoleDetailList"][0]["AssumeRolePolicyDocument"] == TRUST
    assert found["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"] == DOCUMENT
    subset(expected(iam), found)


def test_the_snapshot_is_written_whole(run, server, iam, tmp_path):
    run("snapshot", "--endpoint-url", server, "--out", "snapshot.json", env=CREDENTIALS)
    assert len(json.loads((tmp_path / "snapshot.json").read_text())["RoleDetailList"]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot.json"]


def test_no_credentials_is_a_clear_message(run, server, tmp_path):
    done = run("snapshot", "--endpoint-url", server, check=False)
    assert done.returncode == 3
    assert "credentials" in done.stderr and "--profile" in done.stderr
    assert done.stdout == ""
