"""`autograder grade`: all checks on many submissions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.text import Text

from autograder.authoring import exercise
from autograder.authoring.loading import load_exercises
from autograder.commands.formats import Formats, Graded, Outs, hand_out, insist, insist_on_one
from autograder.commands.nbgrader import Gradebook, insist_on_extra, write_gradebook
from autograder.commands.options import (
    FLAG,
    UNGRADED,
    Config,
    ExerciseName,
    Json,
    err,
    governing_policy,
    out,
    print_json,
    progress_bar,
)
from autograder.course import layout
from autograder.course.policy import Policy, did_you_mean
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.execution.gpus import Gpus
from autograder.grading import engine
from autograder.integrations import csv
from autograder.reports import page, safe_text, terminal
from autograder.results.form import Result, read


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
    gradebook: Gradebook = None,
    config: Config = None,
    formats: Formats = None,
    outs: Outs = None,
    as_json: Json = False,
) -> None:
    """Grade submissions with all checks. Writes a JSON file for each, a summary.csv and an index.html.

    If it is interrupted, run it again to continue.
    """
    insist(formats, outs, as_json)
    if gradebook:
        insist_on_extra()
    policy = governing_policy(config, *(path for path in paths if path.is_dir()))
    if exercise_name:
        policy.exercise(exercise_name)
    names = list(policy.exercises)
    submissions = [each for path in paths for each in layout.find(path, names, exercise_name, student)]
    _refuse_a_students_policy(policy, submissions, config)
    _refuse_doubles(submissions)
    insist_on_one(formats, len(submissions))
    exercises = load_exercises(policy, dict.fromkeys(each.exercise for each in submissions))
    _insist_on_part(exercises.values(), only)
    _insist_on_place(results)
    gpus = Gpus(policy.gpus, policy.jobs_per_gpu)
    plan = engine.Plan(submissions, exercises, results, seed, jobs, force, allow_weak, only, gpus)
    graded: list[Result] = []
    interrupted: KeyboardInterrupt | None = None
    try:
        with progress_bar(len(submissions)) as advance, closing(engine.run(plan)) as run:
            for result in run:
                graded.append(result)
                advance(f"{result.student} · {result.exercise}")
    except KeyboardInterrupt as problem:
        # What is finished has its place in the summary; then the command ends.
        interrupted = problem
    graded.sort(key=lambda result: (result.student, result.exercise))
    if gradebook and not interrupted:
        write_gradebook(gradebook, graded, submissions, exercises, paths[0])
    everyone = submissions
    if exercise_name or student:
        everyone = [
            each for path in paths if path.is_dir() for each in layout.find(path, list(policy.exercises), None, None)
        ]
    everything = _without_the_gone(_all_results(results), paths, everyone)
    csv.write(everything, results / "summary.csv")
    index = page.write(everything, results, policy.title)
    if interrupted:
        err.print(f"{len(graded)} of {len(submissions)} submissions are graded: {escape(str(index))}", soft_wrap=True)
        raise interrupted
    if hand_out(formats, outs, Graded(graded, submissions, exercises)):
        pass
    elif as_json:
        print_json(graded)
    else:
        out.print(terminal.table(graded))
        where = {"report": index, "summary": results / "summary.csv", "policy": policy.file}
        for what, path in where.items():
            out.print(f"{what:<8} {escape(str(path))}", soft_wrap=True)
    if any(result.ungraded for result in graded):
        raise typer.Exit(UNGRADED)


def _insist_on_place(results: Path) -> None:
    """Make sure that the folder is writable before anything is graded."""
    if results.is_file():
        raise UsageError(f"--results {results}: this is a file; name a folder")
    try:
        results.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=results):
            pass
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(results)) from problem


def _insist_on_part(loaded: Iterable[exercise.Exercise], part: str | None) -> None:
    parts = sorted({check.part for each in loaded for check in each.checks})
    if part is not None and parts and part not in parts:
        raise UsageError(f"No exercise here has a part {part!r}{did_you_mean(part, parts)}")


def _refuse_a_students_policy(policy: Policy, submissions: list[Submission], config: Path | None) -> None:
    """Refuse a `grading.yml` in a student's folder, unless `--config` names it: students could have written it."""
    for each in submissions:
        if config is None and each.folder and each.path:
            folder = each.path.parent if each.path.is_file() else each.path
            whose = {folder.resolve(), *([folder.resolve().parent] if folder.name == each.exercise else [])}
            if policy.file.resolve().parent in whose:
                raise UsageError(
                    f"{policy.file} is among the files of {each.student}: name the policy to use with --config"
                )


def _refuse_doubles(submissions: list[Submission]) -> None:
    seen: set[tuple[str, str]] = set()
    for each in submissions:
        key = (each.student, each.exercise)
        if key in seen:
            raise UsageError(
                f"Two submissions of {each.exercise} by {each.student} were given; "
                "use --student, or grade one at a time"
            )
        seen.add(key)


def _all_results(folder: Path) -> list[Result]:
    """Every result in the folder, including earlier runs: the summary covers the class, not only this command."""
    results: list[Result] = []
    for path in sorted(folder.glob("*/*.json")):
        try:
            results.append(read(path))
        except ValueError:
            err.print(Text(f"{path} is not a result of this version and is omitted from the summary", style="yellow"))
    return results


def _without_the_gone(results: list[Result], paths: Iterable[Path], everyone: Iterable[Submission]) -> list[Result]:
    """Without results whose submission is no longer in the graded folder. Their files are kept."""
    folders = {str(path.resolve()): path for path in paths if path.is_dir()}
    there = {(str(each.folder), each.student, each.exercise) for each in everyone}
    kept: list[Result] = []
    for each in results:
        if each.folder not in folders or (each.folder, each.student, each.exercise) in there:
            kept.append(each)
            continue
        message = f"{each.exercise} by {safe_text.line(each.student)} is no longer in {folders[each.folder]}"
        err.print(Text(f"{message}: its result is kept but omitted from the summary", style="yellow"), soft_wrap=True)
    return kept
