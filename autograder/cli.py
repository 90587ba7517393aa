"""Commands, progress and exit codes.

Exit codes: 0 done; 1 `check` found something wrong, or `release --check` a difference; 2 wrong usage or a wrong
`grading.yml`; 3 some submission could not be graded through no fault of its student.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from autograder import commands_formats as with_formats
from autograder import commands_nbgrader as with_nbgrader
from autograder import doctor as examination
from autograder import engine, exercise, grader, proof, rubric, submission
from autograder import release as releasing
from autograder.draw import fresh_seed
from autograder.errors import GraderError, UsageError
from autograder.formats import table as csv_table
from autograder.machines import Gpus
from autograder.report import page, terminal, words
from autograder.result import Result, read, write_whole
from autograder.rubric import Policy
from shared import data as datasets

SOMETHING_WRONG, USAGE, UNGRADED, INTERRUPTED = 1, 2, 3, 130
DEBUG = "AUTOGRADER_DEBUG"
FLAG = with_formats.FLAG
_REMEDIES = {
    errno.ENOSPC: "Make room",
    errno.EACCES: "Allow it, or name another place",
    errno.EMFILE: "Allow more open files (ulimit -n)",
    errno.ENOMEM: "Grade fewer at a time (--jobs)",
}
"""By what the system says; for all else, another place."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Grade deep-learning exercises in PyTorch and Keras 3, never in one process with the code that is graded.",
    epilog="Exit codes: 0 done · 1 check found something wrong · 2 wrong usage or grading.yml · 3 something could not be graded",
)

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", metavar=FLAG, help="Print JSON instead of tables.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The grading.yml to go by. Default: the nearest one, upwards from here or PATH.",
    ),
]
ExerciseName = Annotated[
    str | None, typer.Option("--exercise", "-e", metavar="NAME", help="Only this exercise, or: this file is of it.")
]


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Your notebook (.ipynb) or Python file (.py).")],
    part: Annotated[
        str | None, typer.Option("--part", "-p", metavar="PART", help="Only this part, and what it needs.")
    ] = None,
    exercise_name: ExerciseName = None,
    config: Config = None,
    show_output: Annotated[
        bool, typer.Option("--output", metavar=FLAG, help="Show what your code printed, too.")
    ] = False,
    formats: with_formats.Formats = None,
    outs: with_formats.Outs = None,
    as_json: Json = False,
) -> None:
    """Run the checks that students may see on FILE.

    For each that fails: what was tried, what was seen, what was expected, the likely cause, and where to read.
    """
    with_formats.insist(formats, outs, as_json)
    policy = _policy(config, Path.cwd())
    name = exercise_name or submission.exercise_of(file, list(policy.exercises))
    if not file.is_file():
        there = "is a folder; name the file in it" if file.is_dir() else "is no file; name a notebook or a .py file"
        raise UsageError(f"{file} {there if file.exists() else 'is not there'}")
    if name is None:
        raise UsageError(f"{file}: which exercise is this? Say --exercise; there are {', '.join(policy.exercises)}")
    loaded = exercise.load(policy, name)
    handed_in = submission.read(file, "you", name)
    only = _ids_of_part(loaded, part)
    with engine.Zygotes() as zygotes, _spinner("starting") as say:
        if handed_in.framework != "unknown":
            # Seconds on a slow machine: no check is the one to wait for.
            say(f"importing {handed_in.framework}")
            zygotes.of(handed_in.framework)
        job = grader.Job(loaded, fresh_seed(), zygotes.of, visible_only=True, only=only, progress=say)
        result = grader.grade(handed_in, job)
    told = with_formats.Graded([result], [handed_in], {name: loaded}, alone=True)
    if with_formats.hand_out(formats, outs, told):
        pass
    elif as_json:
        _print_json(result)
    else:
        out.print(terminal.submission(result, hidden_later=True, show_output=show_output))
    if result.ungraded:
        raise typer.Exit(UNGRADED)
    if any(each.status not in ("passed", "deferred") for each in result.checks):
        raise typer.Exit(SOMETHING_WRONG)


