"""`autograder grade`: all checks on many submissions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from autograder.commands.formats import Formats, Graded, Outs, hand_out, insist, insist_on_one
from autograder.commands.nbgrader import Gradebook, insist_on_extra, write_gradebook
from autograder.commands.options import (
    FLAG,
    UNGRADED,
    Config,
    ExerciseName,
    HistoryUrl,
    Json,
    governing_policy,
    out,
    print_json,
)
from autograder.commands.results_folder import say_missing
from autograder.commands.rounds import Asked, find, find_everyone, grade_round
from autograder.commands.watch_folders import say_interrupted, watch_folders
from autograder.errors import UsageError
from autograder.reports import terminal


def grade(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Files, or folders with the layout submitted/<student>/<exercise>/<file>."),
    ],
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for results, summary.csv and index.html.")
    ] = Path("results"),
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", metavar="N", min=1, help="Number of submissions graded in parallel. Default: 1."),
    ] = None,
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
    watching: Annotated[
        bool,
        typer.Option(
            "--watch",
            metavar=FLAG,
            help="Go on: grade each submission when its files are complete in the folder; Ctrl-C ends it.",
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
    if watching and (cluster is not None or workers):
        raise UsageError("--watch grades on this machine, in this process; leave out --cluster and --workers")
    if watching and (refused := _not_with_watch(paths, formats, as_json, only, force, gradebook)):
        raise UsageError(refused)
    if gradebook:
        insist_on_extra()
    policy = governing_policy(config, *(path for path in paths if path.is_dir()))
    asked = Asked(
        paths=paths,
        results=results,
        policy=policy,
        config_named=config is not None,
        exercise=exercise_name,
        student=student,
        anonymous=anonymous,
        seed=seed,
        jobs=jobs,
        force=force,
        allow_weak=allow_weak,
        only=only,
        history_url=history_url,
        cluster=cluster,
        workers=workers,
    )
    if watching:
        watch_folders(asked)
        return
    submissions = find(asked)
    insist_on_one(formats, len(submissions))
    ended = grade_round(asked, submissions, find_everyone(asked, submissions))
    refreshed = ended.refreshed
    if ended.interrupted:
        say_interrupted(ended)
        raise ended.interrupted
    graded = ended.graded
    if gradebook:
        write_gradebook(gradebook, graded, ended.submissions, ended.exercises, paths[0])
    if hand_out(formats, outs, Graded(graded, ended.submissions, ended.exercises, refreshed.people)):
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


def _not_with_watch(
    paths: list[Path], formats: Formats, as_json: bool, only: str | None, force: bool, gradebook: Gradebook
) -> str:
    """Why `--watch` cannot be used; empty if it can."""
    if formats or as_json or gradebook:
        return "--watch writes results and pages until it is stopped; leave out --format, --json and --gradebook"
    if only or force:
        return "--watch grades what is new; leave out --only and --force"
    files = [str(path) for path in paths if not path.is_dir()]
    return f"--watch needs folders: {', '.join(files)} is none" if files else ""
