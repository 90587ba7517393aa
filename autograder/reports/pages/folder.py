"""Write the pages beside the results. A page that would be the same is left as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course.people.adjustments import Adjustment
from autograder.course.policy import Policy
from autograder.reports.pages import class_page, making, repeat
from autograder.reports.pages.class_page import INDEX, Roll, Underway
from autograder.reports.pages.code import Code, code_of
from autograder.reports.pages.making import Batch, Page
from autograder.reports.pages.render import link, page_name
from autograder.reports.pages.submission import Around, Link
from autograder.results import files
from autograder.results.files import SIMILAR_PAGE, file_name
from autograder.results.form import Result

if TYPE_CHECKING:
    # SQLAlchemy takes long to import.
    from autograder.results.history.gradings import Run

_HEAD = 2_000
"""Bytes of a page that contain what it was made from."""


@dataclass(frozen=True)
class Course:
    """What the pages show besides the results."""

    policy: Policy
    roll: Roll = field(default_factory=Roll)
    record: Path | None = None
    """The folder of the record of gradings, if it is there."""
    runs: Mapping[tuple[str, str], Sequence[Run]] = field(default_factory=dict[tuple[str, str], Sequence["Run"]])
    """All gradings of each student and exercise."""
    decided: Callable[[str, str], Sequence[Adjustment]] = lambda student, exercise: ()
    """All decisions about a student and an exercise."""
    contents_of: Callable[[Iterable[str]], Mapping[str, bytes]] = lambda digests: {}
    """The graded files with these SHA-256s, as far as somebody has them."""

    @cached_property
    def places(self) -> tuple[str, str]:
        """The paths of `grading.yml` and of the record's folder; the second is empty without a record."""
        return str(self.policy.file.resolve()), str(self.record.resolve()) if self.record else ""

    def code(self, result: Result) -> Code | None:
        """The file that was graded, as a page shows it."""
        content = self.contents_of([result.source]).get(result.source) if result.source else None
        return None if content is None else code_of(result, content, self._assignment(result.exercise))

    def batch(self, pages: Sequence[Page]) -> Batch:
        """These pages, with the files that were graded, which are looked up at once."""
        contents = self.contents_of({page.result.source for page in pages} - {""})
        names = {page.result.exercise for page in pages}
        return Batch(pages, contents, {name: self._assignment(name) for name in names})

    def _assignment(self, exercise: str) -> Path:
        return self.policy.root_of(exercise) / "assignments" / exercise


def write(results: Sequence[Result], folder: Path, course: Course, underway: Underway | None = None) -> Path:
    """Write the class's pages and one page for each submission. Returns the path of the first one."""
    with being_made(results, folder, course, underway) as put:
        return put()


@contextmanager
def being_made(
    results: Sequence[Result], folder: Path, course: Course, underway: Underway | None = None
) -> Generator[Callable[[], Path]]:
    """Begin to make the pages, if there are many in other processes, while the caller does something else.

    Yields what puts them into place and returns the path of the first one. If the caller raises an exception before,
    the pages stay as they are.
    """
    results = in_order(results)
    hashes: list[str] = []
    changed = _changed(results, folder, course, hashes)
    first = list(islice(changed, making.MANY))
    batches = (course.batch(some) for some in making.batches(chain(first, changed)))
    with making.begun(batches, many=len(first) == making.MANY) as finish:
        names = class_page.page_names(len(results))
        similar = SIMILAR_PAGE if (folder / SIMILAR_PAGE).is_file() else ""
        people = [course.roll.student_of(result.student) for result in results]
        made_from = _hash(hashes, (course.policy.title, course.roll.missing, people, underway, similar))
        made: list[tuple[str, str]] = []
        if not all(_is_there(folder / name, made_from) for name in names):
            pages = class_page.pages(
                results, course.policy.title, course.roll, underway, similar=similar, meta=made_from
            )
            made = list(pages)

        def put() -> Path:
            files.put_all(finish())
            files.write_all_whole((folder / name, html.encode()) for name, html in made)
            for path in folder.glob("index-*.html"):
                if path.name not in names and path.is_file():
                    path.unlink()
            return folder / INDEX

        yield put


def _changed(results: Sequence[Result], folder: Path, course: Course, hashes: list[str]) -> Iterator[Page]:
    """The pages that are not as they should be, one by one: the first are made while the others are looked at.

    `hashes`: gets what each page is made from, in order.
    """
    for result, there in arounds(results, course):
        page = Page(folder / file_name(result.student) / page_name(result), result, there, _made_from(result, there))
        hashes.append(page.made_from)
        if not _is_there(page.path, page.made_from):
            yield page


def in_order(results: Sequence[Result]) -> list[Result]:
    """The results as the pages list them: by student, then by exercise."""
    return sorted(results, key=lambda result: (result.student.casefold(), result.student, result.exercise))


def arounds(results: Sequence[Result], course: Course) -> Iterator[tuple[Result, Around]]:
    """What the page of each result shows around it; `results` are in order."""
    by_exercise: dict[str, list[Result]] = {}
    by_student: dict[str, list[Result]] = {}
    for result in results:
        by_exercise.setdefault(result.exercise, []).append(result)
        by_student.setdefault(result.student, []).append(result)
    for those in by_exercise.values():
        for previous, result, following in zip([None, *those], those, [*those[1:], None], strict=False):
            others = [each for each in by_student[result.student] if each is not result]
            yield result, around(result, course, previous, following, others)


def around(
    result: Result, course: Course, previous: Result | None, following: Result | None, others: Sequence[Result]
) -> Around:
    """What the page of one result shows around it, from its neighbours in the class."""
    runs = course.runs.get((result.student, result.exercise), ())
    graded = next((run.run for run in reversed(runs) if run.counts and run.source), None)
    return Around(
        about=course.roll.about(result.student),
        previous=previous and Link(previous.student, f"../{link(previous)}"),
        following=following and Link(following.student, f"../{link(following)}"),
        others=[Link(each.exercise, f"../{link(each)}") for each in others],
        runs=runs,
        decisions=course.decided(result.student, result.exercise),
        commands="" if result.derived else repeat.commands(result, *course.places, graded),
    )


def _is_there(path: Path, made_from: str) -> bool:
    """Whether there is a page that was made from this."""
    try:
        with path.open("rb") as file:
            return made_from.encode() in file.read(_HEAD)
    except FileNotFoundError:
        return False


def _made_from(result: Result, there: Around) -> str:
    """A hash of all that a submission's page is made from. Where the file is known, the result has its hash."""
    return _hash(result, there, any(run.source for run in there.runs))


def _hash(*parts: object) -> str:
    """A hash of what a page is made from, and of what makes it."""
    return hashlib.sha256(_makers() + repr(parts).encode(errors="backslashreplace")).hexdigest()


@cache
def _makers() -> bytes:
    """A hash of the templates and of the code that fills them."""
    here = Path(__file__).parent
    files = sorted([*here.glob("*.py"), *here.glob("templates/*"), *here.parent.glob("*.py")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).digest()
