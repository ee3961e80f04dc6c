"""What `leastwise check` prints, read by the tools that its users use."""

import datetime
import json
import os
import pathlib
import random
import re

import cmarkgfm
import jsonschema
import pytest
import sarif_form
import yaml
from junitparser import Error, Failure, JUnitXml, Skipped

BAD = """{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "arn:aws:s3:::reports/*"}
}
"""
ODD = "s3:Get<img src=x onerror=alert(1)>[a](http://example.com)@team#1|`x\\u001b[31m]]>&amp;\\n::error::x"


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "bad.json").write_text(BAD)
    (tmp_path / "policies" / "a, b & <c>.json").write_text(BAD.replace("s3:GetObjekt", ODD))
    (tmp_path / "policies" / "good.json").write_text(BAD.replace("GetObjekt", "GetObject"))
    (tmp_path / "policies" / "broken.json").write_text('{"Statement": [')
    (tmp_path / "leastwise.toml").write_text(
        '[[check.suppress]]\ncode = "INVALID_ACTION"\nfile = "policies/bad.json"\n'
        'reason = "in <preview>"\nuntil = "%s"\n' % datetime.date.today().isoformat()
    )
    return tmp_path


def check(run, repository, output, *args):
    return run("check", "policies", "--fail-on", "medium", "--output", output, *args, cwd=repository, check=False)


def test_sarif_says_what_the_specification_asks(run, repository):
    done = check(run, repository, "sarif")
    assert done.returncode == 3
    log = json.loads(done.stdout)
    jsonschema.Draft202012Validator(sarif_form.LOG).validate(log)
    results = log["runs"][0]["results"]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)
    assert any(result["suppressions"] for result in results)
    places = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results}
    assert "policies/a%2C%20b%20%26%20%3Cc%3E.json" in places


@pytest.fixture(scope="session")
def published():
    """The schema as it was published, which `./test.sh` fetches."""
    path = pathlib.Path(os.environ.get("LEASTWISE_SARIF_SCHEMA") or "-")
    if not path.is_file():
        pytest.skip("LEASTWISE_SARIF_SCHEMA names no file; ./test.sh fetches it")
    schema = json.loads(path.read_text())
    jsonschema.Draft4Validator.check_schema(schema)
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)


def examples():
    """Every folder of examples, and every file that can be checked for itself."""
    folder = pathlib.Path(__file__).resolve().parents[2] / "examples"
    kinds = {".json", ".yaml", ".yml", ".tf", ".cedar"}
    return [folder, *sorted(one for one in folder.rglob("*") if one.is_dir() or one.suffix in kinds)]


@pytest.mark.parametrize("example", examples(), ids=lambda path: path.name)
def test_sarif_is_what_the_published_schema_asks(run, published, example):
    done = run("check", example, "--allow-unreadable", "--output", "sarif", check=False)
    assert done.returncode in (0, 1), done.stderr
    published.validate(json.loads(done.stdout))


def test_sarif_with_all_that_it_can_hold_is_what_the_published_schema_asks(run, published, repository):
    published.validate(json.loads(check(run, repository, "sarif").stdout))
    check(run, repository, "table", "--write-baseline", repository / "known.json")
    log = json.loads(check(run, repository, "sarif", "--baseline", repository / "known.json").stdout)
    assert any(result.get("baselineState") for result in log["runs"][0]["results"])
    published.validate(log)


def test_sarif_of_an_account_and_with_a_baseline_is_the_same_form(run, root, tmp_path):
    run("check", root / "examples", "--write-baseline", tmp_path / "known.json")
    done = run("check", root / "examples", "--baseline", tmp_path / "known.json", "--output", "sarif")
    log = json.loads(done.stdout)
    jsonschema.Draft202012Validator(sarif_form.LOG).validate(log)
    assert {result["baselineState"] for result in log["runs"][0]["results"]} == {"unchanged"}


