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
    watch = _Watch(asked)
    try:
        with Zygotes(asked.allow_weak) as zygotes:
            _say("watching; Ctrl-C to stop")
            while True:
                time.sleep(watch.pause)
                watch.look(zygotes)
    except KeyboardInterrupt:
        if watch.grading:
            raise
        out.print("No longer watching.", style="dim")


def say_interrupted(ended: Round) -> None:
    """Say what an interrupted grading has finished."""
    said = f"{len(ended.done)} of {len(ended.submissions)} submissions are graded: {escape(str(ended.refreshed.index))}"
    err.print(said, soft_wrap=True)


class _Watch:
    """What has been seen and graded in the folders."""

    def __init__(self, asked: Asked) -> None:
        self.grading = False
        """Whether something is being graded at this moment."""
        self.pause = POLL_SECONDS
        """Seconds until the next look."""
        self._asked = asked
        self._before = self._scan()
        self._graded: dict[Path, Stamp] = {}
        self._sources: dict[Key, str] = {}
        """The digest of what was graded of each student and exercise."""

    def look(self, zygotes: Zygotes) -> None:
        """Grade what is complete and new, apart from folders in which something is being written."""
        now = self._scan()
        moving = stamps.moving(self._before, now)
        complete = {file: at for file, at in now.items() if file.parent not in moving}
        gone = bool(self._graded.keys() - now.keys())
        if gone or any(self._graded.get(file) != at for file, at in complete.items()):
            try:
                self._round(moving, gone, zygotes)
            except UsageError as problem:
                self.grading = False
                for sentence in problem.problems:
                    err.print(Text(safe_text.inert(sentence), style="yellow"), soft_wrap=True)
        self._graded = {file: at for file, at in self._graded.items() if file in now} | complete
        self._before = now

    def _round(self, moving: Collection[Path], gone: bool, zygotes: Zygotes) -> None:
        found = find(self._asked)
        there = [each for each in found if each.path is not None and each.path.parent not in moving]
        new = {_key(each): digest for each in there if self._sources.get(_key(each)) != (digest := _digest(each))}
        if not new and not gone:
            return
        chosen = [each for each in there if _key(each) in new]
        self.grading = True
        ended = grade_round(self._asked, chosen, find_everyone(self._asked, found), zygotes)
        if ended.interrupted:
            say_interrupted(ended)
            raise ended.interrupted
        self.grading = False
        self._sources |= new
        for each in ended.graded:
            _say(f"{safe_text.line(each.student)} · {each.exercise}  {words.score(each)}")
        if ended.graded:
            _say(f"{len(ended.graded)} graded: {ended.refreshed.index}")

    def _scan(self) -> dict[Path, Stamp]:
        """The files in the students' folders."""
        started = time.monotonic()
        results = self._asked.results.resolve()
        found: dict[Path, Stamp] = {}
        for folder in self._asked.paths:
            top = layout.top_of(folder)
            # A round writes results, which is no reason for another one.
            inside = results.is_relative_to(top.resolve())
            found |= stamps.below(top, _DEPTH, top / results.relative_to(top.resolve()) if inside else None)
        self.pause = max(POLL_SECONDS, _REST * (time.monotonic() - started))
        return found


def _key(handed_in: Submission) -> Key:
    return handed_in.student, handed_in.exercise


def _digest(handed_in: Submission) -> str:
    return handin_zip.digest(handed_in.content)


def _say(text: str) -> None:
    out.print(Text(f"{time.strftime('%H:%M:%S')}  {text}"), soft_wrap=True)
