"""Where a notebook's code comes from, best first.

1. a file that the student names;
2. the notebook that is open in Colab;
3. the file that the front end names, Jupyter or VS Code;
4. the only file of the exercise in the current folder, if it contains everything that the kernel has run;
5. what the kernel has run.

The third may be older than what was run, and is then said to be. The fourth is a guess, and what was run overrules it:
otherwise a copy of the notebook with another name would get the points of its neighbour.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.exercise import Exercise
from autograder.course import submission
from autograder.course.submission import ENDINGS, Submission
from autograder.errors import UsageError
from autograder.notebook import colab
from autograder.notebook.kernel import Kernel, Run

STUDENT = "you"


@dataclass(frozen=True)
class Source:
    """The code to check."""

    submission: Submission
    checked: str
    """A sentence that says which code this is, and another one if something newer was run."""
    not_saved: str = ""
    """Why this is not what a student would hand in, and what to do: in sentences."""


def find(exercise: Exercise, exercises: Collection[str], given: Path | None, kernel: Kernel | None) -> Source:
    """The student's code. `exercises` are the names of all exercises of the course.

    Raises `UsageError` if nothing says which file is meant, and the kernel has run no code.
    """
    name = exercise.name
    runs = kernel.cells() if kernel else []
    if given:
        return _file(given, name, runs, f"Checked the last saved version of {given.name}.")
    if opened := colab.notebook():
        content = json.dumps(opened).encode()
        handed_in = submission.of_content(Path(colab.name(opened)), content, STUDENT, name)
        return Source(handed_in, f"Checked {handed_in.file} as it is open in Colab.")
    if kernel and (open_here := kernel.session_file()):
        return _file(open_here, name, runs, f"Checked the last saved version of {open_here.name}, this notebook.")
    files = _files(Path.cwd(), name, exercises)
    if len(files) == 1:
        said = f"Checked the last saved version of {files[0].name}, the only file for {name} in this folder."
        found = _file(files[0], name, [], said)
        if not _missing(runs, found.submission):
            return found
        reason = f"{files[0].name}, the only file for {name} in this folder, does not contain all of it"
    elif files:
        several = ", ".join(path.name for path in files)
        reason = f"this folder contains several files for {name} ({several}), and nothing says which one is open"
    else:
        reason = f"this folder contains no file for {name}"
    if not runs:
        raise UsageError(
            f"{reason[0].upper()}{reason[1:]}, and no code was run here: use Notebook({name!r}, 'your_file.ipynb')."
        )
    return _run_here(exercise, runs, reason)


def _file(path: Path, name: str, runs: Collection[Run], said: str) -> Source:
    handed_in = submission.read(path, STUDENT, name)
    saved = path.stat().st_mtime if path.is_file() else 0.0
    later = _missing([run for run in runs if run.when > saved], handed_in)
    if not later:
        return Source(handed_in, said)
    cell, not_there = (
        f"In [{later[-1].number}] was run after",
        "and the saved file does not contain it: save the notebook",
    )
    return Source(
        handed_in,
        f"{said} {cell} that, {not_there}, then check again.",
        not_saved=f"{cell} {path.name} was last saved, {not_there}, then run this cell again.",
    )


def _missing(runs: Collection[Run], handed_in: Submission) -> list[Run]:
    """The runs whose source is not a cell of the file."""
    there = submission.sources(handed_in)
    return [run for run in runs if run.source.strip() not in there]


def _run_here(exercise: Exercise, runs: Collection[Run], reason: str) -> Source:
    tagged = _tagged(exercise)
    cells = [(f"cell In[{run.number}]", run.source) for run in runs if run.source.strip() not in tagged]
    handed_in = submission.of_cells(cells, "code run here", STUDENT, exercise.name)
    count = f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"
    return Source(
        handed_in,
        f"Checked what this kernel has run ({count}, the latest version of each): {reason}.",
        not_saved=f"The notebook's file was not found: {reason}. Save the notebook, and name its file: "
        f"Notebook({exercise.name!r}, 'your_file.ipynb').",
    )


def _tagged(exercise: Exercise) -> set[str]:
    """The demo and check cells of the exercise's own notebooks. A kernel does not know the tags of the cells it runs."""
    tagged: set[str] = set()
    for path in exercise.folder.glob("*.ipynb"):
        read = submission.read(path, STUDENT, exercise.name)
        tagged |= submission.sources(read) - {source.strip() for _, source in read.cells}
    return tagged


def _files(folder: Path, name: str, exercises: Collection[str]) -> list[Path]:
    """The files in a folder that are named after the exercise, copies such as `xor-Copy1.ipynb` included."""
    return sorted(
        path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file() and _is_of(path, name, exercises)
    )


def _is_of(path: Path, name: str, exercises: Collection[str]) -> bool:
    # `cnn_lstm.ipynb` begins with `cnn` too: the longest name counts.
    named = [each for each in exercises if path.stem.startswith(each)]
    return max(named, key=len, default="") == name
