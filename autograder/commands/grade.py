"""`autograder grade`: all checks on many submissions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from msgspec import structs
from rich.markup import escape
from rich.text import Text

from autograder.authoring.loading import load_exercises
from autograder.commands import progress
from autograder.commands.book import Refreshed, refresh, say_missing, warn
from autograder.commands.formats import Formats, Graded, Outs, hand_out, insist, insist_on_one
from autograder.commands.nbgrader import Gradebook, insist_on_extra, write_gradebook
from autograder.commands.options import (
    FLAG,
    UNGRADED,
    Config,
    ExerciseName,
    HistoryUrl,
    Json,
    err,
    governing_policy,
    out,
    print_json,
)
from autograder.course import handin_zip, submission
from autograder.course.imports import placing
from autograder.course.people import codes, submitted
from autograder.course.people.book import People, people_of
from autograder.course.policy import Policy
from autograder.errors import GraderError, UsageError
from autograder.execution.gpus import Gpus
from autograder.grading import engine, interface
from autograder.grading.orders import Order
from autograder.reports import safe_text, terminal
from autograder.results.files import file_name
from autograder.results.form import Result


def grade(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Files, or folders with the layout submitted/<student>/<exercise>/<file>."),
    ],
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for results, summary.csv and index.html.")
    ] = Path("results"),
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", min=1, help="Number of submissions graded in parallel.")
    ] = 1,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, max=2**32 - 1, help="Draw the challenges from this seed, to reproduce a grading."
        ),
    ] = None,
    exercise_name: ExerciseName = None,
    student: Annotated[
        str | None, typer.Option("--student", "-s", metavar="NAME", help="Grade only this student.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", metavar=FLAG, help="Regrade submissions that already have a result.")
    ] = False,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="PART",
            help="Complete existing results: run the deferred checks of PART (`gpu`) and keep everything else.",
        ),
    ] = None,
    allow_weak: Annotated[
        bool, typer.Option("--allow-weak", metavar=FLAG, help="Grade even if student code cannot be sandboxed.")
    ] = False,
    anonymous: Annotated[
        bool,
        typer.Option(
            "--anonymous",
            metavar=FLAG,
            help="Results and pages have codes instead of names; the key is in anonymous-key.csv beside grading.yml.",
        ),
    ] = False,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS|FILE",
            help="Grade on the workers of this Dask scheduler (see docs/cluster.md).",
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            metavar="N",
            min=0,
            help="Grade in N worker processes on this machine, each with --jobs at once.",
        ),
    ] = 0,
    gradebook: Gradebook = None,
    history_url: HistoryUrl = None,
    config: Config = None,
    formats: Formats = None,
    outs: Outs = None,
    as_json: Json = False,
) -> None:
    """Grade submissions with all checks. Writes a JSON file for each, a summary.csv and an index.html.

    Every grading is recorded in DIR/history.sqlite, or where --history says.
    If it is interrupted, run it again to continue.
    """
    insist(formats, outs, as_json)
    if gradebook and anonymous:
        raise UsageError("nbgrader's gradebook knows the students' names: use --gradebook without --anonymous")
    if gradebook:
        insist_on_extra()
    policy = governing_policy(config, *(path for path in paths if path.is_dir()))
    submissions = _find(paths, policy, exercise_name, student)
    # Before anything is graded: a mistake in one of the course's files is said at once.
    people = people_of(policy)
    interface.refuse(submissions, policy, config_named=config is not None)
    insist_on_one(formats, len(submissions))
    exercises = load_exercises(policy, dict.fromkeys(each.exercise for each in submissions))
    interface.insist_on_part(exercises.values(), only)
    interface.insist_on_place(results)
    submissions = [replace(each, submitted=submitted.of(each, people.imported)) for each in submissions]
    code_of = _codes(submissions, people, results) if anonymous else {}
    submissions = [codes.anonymised(each, code_of) for each in submissions]
    gpus = Gpus(policy.gpus, policy.jobs_per_gpu)
    plan = engine.Plan(submissions, exercises, results, seed, jobs, force, allow_weak, only, gpus)
    everyone = submissions
    if exercise_name or student:
        everyone = interface.submissions_of([path for path in paths if path.is_dir()], policy)
        everyone = [codes.anonymised(each, code_of) for each in everyone]
    times = {(each.student, each.exercise): each.submitted for each in submissions}

    def timed(result: Result) -> Result:
        # What an earlier run graded may have got its time since.
        return structs.replace(result, submitted=times.get((result.student, result.exercise), result.submitted))

    def up_to_date(say: Callable[[Text], None] = lambda warning: None) -> Refreshed:
        return refresh(
            results,
            policy,
            history_url,
            changed=timed,
            shown=lambda found: _without_the_gone(found, paths, everyone, say),
            say=say,
        )

    done: set[tuple[str, str]] = set()
    interrupted: KeyboardInterrupt | GraderError | None = None
    fresh = progress.Fresh(up_to_date)
    try:
        with progress.shown(len(submissions)) as bar:
            where = interface.where_of(cluster, workers, policy.file, bar.say)

            def watch(running: Sequence[Order]) -> None:
                bar.running([each.label for each in running])
                fresh.look()

            with closing(interface.recorded(plan, history_url, where, watch)) as run:
                for result in run:
                    done.add((result.student, result.exercise))
                    bar.advance()
                    fresh.add()
    except (KeyboardInterrupt, GraderError) as problem:
        # What is finished has its place in the tables; then the command ends.
        interrupted = problem
    refreshed = up_to_date(warn)
    if interrupted:
        said = f"{len(done)} of {len(submissions)} submissions are graded: {escape(str(refreshed.index))}"
        err.print(said, soft_wrap=True)
        raise interrupted
    graded = [
        each
        for each in refreshed.book.results
        if (each.student, each.exercise) in done or (each.handed_in_by, each.exercise) in done
    ]
    graded.sort(key=lambda result: (result.student, result.exercise))
    if gradebook:
        write_gradebook(gradebook, graded, submissions, exercises, paths[0])
    if hand_out(formats, outs, Graded(graded, submissions, exercises, refreshed.people)):
        pass
    elif as_json:
        print_json(graded)
    else:
        out.print(terminal.table(graded))
        say_missing(refreshed.book)
        where = {"report": refreshed.index, "summary": refreshed.summary, "policy": policy.file}
        for what, path in where.items():
            out.print(f"{what:<8} {escape(str(path))}", soft_wrap=True)
    if any(result.ungraded for result in graded):
        raise typer.Exit(UNGRADED)


def _find(
    paths: Iterable[Path], policy: Policy, exercise: str | None, student: str | None
) -> list[submission.Submission]:
    """The submissions in files and folders.

    Raises `UsageError`, which says what to do, for what a learning platform hands out: its archive would be graded as
    one student's file.
    """
    found: list[submission.Submission] = []
    for path in paths:
        is_archive = path.is_file() and path.suffix.lower() == handin_zip.ENDING and not placing.is_handin(path)
        if is_archive and (advice := placing.advice(path, list(policy.exercises))):
            raise UsageError(advice)
        try:
            found += interface.submissions_of([path], policy, exercise, student)
        except UsageError:
            if path.is_dir() and (advice := placing.advice(path, list(policy.exercises))):
                raise UsageError(advice) from None
            raise
    return found


def _codes(submissions: Iterable[submission.Submission], people: People, results: Path) -> dict[str, str]:
    """The code of each student, also of those who handed in nothing. Raises `UsageError` if there are named results."""
    names = {each.student for each in submissions}
    named = next((name for name in sorted(names) if any((results / file_name(name)).glob("*.json"))), None)
    if named is not None:
        raise UsageError(f"{results} already has results under names, such as {named}: use another --results")
    names |= {each.id for each in people.roster} | {people.real(each.student) for each in people.adjustments}
    return codes.given(people.folder, sorted(names))


def _without_the_gone(
    results: list[Result],
    paths: Iterable[Path],
    everyone: Iterable[submission.Submission],
    say: Callable[[Text], None],
) -> list[Result]:
    """Without results whose submission is no longer in the graded folder. Their files are kept."""
    folders = {str(path.resolve()): path for path in paths if path.is_dir()}
    there = {(str(each.folder), each.student, each.exercise) for each in everyone}
    kept: list[Result] = []
    for each in results:
        if each.folder not in folders or (each.folder, each.student, each.exercise) in there:
            kept.append(each)
            continue
        message = f"{each.exercise} by {safe_text.line(each.student)} is no longer in {folders[each.folder]}"
        say(Text(f"{message}: its result is kept but omitted from the summary", style="yellow"))
    return kept
