"""The case "chain": what a role in an organisation asks for, with every layer that has a say in it.

Five managed policies and one inline, a boundary, three levels of service control policies, one of resource control
policies and a bucket policy, and some hundred requests. The managed policies are AWS's own when the texts are here
(../shared/data), else the ones below.
"""

import gzip
import json
import pathlib
import random

ACCOUNT, ROLE = "111122223333", "arn:aws:iam::111122223333:role/worker"
MANAGED = [
    "AmazonSageMakerFullAccess",
    "AmazonDynamoDBFullAccess_v2",
    "AWSGlueConsoleFullAccess",
    "AWSLambda_FullAccess",
    "AmazonRedshiftAllCommandsFullAccess",
]
BUCKET = "arn:aws:s3:::acme-sagemaker-reports"


def statement(effect, actions, resources, condition=None, **more):
    made = {"Effect": effect, "Action": actions, "Resource": resources, **more}
    return {**made, "Condition": condition} if condition else made


def allow(actions, resources, condition=None, **more):
    return statement("Allow", actions, resources, condition, **more)


def deny(actions, resources, condition=None, **more):
    return statement("Deny", actions, resources, condition, **more)


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def named(name, *statements):
    return {"name": name, "policy": document(*statements)}


def managed(shared):
    """AWS's documents, or as many of our own that ask for much the same."""
    texts = shared / "aws-managed-policies" / "aws_managed_policies.json.gz"
    if texts.exists():
        every = json.loads(gzip.open(texts).read())
        return [{"name": name, "policy": every[name]["Document"]} for name in MANAGED], "AWS's own"
    passes = lambda service: {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    tagged = {"StringEqualsIgnoreCase": {"s3:ExistingObjectTag/SageMaker": "true"}}
    lists = [f"{service}:{verb}*" for service in ("ec2", "iam", "logs", "kms") for verb in ("Describe", "List")]
    narrow = [
        allow([f"{service}:Get{n}Thing", f"{service}:Put{n}Thing"], [f"arn:aws:{service}:*:*:thing/acme-{n}*"])
        for service in ("sagemaker", "glue", "ecr", "athena")
        for n in range(10)
    ]
    return [
        named(
            "Learning",
            allow(["sagemaker:*"], ["*"]),
            allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], ["arn:aws:s3:::*sagemaker*"]),
            allow(["s3:GetObject"], ["arn:aws:s3:::*"], tagged),
            allow(["s3:ListBucket", "s3:GetBucketLocation"], ["*"]),
            *narrow,
        ),
        named("Tables", allow(["dynamodb:*", "dax:*"], ["*"]), allow(lists, ["*"])),
        named("Crawlers", allow(["glue:*"], ["*"]), allow(["iam:PassRole"], ["*"], passes("glue"))),
        named("Functions", allow(["lambda:*"], ["*"]), allow(["iam:PassRole"], ["*"], passes("lambda"))),
        named("Warehouse", allow(["s3:GetObject"], ["arn:aws:s3:::*redshift*"]), allow(["ecr:Batch*"], ["*"])),
    ], "of our own making"


