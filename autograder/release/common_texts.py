"""What is the same in every exercise's README: written once, in `common/`, and put between two comments of each README.

    <!-- begin: gpu (written by `autograder release`) -->
    …
    <!-- end: gpu -->

So a README reads as a whole wherever it is opened, and a rule that changes is changed in one place.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import jinja2

from autograder.authoring.exercise import Exercise
from autograder.course.policy import did_you_mean
from autograder.errors import UsageError
from autograder.reports.words import points
from autograder.worker.names import FRAMEWORKS, FrameworkName

FOLDER = Path(__file__).resolve().parent / "common"
TITLES = {"torch": "PyTorch", "keras": "Keras"}

_BEGIN = re.compile(r"<!-- begin: (?P<name>\w+)[^>]*-->")
_END = re.compile(r"<!-- end: (?P<name>\w+) -->")


def put_in(text: str, place: str, exercise: Exercise, frameworks: Sequence[FrameworkName]) -> str:
    """A README with the current text between each pair of comments.

    Raises `UsageError`, with the place, where there is no text of that name, or one of the two comments is missing.
    """
    texts = {path.stem: path for path in sorted(FOLDER.glob("*.md"))}
    lines = text.split("\n")
    blocks = list(_blocks(lines, place, texts))
    for start, end, name in reversed(blocks):
        lines[start + 1 : end] = _rendered(texts[name], exercise, frameworks).split("\n")
    return "\n".join(lines)


def without_comments(text: str) -> str:
    """A README as students see it in their notebook: the texts stay, the comments around them go."""
    comment = rf"(?:{_BEGIN.pattern}|{_END.pattern})".replace("?P<name>", "")
    return re.sub(rf"^{comment}\n|\n{comment}\Z", "", text, flags=re.MULTILINE)


def _blocks(lines: Sequence[str], place: str, names: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """The line numbers (from 0) of each pair of comments, and what stands between them."""
    begun: tuple[int, str] | None = None
    for number, line in enumerate(lines):
        if begin := _BEGIN.fullmatch(line):
            name = begin["name"]
            if name not in names:
                hint = did_you_mean(name, names)
                raise UsageError(f"{place}, line {number + 1}: there is no common text {name!r}{hint}")
            if begun:
                raise UsageError(f"{place}, line {begun[0] + 1}: `<!-- end: {begun[1]} -->` is missing")
            begun = number, name
        elif end := _END.fullmatch(line):
            if begun is None or begun[1] != end["name"]:
                raise UsageError(f"{place}, line {number + 1}: `<!-- begin: {end['name']} -->` is missing above")
            yield begun[0], number, begun[1]
            begun = None
    if begun:
        raise UsageError(f"{place}, line {begun[0] + 1}: `<!-- end: {begun[1]} -->` is missing")


def _rendered(template: Path, exercise: Exercise, frameworks: Sequence[FrameworkName]) -> str:
    """A text of `common/` with the exercise's own points, parts and dependencies between parts."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    rendered = environment.from_string(template.read_text(encoding="utf-8")).render(
        offered=_offered(frameworks),
        first_part=next(iter(exercise.policy.points), ""),
        points=points(sum(exercise.policy.check_points().values())),
        needs={part: _listed(checks) for part, checks in needs_of_other_parts(exercise).items()},
    )
    return "\n".join(_wrapped(line) for line in rendered.rstrip("\n").split("\n"))


def _wrapped(line: str) -> str:
    """A long item of a list over several lines of at most 120 characters: a part may need many checks."""
    if not line.startswith("- "):
        return line
    return textwrap.fill(line, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def needs_of_other_parts(exercise: Exercise) -> dict[str, list[str]]:
    """Each part whose checks need checks of other parts, and which ones, in the order of `grading.yml`."""
    order = [check.id for check in exercise.checks]
    needs: dict[str, set[str]] = {}
    for check in exercise.checks:
        others = {need for need in check.needs if need.partition(".")[0] != check.part}
        needs.setdefault(check.part, set()).update(others)
    return {part: sorted(checks, key=order.index) for part, checks in needs.items() if checks}


def _offered(frameworks: Sequence[FrameworkName]) -> str:
    if set(frameworks) == set(FRAMEWORKS):
        return "There is one notebook for PyTorch and one for Keras. Take either: the checks are the same."
    return f"The notebook is for {' and '.join(TITLES[each] for each in frameworks)}."


def _listed(ids: Sequence[str]) -> str:
    quoted = [f"`{id}`" for id in ids]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
