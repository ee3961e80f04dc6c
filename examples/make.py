#!/usr/bin/env python3
"""Makes the example account: its snapshot and ninety days of its CloudTrail, and a few of its records in each form in
which people have them. The data is of our own making.

    examples/make.py            writes examples/account and examples/envelopes
    examples/make.py --check    says whether what is committed is what this script makes

The story is told in examples/README.md. Same script, same events: nothing is random but a seeded generator.
"""

import csv
import datetime
import gzip
import io
import json
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
ACCOUNT = "111122223333"
HOME = "eu-west-1"
FIRST_DAY = datetime.datetime(2026, 8, 3, tzinfo=datetime.timezone.utc)
WEEKS = 13

TABLE = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/customer_orders"
QUEUE = f"arn:aws:sqs:{HOME}:{ACCOUNT}:order-updates"
SECRET = f"arn:aws:secretsmanager:{HOME}:{ACCOUNT}:secret:shop/payments-Ab12Cd"
KEY = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
MODEL = "anthropic.claude-3-5-sonnet-20240620-v1:0"
FUNCTION = f"arn:aws:lambda:{HOME}:{ACCOUNT}:function:invoice-renderer"
RENDERER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/invoice-renderer"

# --- who -------------------------------------------------------------------------------------------------


def role(path, name, principal_id, key, kind="AssumedRole"):
    """The userIdentity of a role's session: sessionIssuer has the role's path, the session's ARN has not."""
    return {
        "type": kind,
        "principalId": f"{principal_id}:session",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/session",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal_id,
                "arn": f"arn:aws:iam::{ACCOUNT}:role{path}{name}",
                "accountId": ACCOUNT,
                "userName": name,
            },
            "attributes": {"creationDate": "2026-08-03T00:00:00Z", "mfaAuthenticated": "false"},
        },
    }


AGENT = role("/agents/", "order-agent", "AROAAGENTEXAMPLE", "ASIAAGENTEXAMPLE")
RENDERER = role("/service-role/", "invoice-renderer", "AROARENDEREXAMPLE", "ASIARENDEREXAMPLE")
DEPLOY = role("/", "deploy", "AROADEPLOYEXAMPLE", "ASIADEPLOYEXAMPLE")
ANALYST = {
    "type": "IAMUser",
    "principalId": "AIDAANALYSTEXAMPLE",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/analyst",
    "accountId": ACCOUNT,
    "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "userName": "analyst",
}
RENDERER_SERVICE = {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}


def through(who, service):
    """The same identity, when `service` makes the call for it."""
    return {**who, "invokedBy": service}


# --- what ------------------------------------------------------------------------------------------------


