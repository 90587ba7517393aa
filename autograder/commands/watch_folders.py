"""`autograder grade --watch`: grade each submission when its files are complete."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from rich.markup import escape
from rich.text import Text

from autograder.commands.options import err, out
from autograder.commands.rounds import Asked, Round, find, find_everyone, grade_round
from autograder.course import handin_zip, layout, stamps
from autograder.course.stamps import Stamp
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.reports import safe_text, words

POLL_SECONDS = 1.0
"""A file is complete if it is the same for this long."""
_REST = 4
"""Looking at a large folder takes a while: the pauses are at least this many times as long."""
_DEPTH = 2
"""`<student>/<exercise>/<file>`."""

Key = tuple[str, str]


def watch_folders(asked: Asked) -> None:
    """Grade what is in the folders, and then whatever arrives or changes, until Ctrl-C. All rounds share their zygotes.

    Raises `KeyboardInterrupt` if it is interrupted while something is being graded, as `grade` does.
    """
    graded: dict[Path, Stamp] = {}
    sources: dict[Key, str] = {}
    with Zygotes(asked.allow_weak) as zygotes:
        before, pause = _scan(asked)
        _say("watching; Ctrl-C to stop")
        while True:
            try:
                time.sleep(pause)
            except KeyboardInterrupt:
                out.print("No longer watching.", style="dim")
                return
            now, pause = _scan(asked)
            moving = stamps.moving(before, now)
            complete = {file: at for file, at in now.items() if file.parent not in moving}
            gone = bool(graded.keys() - now.keys())
            if gone or any(graded.get(file) != at for file, at in complete.items()):
                _round(asked, moving, gone, sources, zygotes)
            graded = {file: at for file, at in graded.items() if file in now} | complete
            before = now


def say_interrupted(ended: Round) -> None:
    """Say what an interrupted grading has finished."""
    said = f"{len(ended.done)} of {len(ended.submissions)} submissions are graded: {escape(str(ended.refreshed.index))}"
    err.print(said, soft_wrap=True)


def _scan(asked: Asked) -> tuple[dict[Path, Stamp], float]:
    """The files in the students' folders, and the pause in seconds until the next look at them."""
    started = time.monotonic()
    results = asked.results.resolve()
    found: dict[Path, Stamp] = {}
    for folder in asked.paths:
        top = layout.top_of(folder)
        # A round writes results, which is no reason for another one.
        inside = results.is_relative_to(top.resolve())
        found |= stamps.below(top, _DEPTH, top / results.relative_to(top.resolve()) if inside else None)
    return found, max(POLL_SECONDS, _REST * (time.monotonic() - started))


def _round(asked: Asked, moving: Collection[Path], gone: bool, sources: dict[Key, str], zygotes: Zygotes) -> None:
    """Grade what is new, apart from folders in which something is being written.

    `gone`: a file was removed. `sources`: the digest of what was graded of each student and exercise.
    """
    try:
        found = find(asked)
        there = [each for each in found if each.path is not None and each.path.parent not in moving]
        new = {_key(each): digest for each in there if sources.get(_key(each)) != (digest := _digest(each))}
        if not new and not gone:
            return
        ended = grade_round(asked, [each for each in there if _key(each) in new], find_everyone(asked, found), zygotes)
    except UsageError as problem:
        for sentence in problem.problems:
            err.print(Text(safe_text.inert(sentence), style="yellow"), soft_wrap=True)
        return
    if ended.interrupted:
        say_interrupted(ended)
        raise ended.interrupted
    sources |= new
    for each in ended.graded:
        _say(f"{safe_text.line(each.student)} · {each.exercise}  {words.score(each)}")
    if ended.graded:
        _say(f"{len(ended.graded)} graded: {ended.refreshed.index}")


def _key(handed_in: Submission) -> Key:
    return handed_in.student, handed_in.exercise


def _digest(handed_in: Submission) -> str:
    return handin_zip.digest(handed_in.content)


def _say(text: str) -> None:
    out.print(Text(f"{time.strftime('%H:%M:%S')}  {text}"), soft_wrap=True)
