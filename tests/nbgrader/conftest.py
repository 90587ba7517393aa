"""Shared fixtures for tests of nbgrader.

nbgrader starts `alembic` by name: tests must find the one beside their interpreter, whether it is activated or not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Once
from tests.nbgrader import course, small
from tests.test_class import grade_the_class


@pytest.fixture(scope="session", autouse=True)
def alembic_is_found() -> Iterator[None]:
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    yield
    os.environ["PATH"] = before


@pytest.fixture(scope="session")
def class_results(once: Once) -> Path:
    """The results of `autograder grade` on the sample class."""
    return once("class", grade_the_class) / "results"


@pytest.fixture(scope="session")
def pristine(once: Once) -> Path:
    """The small exercise's project and its course, initialised and generated, as a template for copies."""

    def make(folder: Path) -> None:
        course.init(folder / "course", small.project(folder / "project")).generate("toy")

    return once("pristine", make)


@pytest.fixture
def made(pristine: Path, tmp_path: Path) -> course.Course:
    """A generated course of the small exercise; its project is in the same folder."""
    return course.copy(pristine, tmp_path)
