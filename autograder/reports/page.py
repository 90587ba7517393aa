"""HTML reports: the class page, a page for each submission, and a fragment for notebooks.

The files are self-contained and work from a folder on disk. `safe_text.inert` sanitises every value, and Jinja escapes
it; the pages' content security policy blocks anything that might still get through.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import structs

from autograder.reports import safe_text, words
from autograder.results.files import file_name, write_all_whole, write_whole
from autograder.results.form import CheckResult, Picture, Result, encode

_MOST_FAILED = 5
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Bar:
    """The number of submissions whose score is in a range."""

    label: str
    spoken: str
    count: int
    height: float
    """0 to 100, relative to the tallest bar."""


@dataclass(frozen=True)
class Struggle:
    """A check that many submissions fail, and its most frequent likely cause."""

    id: str
    title: str
    visible: bool
    failed: int
    tried: int
    never_reached: int
    share: float
    """Percentage of the submissions that reached the check."""
    likely: str
    likely_count: int


@dataclass(frozen=True)
class Exercise:
    """Statistics of one exercise over the class."""

    name: str
    submissions: int
    ungraded: int
    full: int
    middle: str
    average: str
    bars: list[Bar]
    struggles: list[Struggle]


@dataclass(frozen=True)
class Roll:
    """What the class page says about people besides their results."""

    missing: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """For each exercise, who handed in nothing."""
    about: Callable[[str], str] = lambda student: ""
    """Name, section and group of a student, on one line."""


def write(results: Sequence[Result], folder: Path, title: str, roll: Roll | None = None) -> Path:
    """Write the class page and one page for each submission, unless it is up to date. Returns the path of `index.html`."""
    results = sorted(results, key=lambda result: (result.student.casefold(), result.student, result.exercise))
    write_all_whole(_outdated(results, folder))
    index = folder / "index.html"
    write_whole(index, overview(results, title, roll).encode())
    return index


def _outdated(results: Sequence[Result], folder: Path) -> Iterator[tuple[Path, bytes]]:
    """The pages that are not there, or that were made from another result or by another version of this package."""
    for result in results:
        path = folder / _folder(result) / _file(result)
        mark = f"<!-- {hashlib.sha256(_sources() + encode(result)).hexdigest()} -->\n".encode()
        if _end(path, len(mark)) != mark:
            yield path, submission(result).encode() + mark


def _end(path: Path, length: int) -> bytes:
    """The last bytes of a file; empty if there is none, or if it is shorter."""
    try:
        with path.open("rb") as file:
            file.seek(-length, os.SEEK_END)
            return file.read()
    except OSError:
        return b""


@cache
def _sources() -> bytes:
    """A digest of all that makes a page from a result."""
    whole = hashlib.sha256()
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.is_file():
            whole.update(path.read_bytes())
    return whole.digest()


def overview(results: Sequence[Result], title: str, roll: Roll | None = None) -> str:
    """The class page: score distribution, most failed checks, and a row for each submission."""
    return _render(
        "index.html",
        title=title,
        results=results,
        roll=roll or Roll(),
        students=len({result.student for result in results}),
        exercises=exercises(results),
        ungraded=[result for result in results if result.ungraded],
        graded=max((result.graded for result in results), default=""),
    )


def submission(result: Result) -> str:
    """The page of one submission, for instructors: it includes hidden checks."""
    return _render("submission.html", result=result, for_student=False)


def for_student(result: Result, student: str) -> str:
    """The page of one submission for its student: hidden checks without what was expected, and nothing to repeat them.

    `student`: the name on the page, also after an anonymous grading.
    """
    checks = [words.for_students(check) for check in result.checks]
    theirs = structs.replace(result, student=student, checks=checks)
    return _render("submission.html", result=theirs, for_student=True)


def html_fragment(result: Result, *, hidden_later: bool = False, checked: str = "") -> str:
    """A submission for a notebook's rich display: inline styles, no script, any theme.

    `checked` is its first line, which says where the code comes from.
    """
    return _render("fragment.html", result=result, hidden_later=hidden_later, checked=checked)


def link(result: Result) -> str:
    """The URL of a submission's page, relative to the class page."""
    return f"{quote(_folder(result), safe='')}/{quote(_file(result), safe='')}"