@app.command()
def grade(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Files, or folders laid out submitted/<student>/<exercise>/<file>."),
    ],
    results: Annotated[Path, typer.Option(metavar="DIR", help="Where results, summary.csv and index.html go.")] = Path(
        "results"
    ),
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", min=1, help="Submissions graded at the same time.")
    ] = 1,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, max=2**32 - 1, help="Draw the challenges from this seed, to repeat a grading."
        ),
    ] = None,
    exercise_name: ExerciseName = None,
    student: Annotated[str | None, typer.Option("--student", "-s", metavar="NAME", help="Only this student.")] = None,
    force: Annotated[bool, typer.Option("--force", metavar=FLAG, help="Grade also what has a result already.")] = False,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="PART",
            help="Complete results: run what is deferred in PART (`gpu`), keep all else as it is.",
        ),
    ] = None,
    allow_weak: Annotated[
        bool, typer.Option("--allow-weak", metavar=FLAG, help="Grade also where student code cannot be walled in.")
    ] = False,
    gradebook: with_nbgrader.Gradebook = None,
    config: Config = None,
    formats: with_formats.Formats = None,
    outs: with_formats.Outs = None,
    as_json: Json = False,
) -> None:
    """Grade submissions with all checks; one JSON file each, a summary.csv and an index.html.

    Interrupted and started again, it goes on where it was.
    """
    with_formats.insist(formats, outs, as_json)
    if gradebook:
        with_nbgrader.insist_on_extra()
    policy = _policy(config, _start_of(paths[0]))
    names = [policy.exercise(exercise_name) and exercise_name] if exercise_name else list(policy.exercises)
    found = [each for path in paths for each in submission.find(path, names, exercise_name, student)]
    _refuse_doubles(found)
    with_formats.insist_on_one(formats, len(found))
    exercises = exercise.load_all(policy, dict.fromkeys(each.exercise for each in found))
    _insist_on_part(exercises.values(), only)
    _insist_on_place(results)
    gpus = Gpus(policy.gpus, policy.jobs_per_gpu)
    plan = engine.Plan(found, exercises, results, seed, jobs, force, allow_weak, only, gpus)
    graded: list[Result] = []
    with _progress(len(found)) as advance:
        for result in engine.run(plan):
            graded.append(result)
            advance(f"{result.student} · {result.exercise}")
    graded.sort(key=lambda result: (result.student, result.exercise))
    if gradebook:
        with_nbgrader.write_gradebook(gradebook, graded, found, exercises, paths[0])
    everything = _all_results(results)
    csv_table.write(everything, results / "summary.csv")
    index = page.write(everything, results, policy.title)
    if with_formats.hand_out(formats, outs, with_formats.Graded(graded, found, exercises)):
        pass
    elif as_json:
        _print_json(graded)
    else:
        out.print(terminal.table(graded))
        out.print(f"report   {escape(str(index))}\nsummary  {escape(str(results / 'summary.csv'))}", soft_wrap=True)
    if any(result.ungraded for result in graded):
        raise typer.Exit(UNGRADED)


