"""Right and wrong student programs, which run both with the pretended GPU and on real hardware."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder.course import percent_cells
from autograder.errors import StudentError
from autograder.execution.gpus import Lease
from autograder.execution.watchdog import Budget
from autograder.execution.worker_process import Worker
from autograder.execution.zygote_client import Zygotes
from autograder.worker import wire
from autograder.worker.names import DEVICE_IMPORTS, FrameworkName

HERE = Path(__file__).parent / "submissions"
_FINDS = re.compile(r"# finds(?: (\w+))?: (.+)$")


@dataclass(frozen=True)
class Programs:
    """A file of programs: its public functions without parameters."""

    file: str
    framework: FrameworkName
    source: str
    names: list[str]
    finds: dict[str, tuple[int, str]]
    """Program → the line that must be named, and words of the remedy."""


class Run:
    """A worker with the file loaded."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def call(self, name: str) -> Any:
        return self._worker.ask("call", seconds=60, name=name)

    def eagerly(self, on: bool) -> None:
        self._worker.ask("eagerly", seconds=10, args=[on])

    def findings(self, model: Any = None) -> list[dict[str, str]]:
        """Findings since the last call, and those that a model has left."""
        found = self._worker.ask("found", seconds=10)["findings"]
        if isinstance(model, wire.Remote):
            found += self._worker.ask("left_behind", seconds=10, target=model.name)
        return found


def read(stem: str) -> Programs:
    path = HERE / f"{stem}.py"
    source = path.read_text(encoding="utf-8")
    names: list[str] = []
    finds: dict[str, tuple[int, str]] = {}
    lines = source.splitlines()
    tree = ast.parse(source)
    for each in tree.body:
        for line in range(each.lineno, (each.end_lineno or each.lineno) + 1):
            marked = _FINDS.search(lines[line - 1])
            if marked:
                owner = marked[1] or (each.name if isinstance(each, ast.FunctionDef) else "")
                finds[owner] = (line, marked[2])
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {function.id for function in calls if isinstance(function, ast.Name)}
    for each in tree.body:
        if isinstance(each, ast.FunctionDef) and not each.args.args and each.name not in called:
            names.append(each.name)
    return Programs(path.name, "keras" if stem.endswith("keras") else "torch", source, names, finds)


@contextmanager
def worker(zygotes: Zygotes, programs: Programs, machine: str, lease: Lease | None = None) -> Iterator[Run]:
    budget = Budget(gpu_memory_mb=4_000 if lease else 0)
    imports = DEVICE_IMPORTS[programs.framework]
    opened = Worker(programs.framework, budget, zygotes.of(programs.framework), lease, imports)
    try:
        assert opened.ask("hello", seconds=120, args=[machine, budget.gpu_memory_mb])["draws_repeat"]
        cells = [[programs.file, cell] for cell in percent_cells.code_cells(programs.source)]
        assert opened.ask("load", seconds=60, args=cells) == []
        yield Run(opened)
    finally:
        opened.close()


def alike(plain: Any, pretended: Any) -> None:
    """Whether the numbers are the same, at any depth."""
    a, b = _numbers(plain), _numbers(pretended)
    assert a
    np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-6)


def found(run: Run, programs: Programs, name: str) -> None:
    """The report names the marked line and contains the marked words."""
    line, words = programs.finds[name]
    answer = None
    try:
        answer = run.call(name)
    except StudentError as problem:
        place = problem.place
        assert place
        assert place.where == f"{programs.file}, line {line}", f"{problem} at {place}"
    findings = run.findings(answer)
    assert findings, "nothing was found"
    last = findings[-1]
    assert last["where"] == f"{programs.file}, line {line}", last
    assert words in f"{last['saw']} {last['fix']}", last
    assert last["code"] and last["code"] in programs.source


def _numbers(value: Any) -> list[float]:
    if hasattr(value, "values") and hasattr(value, "role"):
        value = np.asarray(value.values)
    if isinstance(value, list | tuple):
        return [number for item in value for number in _numbers(item)]
    return [float(number) for number in np.ravel(value)]
