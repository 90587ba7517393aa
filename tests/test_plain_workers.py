"""Without fork (Windows, macOS), a worker is a plain process that uses pipes: the same results, only slower."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from autograder.authoring.student import Student
from autograder.errors import LimitExceeded
from autograder.execution.environment import NO_FORK
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.results.form import Result
from autograder.worker.names import FrameworkName
from tests import catalogue, command, toy
from tests.catalogue import ROOT

PACKAGE = Path(grader.__file__).parent
POSIX = {
    "fcntl",
    "resource",
    "pwd",
    "grp",
    "termios",
    "tty",
    "pty",
    "posix",
    "syslog",
    "crypt",
    "spwd",
    "readline",
    "curses",
}


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zygotes]:
    monkeypatch.setenv(NO_FORK, "1")
    with Zygotes() as nothing:
        assert nothing.of("torch") is None
        yield nothing


def visible(zygotes: Zygotes, source: str, only: list[str] | None = None) -> Result:
    job = grader.Job(catalogue.load("xor"), catalogue.SEED, zygotes.of, visible_only=True, only=only)
    return grader.grade(catalogue.as_submission("xor", "torch", source), job)


@pytest.mark.slow
def test_the_same_results_as_forked(zygotes: Zygotes, plain: Zygotes, monkeypatch: pytest.MonkeyPatch) -> None:
    right = catalogue.reference_source("xor", "torch")
    wrong = right.replace("np.array([2.0, 2.0]), -3.0", "np.array([2.0, 2.0]), -1.0")
    assert wrong != right
    for source in (right, wrong):
        one_by_one = visible(plain, source)
        monkeypatch.delenv(NO_FORK)
        forked = visible(zygotes, source)
        monkeypatch.setenv(NO_FORK, "1")
        assert [(check.id, check.status, check.saw, check.likely) for check in one_by_one.checks] == [
            (check.id, check.status, check.saw, check.likely) for check in forked.checks
        ]
        assert (one_by_one.score, one_by_one.versions) == (forked.score, forked.versions)


@pytest.mark.slow
def test_a_crash_and_a_time_out(plain: Zygotes) -> None:
    source = """
    import os, sys, time
    def crash():
        os._exit(3)
    def loop():
        while True:
            pass
    def sleep():
        time.sleep(100)
    def much():
        for _ in range(50):
            print("x" * 1_000_000)
    def one():
        print("printed")
        return 1
    """
    with toy.session(plain, source, check_seconds=0.5, output_mb=2) as session:
        student = Student(session.ask)
        for name, limit in (("crash", "process"), ("loop", "time"), ("sleep", "time"), ("much", "output")):
            with pytest.raises(LimitExceeded) as caught:
                student.call(name)
            assert caught.value.limit == limit, name
            session.begin()
            assert student.one() == 1
    assert "printed" in session.output


@pytest.mark.parametrize("framework", ["torch", pytest.param("keras", marks=pytest.mark.slow)])
def test_the_frameworks_own_memory_is_not_the_students(plain: Zygotes, framework: FrameworkName) -> None:
    with toy.session(plain, "def one():\n    return 1", framework, memory_mb=100, check_seconds=30) as session:
        assert Student(session.ask).one() == 1


def test_the_wire_is_not_the_students_output(plain: Zygotes) -> None:
    """`print` and a direct write to descriptor 1 are output; the wire uses other pipes."""
    source = """
    import os, sys
    def speak():
        os.write(1, b"to one\\n")
        os.write(2, b"to two\\n")
        sys.__stdout__.write("to stdout\\n")
        os.system("echo from below")
        return sys.stdin.read()
    """
    with toy.session(plain, source) as session:
        assert Student(session.ask).speak() == ""
    for said in ("to one", "to two", "to stdout", "from below"):
        assert said in session.output


def test_nothing_is_left(plain: Zygotes) -> None:
    source = "import os\ndef look():\n    return [os.getcwd(), sorted(os.environ), os.getpid()]"
    with toy.session(plain, source) as session:
        here, names, _ = Student(session.ask).look()
        assert "PYTEST_CURRENT_TEST" not in names
        assert Path(here).is_dir()
    assert not Path(here).exists()


ANYWHERE = {
    "os": {"environ", "cpu_count", "path", "sep", "pathsep", "linesep", "name", "devnull", "PathLike", "fspath"},
    "signal": {"SIGINT", "SIGTERM", "Signals"},
    "socket": {"socket"},
    "select": {"select"},
}
"""Attributes of platform-dependent modules that exist on every system and may be used on import."""
ANYWHERE_ALL = {f"{module}.{name}" for module, names in ANYWHERE.items() for name in names}


def modules() -> list[Path]:
    """The modules of the package and those that notebooks import, without the zygote, which exists only on Linux."""
    found = [*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "shared").rglob("*.py")]
    return [path for path in sorted(found) if path != PACKAGE / "worker" / "zygote.py"]


def evaluated_by_an_import(tree: ast.AST) -> Iterator[ast.AST]:
    """The code that an import runs: also in `if`, `try` and `class`, decorators and defaults; no function bodies."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            waiting += [] if isinstance(node, ast.Lambda) else node.decorator_list
        elif isinstance(node, ast.AnnAssign):
            waiting += filter(None, [node.value])
        else:
            waiting += ast.iter_child_nodes(node)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE.parent)))