@app.command()
def release(
    names: Annotated[list[str] | None, typer.Argument(metavar="EXERCISE", help="Default: all.")] = None,
    only_check: Annotated[
        bool, typer.Option("--check", metavar=FLAG, help="Write nothing; fail where a notebook is out of date.")
    ] = False,
    proven: Annotated[
        bool, typer.Option("--prove/--no-prove", metavar=FLAG, help="Grade solution and stub afterwards.")
    ] = True,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make the students' notebooks from the solutions and the READMEs.

    A release proves itself: the solution scores everything, the stub nothing, and every cell of the stub runs.
    """
    policy = _policy(config, Path.cwd())
    wanted = names or [name for name in releasing.exercises_of(policy.root) if name in policy.exercises]
    changes = releasing.release(policy.root, wanted, check=only_check)
    problems: list[str] = []
    if proven and not only_check:
        with engine.Zygotes() as zygotes, _spinner("proving") as say:
            for name in wanted:
                say(name)
                problems += proof.prove(exercise.load(policy, name), zygotes.of)
    if as_json:
        said = [{"path": str(change.path), "was": change.was} for change in changes]
        _print_json({"changes": said, "problems": problems})
    else:
        for change in changes:
            done = f"is {change.was}" if only_check else "written"
            out.print(f"{escape(str(change.path.relative_to(policy.root)))}  {done}", soft_wrap=True)
        for problem in problems:
            err.print(Text(problem, style="red"), soft_wrap=True)
        if not changes and not problems:
            out.print("Every notebook is what its solution and README make of it.")
    if problems or (only_check and changes):
        raise typer.Exit(SOMETHING_WRONG)


@app.command()
def data(as_json: Json = False) -> None:
    """Fetch and verify the data sets that do not come with a package."""
    with _spinner("fetching"):
        datasets.fetch()
    states = datasets.verify()
    if as_json:
        _print_json(states)
        return
    for name, state in states.items():
        out.print(f"{name:<16} {state}")


@app.command()
def doctor(config: Config = None, as_json: Json = False) -> None:
    """Say what works on this machine: frameworks, versions, data, isolation, grading.yml."""
    with _spinner("trying everything"):
        findings = examination.examine(_policy(config, Path.cwd()))
    if as_json:
        _print_json(findings)
    else:
        signs = {"good": ("✓", "green"), "missing": ("–", "yellow"), "bad": ("✗", "bold red")}
        shown = Table(box=None, show_header=False, pad_edge=False)
        for finding in findings:
            sign, colour = signs[finding.state]
            shown.add_row(Text(sign, style=colour), Text(finding.about, style="bold"), Text(words.inert(finding.said)))
        out.print(shown)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(UNGRADED)


# Below the commands of this module: help lists them in this order.
app.add_typer(with_nbgrader.app, name="nbgrader")
with_formats.register(app)


def main() -> None:
    """The program: whatever happens, the user reads a sentence and never a traceback of ours."""
    code = 0
    try:
        # Without standalone mode Typer returns the code of an Exit, and makes one of Ctrl-C.
        code = app(standalone_mode=False) or 0
        if code == INTERRUPTED:
            raise KeyboardInterrupt
    except typer.Abort:
        code = INTERRUPTED
    except UsageError as problem:
        for sentence in problem.problems:
            err.print(Text(words.inert(sentence), style="red"), soft_wrap=True)
        code = USAGE
    except (GraderError, datasets.FetchError) as problem:
        err.print(Text(f"Not graded: {words.inert(str(problem))}", style="red"), soft_wrap=True)
        code = UNGRADED
    except KeyboardInterrupt:
        err.print("Stopped. What was graded is kept; the same command goes on from there.")
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone: nothing to say to nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as problem:
        err.print(Text(words.inert(_refusal(problem)), style="red"), soft_wrap=True)
        code = UNGRADED
    except Exception as problem:
        if isinstance(code_of := getattr(problem, "exit_code", None), int) and hasattr(problem, "show"):
            # A usage error of the command line itself, which Click words well.
            problem.show()  # type: ignore[attr-defined]
            code = code_of
        elif os.environ.get(DEBUG):
            raise
        else:
            said = f"This is a bug of the grader: {type(problem).__name__}: {problem}. {DEBUG}=1 shows where."
            err.print(Text(words.inert(said), style="red"), soft_wrap=True)
            code = UNGRADED
    sys.exit(code)


def _refusal(problem: OSError) -> str:
    """Which file the system refused, why, and what to do."""
    place = problem.filename2 or problem.filename
    said = f"{f'{place}: ' if place else ''}{problem.strerror or problem}"
    remedy = _REMEDIES.get(problem.errno or 0, "Name another place")
    return f"{said}. {remedy}; what was graded before is kept, and the same command goes on from there."


def _insist_on_place(results: Path) -> None:
    """Have the folder, before anything is graded that could not be kept."""
    if results.is_file():
        raise UsageError(f"--results {results}: this is a file; name a folder")
    probe = results / ".writing"
    try:
        write_whole(probe, b"")
        probe.unlink(missing_ok=True)
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(results)) from problem


def _policy(config: Path | None, start: Path) -> Policy:
    return rubric.load(config or rubric.find(start.resolve()))


def _start_of(path: Path) -> Path:
    return path if path.is_dir() else Path.cwd()


def _ids_of_part(loaded: exercise.Exercise, part: str | None) -> list[str] | None:
    if part is None:
        return None
    parts = list(dict.fromkeys(each.part for each in loaded.checks))
    if part not in parts:
        raise UsageError(f"{loaded.name} has no part {part!r}; there are {', '.join(parts)}")
    return [each.id for each in loaded.checks if each.part == part and each.visible]


def _insist_on_part(loaded: Iterable[exercise.Exercise], part: str | None) -> None:
    parts = sorted({check.part for each in loaded for check in each.checks})
    if part is not None and parts and part not in parts:
        raise UsageError(f"No exercise here has a part {part!r}; there are {', '.join(parts)}")


def _refuse_doubles(found: list[submission.Submission]) -> None:
    seen: set[tuple[str, str]] = set()
    for each in found:
        key = (each.student, each.exercise)
        if key in seen:
            raise UsageError(
                f"Two submissions of {each.exercise} by {each.student} were named; say --student, or grade one at a time"
            )
        seen.add(key)


def _all_results(folder: Path) -> list[Result]:
    """Every result in the folder, also of earlier runs: the summary is of the class, not of this command."""
    found: list[Result] = []
    for path in sorted(folder.glob("*/*.json")):
        try:
            found.append(read(path))
        except ValueError:
            err.print(Text(f"{path} holds no result of this version and is left out of the summary", style="yellow"))
    return found


def _print_json(value: Any) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


@contextmanager
def _spinner(what: str) -> Generator[Any]:
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=err, transient=True) as shown:
        task = shown.add_task(escape(what))

        def say(title: str) -> None:
            shown.update(task, description=escape(title))

        yield say


@contextmanager
def _progress(total: int) -> Generator[Any]:
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True) as shown:
        task = shown.add_task("", total=total)

        def advance(title: str) -> None:
            shown.update(task, advance=1, description=escape(words.line(title)))

        yield advance


if __name__ == "__main__":
    main()
