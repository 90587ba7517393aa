"""One round of `autograder grade`: what was handed in is graded, and the folder of results follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec import structs
from rich.text import Text

from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercises
from autograder.commands import progress
from autograder.commands.results_folder import refresh, warn
from autograder.course import handin_zip
from autograder.course.imports import placing
from autograder.course.people import codes, submitted
from autograder.course.people.book import People, people_of
from autograder.course.policy import Policy
from autograder.course.submission import Submission
from autograder.decisions.folder import Refreshed
from autograder.errors import GraderError, UsageError
from autograder.execution.gpus import Gpus
from autograder.execution.zygote_client import Zygotes
from autograder.grading import engine, interface
from autograder.grading.orders import Order
from autograder.reports import safe_text
from autograder.results.files import file_name
from autograder.results.form import Result


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What `autograder grade` was asked to do."""

    paths: Sequence[Path]
    results: Path
    policy: Policy
    config_named: bool
    """Whether the instructor named the policy."""
    exercise: str | None = None
    student: str | None = None
    anonymous: bool = False
    seed: int | None = None
    jobs: int | None = None
    force: bool = False
    allow_weak: bool = False
    only: str | None = None
    history_url: str | None = None
    cluster: str | None = None
    workers: int = 0


@dataclass
class Round:
    """What a round did."""

    refreshed: Refreshed
    submissions: Sequence[Submission]
    exercises: dict[str, Exercise]
    done: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Student and exercise of what was graded, or had a result."""
    interrupted: KeyboardInterrupt | GraderError | None = None
    """Why it ended early: by a signal, or because a scheduler is gone."""

    @property
    def graded(self) -> list[Result]:
        """The results of the round, settled, by student and exercise."""
        found = [
            each
            for each in self.refreshed.book.results
            if (each.student, each.exercise) in self.done or (each.handed_in_by, each.exercise) in self.done
        ]
        return sorted(found, key=lambda result: (result.student, result.exercise))


def grade_round(
    asked: Asked, submissions: Sequence[Submission], everyone: Sequence[Submission], zygotes: Zygotes | None = None
) -> Round:
    """Grade these submissions, and bring the folder of results up to date, also if it is interrupted.

    `everyone`: all submissions in the folders, of which the results of others are omitted from the pages. `zygotes`:
    those that the caller keeps for several rounds. Raises `UsageError` before anything is graded.
    """
    # Before anything is graded: a mistake in one of the course's files is said at once.
    policy, people = asked.policy, people_of(asked.policy)
    interface.refuse(submissions, policy, asked.config_named)
    exercises = load_exercises(policy, dict.fromkeys(each.exercise for each in submissions))
    interface.insist_on_part(exercises.values(), asked.only)
    interface.insist_on_place(asked.results)
    submissions = [replace(each, submitted=submitted.of(each, people.imported)) for each in submissions]
    code_of = _codes(submissions, people, asked.results) if asked.anonymous else {}
    submissions = [codes.anonymised(each, code_of) for each in submissions]
    everyone = [codes.anonymised(each, code_of) for each in everyone]
    plan = engine.Plan(
        submissions,
        exercises,
        asked.results,
        asked.seed,
        asked.jobs or 1,
        asked.force,
        asked.allow_weak,
        asked.only,
        Gpus(policy.gpus, policy.jobs_per_gpu),
    )
    times = {(each.student, each.exercise): each.submitted for each in submissions}

    def timed(result: Result) -> Result:
        # What an earlier run graded may have got its time since.
        return structs.replace(result, submitted=times.get((result.student, result.exercise), result.submitted))

    def up_to_date(say: Callable[[Text], None] = lambda warning: None) -> Refreshed:
        return refresh(
            asked.results,
            policy,
            asked.history_url,
            changed=timed,
            shown=lambda found: _without_the_gone(found, asked.paths, everyone, say),
            say=say,
        )

    done: set[tuple[str, str]] = set()
    interrupted: KeyboardInterrupt | GraderError | None = None
    fresh = progress.Fresh(up_to_date)
    try:
        with progress.shown(len(submissions)) as bar:
            where = interface.where_of(asked.cluster, asked.workers, asked.jobs, policy.file, bar.say)

            def watch(running: Sequence[Order]) -> None:
                bar.running([each.label for each in running])
                fresh.look()

            with closing(interface.recorded(plan, asked.history_url, where, watch, zygotes)) as run:
                for result in run:
                    done.add((result.student, result.exercise))
                    bar.advance()
                    fresh.add()
    except (KeyboardInterrupt, GraderError) as problem:
        # What is finished has its place in the tables; then the command ends.
        interrupted = problem
    refreshed = up_to_date(warn)
    return Round(refreshed, submissions, exercises, done, interrupted)


def find(asked: Asked) -> list[Submission]:
    """The submissions in the files and folders.

    Raises `UsageError`, which says what to do, for what a learning platform hands out: its archive would be graded as
    one student's file.
    """
    names = list(asked.policy.exercises)
    found: list[Submission] = []
    for path in asked.paths:
        is_archive = path.is_file() and path.suffix.lower() == handin_zip.ENDING and not placing.is_handin(path)
        if is_archive and (advice := placing.advice(path, names)):
            raise UsageError(advice)
        try:
            found += interface.submissions_of([path], asked.policy, asked.exercise, asked.student)
        except UsageError:
            if path.is_dir() and (advice := placing.advice(path, names)):
                raise UsageError(advice) from None
            raise
    return found


def find_everyone(asked: Asked, found: Sequence[Submission]) -> Sequence[Submission]:
    """All submissions in the folders. `found`: those that were asked for."""
    if not asked.exercise and not asked.student:
        return found
    return interface.submissions_of([path for path in asked.paths if path.is_dir()], asked.policy)


def _codes(submissions: Iterable[Submission], people: People, results: Path) -> dict[str, str]:
    """The code of each student, also of those who handed in nothing. Raises `UsageError` if there are named results."""
    names = {each.student for each in submissions}
    named = next((name for name in sorted(names) if any((results / file_name(name)).glob("*.json"))), None)
    if named is not None:
        raise UsageError(f"{results} already has results under names, such as {named}: use another --results")
    names |= {each.id for each in people.roster} | {people.real(each.student) for each in people.adjustments}
    return codes.given(people.folder, sorted(names))


def _without_the_gone(
    results: list[Result], paths: Iterable[Path], everyone: Iterable[Submission], say: Callable[[Text], None]
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
