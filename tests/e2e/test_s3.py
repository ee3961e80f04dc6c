"""Logs in S3, against moto on loopback: listed, pruned by day, fetched, read like files."""

import collections
import gzip
import json

import boto3
import pytest

BUCKET = "my-trail"
ACCOUNT = "111122223333"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_REGION": "eu-west-1",
}


def event(number: int, day: str) -> dict:
    role = f"arn:aws:iam::{ACCOUNT}:role/agents/order-agent"
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/order-agent/s",
            "accountId": ACCOUNT,
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role, "accountId": ACCOUNT}},
        },
        "eventTime": f"{day}T10:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "requestParameters": {"bucketName": "orders", "key": f"{number}.csv"},
        "eventID": f"event-{number}",
        "eventType": "AwsApiCall",
        "eventCategory": "Data",
        "recipientAccountId": ACCOUNT,
    }


def key(day: str, number: int, kind: str = "CloudTrail", region: str = "eu-west-1") -> str:
    stamp = day.replace("-", "") + "T1005Z"
    folder = f"AWSLogs/{ACCOUNT}/{kind}/{region}/{day.replace('-', '/')}"
    return f"{folder}/{ACCOUNT}_{kind}_{region}_{stamp}_{number:016d}.json.gz"


@pytest.fixture(scope="module")
def s3(server):
    client = boto3.client(
        "s3",
        endpoint_url=server,
        region_name="eu-west-1",
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    number = 0
    for day in ["2026-08-30", "2026-09-29", "2026-09-30", "2026-10-01", "2026-10-02"]:
        for _ in range(3):
            body = gzip.compress(json.dumps({"Records": [event(number, day)]}).encode())
            client.put_object(Bucket=BUCKET, Key=key(day, number), Body=body)
            number += 1
    client.put_object(Bucket=BUCKET, Key=key("2026-10-01", 99, "CloudTrail-Digest"), Body=gzip.compress(b"{}"))
    client.put_object(Bucket=BUCKET, Key="AWSLogs/README.txt", Body=b"not a log")
    return client


@pytest.fixture
def usage(run, server, s3):
    def usage(*args, where=f"s3://{BUCKET}/AWSLogs/", **kwargs):
        return run("usage", where, "--endpoint-url", server, "--output", "json", *args, env=CREDENTIALS, **kwargs)

    return usage


def objects(done) -> list[str]:
    return sorted(row["resource"] for row in json.loads(done.stdout))


def test_a_bucket_is_read_like_a_folder(usage):
    done = usage()
    assert objects(done) == sorted(f"arn:aws:s3:::orders/{n}.csv" for n in range(15))
    assert "1 file of CloudTrail-Digest" in done.stderr
    assert "1 file not named as logs are" in done.stderr


def test_days_outside_the_window_are_neither_listed_nor_fetched(usage, server, s3):
    done = usage("--since", "2026-09-30", "--until", "2026-09-30")
    assert objects(done) == sorted(f"arn:aws:s3:::orders/{n}.csv" for n in (6, 7, 8))
    # Files of the two days after the window are read, since delivery can be late; those before it are not.
    assert "of 9 files" in done.stderr
    assert "outside the window by their path" in done.stderr


def test_one_object_can_be_named_by_its_key(usage):
    done = usage(where=f"s3://{BUCKET}/{key('2026-10-01', 9)}")
    assert objects(done) == ["arn:aws:s3:::orders/9.csv"]


def test_an_object_that_vanishes_or_is_damaged_is_named_and_the_rest_is_read(usage, s3):
    bad = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/10/02/damaged.json.gz"
    s3.put_object(Bucket=BUCKET, Key=bad, Body=gzip.compress(b'{"Records":[]}')[:-6] + b"garbage")
    try:
        done = usage(check=False)
    finally:
        s3.delete_object(Bucket=BUCKET, Key=bad)
    assert done.returncode == 3
    assert f"s3://{BUCKET}/{bad}: damaged" in done.stderr
    assert len(objects(done)) == 15


def test_a_bucket_that_is_not_there_is_named_with_a_way_out(run, server, s3):
    done = run("usage", "s3://no-such-bucket/x", "--endpoint-url", server, env=CREDENTIALS, check=False)
    assert done.returncode == 3
    assert "NoSuchBucket" in done.stderr and "--region" in done.stderr
    assert done.stdout == ""


def test_profile_and_region_come_from_the_files_of_the_aws_cli(run, server, s3, tmp_path):
    aws = tmp_path / ".aws"
    aws.mkdir()
    (aws / "config").write_text(f"[profile audit]\nregion = eu-west-1\nendpoint_url = {server}\n")
    (aws / "credentials").write_text(
        "[audit]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    )
    done = run("usage", f"s3://{BUCKET}/AWSLogs/", "--profile", "audit", "--output", "json")
    assert len(objects(done)) == 15


def test_many_threads_and_many_objects_give_one_answer(usage):
    one = usage("--threads", "1")
    many = usage("--threads", "8")
    assert one.stdout == many.stdout
    assert collections.Counter(objects(one)).most_common(1)[0][1] == 1


def test_an_object_too_large_to_hold_is_read_to_its_end(usage, s3):
    """It is streamed; the threads that fetch must outlive the listing, also when it is the last or only one."""
    where = "large/one.json"
    events = [event(number, "2026-10-01") for number in range(15_000)]
    body = json.dumps({"Records": events}).encode()
    assert len(body) > 8 << 20
    s3.put_object(Bucket=BUCKET, Key=where, Body=body)
    try:
        for threads in ["1", "2", "1", "2"]:
            done = usage("--threads", threads, where=f"s3://{BUCKET}/large/")
            assert sum(row["count"] for row in json.loads(done.stdout)) == 15_000
            assert "15,000 records of 1 file" in done.stderr
    finally:
        s3.delete_object(Bucket=BUCKET, Key=where)


def test_an_object_that_is_named_is_read_whenever_it_was_delivered(usage):
    done = usage("--until", "2026-09-20", where=f"s3://{BUCKET}/{key('2026-10-01', 9)}")
    assert "1 record: outside the window" in done.stderr


def test_a_prefix_without_objects_is_an_error(run, server, s3):
    done = run("usage", f"s3://{BUCKET}/nothing/", "--endpoint-url", server, env=CREDENTIALS, check=False)
    assert done.returncode == 3
    assert f"there are no logs in `s3://{BUCKET}/nothing/`" in done.stderr
