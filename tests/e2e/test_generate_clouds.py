"""What `leastwise generate` writes for Google Cloud and Azure is read by what its users use.

Google Cloud's own messages take the roles, bindings and deny policies, an implementation of CEL that is not ours
evaluates the conditions, Azure's own models take the role definitions and assignments, `terraform fmt` and an HCL
parser take the Terraform.
"""

import json
import shutil
import subprocess

import celpy
import hcl2
import pytest
import yaml
from azure.mgmt.authorization import models
from google.cloud import iam_admin_v1, iam_v2
from google.iam.v1 import policy_pb2
from google.protobuf import json_format

EXAMPLE = "examples/roles/everywhere.yaml"

ROLES = """
roles:
  Worker:
    permissions:
      - read: files
      - list: files
      - connect: database
      - admin: sandbox
    conditions: {time: {after: 2026-12-01, before: 2026-12-31}}
    trust: [{github: "shop/app", environment: prod}, {oidc: gitlab.example.org, audience: gcp, subject: "project:7"}]
    owner: Größe @example.com
resources:
  files: {gcp: "gs://orders/it's ${here} \\"quoted\\"/*"}
  database: {gcp: //cloudsql.googleapis.com/projects/shop-example/instances/main}
  sandbox: {gcp: gs://sandbox}
"""


@pytest.fixture
def written(run, root, tmp_path):
    """Generates for a platform and gives the files by name."""

    def written(target, *flags, roles=None):
        path = root / EXAMPLE
        if roles:
            path = tmp_path / "roles.yaml"
            path.write_text(roles)
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        run("generate", path, "--target", target, "--out", out, *flags)
        return {path.name: path.read_text() for path in sorted(out.iterdir())}

    return written


@pytest.mark.parametrize("roles", [None, ROLES])
def test_google_cloud_takes_roles_bindings_and_deny_policies(written, roles):
    files = {name: yaml.safe_load(text) for name, text in written("gcp", roles=roles).items()}
    customs = [value for name, value in files.items() if "-role" in name]
    assert customs
    for custom in customs:
        # `gcloud iam roles create` reads the file into this message, which refuses a field that it does not know.
        role = iam_admin_v1.Role.from_json(json.dumps(custom))
        assert list(role.included_permissions) == sorted(custom["includedPermissions"])
        assert len(role.title) <= 100 and len(role.description) <= 300
    (bindings,) = [value for name, value in files.items() if name.endswith("-bindings.yaml")]
    for binding in bindings:
        policy = json_format.ParseDict(binding["policy"], policy_pb2.Policy())
        assert policy.version == 3 and len(policy.bindings) == 1
    for name, value in files.items():
        if "-deny" in name:
            assert iam_v2.Policy.from_json(json.dumps(value)).rules[0].deny_rule.denied_permissions


def conditions(files):
    (bindings,) = [yaml.safe_load(text) for name, text in files.items() if name.endswith("-bindings.yaml")]
    found = [binding["policy"]["bindings"][0].get("condition") for binding in bindings]
    return [condition["expression"] for condition in found if condition]


def holds(expression, name, kind="storage.googleapis.com/Object", time="2026-12-15T00:00:00Z"):
    environment = celpy.Environment()
    program = environment.program(environment.compile(expression))
    resource = {"name": name, "type": kind, "service": kind.split("/")[0]}
    context = {
        "resource": celpy.json_to_cel(resource),
        "request": celpy.celtypes.MapType({"time": celpy.celtypes.TimestampType(time)}),
    }
    return bool(program.evaluate(context))


