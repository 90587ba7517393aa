"""What tests of nbgrader share.

nbgrader calls `alembic` by its name: tests must find the one beside their interpreter, activated or not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import command
from tests.test_class import CLASS


@pytest.fixture(scope="session", autouse=True)
def alembic_is_found() -> Iterator[None]:
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    yield
    os.environ["PATH"] = before


@pytest.fixture(scope="session")
def class_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of `autograder grade` on the sample class."""
    folder = tmp_path_factory.mktemp("class")
    ended = command.run("grade", CLASS, "--results", folder / "results", "--jobs", "2", cwd=folder)
    assert ended.code == 0, ended
    return folder / "results"
