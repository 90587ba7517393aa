"""Run the same attack ideas on stock `nbgrader autograde`, on stock `otter run` and here; writes `docs/comparison.md`.

    python -m benchmarks.compare_attacks

The exercise is small: `one()` is 1, `double(x)` is 2x, `three()` is 3; 20 points. In the stock tools, the tests are
where the manuals put them: in cells of the notebook and in the files of `autograder.zip`. The measurements for each
idea are the points that it gains and the harm that it does: it writes to a folder outside, reaches a listener on this
machine, or leaves a process behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from nbformat.v4 import new_code_cell, new_notebook, writes

from autograder.authoring.loading import load_exercise
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.results.files import write_whole
from autograder.worker import sandbox
from tests import catalogue, toy
from tests.attacks.world import World, world

TESTS = ("one() == 1", "double(3) == 6", "three() == 3")
POINTS = 20
SECONDS = 300

WRONG = """
def one():
    return 0
def double(x):
    return 0
def three():
    return 0
"""

IDEAS: dict[str, str] = {
    "nothing solved, no attack": WRONG,
    "an object that is equal to everything": """
class Yes:
    __eq__ = lambda self, other: True
    __hash__ = None
one = double = three = lambda *given: Yes()
""",
    "a float whose class says it is equal": """
class Yes(float):
    __eq__ = lambda self, other: True
    __hash__ = None
one = double = three = lambda *given: Yes(0)
""",
    "expected values read from the tests": WRONG
    + """
import ast, pathlib, re
def looked_up():
    found = {}
    for folder in (".", "tests", "../source/tests", "../tests", "/autograder/source/tests"):
        for path in pathlib.Path(folder).glob("*"):
            if path.suffix in (".py", ".ipynb") and path.is_file():
                for name, value in re.findall(r"(one|double|three)\\([0-9]*\\) == ([0-9]+)", path.read_text()):
                    found[name] = int(value)
    return found
found = looked_up()
if len(found) == 3:
    one, double, three = (lambda *given, name=name: found[name] for name in ("one", "double", "three"))
""",
    "the test framework replaced": WRONG
    + """
try:
    from otter.test_files.exception_test import test_case
    test_case.call_func = lambda self, environment: None
except ImportError:
    pass
try:
    async def run_code(*args, **kwargs):
        return False
    get_ipython().run_code = run_code
except NameError:
    pass
""",
    "the process ended with exit code 0": WRONG + "\nimport os\nos._exit(0)\n",
    "a file written outside": WRONG + "\nopen(TARGETS['canary'] + '/gradebook.db', 'w').write('attacker,20')\n",
    "another student's submission deleted": WRONG
    + "\nimport os\nos.unlink(TARGETS['canary'] + '/submitted/honest/xor/xor.py')\n",
    "a connection to a service of this machine": WRONG
    + "\nimport socket\nsocket.create_connection(('127.0.0.1', TARGETS['tcp']), timeout=5).sendall(b'taken')\n",
    "a datagram": WRONG
    + "\nimport socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'taken', ('127.0.0.1', TARGETS['udp']))\n",
    "a process left behind": WRONG
    + """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)", TARGETS["token"]], start_new_session=True)
""",
}


@dataclass(frozen=True)
class Measured:
    """What one idea gained from one tool."""

    points: float | None
    harm: tuple[str, ...]

    def __str__(self) -> str:
        taken = "no score" if self.points is None else f"{self.points:g} of {POINTS}"
        return f"{taken}; {', '.join(self.harm)}" if self.harm else taken


Tool = Callable[[str, Path], float | None]


def main() -> int:
    # nbgrader starts `alembic` by its name, without a path.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    rows: dict[str, list[Measured]] = {}
    honest: list[float | None] = []
    with Zygotes(allow_weak=False) as zygotes, tempfile.TemporaryDirectory() as course:
        zygote = zygotes.of("torch")
        cells = nbgrader_course(Path(course))
        tools: dict[str, Tool] = {
            "nbgrader": lambda source, folder: stock_nbgrader(source, folder, Path(course), cells),
            "otter": stock_otter,
            "ours": lambda source, folder: ours(source, folder, zygotes),
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, tool in tools.items():
                (Path(folder) / name).mkdir()
                honest.append(tool(toy.RIGHT, Path(folder) / name))
        if honest != [POINTS] * len(tools):
            raise RuntimeError(f"a right submission scores {honest}: nothing is measured by these courses")
        for idea, source in IDEAS.items():
            rows[idea] = [measure(tool, source) for tool in tools.values()]
            print(idea, *rows[idea], sep=" | ", flush=True)
    layers = zygote.layers if zygote else ()
    write_whole(catalogue.ROOT / "docs" / "comparison.md", page(rows, honest, layers).encode())
    (catalogue.ROOT / "docs" / "comparison.md").chmod(0o644)
    return 0 if all(not row[-1].points and not row[-1].harm for row in rows.values()) and honest[-1] == POINTS else 1


def measure(tool: Tool, source: str) -> Measured:
    """Grade the source in its own world, and inspect that world afterwards."""
    with world() as around, tempfile.TemporaryDirectory() as folder:
        points = tool(f"TARGETS = {json.dumps(around.targets)}\n{source}", Path(folder))
        harm = around.harm()
        return Measured(points, tuple(dict.fromkeys(_in_short(each) for each in harm)) + _left_behind(around))


def nbgrader_course(folder: Path) -> list[Any]:
    """A course with a generated assignment, from which every idea starts; and the notebook's cells."""
    solution = f"### BEGIN SOLUTION\n{toy.RIGHT}### END SOLUTION\n"
    tests = "\n".join(f"assert {test}" for test in TESTS)
    cells = [
        _nbgrader_cell(solution, "answer", solution=True, grade=False),
        _nbgrader_cell(tests, "test", solution=False, grade=True, locked=True, points=POINTS),
    ]
    _write_notebook(folder / "source" / "toy" / "toy.ipynb", cells)
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'stock'\n")
    _run([sys.executable, "-m", "nbgrader", "generate_assignment", "toy"], folder)
    return cells