def layers(shared):
    full = named("FullAWSAccess", allow("*", "*"))
    others = {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]},
              "ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/admin", "arn:aws:iam::*:role/ops-*"]}}
    regions = {"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "support:*"], "Resource": "*", "Condition": others}
    no_mfa = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    outside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid1"},
               "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    everyone = {"Principal": "*"}
    identity, whose = managed(shared)
    inline = named(
        "Own",
        allow(["s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObjectVersion"],
              ["arn:aws:s3:::acme-archive/${aws:PrincipalTag/team}/*"],
              {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        allow(["sqs:SendMessage", "sqs:ReceiveMessage"], [f"arn:aws:sqs:*:{ACCOUNT}:jobs-*"],
              {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}}),
        deny(["dynamodb:DeleteTable", "dynamodb:DeleteBackup"], ["*"],
             {"StringNotLike": {"aws:PrincipalTag/team": ["red*", "blue"]}}),
    )
    return whose, {
        "identity": [*identity, inline],
        "boundary": [named(
            "Boundary",
            allow(["s3:Get*", "s3:List*", "s3:Put*", "s3:Delete*"], ["*"]),
            allow(["sqs:*", "glue:*", "sagemaker:*", "iam:PassRole"], ["*"]),
            allow(["dynamodb:*"], [f"arn:aws:dynamodb:*:{ACCOUNT}:table/*"],
                  {"StringLike": {"aws:RequestedRegion": "eu-*"}}),
            allow(["lambda:Invoke*", "lambda:Get*"], ["*"]),
            deny(["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"], ["*"]),
        )],
        "service_control": [
            {"name": "r-examplerootid111", "policies": [full, {"name": "Regions", "policy": document(regions)}]},
            {"name": "ou-examplerootid111-exampleouid111", "policies": [full, named(
                "Data",
                deny(["s3:DeleteBucket*", "glue:DeleteDatabase"], ["*"]),
                deny(["dynamodb:DeleteTable", "s3:DeleteObjectVersion"], ["*"], no_mfa),
            )]},
            {"name": ACCOUNT, "policies": [full, named(
                "Encrypted",
                deny(["s3:PutObject"], ["*"], {"Null": {"s3:x-amz-server-side-encryption": "true"}}),
            )]},
        ],
        "resource_control": [{"name": "r-examplerootid111", "policies": [named(
            "Perimeter", deny(["s3:*", "sqs:*", "secretsmanager:*"], "*", outside, **everyone))]}],
        "bucket": {"name": "Bucket", "policy": document(
            allow(["s3:GetObjectVersion", "s3:GetObjectTagging"], [f"{BUCKET}/shared/*"], Principal={"AWS": ROLE}),
            deny("s3:*", [BUCKET, f"{BUCKET}/*"], {"Bool": {"aws:SecureTransport": "false"}}, **everyone),
            deny(["s3:PutObject"], [f"{BUCKET}/*"],
                 {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}}, **everyone),
            deny(["s3:DeleteObject", "s3:DeleteObjectVersion"], [f"{BUCKET}/protected/*"],
                 {"StringNotEquals": {"aws:PrincipalTag/team": "red"}}, **everyone),
        )},
    }


# What is asked for: action, resource, and which keys it brings. `{team}`, `{n}` and `{folder}` vary.
ASKED = [
    ("s3:GetObject", "{bucket}/{folder}/{n}.csv", ()),
    ("s3:PutObject", "{bucket}/{folder}/{n}.csv", ("encryption",)),
    ("s3:DeleteObject", "{bucket}/{folder}/{n}.csv", ()),
    ("s3:GetObjectVersion", "{bucket}/{folder}/{n}.csv", ()),
    ("s3:GetObjectTagging", "{bucket}/{folder}/{n}.csv", ()),
    ("s3:ListBucket", "{bucket}", ()),
    ("s3:DeleteBucketPolicy", "{bucket}", ()),
    ("s3:GetObject", "arn:aws:s3:::acme-archive/{team}/{n}.csv", ("tag",)),
    ("s3:PutObject", "arn:aws:s3:::acme-archive/{team}/{n}.csv", ("encryption",)),
    ("s3:DeleteObjectVersion", "arn:aws:s3:::acme-archive/{team}/{n}.csv", ("mfa",)),
    ("s3:ListBucket", "arn:aws:s3:::acme-archive", ()),
    ("dynamodb:GetItem", "arn:aws:dynamodb:{region}:{account}:table/orders-{n}", ()),
    ("dynamodb:BatchWriteItem", "arn:aws:dynamodb:{region}:{account}:table/orders-{n}", ()),
    ("dynamodb:DeleteTable", "arn:aws:dynamodb:{region}:{account}:table/orders-{n}", ("mfa",)),
    ("sqs:SendMessage", "arn:aws:sqs:{region}:{account}:jobs-{n}", ()),
    ("sqs:ReceiveMessage", "arn:aws:sqs:{region}:{account}:mail-{n}", ()),
    ("lambda:InvokeFunction", "arn:aws:lambda:{region}:{account}:function:resize-{n}", ()),
    ("lambda:DeleteFunction", "arn:aws:lambda:{region}:{account}:function:resize-{n}", ()),
    ("glue:GetTable", "arn:aws:glue:{region}:{account}:table/sales/orders-{n}", ()),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:{region}:{account}:secret:db-{n}-AbCdEf", ()),
    ("iam:PassRole", "arn:aws:iam::{account}:role/crawler-{n}", ("passed",)),
    ("kinesis:PutRecord", "arn:aws:kinesis:{region}:{account}:stream/clicks-{n}", ()),
]


def requests(count, seed="bench-1"):
    chance = random.Random(seed)
    pick = lambda *choices: chance.choice(choices)
    made = []
    for n in range(count):
        action, resource, keys = ASKED[n % len(ASKED)]
        team, region = pick("red", "blue", "red", "green"), pick(*["eu-west-1"] * 5, *["eu-central-1"] * 2, "us-east-1")
        context = {
            "aws:PrincipalArn": ROLE,
            "aws:PrincipalAccount": ACCOUNT,
            "aws:PrincipalOrgID": pick(*["o-exampleorgid1"] * 15, "o-exampleorgid2"),
            "aws:PrincipalTag/team": team,
            "aws:PrincipalIsAWSService": "false",
            "aws:RequestedRegion": region,
            "aws:SecureTransport": pick(*["true"] * 11, "false"),
            "aws:SourceIp": pick("10.1.2.3", "10.1.2.3", "192.0.2.17", "203.0.113.7"),
        }
        if "encryption" in keys and chance.random() < 0.8:
            context["s3:x-amz-server-side-encryption"] = "aws:kms"
        if "tag" in keys:
            context["s3:ExistingObjectTag/SageMaker"] = pick("true", "TRUE", "no")
        if "mfa" in keys and chance.random() < 0.8:
            context["aws:MultiFactorAuthPresent"] = pick("true", "false")
        if "passed" in keys:
            context["iam:PassedToService"] = pick("lambda.amazonaws.com", "redshift.amazonaws.com", "ec2.amazonaws.com")
        folder = pick("shared", "protected", "2026/11")
        owner = team if chance.random() < 0.7 else "yellow"
        text = resource.format(bucket=BUCKET, folder=folder, n=n, team=owner, region=region, account=ACCOUNT)
        made.append({"action": action, "resource": text, "on_bucket": text.startswith(BUCKET), "context": context})
    return made


def make(shared, count=440):
    """The case, and whose managed policies it has."""
    whose, made = layers(pathlib.Path(shared))
    return {"account": ACCOUNT, "role": ROLE, "session": "i-0abc", **made, "requests": requests(count)}, whose
