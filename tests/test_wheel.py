"""The wheel as a student has it: installed without the checkout, in an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.course import submission
from autograder.release import bundle, notebooks
from tests import command, secret_lines
from tests.catalogue import ROOT, names
from tests.conftest import Once

SITE = Path(sysconfig.get_path("purelib"))
"""The packages of the environment: the frameworks are there, and not installed again."""


def _not_copied(folder: str, names: list[str]) -> set[str]:
    """Caches, and what `make` and `grade` write into the project's folder."""
    written = {".venv", ".git", "build", "results"} if Path(folder) == ROOT else set[str]()
    return {name for name in names if name in written or "cache" in name or name.endswith(".egg-info")}


def run(program: Path | str, *arguments: Path | str, cwd: Path, **more: str) -> command.Ended:
    done = subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env=command.environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=command.SECONDS,
        check=False,
    )
    return command.Ended(done.returncode, done.stdout, done.stderr)


def _build(folder: Path) -> None:
    """What `make dist` builds, of a copy: a build writes into the project's folder."""
    shutil.copytree(ROOT, folder / "project", ignore=_not_copied)
    # Files of an author at work.
    for name in ("assignments/xor/xor.ipynb", "assignments/xor/xor_torch.py", "assignments/xor/.notes.md"):
        (folder / "project" / name).write_text("solved")
    built = run(
        sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", ".", cwd=folder / "project"
    )
    assert built.code == 0, built
    shutil.rmtree(folder / "project")


@pytest.fixture(scope="module")
def dist(once: Once) -> Path:
    return once("dist", _build) / "dist"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (file,) = dist.glob("*.whl")
    return file


@dataclass(frozen=True)
class Environment:
    """A virtual environment of a student."""

    folder: Path

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", "venv", {"base": str(self.folder), "platbase": str(self.folder)}))

    @property
    def scripts(self) -> Path:
        return Path(sysconfig.get_path("scripts", "venv", {"base": str(self.folder), "platbase": str(self.folder)}))

    def python(self, code: str, cwd: Path) -> str:
        ended = run(self.scripts / "python", "-c", code, cwd=cwd)
        assert ended.code == 0, ended
        return ended.out.strip()

    def autograder(self, *arguments: Path | str, cwd: Path, **more: str) -> command.Ended:
        return run(self.scripts / "autograder", *arguments, cwd=cwd, **more)


@pytest.fixture(scope="module")
def student(once: Once, wheel: Path) -> Environment:
    """The wheel and another project's package `shared`; the other packages are those of this environment."""

    def make(folder: Path) -> None:
        environment = Environment(folder / "venv")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
        # Of this folder itself the new environment reads no .pth file, so that the checkout is not on its path.
        (environment.packages / "environment.pth").write_text(str(SITE))
        other = environment.packages / "shared"
        other.mkdir()
        (other / "__init__.py").write_text("WHOSE = 'another project'\n")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", environment.scripts / "python"]
        installed = run(*pip, "install", "--no-deps", "--no-index", "--ignore-installed", wheel, cwd=folder)
        assert installed.code == 0, installed

    return Environment(once("student", make) / "venv")