def test_no_module_needs_posix_to_be_imported(path: Path) -> None:
    found: set[str] = set()
    used: set[str] = set()
    for node in evaluated_by_an_import(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
            used |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used.add(f"{node.value.id}.{node.attr}")
    assert not found & POSIX
    assert not {name for name in found if name == "zygote"}
    assert not {name for name in used if name.partition(".")[0] in ANYWHERE} - ANYWHERE_ALL


@pytest.mark.parametrize(
    "source",
    [
        "import os\nPAGE = os.sysconf(1)",
        "import signal\nclass A:\n    kill = signal.SIGKILL",
        "import os\ndef f(who=os.getuid()): ...",
        "from os import fork",
        "import os\ntry:\n    os.register_at_fork(before=print)\nfinally:\n    pass",
    ],
)
def test_what_only_posix_has_would_be_found(source: str, tmp_path: Path) -> None:
    path = toy.write(tmp_path / "module.py", source)
    with pytest.raises(AssertionError):
        test_no_module_needs_posix_to_be_imported(path)


def run_elsewhere(system: str, *arguments: str, cwd: Path) -> command.Ended:
    program = [sys.executable, ROOT / "tests" / "elsewhere.py", system, "-m", *arguments]
    done = subprocess.run(
        program,
        cwd=cwd,
        env=command.environment(PYTHONPATH=str(cwd)),
        capture_output=True,
        encoding="utf-8",
        timeout=command.SECONDS,
        check=False,
    )
    return command.Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_what_students_use_finds_all_that_it_needs_elsewhere(tmp_path: Path, system: str) -> None:
    """On a simulated system without Linux's features: `check`, with a loop and a crash; `Notebook`; `release`."""
    toy.project(tmp_path, hidden="", limits="{seconds: 60, check_seconds: 1, memory_mb: 600}")
    wrong = toy.RIGHT.replace("return 2 * x", "while True: pass").replace("return 3", "import os; os._exit(3)")
    toy.write(tmp_path / "toy.py", wrong)
    ended = run_elsewhere(system, "autograder", "check", "toy.py", "--json", cwd=tmp_path)
    assert ended.code == 1, ended
    assert ended.json["isolation"]["level"] == "weak"
    saw = {check["id"]: check["saw"] for check in ended.json["checks"]}
    assert saw["part.first"] == ""
    assert "time limit" in saw["part.second"] and "exited with status 3" in saw["other.third"]
    toy.write(tmp_path / "toy.py", toy.RIGHT)
    toy.write(tmp_path / "in_a_notebook.py", "from autograder import Notebook\nprint(Notebook('toy').check_all())")
    assert "20 of 20" in run_elsewhere(system, "in_a_notebook", cwd=tmp_path).out
    checked = run_elsewhere(system, "autograder", "release", "--check", "xor", cwd=ROOT)
    assert "All notebooks and READMEs are up to date" in checked.out


def test_elsewhere_is_not_here(tmp_path: Path) -> None:
    """Code that uses what another system lacks fails there; otherwise, the test above would prove nothing."""
    toy.write(tmp_path / "autograder_asks.py", "import sys, os\nprint(sys.platform, os.sep)\nos.fork()")
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "elsewhere.py", "win32", "-m", "autograder_asks"],
        env=command.environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "win32 /\n"
    assert "AttributeError: this system has no os.fork" in done.stderr


def test_nobody_imports_the_zygote_except_its_keeper() -> None:
    for path in modules():
        text = path.read_text(encoding="utf-8")
        assert "autograder.worker.keeper import" not in text, path
        assert "autograder.worker.zygote import" not in text or path.name == "keeper.py", path


@pytest.mark.parametrize("modules", [command.MODULES, ("autograder.notebook",), ("autograder.grading.engine",)])
def test_the_grader_imports_no_framework(modules: Sequence[str]) -> None:
    """It also imports nothing else that is slow to import and not needed."""
    heavy = ["torch", "tensorflow", "keras", "nbformat", "jsonschema", "matplotlib", "sklearn", "sympy"]
    look = f"import sys, {', '.join(modules)}; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