def test_conditions_hold_for_what_is_meant_and_not_for_its_neighbours(written):
    (prefix,) = conditions(written("gcp"))
    assert holds(prefix, "projects/_/buckets/shop-results/objects/orders/1.json")
    assert not holds(prefix, "projects/_/buckets/shop-results/objects/invoices/1.json")
    assert not holds(prefix, "projects/_/buckets/shop-results", kind="storage.googleapis.com/Bucket")

    by_kind = conditions(written("gcp", roles=ROLES))
    quoted = next(text for text in by_kind if "resource.name" in text and "Object" in text)
    inside = "projects/_/buckets/orders/objects/it's ${here} \"quoted\"/a"
    assert holds(quoted, inside)
    assert not holds(quoted, inside, time="2027-01-01T00:00:00Z")
    assert not holds(quoted, inside, time="2026-11-30T00:00:00Z")
    assert not holds(quoted, "projects/_/buckets/orders/objects/it's")
    database = next(text for text in by_kind if "sqladmin" in text)
    assert holds(database, "projects/shop-example/instances/main", kind="sqladmin.googleapis.com/Instance")
    assert not holds(database, "projects/shop-example/instances/main", kind="spanner.googleapis.com/Instance")
    assert not holds(database, "projects/shop-example/instances/other", kind="sqladmin.googleapis.com/Instance")
    for text in by_kind:
        celpy.Environment().compile(text)


def test_azure_takes_role_definitions_and_assignments(written):
    files = {name: json.loads(text) for name, text in written("azure").items()}
    names = set()
    for name, value in files.items():
        if "-role" not in name:
            continue
        permission = models.Permission(
            actions=value.pop("Actions"),
            not_actions=value.pop("NotActions"),
            data_actions=value.pop("DataActions"),
            not_data_actions=value.pop("NotDataActions"),
        )
        definition = models.RoleDefinition(
            role_name=value.pop("Name"),
            description=value.pop("Description"),
            role_type="CustomRole" if value.pop("IsCustom") else "BuiltInRole",
            permissions=[permission],
            assignable_scopes=value.pop("AssignableScopes"),
        )
        assert value == {}
        sent = definition.serialize()["properties"]
        assert not any("*" in operation for operation in sent["permissions"][0]["dataActions"])
        assert all(scope.count("/") == 4 for scope in sent["assignableScopes"])
        names.add(sent["roleName"])
    for assignment in files["orderprocessor-assignments.json"]:
        assert assignment["role"] in names
        sent = models.RoleAssignmentCreateParameters(
            role_definition_id=assignment["role"],
            principal_id=assignment["assigneeObjectId"],
            principal_type=assignment["assigneePrincipalType"],
            condition=assignment.get("condition"),
            condition_version=assignment.get("conditionVersion"),
        )
        assert sent.serialize()["properties"]["principalType"] == "ServicePrincipal"
        condition = assignment.get("condition", "")
        assert condition.count("(") == condition.count(")")


def test_terraform_finds_nothing_to_lay_out_anew(written):
    texts = [written("gcp", "--format", "terraform"), written("azure", "--format", "terraform")]
    texts.append(written("gcp", "--format", "terraform", roles=ROLES))
    for files in texts:
        (text,) = files.values()
        assert hcl2.loads(text)["resource"]
        if not shutil.which("terraform"):
            pytest.skip("terraform is not here")
        done = subprocess.run(["terraform", "fmt", "-"], input=text, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, text), done.stderr


def test_terraform_and_yaml_hold_the_same_permissions(written):
    files = [yaml.safe_load(text) for name, text in written("gcp").items() if "-role" in name]
    (text,) = written("gcp", "--format", "terraform").values()
    resources = [block for block in hcl2.loads(text)["resource"]]
    made = []
    for block in resources:
        for kind, named in block.items():
            if kind.strip('"') == "google_project_iam_custom_role":
                (body,) = named.values()
                made.append(sorted(name.strip('"') for name in body["permissions"]))
    assert sorted(made) == sorted(sorted(file["includedPermissions"]) for file in files)


def test_several_clouds_at_once_or_none(run, root, tmp_path):
    out = tmp_path / "out"
    run("generate", root / EXAMPLE, "--target", "aws,gcp,azure", "--format", "terraform", "--out", out)
    assert sorted(path.name for path in out.iterdir()) == ["aws", "azure", "gcp"]
    roles = tmp_path / "roles.yaml"
    roles.write_text((root / EXAMPLE).read_text().replace("    owner:", "    conditions: {mfa: true}\n    owner:"))
    nowhere = tmp_path / "nowhere"
    done = run("generate", roles, "--target", "aws,gcp", "--out", nowhere, check=False)
    assert done.returncode == 3 and "gcp cannot say `mfa`" in done.stderr
    assert not nowhere.exists()