def s3(name, bucket, key=None, **more):
    """An S3 data event; `more` goes into the request's parameters."""
    parameters = {"bucketName": bucket, "Host": f"{bucket}.s3.{HOME}.amazonaws.com", **more}
    resources = [{"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}]
    if key:
        parameters["key"] = key
        resources.insert(0, {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"})
    return call("s3", name, parameters, resources, data=True)


def call(source, name, parameters=None, resources=None, *, data=False, response=None, region=HOME):
    """One API call: what differs from call to call, before it has a caller, a time and an id."""
    return {
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "requestParameters": parameters,
        "responseElements": response,
        "resources": resources,
        "managementEvent": not data,
        "eventCategory": "Data" if data else "Management",
    }


def failing(event, code, message):
    """The same call, refused or failed."""
    return {**event, "errorCode": code, "errorMessage": message}


def dynamodb(name, **parameters):
    resources = [{"accountId": ACCOUNT, "type": "AWS::DynamoDB::Table", "ARN": TABLE}]
    return call("dynamodb", name, {"tableName": "customer_orders", **parameters}, resources, data=True)


def decrypt(**context):
    resources = [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": KEY}]
    parameters = {"encryptionContext": context, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    return call("kms", "Decrypt", parameters, resources)


def agent_calls(week, order):
    """The order agent answers customers: nine actions in all, whatever it was granted."""
    number = f"{2026000 + week * 100 + order}"
    yield AGENT, dynamodb("GetItem", key={"order_id": number})
    if order % 2 == 0:
        yield AGENT, dynamodb("Query", keyConditionExpression="customer_id = :c", indexName=None)
    if order % 3 == 0:
        yield AGENT, dynamodb("PutItem", key={"order_id": number})
    if order % 4 == 0:
        yield AGENT, s3("HeadObject", "shop-catalogue", f"products/{order % 11:04}.json")
    yield AGENT, s3("GetObject", "shop-catalogue", f"products/{order % 11:04}.json")
    if order % 3 == 1:
        yield AGENT, s3("PutObject", "shop-invoices", f"drafts/{number}.json")
    if order % 7 == 2:
        source = f"shop-invoices/drafts/{number}.json"
        yield AGENT, s3("CopyObject", "shop-invoices", f"sent/{number}.json", **{"x-amz-copy-source": source})
    model = "InvokeModel" if order % 2 else "Converse"
    yield AGENT, call("bedrock", model, {"modelId": MODEL})
    if order % 5 == 0:
        url = f"https://sqs.{HOME}.amazonaws.com/{ACCOUNT}/order-updates"
        resources = [{"accountId": ACCOUNT, "type": "AWS::SQS::Queue", "ARN": QUEUE}]
        yield AGENT, call("sqs", "SendMessage", {"queueUrl": url}, resources, data=True)


def agent_week(week):
    """What the agent does once a week, and what goes wrong for it."""
    yield AGENT, call("sts", "GetCallerIdentity")
    yield AGENT, call("secretsmanager", "GetSecretValue", {"secretId": SECRET})
    yield through(AGENT, "secretsmanager.amazonaws.com"), decrypt(SecretARN=SECRET)
    missing = s3("GetObject", "shop-catalogue", "products/0099.json")
    yield AGENT, failing(missing, "NoSuchKey", "The specified key does not exist.")
    if week == 5:
        throttled = call("bedrock", "InvokeModel", {"modelId": MODEL})
        yield AGENT, failing(throttled, "ThrottlingException", "Too many requests, please wait before trying again.")
    if week == 8:
        # A prompt told it to. The organisation's policy said no, so it is denied and never granted.
        yield AGENT, failing(
            call("organizations", "LeaveOrganization", region="us-east-1"),
            "AccessDenied",
            f"User: {AGENT['arn']} is not authorized to perform: organizations:LeaveOrganization on resource: * "
            "with an explicit deny in a service control policy",
        )
        yield AGENT, failing(
            s3("GetObject", "shop-audit", "2026/09/trail.json"),
            "AccessDenied",
            f'User: {AGENT["arn"]} is not authorized to perform: s3:GetObject on resource: '
            '"arn:aws:s3:::shop-audit/2026/09/trail.json" with an explicit deny in an identity-based policy',
        )


def renderer_calls(week, order):
    """A Lambda function draws invoices, keeps a scratch file and removes it again: a destructive action."""
    number = f"{2026000 + week * 100 + order}"
    yield RENDERER, s3("GetObject", "shop-invoices", f"drafts/{number}.json")
    yield RENDERER, s3("PutObject", "shop-invoices", f"pdf/{number}.pdf", **{"x-amz-acl": "private"})
    yield RENDERER, s3("PutObject", "shop-invoices", f"scratch/{number}.tmp")
    yield RENDERER, s3("DeleteObject", "shop-invoices", f"scratch/{number}.tmp")
    if order == 0:
        group = "/aws/lambda/invoice-renderer"
        stream = f"2026/08/03/[$LATEST]{week:032x}"
        yield RENDERER, call("logs", "CreateLogStream", {"logGroupName": group, "logStreamName": stream})
        yield RENDERER_SERVICE, call("sts", "AssumeRole", {"roleArn": RENDERER_ROLE, "roleSessionName": "session"})
    if order == 3:
        # Written to a table that encrypts with the shop's key: DynamoDB decrypts in the caller's name.
        yield RENDERER, dynamodb("UpdateItem", key={"order_id": number})
        yield through(RENDERER, "dynamodb.amazonaws.com"), decrypt(**{"aws:dynamodb:tableName": "customer_orders"})


def deploy_week(week):
    """The pipeline deploys once a week; what it passes to Lambda and EC2 needs iam:PassRole."""
    yield DEPLOY, s3("PutObject", "shop-artifacts", f"invoice-renderer/{week}.zip")
    source = f"shop-artifacts/invoice-renderer/{week}.zip"
    yield DEPLOY, s3("CopyObject", "shop-artifacts", "invoice-renderer/live.zip", **{"x-amz-copy-source": source})
    code = {"functionName": "invoice-renderer", "s3Bucket": "shop-artifacts", "s3Key": "invoice-renderer/live.zip"}
    yield DEPLOY, call("lambda", "UpdateFunctionCode20150331v2", code)
    yield DEPLOY, call("lambda", "GetFunction20150331v2", {"functionName": FUNCTION})
    yield DEPLOY, call("cloudformation", "DescribeStacks", {"stackName": "shop"})
    if week == 0:
        create = {"functionName": "invoice-renderer", "runtime": "python3.13", "role": RENDERER_ROLE}
        yield DEPLOY, call("lambda", "CreateFunction20150331", create, response={"functionArn": FUNCTION})
    if week % 4 == 1:
        yield DEPLOY, call("ec2", "RunInstances", run_instances(), response=instances("i-0123456789abcdef0"))
        ended = {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}}
        yield DEPLOY, call("ec2", "TerminateInstances", ended)
    if week == 6:
        gone = call("lambda", "GetFunction20150331v2", {"functionName": "invoice-rendrer"})
        yield DEPLOY, failing(gone, "ResourceNotFoundException", "Function not found: invoice-rendrer")
        dry = call("ec2", "StopInstances", {"instancesSet": {"items": [{"instanceId": "i-0fedcba9876543210"}]}})
        yield DEPLOY, failing(dry, "Client.UnauthorizedOperation", "You are not authorized to perform this operation.")


def run_instances():
    """A load test's machine: an instance profile (so a role is passed) and tags made with it."""
    return {
        "instancesSet": {"items": [{"imageId": "ami-0123456789abcdef0", "minCount": 1, "maxCount": 1}]},
        "instanceType": "t4g.small",
        "subnetId": "subnet-0123456789abcdef0",
        "groupSet": {"items": [{"groupId": "sg-0123456789abcdef0"}]},
        "iamInstanceProfile": {"name": "load-test"},
        "tagSpecificationSet": {
            "items": [{"resourceType": "instance", "tags": [{"key": "purpose", "value": "load-test"}]}]
        },
    }


def instances(*ids):
    return {"instancesSet": {"items": [{"instanceId": i} for i in ids]}}


def analyst_week(week):
    """A person with a key of her own, granted through a group."""
    yield ANALYST, call("athena", "StartQueryExecution", {"queryString": "***", "workGroup": "reports"})
    table = {"databaseName": "shop", "name": "orders"}
    yield through(ANALYST, "athena.amazonaws.com"), call("glue", "GetTable", table)
    yield ANALYST, s3("ListObjectsV2", "shop-reports", prefix=f"week-{week}/")
    yield ANALYST, s3("GetObject", "shop-reports", f"week-{week}/orders.csv", versionId="EXAMPLEversion1")


def nobody_week(week):
    """Events that are nobody's use of a permission."""
    rotation = call("kms", "RotateKey", None, [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": KEY}])
    if week == 2:
        yield {"accountId": ACCOUNT, "invokedBy": "AWS Internal"}, {**rotation, "eventType": "AwsServiceEvent"}
    if week == 3:
        signed_in = call("signin", "ConsoleLogin", region="us-east-1", response={"ConsoleLogin": "Success"})
        yield {k: v for k, v in ANALYST.items() if k != "accessKeyId"}, {**signed_in, "eventType": "AwsConsoleSignIn"}


# --- when, and where it lies -----------------------------------------------------------------------------


def events():
    """Every event of the thirteen weeks, in the order of time."""
    chance = random.Random("leastwise example")
    for week in range(WEEKS):
        calls = list(agent_week(week)) + list(deploy_week(week)) + list(analyst_week(week)) + list(nobody_week(week))
        for order in range(12 + week % 3):
            calls += agent_calls(week, order)
        for order in range(6):
            calls += renderer_calls(week, order)
        begin = FIRST_DAY + datetime.timedelta(weeks=week)
        seconds = sorted(chance.sample(range(7 * 24 * 3600), len(calls)))
        for second, (who, event) in zip(seconds, calls):
            yield finish(who, event, begin + datetime.timedelta(seconds=second), chance)


def finish(who, event, time, chance):
    """Puts the envelope of a CloudTrail record around a call."""
    bits = f"{chance.getrandbits(128):032x}"
    invoked_by = who.get("invokedBy")
    record = {
        "eventVersion": "1.11",
        "userIdentity": who,
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sourceIPAddress": invoked_by or "192.0.2.10",
        "userAgent": invoked_by or "Boto3/1.40.0 md/Botocore#1.40.0",
        **event,
        "requestID": f"EXAMPLE{bits[:8]}",
        "eventID": f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-8{bits[17:20]}-{bits[20:]}",
        "readOnly": event["eventName"].startswith(("Get", "List", "Head", "Describe", "Query", "Decrypt")),
        "eventType": event.get("eventType", "AwsApiCall"),
        "recipientAccountId": ACCOUNT,
    }
    if record["resources"] is None:
        del record["resources"]
    return record


def log_files():
    """Path → records, as a trail lays them into S3: a folder for each region and day. One file was delivered
    twice, as S3 may; readers count each eventID once."""
    files = {}
    for record in events():
        day = datetime.date.fromisoformat(record["eventTime"][:10])
        files.setdefault(log_path(record["awsRegion"], day, "aBcDeFgHiJkLmNoP"), []).append(record)
    again = next(path for path in files if "/2026/10/" in path)
    files[again.replace("aBcDeFgHiJkLmNoP", "QrStUvWxYz012345")] = files[again][:20]
    return files


def log_path(region, day, unique):
    stamp = day.strftime("%Y%m%dT2355Z")
    folder = f"logs/AWSLogs/{ACCOUNT}/CloudTrail/{region}/{day:%Y/%m/%d}"
    return f"{folder}/{ACCOUNT}_CloudTrail_{region}_{stamp}_{unique}.json.gz"


# --- what was granted ------------------------------------------------------------------------------------


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions, resources="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def trust(**principal):
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def managed(name, body, path="/", owner=ACCOUNT):
    """A managed policy with its default version."""
    return {
        "PolicyName": name,
        "PolicyId": f"ANPA{name.upper().replace('-', '')[:8]}EXAMPLE",
        "Arn": f"arn:aws:iam::{owner}:policy{path}{name}",
        "Path": path,
        "DefaultVersionId": "v1",
        "AttachmentCount": 1,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": "2025-01-01T00:00:00Z",
        "UpdateDate": "2025-01-01T00:00:00Z",
        "PolicyVersionList": [
            {"Document": body, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": "2025-01-01T00:00:00Z"}
        ],
    }


POLICIES = [
    managed("AdministratorAccess", document(allow("*")), owner="aws"),
    managed(
        "PowerUserAccess",
        document(
            {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
            allow(["account:ListRegions", "iam:ListRoles", "organizations:DescribeOrganization"]),
        ),
        owner="aws",
    ),
    managed(
        "AWSLambdaBasicExecutionRole",
        document(allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])),
        path="/service-role/",
        owner="aws",
    ),
    managed("shop-data", document(allow(["s3:*", "dynamodb:*", "kms:Decrypt"]))),
    managed("pass-any-role", document(allow("iam:PassRole"))),
    managed("reporting", document(allow(["athena:*", "glue:Get*", "s3:Get*", "s3:List*"]))),
    managed("region-boundary", document(allow("*", Condition={"StringEquals": {"aws:RequestedRegion": HOME}}))),
]


def attached(*names):
    by_name = {policy["PolicyName"]: policy["Arn"] for policy in POLICIES}
    return [{"PolicyName": name, "PolicyArn": by_name[name]} for name in names]


def role_detail(path, name, role_id, trusted, policies, inline=(), boundary=None):
    detail = {
        "Path": path,
        "RoleName": name,
        "RoleId": role_id,
        "Arn": f"arn:aws:iam::{ACCOUNT}:role{path}{name}",
        "CreateDate": "2025-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": trusted,
        "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": n, "PolicyDocument": d} for n, d in inline],
        "AttachedManagedPolicies": policies,
        "Tags": [],
        "RoleLastUsed": {},
    }
    if boundary:
        arn = attached(boundary)[0]["PolicyArn"]
        detail["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    return detail


def snapshot():
    """As `aws iam get-account-authorization-details` prints it."""
    keep_out = {
        "Sid": "NeverTouchTheAuditTrail",
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::shop-audit", "arn:aws:s3:::shop-audit/*"],
    }
    github = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"}
    support = document(allow("support:*"))
    return {
        "UserDetailList": [
            {
                "Path": "/",
                "UserName": "analyst",
                "UserId": "AIDAANALYSTEXAMPLE",
                "Arn": ANALYST["arn"],
                "CreateDate": "2025-01-01T00:00:00Z",
                "GroupList": ["analysts"],
                "AttachedManagedPolicies": [],
                "Tags": [],
            }
        ],
        "GroupDetailList": [
            {
                "Path": "/",
                "GroupName": "analysts",
                "GroupId": "AGPAANALYSTSEXAMPLE",
                "Arn": f"arn:aws:iam::{ACCOUNT}:group/analysts",
                "CreateDate": "2025-01-01T00:00:00Z",
                "GroupPolicyList": [],
                "AttachedManagedPolicies": attached("reporting"),
            }
        ],
        "RoleDetailList": [
            role_detail(
                "/agents/",
                "order-agent",
                "AROAAGENTEXAMPLE",
                trust(Service="ecs-tasks.amazonaws.com"),
                attached("AdministratorAccess"),
                inline=[("keep-out", document(keep_out))],
            ),
            role_detail(
                "/service-role/",
                "invoice-renderer",
                "AROARENDEREXAMPLE",
                trust(Service="lambda.amazonaws.com"),
                attached("AWSLambdaBasicExecutionRole", "shop-data"),
            ),
            role_detail(
                "/",
                "deploy",
                "AROADEPLOYEXAMPLE",
                trust(**github),
                attached("PowerUserAccess", "pass-any-role"),
                boundary="region-boundary",
            ),
            role_detail(
                "/",
                "nightly-report",
                "AROANIGHTLYEXAMPLE",
                trust(Service="ecs-tasks.amazonaws.com"),
                attached("shop-data", "reporting"),
            ),
            role_detail(
                "/aws-service-role/support.amazonaws.com/",
                "AWSServiceRoleForSupport",
                "AROASUPPORTEXAMPLE",
                trust(Service="support.amazonaws.com"),
                [],
                inline=[("support", support)],
            ),
        ],
        "Policies": POLICIES,
    }


# --- writing ---------------------------------------------------------------------------------------------


def files():
    """Path below examples → its text, before compression."""
    made = {"account/snapshot.json": json.dumps(snapshot(), indent=2) + "\n"}
    for path, records in log_files().items():
        made[f"account/{path}"] = json.dumps({"Records": records}, separators=(",", ":"))
    made.update({f"envelopes/{name}": text for name, text in envelopes().items()})
    return made


# --- in which forms people have it -----------------------------------------------------------------------


def envelopes():
    """Name → the pipeline's management events of one week, as docs/logs.md names them."""
    records = [r for r in events() if r["userIdentity"] is DEPLOY and r["eventSource"] != "s3.amazonaws.com"][:5]
    texts = [json.dumps(record, separators=(",", ":")) for record in records]
    bridge = [
        {
            "version": "0",
            "id": record["eventID"],
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws." + record["eventSource"].split(".")[0],
            "account": ACCOUNT,
            "time": record["eventTime"],
            "region": record["awsRegion"],
            "resources": [],
            "detail": record,
        }
        for record in records
    ]
    found = {"recordsMatched": float(len(records)), "recordsScanned": 25017.0, "bytesScanned": 31457280.0}
    rows = [
        [{"field": "@timestamp", "value": insights_time(r)}, {"field": "@message", "value": t}, {"field": "@ptr", "value": "CmEK"}]
        for r, t in zip(records, texts)
    ]
    counts = {"ResultsCount": len(records), "TotalResultsCount": len(records), "BytesScanned": 1048576}
    return {
        "records.json": pretty({"Records": records}),
        "lines.ndjson": "".join(text + "\n" for text in texts),
        "lookup-events.json": pretty(
            {
                "Events": [
                    {"EventId": r["eventID"], "EventName": r["eventName"], "CloudTrailEvent": t}
                    for r, t in zip(records, texts)
                ]
            }
        ),
        "filter-log-events.json": pretty(
            {
                "events": [
                    {"logStreamName": f"{ACCOUNT}_CloudTrail_{HOME}", "message": t, "eventId": str(n)}
                    for n, t in enumerate(texts)
                ],
                "searchedLogStreams": [],
            }
        ),
        "logs-insights.json": pretty(
            {"queryLanguage": "CWLI", "results": rows, "statistics": found, "status": "Complete"}
        ),
        "logs-insights-running.json": pretty(
            {"results": rows[:2], "statistics": {**found, "recordsMatched": 2.0}, "status": "Running"}
        ),
        "logs-insights.csv": table(["@timestamp", "@message"], zip(map(insights_time, records), texts)),
        "subscription.json": json.dumps(
            {
                "messageType": "DATA_MESSAGE",
                "owner": ACCOUNT,
                "logGroup": "cloudtrail",
                "logEvents": [{"id": str(n), "timestamp": 0, "message": t} for n, t in enumerate(texts)],
            }
        ),
        "cloudtrail-lake.json": pretty(
            {
                "QueryStatus": "FINISHED",
                "QueryStatistics": counts,
                "QueryResultRows": [[{"eventTime": insights_time(r)}, {"eventJson": t}] for r, t in zip(records, texts)],
            }
        ),
        "cloudtrail-lake-columns.json": pretty(
            {
                "QueryStatus": "FINISHED",
                "QueryStatistics": {**counts, "ResultsCount": 1, "TotalResultsCount": 1},
                "QueryResultRows": [
                    [
                        {"eventName": "DescribeStacks"},
                        {"userIdentity": "{type=AssumedRole, principalid=AROADEPLOYEXAMPLE:session}"},
                        {"requestParameters": "{stackName=shop}"},
                    ]
                ],
            }
        ),
        "result_1.csv.gz": table(["eventTime", "eventJson"], zip(map(insights_time, records), texts)),
        "athena.csv": table(["_col0"], ([text] for text in texts)),
        "eventbridge.ndjson": "".join(json.dumps(event) + "\n" for event in bridge),
        "sns.ndjson": "".join(
            json.dumps({"Type": "Notification", "MessageId": event["id"], "Message": json.dumps(event)}) + "\n"
            for event in bridge
        ),
    }


def pretty(answer):
    """As the AWS CLI prints it."""
    return json.dumps(answer, indent=4) + "\n"


def insights_time(record):
    return record["eventTime"].replace("T", " ").replace("Z", ".000")


def table(names, rows):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def read(path):
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def check(made):
    there = [p for folder in ("account", "envelopes") for p in (HERE / folder).rglob("*") if p.is_file()]
    found = {p.relative_to(HERE).as_posix(): read(p) for p in there}
    differing = sorted(p for p in found.keys() | made.keys() if found.get(p) != made.get(p))
    if differing:
        sys.exit("not what examples/make.py makes: " + ", ".join(differing))


def main():
    made = files()
    if "--check" in sys.argv[1:]:
        return check(made)
    for path, text in made.items():
        place = HERE / path
        place.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        place.write_bytes(gzip.compress(data, 9, mtime=0) if path.endswith(".gz") else data)


if __name__ == "__main__":
    main()
