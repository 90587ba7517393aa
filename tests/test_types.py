"""Types are right. `make lint` asks the same; here, other tests run meanwhile."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.catalogue import ROOT


@pytest.mark.slow
def test_pyright_finds_nothing() -> None:
    ended = subprocess.run([sys.executable, "-m", "pyright"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.startswith("0 errors")