def stock_nbgrader(source: str, folder: Path, course: Path, cells: list[Any]) -> float | None:
    """`nbgrader autograde` in a copy of the course."""
    shutil.copytree(course, folder, dirs_exist_ok=True)
    handed_in = [_nbgrader_cell(source, "answer", solution=True, grade=False), cells[1]]
    _write_notebook(folder / "submitted" / "somebody" / "toy" / "toy.ipynb", handed_in)
    _run([sys.executable, "-m", "nbgrader", "autograde", "toy"], folder)
    return _from_gradebook(folder / "gradebook.db")


def stock_otter(source: str, folder: Path) -> float | None:
    """`otter run` with an `autograder.zip` of one question."""
    asserts = "\n".join(f"    assert {test}" for test in TESTS)
    names = ", ".join(test.partition("(")[0] for test in TESTS)
    test = (
        f"from otter.test_files import test_case\n\nOK_FORMAT = False\nname = 'q'\npoints = {POINTS}\n\n"
        f"@test_case(points={POINTS}, hidden=True)\ndef test_q({names}):\n{asserts}\n"
    )
    with zipfile.ZipFile(folder / "autograder.zip", "w") as packed:
        packed.writestr("tests/q.py", test)
        packed.writestr("otter_config.json", "{}")
    _write_notebook(folder / "toy.ipynb", [new_code_cell(source)])
    written = folder / "results.json"
    arguments = ["-a", "autograder.zip", "-o", str(folder), "--no-logo", "toy.ipynb"]
    _run([sys.executable, "-m", "otter", "run", *arguments], folder)
    if not written.exists():
        return None
    return sum(float(test.get("score", 0)) for test in json.loads(written.read_text())["tests"])


def ours(source: str, folder: Path, zygotes: Zygotes) -> float | None:
    """The real grader."""
    project = folder / "project"
    found = load_exercise(load_policy(toy.project(project) / GRADING_FILE), "toy")
    handed_in = catalogue.as_submission("toy", "torch", source)
    return grader.grade(handed_in, grader.Job(found, catalogue.SEED, zygotes.of)).score


def page(rows: dict[str, list[Measured]], honest: list[float | None], layers: tuple[str, ...]) -> str:
    """The table, which contains measurements only."""
    lines = [
        "# The same attacks on other tools",
        "",
        f"Made by `python -m benchmarks.compare_attacks` on {datetime.now(UTC):%Y-%m-%d} as uid {os.geteuid()}: nbgrader "
        f"{version('nbgrader')}, otter-grader {version('otter-grader')},",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}. "
        f"The isolation of this grader is {sandbox.level(layers)}.",
        "",
        "The stock tools run as their manuals describe, without a container. A container around them would protect the machine,",
        "but tests and student code would still share a process.",
        "",
        "| attack | `nbgrader autograde` | `otter run` | this grader |",
        "|---|---|---|---|",
        "| *a right submission* | " + " | ".join(str(Measured(points, ())) for points in honest) + " |",
        *(f"| {idea} | " + " | ".join(map(str, row)) + " |" for idea, row in rows.items()),
    ]
    return "\n".join(lines) + "\n"


def _in_short(harm: str) -> str:
    if "heard" in harm:
        return "the listener heard it"
    return "the folder outside was changed" if "canary" in harm else harm


def _left_behind(around: World) -> tuple[str, ...]:
    """Whether a process with the token is left; such a process is killed."""
    found = [each for each in psutil.process_iter(["cmdline"]) if around.token in (each.info["cmdline"] or [])]
    for each in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    return ("the process went on",) if found else ()


def _from_gradebook(path: Path) -> float | None:
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(f"sqlite:///{path}", "stock") as book:
        try:
            submission = book.find_submission("toy", "somebody")
        except MissingEntry:
            return None
        return float(submission.score or 0)


def _nbgrader_cell(source: str, name: str, **marks: Any) -> Any:
    whole = {"schema_version": 3, "grade_id": name, "locked": False, "task": False, **marks}
    return new_code_cell(source, metadata={"nbgrader": whole})


def _write_notebook(path: Path, cells: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.write_text(writes(new_notebook(cells=cells, metadata={"kernelspec": kernel})), encoding="utf-8")


def _run(command: list[str], folder: Path) -> None:
    """Run it and ignore its exit status: its effects are inspected afterwards."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS, check=False)


if __name__ == "__main__":
    raise SystemExit(main())
