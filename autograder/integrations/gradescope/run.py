"""Run by `run_autograder`: grade the submission in Gradescope's folders and write `results.json` atomically.

    python -m autograder.integrations.gradescope.run [--try] ROOT

With `--try`, which `setup.sh` uses, nothing is graded; everything that grading needs is tested instead. Exit codes: 0 a
grade was written, 3 the grader failed and there is no grade.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise
from autograder.course import layout, submission
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.grading import engine, preflight
from autograder.integrations import gradescope
from autograder.integrations.gradescope.bundle import SETTINGS, Settings
from autograder.results.files import write_whole
from autograder.results.form import Result
from autograder.worker.names import FRAMEWORKS

UNGRADED = 3
STUDENT = "submission"
SORRY = "The autograder failed; this is not the submission's fault. There is no grade yet: run it again."


def main(arguments: Sequence[str]) -> int:
    """Run the program and return its exit code."""
    root = Path(arguments[-1])
    if arguments[0] == "--try":
        return _try(root)
    results = root / "results" / "results.json"
    try:
        settings, loaded = _load(root)
        result = grade(root, settings, loaded)
        content = gradescope.encode(result, loaded.policy.leaderboard)
    except Exception as problem:  # noqa: BLE001 - every error must still produce a valid file
        # Only the instructor sees standard output.
        print(f"{type(problem).__name__}: {problem}")
        write_whole(results, gradescope.unfinished(SORRY))
        return UNGRADED
    write_whole(results, content)
    print(f"score {result.score} of {result.maximum}, seed {result.seed}, isolation {result.isolation.level}")
    print(*result.notes, sep="\n")
    return UNGRADED if result.ungraded else 0


def grade(root: Path, settings: Settings, loaded: Exercise) -> Result:
    """Grade the files in `submission/`. Raises the grader's exceptions if grading is impossible."""
    handed_in = find(root / "submission", settings.exercise)
    with tempfile.TemporaryDirectory() as folder:
        plan = engine.Plan([handed_in], {settings.exercise: loaded}, Path(folder), allow_weak=settings.allow_weak)
        (result,) = engine.run(plan)
        return result


def find(folder: Path, name: str) -> Submission:
    """The submission among the uploaded files: the one named after the exercise, or the only one."""
    files = [path for path in folder.rglob("*") if _is_own_file(path, folder)]
    chosen = layout.chosen(files, name)
    if chosen is None:
        return layout.nothing_handed_in(folder, STUDENT, name)
    return layout.beside(submission.read(chosen, STUDENT, name), files)


def _is_own_file(path: Path, folder: Path) -> bool:
    """Whether it is a regular file, not a link to another location: the solutions are on the same machine."""
    hidden = any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    return not hidden and path.is_file() and path.resolve() == folder.resolve() / path.relative_to(folder)


def _load(root: Path) -> tuple[Settings, Exercise]:
    source = root / "source"
    settings = msgspec.json.decode((source / SETTINGS).read_bytes(), type=Settings)
    return settings, load_exercise(load_policy(source / GRADING_FILE), settings.exercise)


def _try(root: Path) -> int:
    """Load the exercise and start each framework once, so that missing parts are noticed when the image is built."""
    try:
        settings, _ = _load(root)
    except UsageError as problem:
        print(*problem.problems, sep="\n")
        return UNGRADED
    findings = preflight.examine(None)
    for finding in findings:
        print(f"{finding.state:<8} {finding.about}: {finding.said}")
    frameworks = [finding for finding in findings if finding.about in FRAMEWORKS]
    weak = any(finding.about == "isolation" and finding.state != "good" for finding in findings)
    if weak and not settings.allow_weak:
        print("Nothing can be graded here: create the zip with --allow-weak if you trust the submissions.")
    return 0 if all(finding.state == "good" for finding in frameworks) else UNGRADED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
