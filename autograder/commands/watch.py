"""`autograder check --watch`: check a file again whenever it is saved."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from autograder.authoring.challenges import fresh_seed
from autograder.authoring.exercise import Exercise
from autograder.commands.options import out, spinner
from autograder.course import changes, submission
from autograder.course.stamps import Stamp, stamp
from autograder.course.submission import Submission
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.reports import terminal
from autograder.results.form import Result

POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Watch:
    """What to check, and which of its visible checks; `None` for all of them."""

    file: Path
    exercise: Exercise
    only: Collection[str] | None = None
    show_output: bool = False


def watch(watched: Watch) -> None:
    """Check the file, and again after each save, until Ctrl-C. All rounds share one zygote."""
    earlier: tuple[Submission, Result] | None = None
    try:
        with Zygotes() as zygotes:
            while True:
                seen = _settled(watched.file)
                handed_in = submission.read(watched.file, "you", watched.exercise.name)
                ids = _to_check(watched, earlier[0] if earlier else None, handed_in)
                if ids:
                    result = _check(watched, handed_in, ids, earlier[1] if earlier else None, zygotes)
                    _show(watched, result, ids)
                    earlier = handed_in, result
                else:
                    out.print(f"{_now()}  saved; no part has changed", style="dim")
                while stamp(watched.file) in (None, seen):
                    time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        out.print("No longer watching.", style="dim")


def _to_check(watched: Watch, before: Submission | None, after: Submission) -> list[str]:
    """The ids of the checks of the parts concerned, and of those that need one of them."""
    checks = [check for check in watched.exercise.checks if check.visible]
    if watched.only is not None:
        checks = [check for check in checks if check.id in watched.only]
    if before is None:
        return [check.id for check in checks]
    parts = changes.concerned(before, after, {check.part for check in watched.exercise.checks}, watched.exercise.folder)
    changed = {check.id for check in watched.exercise.checks if check.part in parts}
    return [check.id for check in checks if changed & watched.exercise.with_needs([check.id])]


def _check(
    watched: Watch, handed_in: Submission, ids: Collection[str], earlier: Result | None, zygotes: Zygotes
) -> Result:
    known = {check.id: check for check in earlier.checks if check.id not in ids} if earlier else {}
    with spinner("starting") as say:
        return grader.grade(
            handed_in,
            grader.Job(
                watched.exercise, fresh_seed(), zygotes.of, visible_only=True, only=ids, known=known, progress=say
            ),
        )


def _show(watched: Watch, result: Result, ids: Collection[str]) -> None:
    """The checks that were run in this round, and the score of all."""
    now = structs.replace(result, checks=[check for check in result.checks if check.id in ids])
    out.print(terminal.submission(now, hidden_later=True, show_output=watched.show_output))
    parts = ", ".join(dict.fromkeys(check.part for check in now.checks))
    out.print(f"{_now()}  checked {parts}; save the file to check again, Ctrl-C to stop\n", style="dim", soft_wrap=True)


def _settled(file: Path) -> Stamp | None:
    """The file's stamp, once it stays the same: some editors write in several steps, or put a new file in its place."""
    seen = stamp(file)
    while True:
        time.sleep(POLL_SECONDS)
        now = stamp(file)
        if now == seen and now is not None:
            return seen
        seen = now


def _now() -> str:
    return time.strftime("%H:%M:%S")
