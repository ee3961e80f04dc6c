"""The documents hold together: every relative link leads somewhere, and the scripts are executable."""

import os
import re
import subprocess

LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def documents(root):
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=root, capture_output=True, text=True, check=True)
    return [root / line for line in listed.stdout.splitlines() if (root / line).exists()]


def anchor(heading):
    """The anchor that forges make of a heading."""
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def test_every_relative_link_leads_somewhere(root):
    broken = []
    for document in documents(root):
        text = FENCE.sub("", document.read_text())
        for target in LINK.findall(text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, fragment = target.partition("#")
            place = (document.parent / path) if path else document
            if not place.exists():
                broken.append(f"{document.relative_to(root)}: {target}")
            elif fragment and place.suffix == ".md":
                headings = {anchor(h) for h in HEADING.findall(FENCE.sub("", place.read_text()))}
                if fragment not in headings:
                    broken.append(f"{document.relative_to(root)}: {target} (no such heading)")
    assert not broken, "\n".join(broken)


def test_scripts_that_readers_run_are_executable(root):
    for script in (".ci/run", "test.sh", "try.sh", "bench/run.sh"):
        if (root / script).exists():
            assert os.access(root / script, os.X_OK), f"{script} is not executable"
