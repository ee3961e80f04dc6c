"""What `leastwise generate` writes for Kubernetes and Cedar is read by what their users use.

The models of Kubernetes' own client, which know no field too much, take the objects; Cedar's own implementation
validates the policies against the schema that is written beside them and decides on calls; `terraform fmt` and an HCL
parser take the Terraform.
"""

import json
import os
import shutil
import subprocess

import cedarpy
import hcl2
import pytest
import yaml
from kubernetes import client

CLUSTER = "examples/roles/cluster.yaml"
GATEWAY = "examples/roles/gateway.yaml"
PATH = {"PATH": os.environ["PATH"]}

MODELS = {
    "ServiceAccount": client.V1ServiceAccount,
    "Role": client.V1Role,
    "RoleBinding": client.V1RoleBinding,
    "ClusterRole": client.V1ClusterRole,
    "ClusterRoleBinding": client.V1ClusterRoleBinding,
}


@pytest.fixture
def written(run, root, tmp_path):
    """Generates for a platform and gives the files by name."""

    def written(example, target, *flags):
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        run("generate", root / example, "--target", target, "--out", out, *flags)
        return {path.name: path.read_text() for path in sorted(out.iterdir())}

    return written


def test_kubernetes_takes_every_object(written):
    kinds = []
    for text in written(CLUSTER, "kubernetes").values():
        for document in yaml.safe_load_all(text):
            MODELS[document["kind"]].from_dict(document)
            kinds.append(document["kind"])
    assert kinds == ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]


def test_kubectl_reads_every_object(run, root, tmp_path):
    """`--local` asks no cluster: kubectl reads the objects by its own types, and prints them again."""
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not here")
    text = run("--quiet", "generate", root / CLUSTER, "--target", "kubernetes").stdout
    command = ["kubectl", "label", "--local", "-f", "-", "read=yes", "-o", "json"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, env={"HOME": str(tmp_path)} | PATH)
    assert done.returncode == 0, done.stderr
    decoder, read, rest = json.JSONDecoder(), [], done.stdout.strip()
    while rest:
        item, end = decoder.raw_decode(rest)
        read.append(item)
        rest = rest[end:].strip()
    for item in read:
        assert item["metadata"]["labels"].pop("read") == "yes"
        item["metadata"].pop("creationTimestamp", None)
    assert read == list(yaml.safe_load_all(text))


@pytest.mark.parametrize("always", [0, 1])
def test_a_script_asks_the_cluster_for_each_line_and_its_neighbour(run, root, tmp_path, always):
    run("--quiet", "generate", root / CLUSTER, "--target", "kubernetes", "--out", tmp_path / "out", "--tests")
    (tmp_path / "bin").mkdir()
    stand_in = tmp_path / "bin" / "kubectl"
    stand_in.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexit {always}\n')
    stand_in.chmod(0o755)
    env = {**os.environ, "PATH": f"{stand_in.parent}:{os.environ['PATH']}"}
    script = tmp_path / "out" / "deploy-agent.can-i.sh"
    done = subprocess.run(["sh", str(script)], env=env, capture_output=True, text=True)
    assert done.returncode == 1, "a cluster that answers everything alike is wrong about half of it"
    told = done.stderr.splitlines()
    assert len(told) == 6 and all(line.endswith(f"must be {['no', 'yes'][always]}") for line in told), told
    asked = (tmp_path / "asked").read_text().splitlines()
    assert len(asked) == 12
    user = "auth can-i --quiet --as=system:serviceaccount:shop:deploy-agent"
    assert asked[0] == f"{user} get deployments.apps/web --namespace=shop"


def test_kubernetes_lists_hold_the_same_as_documents(written):
    documents = [
        document for text in written(CLUSTER, "kubernetes").values() for document in yaml.safe_load_all(text)
    ]
    lists = [json.loads(text) for text in written(CLUSTER, "kubernetes", "--format", "json").values()]
    assert [item for one in lists for item in one["items"]] == documents


def test_terraform_finds_nothing_to_lay_out_anew(written):
    for text in written(CLUSTER, "kubernetes", "--format", "terraform").values():
        assert hcl2.loads(text)["resource"]
        if shutil.which("terraform"):
            done = subprocess.run(["terraform", "fmt", "-"], input=text, capture_output=True, text=True)
            assert (done.returncode, done.stdout) == (0, text), done.stderr


@pytest.fixture
def gateway(written):
    files = written(GATEWAY, "cedar")
    return files["supportagent.cedar"], files["leastwise.cedarschema"]


def decision(gateway, action, resource, **context):
    policies, schema = gateway
    agent = {"__entity": {"type": "Leastwise::Agent", "id": "a"}}
    role = {"type": "Leastwise::Role", "id": "SupportAgent"}
    kind, _, name = resource.partition(" ")
    attributes, parents = {}, []
    if kind == "Route":
        attributes = {"scheme": "https", "host": "api.shop.example", "port": 443, "path": name}
    else:
        parents = [{"type": "Leastwise::Server", "id": name.split("/")[0]}]
    entities = [
        {
            "uid": agent["__entity"],
            "attrs": {"spiffe_id": "spiffe://shop.example/agents/support"},
            "parents": [role],
        },
        {"uid": {"type": f"Leastwise::{kind}", "id": name}, "attrs": attributes, "parents": parents},
    ]
    known = {
        "source_ip": {"__extn": {"fn": "ip", "arg": "203.0.113.7"}},
        "now": {"__extn": {"fn": "datetime", "arg": "2027-01-01T00:00:00Z"}},
        **context,
    }
    request = {
        "principal": 'Leastwise::Agent::"a"',
        "action": f'Leastwise::Action::"{action}"',
        "resource": f"Leastwise::{kind}::{json.dumps(name)}",
        "context": known,
    }
    answer = cedarpy.is_authorized(request, policies, entities, schema)
    assert not answer.diagnostics.errors
    return answer.decision


def test_cedar_accepts_the_policies_and_decides_as_was_meant(gateway):
    policies, schema = gateway
    result = cedarpy.validate_policies(policies, schema)
    assert result.validation_passed, [str(error) for error in result.errors]
    allow, deny = cedarpy.Decision.Allow, cedarpy.Decision.Deny
    assert decision(gateway, "call_tool", "Tool orders/find_order") == allow
    assert decision(gateway, "call_tool", "Tool orders/cancel") == deny
    assert decision(gateway, "call_tool", "Tool orders/refund") == deny
    assert decision(gateway, "call_tool", "Tool orders/refund", approved=True) == allow
    assert decision(gateway, "GET", "Route /orders/7") == allow
    assert decision(gateway, "GET", "Route /customers/7") == deny
    assert decision(gateway, "DELETE", "Route /orders/7") == deny
    late = {"__extn": {"fn": "datetime", "arg": "2027-03-31T00:00:00Z"}}
    assert decision(gateway, "call_tool", "Tool orders/find_order", now=late) == deny


def test_the_json_of_cedar_says_the_same(written, gateway):
    files = written(GATEWAY, "cedar", "--format", "json")
    text = cedarpy.policies_from_json_str(files["supportagent.cedar.json"])
    policies, schema = gateway
    assert cedarpy.validate_policies(text, json.loads(files["leastwise.cedarschema.json"])).validation_passed
    as_json = json.loads(files["supportagent.cedar.json"])["staticPolicies"]
    assert sorted(as_json)[:2] == ["SupportAgent-1", "SupportAgent-2"]
    assert len(as_json) == policies.count("@id(")
