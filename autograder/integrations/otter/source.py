"""Source notebooks for `otter assign`.

From each, otter creates the students' notebook, whose cells `grader.check("…")` run the visible checks, and an
autograder.zip, which grades through `plugin`. The folder also contains `course/`: the grader and the exercise, which
become part of the zip.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise
from autograder.course.policy import Policy
from autograder.errors import UsageError
from autograder.release import bundle, notebooks
from autograder.release.notebooks import frameworks_of, pictures_of
from autograder.worker.names import FrameworkName

COURSE = "course"
IN_CONTAINER = f"/autograder/source/files/{COURSE}"
"""Where Gradescope and otter's own containers put the course."""
PYTHON = "3.12"
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
MARKER = "otter.json"
"""Marks a folder as created by this command, so that it may be overwritten."""

PLUGIN = "autograder.integrations.otter.plugin.Plugin"
EXPORT = "grader.export(pdf=False, ignore_log=True)"

# In the students' notebook, a test checks the last saved file; when otter grades, the plugin replaces it.
VISIBLE_TEST = """\
def test_{1}():
    from autograder import Notebook
    report = Notebook("{0}").check("{1}")
    assert report.passed, report
"""
HIDDEN_TEST = """\
def test_{1}_hidden():
    raise AssertionError("graded by the plugin")
"""

Node = dict[str, Any]


def write(policy: Policy, name: str, folder: Path) -> list[Path]:
    """Write a notebook for each framework, and the files that `otter assign` needs. Returns the paths of the notebooks.

    A folder written earlier by this command is overwritten. Raises `UsageError` for any other existing folder.
    """
    loaded = load_exercise(policy, name)
    packed = bundle.pack(policy, name)
    assert loaded.solutions, "`pack` has checked them"
    sources = {f"{name}_{each}.ipynb": _source(policy, loaded, each) for each in frameworks_of(loaded.solutions)}
    if folder.exists():
        if not (folder / MARKER).is_file():
            raise UsageError(f"{folder} already exists and was not created by this command; use --out")
        shutil.rmtree(folder)
    bundle.write(packed, folder / COURSE)
    (folder / MARKER).write_text(json.dumps({"exercise": name}) + "\n")
    (folder / bundle.REQUIREMENTS).write_text(_requirements())
    for picture in pictures_of(loaded.folder):
        shutil.copyfile(picture, folder / picture.name)
    for file, content in sources.items():
        (folder / file).write_text(content, encoding="utf-8")
    return [folder / file for file in sources]


def _requirements() -> str:
    """The requirements of otter's environment, with the course's grader last."""
    pinned = [line for line in bundle.requirements().splitlines() if not line.startswith("--")]
    return "\n".join([f"--extra-index-url {TORCH_CPU}", *pinned, IN_CONTAINER]) + "\n"


def _source(policy: Policy, loaded: Exercise, framework: FrameworkName) -> str:
    """The notebook: the students' cells with the solutions, part by part."""
    assert loaded.solutions is not None
    readme = loaded.folder / "README.md"
    stub = json.loads(notebooks.notebook(loaded.solutions, readme, framework, hand_in=False))
    solved = json.loads(notebooks.notebook(loaded.solutions, readme, framework, solved=True, hand_in=False))
    file = f"{loaded.name}_{framework}.ipynb"
    cells = [_raw(f"# ASSIGNMENT CONFIG\n{yaml.safe_dump(_config(loaded), sort_keys=False)}")]
    pairs = zip(stub["cells"], solved["cells"], strict=True)
    for part, both in groupby(pairs, key=lambda pair: str(pair[0]["id"]).rpartition("-")[0]):
        if part in loaded.policy.points:
            cells += _question(loaded, part, list(both))
        else:
            cells += [_opening(file) if "Notebook(" in _text(ours) else ours for ours, _ in both]
    cells.append(_check_cell("submit-1", EXPORT))
    whole = {**stub, "cells": cells}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _config(loaded: Exercise) -> Node:
    """The assignment config. Otter's own cells are disabled: tagged ones, which no grader runs, replace them."""
    return {
        "init_cell": False,
        "export_cell": False,
        "check_all_cell": False,
        "requirements": bundle.REQUIREMENTS,
        "python_version": PYTHON,
        "autograder_files": [COURSE],
        "files": [picture.name for picture in pictures_of(loaded.folder)],
        "plugins": [{PLUGIN: {"exercise": loaded.name}}],
        "tests": {"ok_format": False},
    }


def _question(loaded: Exercise, part: str, both: list[tuple[Node, Node]]) -> list[Node]:
    """A part as a question: texts, solutions, tests; then its check cell and the demos."""
    ends = next(number for number, (ours, _) in enumerate(both) if _text(ours) == f'grader.check("{part}")')
    config = yaml.safe_dump({"name": part, "check_cell": False}, sort_keys=False)
    cells = [_raw(f"# BEGIN QUESTION\n{config}")]
    for ours, theirs in both[:ends]:
        cells += [ours] if ours == theirs else _block("SOLUTION", _with_solution(ours, theirs))
    cells += _block("TESTS", *_tests(loaded, part))
    cells.append(_raw("# END QUESTION"))
    return [*cells, *(ours for ours, _ in both[ends:])]


def _with_solution(ours: Node, theirs: Node) -> Node:
    """A cell with solution and stub: for students, otter removes the solution and the quotes around the stub."""
    if "'''" in _text(ours):
        raise UsageError(f"cell {ours['id']}: a stub for otter must not contain three single quotes")
    text = (
        f"# BEGIN SOLUTION NO PROMPT\n{_text(theirs)}\n# END SOLUTION\n"
        f"r''' # BEGIN PROMPT\n{_text(ours)}\n'''; # END PROMPT"
    )
    return {**ours, "source": text.splitlines(keepends=True)}


def _tests(loaded: Exercise, part: str) -> Iterator[Node]:
    """The visible test, and a placeholder for the hidden ones: only the plugin gives points."""
    checks = [check for check in loaded.checks if check.part == part]
    for visible in (True, False):
        those = [check for check in checks if check.visible is visible]
        if those:
            points = sum(loaded.points(check) for check in those if not check.deferred)
            config = yaml.safe_dump({"points": float(points), "hidden": not visible})
            body = VISIBLE_TEST if visible else HIDDEN_TEST
            source = f'""" # BEGIN TEST CONFIG\n{config}""" # END TEST CONFIG\n{body.format(loaded.name, part)}'
            yield _code(f"{part}-tests-{1 if visible else 2}", source)


def _opening(file: str) -> Node:
    return _check_cell("setup-otter", f'import otter\n\ngrader = otter.Notebook("{file}")')


def _block(kind: str, *cells: Node) -> list[Node]:
    return [_raw(f"# BEGIN {kind}"), *cells, _raw(f"# END {kind}")]


def _raw(text: str) -> Node:
    # Otter removes these cells, but nbformat still requires an id for each.
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    return {"cell_type": "raw", "id": name, "metadata": {}, "source": text.rstrip().splitlines(keepends=True)}


def _check_cell(name: str, text: str) -> Node:
    return {**_code(name, text), "metadata": {"tags": ["check"]}}


def _code(name: str, text: str) -> Node:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "source": text.splitlines(keepends=True),
        "execution_count": None,
        "outputs": [],
    }


def _text(cell: Node) -> str:
    return "".join(cell["source"])
