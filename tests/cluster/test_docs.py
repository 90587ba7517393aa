"""The commands of `docs/cluster.md`: TLS, a scheduler, a worker and a grading, as the page says; who runs the others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.execution.environment import forks
from tests import command, toy
from tests.test_console_blocks import PAGES, commands

PAGE = next(page for page in PAGES if page.name == "cluster.md")
TLS = ("openssl ", "chmod ", "export ", "tls=", "for of in ")
CLUSTER = ("dask scheduler", "autograder worker", "autograder grade submitted/ --cluster tls://scheduler")
NOT_RUN = {
    "pip install": "changes the environment; the extras are looked up by tests/test_console_blocks.py",
    "autograder grade submitted/ --workers": "tests/cluster/test_cluster.py runs it with one worker",
    "dask-ssh": "needs hosts; with TLS off, as it is there, Dask's own tests cover it",
    "autograder grade submitted/ --cluster tcp://node1": "the same command with an address of that cluster",
    "ssh": "needs hosts; the command in quotes is the one of a worker",
    "sbatch": "`make cluster-test` runs it on a cluster of one node",
    "docker": "needs an engine; tests/cluster/test_deploy.py checks the files",
    "cd deploy/docker": "needs an engine",
    "helm": "needs a cluster; tests/cluster/test_deploy.py validates the manifest",
    "kubectl": "needs a cluster",
    "autograder grade submitted/ --cluster tls://localhost": "needs a cluster",
}
"""The beginnings of commands that no test runs → the reason."""


def test_every_command_is_run_here_or_has_a_reason() -> None:
    found = commands(PAGE)
    assert [each for each in found if not each.startswith((*TLS, *CLUSTER, *NOT_RUN))] == []
    assert all(any(each.startswith(start) for each in found) for start in (*TLS, *CLUSTER, *NOT_RUN))


@pytest.mark.slow
@pytest.mark.skipif(not forks(), reason="no fork on this system: a cluster's machines run Linux")
def test_a_cluster_with_tls_as_the_page_says(tmp_path: Path) -> None:
    """What was handed in has no code, so that no framework is imported."""
    toy.project(tmp_path, hidden="")
    toy.write(tmp_path / "submitted" / "ada" / "toy" / "toy.py", "")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    lines = [each for each in commands(PAGE) if each.startswith(TLS)]
    for start in CLUSTER:
        line = next(each for each in commands(PAGE) if each.startswith(start))
        line = line.replace("//scheduler:8786", f"//127.0.0.1:{port}").replace("--port 8786", f"--port {port}")
        lines.append(line if "grade submitted" in start else f"{line} > {start[:4]}.log 2>&1 &")
    script = "set -e\ntrap 'kill $(jobs -p)' EXIT\n" + "\n".join(lines)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=command.environment(PATH=path),
        capture_output=True,
        text=True,
        timeout=command.SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "results" / "ada" / "toy.json").is_file()
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
