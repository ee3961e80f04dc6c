"""The example account is what its script makes."""

import subprocess
import sys


def test_the_committed_example_is_what_its_script_makes(root):
    subprocess.run([sys.executable, root / "examples" / "make.py", "--check"], check=True)
