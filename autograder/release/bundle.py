"""The bundle for a grading service: the grader and one exercise, with its solutions, as a self-contained project.

Wherever it is unpacked, `load_policy(folder / "grading.yml")` and `load_exercise` give the original exercise, with the
same digest.
"""

from __future__ import annotations

import io
import re
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from autograder.course.policy import GRADING_FILE, Policy
from autograder.errors import UsageError

PROJECT = Path(__file__).resolve().parents[2]
REQUIREMENTS = "requirements.txt"
LOCK = "requirements.lock"

PROJECT_FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE", LOCK)
"""What installing the project's folder needs."""
PACKAGES = ("autograder", "shared")
_LEFT_OUT = {"__pycache__", ".ipynb_checkpoints", "variants", "mistakes.yml"}
_FRAMEWORK_PACKAGES = ("torch", "keras", "tensorflow-cpu")
_BUILD = ("setuptools", "wheel")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The timestamp of every file in the archive, so that the same bundle gives the same bytes."""

Files = Mapping[str, bytes]
"""Path in the bundle → content."""


def pack(policy: Policy, exercise: str) -> dict[str, bytes]:
    """The files of the bundle. Raises `UsageError` if the project is incomplete or has no solutions."""
    own = policy.exercise(exercise)
    problems = [f"{name} is not in {PROJECT}: the bundle is built from the project's folder" for name in missing()]
    root = policy.root_of(exercise)
    halves = [root / half / exercise for half in ("assignments", "solutions")]
    problems += [f"{half} does not exist" for half in halves if not (half / "checks.py").is_file()]
    if problems:
        raise UsageError(*problems)
    files = {name: (PROJECT / name).read_bytes() for name in PROJECT_FILES}
    for folder in (*(PROJECT / name for name in PACKAGES), *halves):
        above = PROJECT if folder.parent == PROJECT else root
        files |= {path.relative_to(above).as_posix(): path.read_bytes() for path in _files(folder)}
    only = {"title": policy.title, "exercises": {exercise: own.model_dump(mode="json")}}
    files[GRADING_FILE] = yaml.safe_dump(only, allow_unicode=True, sort_keys=False).encode()
    files[REQUIREMENTS] = requirements().encode()
    return files


def requirements() -> str:
    """The packages that grading needs, in the locked versions; the lock file constrains their dependencies."""
    lock = (PROJECT / LOCK).read_text(encoding="utf-8").splitlines()
    pinned = {_key(line): line for line in lock if "==" in line and not line.startswith("#")}
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [
        *(match[0] for line in project["dependencies"] if (match := _NAME.match(line))),
        *_FRAMEWORK_PACKAGES,
        *_BUILD,
    ]
    # Environment markers such as `; sys_platform == 'linux'` were already applied when the lock file was created.
    return "\n".join([f"--constraint {LOCK}", *(pinned[_key(name)] for name in names)]) + "\n"


def archive(files: Files, executable: tuple[str, ...] = ()) -> bytes:
    """A reproducible zip of the files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name in executable else 0o100644) << 16
            packed.writestr(entry, content)
    return buffer.getvalue()


def write(files: Files, folder: Path) -> None:
    """Write the files into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def missing() -> Iterator[str]:
    """What is not in the project's folder and is needed to install it: where the package came from a wheel, nearly all."""
    for name in (*PROJECT_FILES, *PACKAGES):
        if not (PROJECT / name).exists():
            yield name


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _LEFT_OUT & set(path.relative_to(folder).parts) and path.suffix != ".pyc":
            yield path


def _key(requirement: str) -> str:
    match = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""