def exercises(results: Sequence[Result]) -> list[Exercise]:
    """Statistics of each exercise over the class. Ungraded submissions are not counted in the scores."""
    by_name: dict[str, list[Result]] = {}
    # Where nothing was handed in, there is nothing to count, whatever people decided.
    there = [result for result in results if result.checks]
    for result in sorted(there, key=lambda result: result.exercise):
        by_name.setdefault(result.exercise, []).append(result)
    return [_exercise(name, those) for name, those in by_name.items()]


def _exercise(name: str, results: Sequence[Result]) -> Exercise:
    graded = [result for result in results if not result.ungraded]
    scores = [result.total for result in graded if result.total is not None]
    return Exercise(
        name=name,
        submissions=len(results),
        ungraded=len(results) - len(graded),
        full=sum(result.total is not None and result.total >= result.possible for result in graded),
        middle=words.points(median(scores)) if scores else "–",
        average=words.points(round(mean(scores), 1)) if scores else "–",
        bars=_bars(graded),
        struggles=_struggles(graded),
    )


def _bars(results: Sequence[Result]) -> list[Bar]:
    """Ten bars of ten percent each, and one for full marks."""
    counts = Counter(int(10 * share) for result in results if (share := _share(result)) is not None)
    tallest = max(counts.values(), default=1)
    return [
        Bar(
            label=f"{10 * ten}",
            spoken="full marks" if ten == 10 else f"{10 * ten} to under {10 * ten + 10} percent",
            count=counts[ten],
            height=100 * counts[ten] / tallest,
        )
        for ten in range(11)
    ]


def _struggles(results: Sequence[Result]) -> list[Struggle]:
    """The checks that most submissions fail, worst first."""
    by_id: dict[str, list[CheckResult]] = {}
    for result in results:
        for check in result.checks:
            by_id.setdefault(check.id, []).append(check)
    all_of_them = [_struggle(checks) for checks in by_id.values()]
    failed = [struggle for struggle in all_of_them if struggle.failed]
    return sorted(failed, key=lambda struggle: (-struggle.failed, -struggle.share))[:_MOST_FAILED]


def _struggle(checks: Sequence[CheckResult]) -> Struggle:
    failed = [check for check in checks if check.status == "failed"]
    tried = len(failed) + sum(check.status == "passed" for check in checks)
    causes = Counter(check.likely for check in failed if check.likely).most_common(1)
    likely, likely_count = causes[0] if causes else ("", 0)
    return Struggle(
        id=checks[0].id,
        title=checks[0].title,
        visible=checks[0].visible,
        failed=len(failed),
        tried=tried,
        never_reached=sum(check.status == "skipped" for check in checks),
        share=100 * len(failed) / max(tried, 1),
        likely=likely,
        likely_count=likely_count,
    )


def _share(result: Result) -> float | None:
    """The score as a fraction of the maximum, 0 to 1; `None` if there is no score or no maximum."""
    if result.total is None or result.possible == 0:
        return None
    return min(result.total / result.possible, 1.0)


def _sort_key(result: Result) -> float:
    share = _share(result)
    return -1.0 if share is None else round(share, 4)


def _folder(result: Result) -> str:
    return file_name(result.student)


def _file(result: Result) -> str:
    return f"{file_name(result.exercise)}.html"


def _sanitised(value: object) -> object:
    """Sanitise a value; Jinja calls this on every value that a template shows, before escaping it."""
    return safe_text.inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _prose(text: str) -> Markup:
    """A sentence of a check, with text in backticks as code."""
    code = Markup('<code style="background: none; color: inherit">{}</code>')
    pieces = _CODE.split(safe_text.inert(text))
    return Markup("").join(code.format(piece) if number % 2 else piece for number, piece in enumerate(pieces))


def _fingerprint(script: str) -> str:
    """The hash by which the page's content security policy admits this script and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _data_uri(picture: Picture) -> Markup:
    """The picture as a data URI, so that a page is a single file."""
    return Markup("data:image/png;base64," + base64.b64encode(picture.png).decode())


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("autograder.reports", ""),
        autoescape=True,
        finalize=_sanitised,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


_ENVIRONMENT = _environment()


def _render(template: str, **values: Any) -> str:
    shared = {
        "words": words,
        "safe_text": safe_text,
        "link": link,
        "prose": _prose,
        "share": _share,
        "sort_key": _sort_key,
        "fingerprint": _fingerprint,
        "data_uri": _data_uri,
    }
    return _ENVIRONMENT.get_template(template).render(shared, **values)
