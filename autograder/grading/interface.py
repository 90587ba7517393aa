"""The Python interface: `from autograder import grade, grade_many`. The command `autograder grade` is built from it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.challenges import fresh_seed
from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise, load_exercises
from autograder.course import layout
from autograder.course.grading_file import load_policy
from autograder.course.policy import Policy, did_you_mean, find_policy
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.execution.environment import make_undumpable
from autograder.execution.gpus import Gpus
from autograder.execution.zygote_client import Zygotes
from autograder.grading import engine, grader
from autograder.grading.cluster.opening import insist_on_dask, open_cluster
from autograder.grading.orders import Order
from autograder.results import progress
from autograder.results.form import Result


@dataclass(frozen=True)
class Where:
    """A cluster to grade on."""

    config: Path
    """The client's `grading.yml`."""
    address: str | None = None
    """Of Dask's scheduler, or its scheduler file."""
    workers: int = 0
    """Without an address: so many worker processes on this machine."""
    say: Callable[[str], None] = lambda sentence: None
    """Is told what happens to workers."""


def where_of(
    cluster: str | None, workers: int, jobs: int | None, config: Path, say: Callable[[str], None]
) -> Where | None:
    """Where to grade; `None` for this process.

    Raises `UsageError` if a cluster is named, and also what only the workers of this machine have.
    """
    if cluster is None and not workers:
        return None
    if cluster is not None and workers:
        raise UsageError("--cluster names a cluster with workers of its own: leave out --workers")
    if cluster is not None and jobs is not None:
        raise UsageError("--cluster names a cluster whose workers say themselves how many --jobs they do: leave it out")
    insist_on_dask()
    return Where(config, cluster, workers, say)


Name = Path | str
"""The path of a file or a folder."""


def grade(
    file: Name,
    *,
    exercise: str | None = None,
    student: str | None = None,
    config: Name | None = None,
    seed: int | None = None,
    visible_only: bool = False,
    allow_weak: bool = False,
) -> Result:
    """Grade one file with all checks. Nothing is written and nothing is recorded.

    `exercise`, `student`: by default, what the names of the file and its folder say. `config`: the `grading.yml`; by
    default, the nearest one upwards from the current folder, otherwise the package's own. `seed`: of the challenges,
    0 … 2³² − 1; by default, a fresh one. `visible_only`: only the checks that students have. `allow_weak`: also if
    student code cannot be sandboxed here.

    Raises `UsageError` if there is no such file or exercise, or if student code cannot be sandboxed.
    """
    if Path(file).is_dir():
        raise UsageError(f"{file} is a folder: `grade_many` grades the files in it")
    policy = load_policy(Path(config) if config else find_policy())
    (handed_in,) = submissions_of([Path(file)], policy, exercise, student)
    loaded = load_exercise(policy, handed_in.exercise)
    make_undumpable()
    with Zygotes(allow_weak) as zygotes:
        job = grader.Job(
            loaded,
            fresh_seed() if seed is None else seed,
            zygotes.of,
            visible_only=visible_only,
            gpus=Gpus(policy.gpus, policy.jobs_per_gpu),
        )
        return grader.grade(handed_in, job)


def grade_many(
    paths: Iterable[Name],
    results: Name = "results",
    *,
    exercise: str | None = None,
    student: str | None = None,
    config: Name | None = None,
    history: str | None = None,
    jobs: int | None = None,
    seed: int | None = None,
    force: bool = False,
    only: str | None = None,
    allow_weak: bool = False,
    cluster: str | None = None,
    workers: int = 0,
) -> Generator[Result]:
    """Grade files and folders as `autograder grade` does, and yield each result as soon as it is recorded.

    `paths`: files, or folders with the layout `submitted/<student>/<exercise>/<file>`. `results`: the folder of the
    JSON files; submissions with a result there are not graded again, unless `force`. `exercise`, `student`: only
    these. `history`: the URL of the record; by default, `history.sqlite` in `results`. `jobs`: submissions graded at
    once, by default 1; not with `cluster`, whose workers say it themselves. `only`: complete earlier results by the
    deferred checks of this part. `cluster`: the address of Dask's scheduler, or its scheduler file; `workers`: so many
    worker processes on this machine. For the others, see `grade`.

    The class page and the table are left to the command. Raises `UsageError`, before anything is graded, if a path,
    the policy or an option cannot be used.
    """
    named = [Path(path) for path in paths]
    folders = [path for path in named if path.is_dir()]
    policy = load_policy(Path(config) if config else find_policy(*folders))
    submissions = submissions_of(named, policy, exercise, student)
    refuse(submissions, policy, config_named=config is not None)
    exercises = load_exercises(policy, dict.fromkeys(each.exercise for each in submissions))
    insist_on_part(exercises.values(), only)
    insist_on_place(Path(results))
    gpus = Gpus(policy.gpus, policy.jobs_per_gpu)
    plan = engine.Plan(submissions, exercises, Path(results), seed, jobs or 1, force, allow_weak, only, gpus)
    return recorded(plan, history, where_of(cluster, workers, jobs, policy.file, lambda sentence: None))


