"""The commands that repeat a grading, with the same file, checks and seed."""

from __future__ import annotations

import shlex

from autograder.reports import safe_text
from autograder.results.form import Result

_FOLDER = "repeated"
"""Where the repetition puts its files: it changes no result."""


def commands(result: Result, policy: str, results: str = "", run: int | None = None) -> str:
    """The commands, one a line; empty if a name in them cannot be typed, or if nobody knows where the file is.

    `policy`: the path of `grading.yml`. `results`, `run`: the folder of a record that has the file, and the grading's
    number in it. Without these, the file is taken from the class's folder.
    """
    of = [f"--exercise={result.exercise}", f"--student={result.student}", f"--seed={result.seed}"]
    options = [*of, f"--config={policy}", f"--results={_FOLDER}/results"]
    names = [result.student, result.exercise, result.file, result.folder, policy, results]
    # A quoted name that is made inert afterwards could end its quotation.
    if any(safe_text.inert(name) != name or "\n" in name for name in names) or "/" in result.file:
        return ""
    if results and run is not None and result.file:
        file = f"{_FOLDER}/{result.file}"
        source = ["autograder", "history", f"--results={results}", f"--source={run}"]
        return "\n".join(
            [
                f"mkdir -p {_FOLDER}",
                f"{shlex.join([*source, '--', result.student, result.exercise])} > {shlex.quote(file)}",
                shlex.join(["autograder", "grade", file, *options]),
            ]
        )
    return shlex.join(["autograder", "grade", result.folder, *options]) if result.folder and result.digest else ""
