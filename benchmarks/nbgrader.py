"""Compare `nbgrader autograde` with our engine to stock nbgrader, which executes notebooks with the checks in cells.

`python -m benchmarks.nbgrader` writes `docs/nbgrader-benchmark.md`. Run it on an idle machine: measurements on a busy
one are meaningless. Both courses contain the same right submissions of `xor` in PyTorch, and one run of the command
grades all of them sequentially. The grade cells of the stock course contain plain checks of each part: shapes, values,
and training until the corners are right.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook

from autograder.release import solution_markers
from autograder.results.files import write_whole
from tests.catalogue import ROOT

TARGET = ROOT / "docs" / "nbgrader-benchmark.md"
EXERCISE = "xor"

CHECKS = {
    "gates": """
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
for gate, wanted in ((or_gate, [0, 1, 1, 1]), (and_gate, [0, 0, 0, 1])):
    weights, bias = gate()
    assert ((1 / (1 + np.exp(-(corners @ np.asarray(weights) + bias))) > 0.5) == wanted).all()
""",
    "lecture": """
assert np.shape(lecture_formula(corners)) in ((4,), (4, 1))
""",
    "by_hand": """
assert ((np.ravel(xor_by_hand(corners)) > 0.5) == [0, 1, 1, 0]).all()
""",
    "model": """
model = build_model(4)
x = torch.tensor(corners, dtype=torch.float32)
assert tuple(model(x).shape) == (4, 1)
assert sum(p.numel() for p in model.parameters()) == 17
""",
    "cross_entropy": """
p, y = torch.tensor([[0.9], [0.2]]), torch.tensor([[1.0], [0.0]])
assert abs(float(binary_cross_entropy(p, y)) - 0.16425) < 1e-3
""",
    "gradients": """
targets = np.array([[0.0], [1.0], [1.0], [0.0]], np.float32)
found = gradients(model, corners.astype(np.float32), targets)
assert set(found) == {name for name, _ in model.named_parameters()}
""",
    "training": """
torch.manual_seed(3)
for attempt in range(3):
    model = build_model(8)
    losses = train(model, corners.astype(np.float32), targets, 500, 0.05, attempt)
    if ((model(x).detach().numpy() > 0.5) == targets).all():
        break
assert losses[-1] < losses[0]
assert ((model(x).detach().numpy() > 0.5) == targets).all()
""",
    "gpu": "pass",
}
"""What an instructor would write in the grade cell of each part."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=1, help="rounds; the fastest of each counts")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        ours, stock = Path(name) / "ours", Path(name) / "stock"
        prepare(ours, stock, asked.submissions)
        times: dict[Path, list[Spent]] = {ours: [], stock: []}
        for _ in range(asked.repeat):
            for folder, found in times.items():
                found.append(autograde(folder))
        shares = {folder: shares_of(folder) for folder in times}
    for folder, found in shares.items():
        assert found == [1.0] * asked.submissions, (folder.name, found)
    write_whole(TARGET, page(times[ours], times[stock], asked.submissions).encode())
    TARGET.chmod(0o644)
    sys.stdout.write(TARGET.read_text(encoding="utf-8"))


def prepare(ours: Path, stock: Path, count: int) -> None:
    """Both courses with the same submissions, not graded yet."""
    _run(sys.executable, "-m", "autograder", "nbgrader", "init", ours, EXERCISE, cwd=ROOT)
    shutil.copytree(ours, stock)
    (stock / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'stock'\nc.Execute.timeout = 300\n"
    )
    path = stock / "source" / EXERCISE / f"{EXERCISE}.ipynb"
    source: Any = nbformat.read(path, as_version=4)
    source.cells = [cell for cell in source.cells if not _is_check_of_ours(cell)]
    for cell in source.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = CHECKS[cell.metadata.nbgrader.grade_id]
    nbformat.write(source, path)
    for folder in (ours, stock):
        _run("nbgrader", "generate_assignment", EXERCISE, cwd=folder)
        released: Any = nbformat.read(folder / "release" / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)
        _answer(released, nbformat.read(folder / "source" / EXERCISE / f"{EXERCISE}.ipynb", as_version=4))
        for number in range(count):
            target = folder / "submitted" / f"student{number:02}" / EXERCISE / f"{EXERCISE}.ipynb"
            target.parent.mkdir(parents=True)
            nbformat.write(released, target)


@dataclass(frozen=True, order=True)
class Spent:
    """The cost of one run of the command, from its start to its end."""

    wall: float
    cpu: float
    """Of the command and all its descendants."""


def autograde(folder: Path) -> Spent:
    before, started = _children_cpu(), time.perf_counter()
    _run("nbgrader", "autograde", EXERCISE, "--force", cwd=folder)
    return Spent(time.perf_counter() - started, _children_cpu() - before)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def shares_of(folder: Path) -> list[float]:
    """Each submission's share of the points."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gradebook: Any = Gradebook(f"sqlite:///{folder / 'gradebook.db'}")
        with gradebook as book:
            return [float(each.score / each.max_score) for each in book.assignment_submissions(EXERCISE)]


def page(ours: list[Spent], stock: list[Spent], count: int) -> str:
    ours_best, stock_best = min(ours), min(stock)
    rows = {"stock nbgrader, checks in cells": stock_best, "this grader under nbgrader": ours_best}
    lines = [
        "# `nbgrader autograde`, with this grader and without",
        "",
        f"Made by `python -m benchmarks.nbgrader` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, no GPU.",
        f"The load of the machine at the end was {os.getloadavg()[0]:.1f}.",
        "",
        f"The command `nbgrader autograde` graded {count} right submissions of `{EXERCISE}` in PyTorch. The times are from its",
        f"start to its end, the fastest of {len(ours)} round(s). Every submission has full marks in both.",
        "",
        "| grader | wall seconds | per submission | CPU seconds |",
        "|---|---|---|---|",
        *(
            f"| {what} | {spent.wall:.0f} | {spent.wall / count:.1f} | {spent.cpu:.0f} |"
            for what, spent in rows.items()
        ),
        "",
        f"**{stock_best.wall / ours_best.wall:.1f} times faster.** The stock course starts a kernel for each submission, "
        "imports the",
        "framework in it and runs every cell, demos included. Its checks are fewer and simpler than those of this grader, which",
        "imports the framework once and runs each submission in a forked worker.",
    ]
    return "\n".join(lines) + "\n"


def _is_check_of_ours(cell: Any) -> bool:
    """Cells that call `grader`. The stock course does not need them: its checks are in the grade cells."""
    return "check" in cell.metadata.get("tags", []) and not cell.metadata.get("nbgrader", {}).get("grade")


def _answer(released: Any, source: Any) -> None:
    """Put the solutions into the answer cells."""
    solved = {
        cell.metadata.nbgrader.grade_id: solution_markers.solved(cell.source)
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    for cell in released.cells:
        id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if id in solved:
            cell.source = solved[id]


def _run(*command: str | Path, cwd: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


if __name__ == "__main__":
    main()