def submissions_of(
    paths: Iterable[Path], policy: Policy, exercise: str | None = None, student: str | None = None
) -> list[Submission]:
    """The submissions in files and folders. Raises `UsageError` for a path or an exercise that does not exist."""
    if exercise:
        policy.exercise(exercise)
    names = list(policy.exercises)
    return [each for path in paths for each in layout.find(path, names, exercise, student)]


def recorded(
    plan: engine.Plan,
    history: str | None = None,
    where: Where | None = None,
    watch: engine.Watch = lambda running: None,
    zygotes: Zygotes | None = None,
) -> Generator[Result]:
    """Grade, and record every grading in the database of that URL, by default in the folder of the results.

    `where`: on which cluster; by default, in this process. `watch` is told several times a second what is being graded,
    and so is `results.progress`. `zygotes`: those that the caller keeps for several runs in this process.
    """
    # SQLAlchemy takes long to import, and who imports this module may not grade many.
    from autograder.results.history.record import History

    with History(plan.results, history) as record, progress.reported(plan.results, len(plan.submissions)) as reporter:
        begun: set[tuple[str, str]] = set()

        def watched(running: Sequence[Order]) -> None:
            for each in running:
                name = (each.handed_in.student, each.handed_in.exercise)
                if name not in begun:
                    begun.add(name)
                    reporter.begun(*name)
            watch(running)

        pool = _cluster(plan, where) if where else None
        for result in engine.run(plan, record, pool, watched, zygotes):
            reporter.done(result.student, result.exercise)
            yield result


def _cluster(plan: engine.Plan, where: Where) -> engine.Pool:
    return open_cluster(
        where.address,
        where.workers,
        plan.jobs,
        plan.submissions,
        plan.exercises,
        where.config,
        plan.allow_weak,
        where.say,
    )


def refuse(submissions: Sequence[Submission], policy: Policy, config_named: bool) -> None:
    """Raise `UsageError` if a student may have written the policy, or for two submissions of the same exercise.

    `config_named`: the instructor named the policy.
    """
    if not config_named:
        _refuse_a_students_policy(policy, submissions)
    _refuse_doubles(submissions)


def insist_on_place(results: Path) -> None:
    """Make sure that the folder is writable before anything is graded."""
    if results.is_file():
        raise UsageError(f"--results {results}: this is a file; name a folder")
    try:
        results.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=results):
            pass
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(results)) from problem


def insist_on_part(loaded: Iterable[Exercise], part: str | None) -> None:
    """Raise `UsageError` if no exercise has this part."""
    parts = sorted({check.part for each in loaded for check in each.checks})
    if part is not None and parts and part not in parts:
        raise UsageError(f"No exercise here has a part {part!r}{did_you_mean(part, parts)}")


def _refuse_a_students_policy(policy: Policy, submissions: Iterable[Submission]) -> None:
    for each in submissions:
        if each.folder and each.path:
            folder = each.path.parent if each.path.is_file() else each.path
            whose = {folder.resolve(), *([folder.resolve().parent] if folder.name == each.exercise else [])}
            if policy.file.resolve().parent in whose:
                raise UsageError(
                    f"{policy.file} is among the files of {each.student}: name the policy to use with --config"
                )


def _refuse_doubles(submissions: Iterable[Submission]) -> None:
    seen: set[tuple[str, str]] = set()
    for each in submissions:
        key = (each.student, each.exercise)
        if key in seen:
            raise UsageError(
                f"Two submissions of {each.exercise} by {each.student} were given; "
                "use --student, or grade one at a time"
            )
        seen.add(key)