def test_the_wheel_has_everything_for_students(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        there = set(packed.namelist())
    course = "autograder/course_data"
    wanted = {
        f"{course}/grading.yml",
        f"{course}/modules/shared/plots.py",
        f"{course}/modules/shared/airline_passengers.csv",
    }
    for name in names():
        wanted |= {f"{course}/assignments/{name}/{file}" for file in ("README.md", "checks.py", f"{name}.png")}
        wanted |= {f"{course}/assignments/{name}/{name}_{framework}.ipynb" for framework in ("torch", "keras")}
    assert wanted <= there
    top = {name.partition("/")[0] for name in there}
    assert {name for name in top if not name.endswith(".dist-info")} == {"autograder"}
    of_xor = ("README.md", "causes.yml", "checks.py", "costs.yml", "xor.png", "xor_keras.ipynb", "xor_torch.ipynb")
    assert sorted(name for name in there if "/xor/" in name) == [f"{course}/assignments/xor/{file}" for file in of_xor]


def test_the_wheel_has_nothing_of_the_instructors(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    assert [name for name in files if "solutions/" in name and "/skeleton/" not in name] == []
    assert [name for name in files if name.startswith("tests/")] == []
    assert secret_lines.leaked(files) == {}


def test_the_sdist_is_the_whole_project(dist: Path) -> None:
    (file,) = dist.glob("*.tar.gz")
    with tarfile.open(file) as packed:
        there = {name.partition("/")[2] for name in packed.getnames()}
    for path in ("solutions/xor/checks.py", "solutions/xor/mistakes.yml", "tests/test_wheel.py", "Makefile", "docs/conf.py",
                 "grading.yml", "requirements.lock", "tests/class/submitted/ada", ".github/workflows", "setup.py"):  # fmt: skip
        assert path in there, path
    assert {*bundle.PROJECT_FILES, *(f"{name}/__init__.py" for name in bundle.PACKAGES)} <= there


def test_another_package_called_shared_stays_what_other_programs_import(student: Environment, tmp_path: Path) -> None:
    assert (student.packages / "shared" / "__init__.py").read_text() == "WHOSE = 'another project'\n"
    assert student.python("import autograder, shared; print(shared.WHOSE)", tmp_path) == "another project"
    look = "from autograder import Notebook; from shared import plots; print(plots.__file__)"
    assert "autograder/course_data/modules/shared" in student.python(look, tmp_path)
    look = "import importlib.util as u; print([name for name in ('solutions', 'assignments', 'tests') if u.find_spec(name)])"
    assert student.python(look, tmp_path) == "[]", "the checkout is not on the path"


@pytest.mark.slow
@pytest.mark.parametrize("no_fork", ["", "1"], ids=["forked", "plain"])
def test_from_start_to_handing_in(student: Environment, tmp_path: Path, no_fork: str) -> None:
    """In a folder outside of any project; plain workers are what macOS and Windows have."""
    home = tmp_path / "home"
    settings = {"HOME": str(home), "AUTOGRADER_NO_FORK": no_fork}
    started = student.autograder("start", "xor", "--framework", "torch", cwd=tmp_path, **settings)
    assert started.code == 0, started
    notebook = tmp_path / "xor" / "xor_torch.ipynb"
    solution = ROOT / "solutions" / "xor"
    notebook.write_bytes(notebooks.notebook(solution, ROOT / "assignments/xor/README.md", "torch", solved=True))
    checked = student.autograder("check", notebook, "--json", cwd=tmp_path, **settings)
    assert checked.code == 0, checked
    assert checked.json["score"] == checked.json["maximum"] > 0
    handed_in = student.autograder("handin", notebook, "--name", "Ada", "--json", cwd=tmp_path, **settings)
    assert handed_in.code == 0, handed_in
    assert (handed_in.json["score"], handed_in.json["missing"]) == (checked.json["score"], [])
    read = submission.read(tmp_path / "xor_Ada.zip", "ada", "xor")
    assert (read.content, read.notes) == (notebook.read_bytes(), ())


@pytest.mark.slow
def test_doctor_finds_every_exercise_and_the_data_has_a_place_of_the_users_own(
    student: Environment, tmp_path: Path
) -> None:
    found = student.autograder("doctor", "--json", cwd=tmp_path, HOME=str(tmp_path))
    assert found.code == 0, found
    said = {each["about"]: (each["state"], each["said"]) for each in found.json}
    assert {about.removeprefix("exercise: ") for about in said if about.startswith("exercise: ")} == set(names())
    assert all("0 of them hidden" in said[f"exercise: {name}"][1] for name in names())
    assert (said["torch"][0], said["policy"][0]) == ("good", "good")
    look = "import autograder.execution; from shared import data; print(data.DATA_DIR)"
    ended = run(student.scripts / "python", "-c", look, cwd=tmp_path, HOME=str(tmp_path))
    assert ended.out.strip() == str(tmp_path / ".cache" / "deep-learning-autograder" / "data")


@pytest.mark.slow
def test_a_folder_on_the_python_path(student: Environment, tmp_path: Path) -> None:
    """As `pip install --target` leaves it: the workers find the package, and `shared`, there as well."""
    shutil.copy(ROOT / "solutions" / "xor" / "xor_torch.py", tmp_path)
    arguments = ["-m", "autograder", "check", "xor_torch.py", "--part", "gates"]
    for no_fork in ("", "1"):
        path = str(student.packages)
        ended = run(sys.executable, *arguments, cwd=tmp_path, PYTHONPATH=path, AUTOGRADER_NO_FORK=no_fork)
        assert ended.code == 0, ended
        assert f"policy   {student.packages / 'autograder' / 'course_data' / 'grading.yml'}" in ended.out


def _interpreter(version: str) -> str | None:
    """An interpreter of this version that starts; pyenv's stand-ins do not always."""
    found = shutil.which(f"python{version}")
    versions = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for program in [*([found] if found else []), *map(str, versions)]:
        started = subprocess.run(
            [program, "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=False
        )
        if started.returncode == 0 and started.stdout.startswith(f"{version}."):
            return program
    return None


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_each_python_reads_every_module(wheel: Path, tmp_path: Path, version: str) -> None:
    """Only that: what the modules import is not installed for the other versions here."""
    program = _interpreter(version)
    if program is None:
        pytest.skip(f"Python {version} is not on this machine")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path)
    compiled = run(program, "-W", "error", "-m", "compileall", "-q", "autograder", cwd=tmp_path)
    assert compiled.code == 0, compiled
    modules = "autograder, autograder.release.student_files, autograder.worker.course_modules as modules"
    run_ = run(
        program, "-c", f"import {modules}; modules.make_importable(); import shared; print(shared)", cwd=tmp_path
    )
    assert "course_data/modules/shared" in run_.out, run_


def test_what_needs_the_whole_project_says_so(student: Environment, tmp_path: Path) -> None:
    ended = student.autograder("handout", "release", cwd=tmp_path)
    assert ended.code == 2 and "a student release is made from the project's folder" in ended.err
