"""`autograder similar`: which programs of a class look alike. It flags and never scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from autograder.commands.options import (
    UNGRADED,
    Config,
    ExerciseName,
    Json,
    err,
    governing_policy,
    out,
    print_json,
    spinner,
)
from autograder.course import layout
from autograder.course.people import codes
from autograder.course.people.book import people_of
from autograder.course.policy import Policy
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.reports import safe_text
from autograder.reports.pages import similar
from autograder.results.files import SIMILAR_PAGE, SIMILAR_TABLE, write_whole
from autograder.results.latest import latest
from autograder.similarity import comparison, given
from autograder.similarity.comparison import Comparison, Pair, Program
from autograder.similarity.threshold import THRESHOLD

_MOST_PAIRS = 10_000
"""Pairs of each exercise in the table; a page with more would help nobody."""
_PRINTED = 10
"""Pairs of each exercise on the terminal."""


def similar_(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="A folder with the layout submitted/<student>/<exercise>/<file>, or a folder of results of `grade`.",
        ),
    ] = Path("submitted"),
    results: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for similar.html and similar.csv. Default: PATH if it has results, otherwise results.",
        ),
    ] = None,
    exercise_name: ExerciseName = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Submissions of an earlier year, to compare the class with. Can be given several times.",
        ),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(metavar="SHARE", min=0.05, max=1.0, help="Similarity from which a pair is flagged, 0.05 to 1."),
    ] = THRESHOLD,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show which programs of a class share code that others do not have. No score is read or changed.

    Names, comments, layout, outputs, and the code that the exercise gives do not count.
    A flag is a reason for a person to look at both programs; it is no finding.
    """
    graded = latest(path) if path.is_dir() else []
    folders = sorted({Path(each.folder) for each in graded if each.folder}) if graded else [path]
    if graded and not folders:
        raise UsageError(f"{path}: its results do not say which folder was graded; name that folder instead")
    earlier = list(against or ())
    if missing := [each for each in (*folders, *earlier) if not each.is_dir()]:
        raise UsageError(*(f"{each} is not a folder of submissions" for each in missing))
    policy = governing_policy(config, *folders)
    if exercise_name is not None:
        policy.exercise(exercise_name)
    people = people_of(policy)
    names = set(people.codes.values())
    anonymous = any(each.student in names for each in graded)
    coded: dict[str, str] = dict(people.codes) if anonymous else {}
    withheld: list[Submission] = []
    with spinner("reading") as say:
        found = comparison.compare(
            _submissions(folders, earlier, policy, exercise_name, coded),
            lambda name: given.of_exercise(policy.root_of(name) / "assignments" / name),
            threshold,
            _MOST_PAIRS,
            _reader(say, withheld),
        )
        say("comparing")
        groups = {coded.get(each.id, each.id): each.group for each in people.roster if each.group}
        sections = list(similar.sections(found, similar.People(groups)))
    folder = results or (path if graded else Path("results"))
    page, table = folder / SIMILAR_PAGE, folder / SIMILAR_TABLE
    write_whole(page, similar.html(sections, policy.title).encode())
    write_whole(table, similar.table(sections))
    if as_json:
        print_json({"exercises": [_as_json(each) for each in found], "written": [str(page), str(table)]})
    else:
        _print(found, page)
    if withheld:
        raise typer.Exit(UNGRADED)


def _submissions(
    folders: Iterable[Path], earlier: Iterable[Path], policy: Policy, exercise: str | None, coded: dict[str, str]
) -> Iterator[tuple[str, Submission]]:
    """The submissions of the class, then those of earlier years that are not among them."""
    names = list(policy.exercises)
    seen: set[Path | None] = {None}
    for year, folder in [*(("", each) for each in folders), *((str(each), each) for each in earlier)]:
        for each in layout.find(folder, names, exercise, None):
            place = each.path.resolve() if each.path else None
            if year and place in seen:
                continue
            seen.add(place)
            yield year, each if year else codes.anonymised(each, coded)


def _reader(say: Callable[[str], None], withheld: list[Submission]) -> Callable[[Submission], None]:
    def read(each: Submission) -> None:
        say(safe_text.line(f"{each.student} · {each.exercise}"))
        if each.withheld:
            withheld.append(each)

    return read


def _print(found: Iterable[Comparison], page: Path) -> None:
    for each in found:
        counted = f"{each.programs} programs" + (f" and {each.earlier} of earlier years" if each.earlier else "")
        spread = f"half of all pairs are below {similar.percent(each.quantile(0.5))}, "
        spread += f"99 of 100 below {similar.percent(each.quantile(0.99))}"
        flagged = f"{each.reached} flagged at {similar.percent(each.threshold)}"
        out.print(Text(f"{each.exercise}: {counted}; {spread}; {flagged}"), soft_wrap=True)
        if each.pairs:
            shown = Table("similarity", "student", "student", "earlier year")
            for pair in each.pairs[:_PRINTED]:
                texts = (pair.first.student, pair.second.student, pair.second.year)
                shown.add_row(similar.percent(pair.similarity), *(Text(safe_text.line(text, 40)) for text in texts))
            out.print(shown)
        for left in each.left:
            said = f"not compared: {left.program.student} · {left.program.exercise}: {left.reason}"
            err.print(Text(safe_text.line(said, 400), style="yellow"), soft_wrap=True)
    out.print(Text(f"A flag is a reason to look, not a finding. Read both programs: {page}"), soft_wrap=True)


def _as_json(each: Comparison) -> dict[str, Any]:
    return {
        "exercise": each.exercise,
        "programs": each.programs,
        "earlier": each.earlier,
        "threshold": each.threshold,
        "flagged": each.reached,
        "spread": {"half": each.quantile(0.5), "99 of 100": each.quantile(0.99)},
        "pairs": [_pair(pair) for pair in each.pairs],
        "not compared": [{**_program(left.program), "reason": left.reason} for left in each.left],
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {"similarity": round(pair.similarity, 4), "programs": [_program(pair.first), _program(pair.second)]}


def _program(program: Program) -> dict[str, Any]:
    texts = {"student": program.student, "file": program.file, "earlier year": program.year}
    # The name of a file or a folder may contain bytes that are no text.
    return {name: text.encode(errors="backslashreplace").decode() for name, text in texts.items()}