def test_junit_is_read_by_its_reader(run, repository, tmp_path):
    done = check(run, repository, "junit")
    xml = JUnitXml.fromstring(done.stdout.encode())
    cases = {case.classname: case for suite in xml for case in suite}
    kinds = {name: [type(result) for result in case.result] for name, case in cases.items()}
    assert kinds["policies/bad.json"] == [Skipped]
    assert kinds["policies/good.json"] == []
    assert kinds["policies/broken.json"] == [Error]
    assert kinds["policies/a, b & <c>.json"] == [Failure]
    counted = [sum(len([r for r in case.result if isinstance(r, kind)]) for s in xml for case in s) for kind in (Failure, Error)]
    assert [xml.failures, xml.errors] == counted


def test_markdown_shows_text_of_others_as_text(run, repository):
    done = check(run, repository, "markdown")
    html = cmarkgfm.github_flavored_markdown_to_html(done.stdout, cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE)
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    assert set(re.findall(r"<\s*([a-zA-Z0-9]+)", html)) <= {
        "h2", "table", "thead", "tbody", "tr", "th", "td", "p", "details", "summary", "code", "ul", "li", "strong",
    }, html
    assert "@" not in outside and "http" not in outside and "#1" not in outside, outside
    assert "GetObjekt" not in html, "what is suppressed is not in the comment"


def test_markdown_holds_whatever_stands_in_a_policy(run, tmp_path):
    parts = ["`", "``", "```", "<b>", "</code>", "</details>", "@team", "#1", "https://example.com", "www.example.com",
             "[a](b)", "![c](d)", "|", "*", "**", "_", "~~", " ", "  ", "word", "deadbeef12", "\\", "a@example.com", "\n", "&lt;"]
    chance = random.Random(5)
    for number in range(150):
        action = "s3:" + "".join(chance.choices(parts, k=chance.randint(1, 8)))
        statement = {"Sid": "".join(chance.choices(parts, k=3)), "Effect": "Allow", "Action": action, "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        (tmp_path / f"{number:03}.json").write_text(json.dumps(policy))
    done = run("check", ".", "--output", "markdown", cwd=tmp_path, check=False)
    html = cmarkgfm.github_flavored_markdown_to_html(done.stdout, cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE)
    assert html.count("<details") == html.count("</details>") > 50
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    for forbidden in ("<b>", "<a ", "<img", "<em>", "<del>", "@", "http", "www", "#1", "deadbeef12"):
        assert forbidden not in outside, (forbidden, outside)


def test_github_gets_one_command_for_each_finding(run, repository):
    done = check(run, repository, "github")
    commands = [line for line in done.stdout.splitlines() if line.startswith("::")]
    form = re.compile(r"^::(error|warning|notice) file=([^,:]+),line=\d+,col=\d+,title=([^,:]+)::(.*)$")
    assert commands and all(form.match(line) for line in commands), commands
    assert "\x1b" not in done.stdout


def test_the_action_and_the_hooks_are_what_their_readers_expect(root):
    action = yaml.safe_load((root / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert "uses" in step or step["shell"] == "bash"
        # No input is put into a script, where it would be run.
        assert "${{" not in step.get("run", ""), step["name"]
    named = set(re.findall(r"inputs\.([a-z-]+)", (root / "action.yml").read_text()))
    assert named == set(action["inputs"])
    hooks = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text())
    assert all(re.compile(hook["files"]).search("infra/main.tf") for hook in hooks)
    assert all({"id", "name", "entry", "language"} <= set(hook) for hook in hooks)


def test_the_snippets_of_the_page_are_yaml(root):
    blocks = re.findall(r"^```yaml\n(.*?)^```", (root / "docs" / "ci.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 3
    action = yaml.safe_load((root / "action.yml").read_text())
    for block in blocks:
        parsed = yaml.safe_load(block)
        for job in (parsed.get("jobs", {}) if isinstance(parsed, dict) else {}).values():
            for step in job["steps"]:
                if step.get("uses", "").startswith("leastwise/"):
                    assert set(step["with"]) <= set(action["inputs"])
