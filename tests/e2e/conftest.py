"""What every end-to-end test shares: the binary under test, the repository, and no network beyond loopback."""

import os
import pathlib
import shutil
import socket
import subprocess

import pytest
from moto.server import ThreadedMotoServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def leastwise() -> str:
    """The binary under test: LEASTWISE_BIN, else the release build."""
    candidates = [
        os.environ.get("LEASTWISE_BIN"),
        os.path.join(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release", "leastwise"),
        shutil.which("leastwise"),
    ]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return str(candidate)
    pytest.fail("no leastwise binary: set LEASTWISE_BIN or run cargo build --release")


@pytest.fixture
def run(leastwise, tmp_path):
    """Runs the binary in an empty folder, with no AWS settings of the developer's own."""

    def run(*args, cwd=None, env=None, check=True, **kwargs):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LEASTWISE_"))}
        clean.update({"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"})
        clean.update(env or {})
        done = subprocess.run(
            [leastwise, *map(str, args)],
            cwd=cwd or tmp_path,
            env=clean,
            capture_output=True,
            text=True,
            timeout=300,
            **kwargs,
        )
        if check:
            assert done.returncode == 0, f"{args}: exit {done.returncode}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="module")
def server():
    """The address of an AWS of the module's own, on loopback."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """The shared test data beside the repository; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is not here")
    return SHARED


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """A test that reaches beyond this machine fails instead of depending on the network."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            assert host in ("127.0.0.1", "::1", "localhost"), f"a test reached out to {host}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
