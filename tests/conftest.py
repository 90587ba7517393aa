"""Shared fixtures: zygotes, started once per test process, and folders that are created once for all processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.authoring.catalogue import Mistake
from autograder.execution.zygote_client import Zygotes

Once = Callable[[str, Callable[[Path], None]], Path]

# For the processes that tests start.
_LEFT_OUT = str(Path(__file__).parent / "left_out")
if _LEFT_OUT not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_LEFT_OUT, os.environ.get("PYTHONPATH")]))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exercise", metavar="NAME", help="only the tests of this exercise")
    parser.addoption("--all-attacks", action="store_true", help="also those attacks that only `make attacks` runs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # The longest test comes first, so that no process waits for it at the end.
    items.sort(key=lambda item: not item.nodeid.startswith("tests/test_types.py"))
    # Not `-k NAME`: the name of one exercise may be part of another's, as with cnn and cnn_lstm.
    name = config.getoption("--exercise")
    if name:
        kept = [item for item in items if name in _exercises_of(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def _exercises_of(item: pytest.Item) -> set[str]:
    """The exercises among a test's parameters."""
    callspec = getattr(item, "callspec", None)
    values = callspec.params if callspec else {}
    named = {value for key in ("name", "exercise") if isinstance(value := values.get(key), str)}
    return named | {value.exercise for value in values.values() if isinstance(value, Mistake)}


@pytest.fixture(scope="session")
def zygotes() -> Iterator[Zygotes]:
    with Zygotes() as started:
        yield started


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """`once(name, make)`: a folder that one test process creates for all; the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base

    def made(name: str, make: Callable[[Path], None]) -> Path:
        folder, finished = shared / name, shared / f"{name}.made"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not finished.exists():
                folder.mkdir()
                make(folder)
                finished.touch()
        return folder

    return made
