"""The instructor's policy as typed values: points, limits and thresholds, and the folders of the exercises."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from autograder.errors import UsageError
from autograder.worker.course_modules import COURSE
from autograder.worker.names import FrameworkName

GRADING_FILE = "grading.yml"
MOST_POINTS = 1_000
"""Per check."""


def _no_switch(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("points must be a number, not a boolean")
    return value


Points = Annotated[float, Field(ge=0, le=MOST_POINTS), BeforeValidator(_no_switch)]
"""The points of one check. YAML reads `yes` as true, which would count as 1."""


def _date_and_time(value: object) -> object:
    """YAML reads most dates itself; `2026-11-20 23:59`, without seconds, it leaves as text."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("a deadline is a date and a time such as 2026-11-20 23:59") from None
    if not isinstance(value, datetime):
        raise ValueError("a deadline is a date and a time such as 2026-11-20 23:59")
    return value


Deadline = Annotated[datetime, BeforeValidator(_date_and_time)]
"""A date and a time, with or without an offset from UTC."""


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("there is no such time zone: use a name such as Europe/Berlin") from None
    return name


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Bounds(_Strict):
    """The least and the most of a limit that follows from what the reference solution needs: CPU seconds."""

    least: float = Field(gt=0, le=36_000)
    most: float = Field(gt=0, le=36_000)

    @model_validator(mode="after")
    def _in_order(self) -> Bounds:
        if self.least > self.most:
            raise ValueError(f"least is {self.least:g}, and most is {self.most:g}, which is less")
        return self


class Limits(_Strict):
    """The resource limits of a submission.

    A limit on CPU time is `factor` times what the reference solution needs (`costs.yml`), within bounds. All these
    seconds are those of the machine on which the project is measured; a slower machine gives more.
    """

    factor: float = Field(default=30, ge=1, le=1_000)
    """A program may take so many times as long as the reference solution. The slowest right programs that the tests
    know take twenty (`predict` in every step) and thirty times as long (`fit` for every step, in `xor`).
    """
    # The most: twenty times the five seconds that the dearest of them need (a pretended GPU in Keras). Nearly all
    # of these come after a cheaper check of the same function, in which an endless loop runs into the least.
    exact: Bounds = Bounds(least=30, most=100)
    """For one request of a check that trains nothing. The reference needs less than a second for nearly all of them: if
    nobody has measured one, it has the least.
    """
    # The most: nine times the longest request of any reference, 16 s (a translator's training in Keras, of which a
    # check makes up to three), and a half more than the slowest right program is known to need, 103 s
    # (`stateful_lstm` with eager execution). An endless loop costs that much, once.
    training: Bounds = Bounds(least=60, most=150)
    """For one request of a check that trains; the most, if nobody has measured it."""
    whole: Bounds = Bounds(least=300, most=900)
    """For all checks of a submission together, without the requests that ran past their limit."""
    seconds: float | None = Field(default=None, gt=0, le=36_000)
    """Instead of `whole`: the same number of CPU seconds on every machine."""
    check_seconds: float | None = Field(default=None, gt=0, le=3_600)
    """Instead of `training`, and if it is less also of `exact`: CPU seconds for one request."""
    exact_seconds: float | None = Field(default=None, gt=0, le=3_600)
    """Instead of `exact`: CPU seconds for one request of a check that trains nothing; at most `check_seconds`."""
    wall_seconds: float | None = Field(default=None, gt=0, le=360_000)
    """Wall-clock seconds for all requests of a submission together, without the time spent waiting for cores that others
    hold; by default four times the CPU seconds. With that time, five times as much.
    """
    check_wall_seconds: float | None = Field(default=None, gt=0, le=360_000)
    """Wall-clock seconds for the longest request, waiting included; by default twenty times its CPU seconds."""
    memory_mb: int = Field(default=1_500, ge=50, le=1_000_000)
    """In addition to what the framework itself uses."""
    output_mb: int = Field(default=10, ge=1, le=1_000)
    """Printed during one request."""
    file_mb: int = Field(default=64, ge=1, le=100_000)
    """Per file."""
    gpu_memory_mb: int = Field(default=4_000, ge=100, le=1_000_000)
    """Memory on a GPU, if one is used."""


class LateRule(_Strict):
    """What a late submission costs: a percentage for each day that has begun, up to a maximum."""

    grace_minutes: float = Field(default=0, ge=0, le=100_000)
    """Minutes after the deadline in which a submission still counts as on time."""
    percent_per_day: float = Field(gt=0, le=100)
    """Of the score that the checks gave, for each 24 hours that have begun since the deadline."""
    most_percent: float = Field(default=100, gt=0, le=100)
    """The largest deduction."""


class ExercisePolicy(_Strict):
    """The policy of one exercise."""

    points: dict[str, dict[str, Points]]
    """Part → idea → points; the check's id is `part.idea`."""
    total: float | None = Field(default=None, gt=0, le=1_000_000)
    """The total to which the points are scaled; by default, their sum."""
    limits: Limits = Limits()
    thresholds: dict[str, float] = {}
    leaderboard: list[str] = []
    """Ids of checks whose measured numbers appear on the class's leaderboard."""
    # A deadline changes no result of a check: `exclude` keeps these two out of the digest of what was graded.
    due: Deadline | None = Field(default=None, exclude=True)
    """The deadline, in the course's time zone unless it names its own."""
    late: LateRule | None = Field(default=None, exclude=True)
    """What a late submission costs; by default, the course's rule."""

    def check_points(self) -> dict[str, float]:
        """Points by check id, scaled to `total`, in the order of the file."""
        given = {f"{part}.{idea}": worth for part, ideas in self.points.items() for idea, worth in ideas.items()}
        if self.total is None:
            return given
        return {id: worth * self.total / sum(given.values()) for id, worth in given.items()}


class Policy(_Strict):
    """A whole `grading.yml`, merged with the files that it extends."""

    title: str = "Assignments"
    gpus: list[int] | None = None
    """Numbers of the GPUs to grade on; by default, all GPUs of this machine."""
    jobs_per_gpu: int = Field(default=1, ge=1, le=64)
    """Submissions that share a GPU."""
    framework: FrameworkName = "torch"
    """The framework of the notebooks that a course hands out. Students may submit either."""
    upload: str = ""
    """Where students upload what `handin` writes: a sentence that they read."""
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"
    """The time zone of all deadlines, as in `Europe/Berlin`."""
    late: LateRule | None = None
    """What a late submission costs, for all exercises without a rule of their own."""
    attempt: Literal["best", "last"] = "last"
    """Which attempt counts."""
    exercises: dict[str, ExercisePolicy]
    _file: Path = PrivateAttr(default=Path(GRADING_FILE))
    _roots: tuple[Path, ...] = PrivateAttr(default=(Path(),))
    _place_of: Callable[[tuple[str, ...]], str] | None = PrivateAttr(default=None)

    def read_from(self, file: Path, roots: Sequence[Path], place_of: Callable[[tuple[str, ...]], str]) -> None:
        """Record where the policy was read from; called once by its reader."""
        self._file, self._roots, self._place_of = file, tuple(roots), place_of

    @property
    def file(self) -> Path:
        """The policy file."""
        return self._file

    @property
    def roots(self) -> tuple[Path, ...]:
        """Folders with `assignments/` and `solutions/`, the policy's own before those of the files it extends."""
        return self._roots

    def place(self, *keys: str) -> str:
        """The location of a value, as error messages start with it: `grading.yml, line 5`."""
        return self._place_of(keys) if self._place_of else GRADING_FILE

    def exercise(self, name: str) -> ExercisePolicy:
        """The policy of an exercise. Raises `UsageError` if there is no exercise of that name."""
        if name in self.exercises:
            return self.exercises[name]
        raise UsageError(f"There is no exercise {name!r}{did_you_mean(name, self.exercises)}")

    def root_of(self, name: str) -> Path:
        """The folder whose `assignments/` or `solutions/` contains the exercise; the last one if none does."""
        halves = ("assignments", "solutions")
        return next(
            (root for root in self.roots if any((root / half / name).is_dir() for half in halves)), self.roots[-1]
        )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: `; did you mean gates?`, or a list of all known names."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def find_policy(*folders: Path) -> Path:
    """The governing `grading.yml`: the nearest one upwards from the given or the current folder, or the package's own.

    A file in or below a folder `submitted` never governs, because students could have submitted it. Raises `UsageError`
    if there is none, or if different files govern the folders.
    """
    files = dict.fromkeys(file for folder in folders if (file := _nearest(folder)))
    if len(files) > 1:
        raise UsageError(
            f"These folders have different policies: {', '.join(map(str, files))}; choose one with --config"
        )
    here = Path.cwd()
    file = next(iter(files), None) or _nearest(here) or _own()
    if file is None:
        raise UsageError(f"No {GRADING_FILE} in {here} or above it; specify one with --config")
    return file


def course_folder(policy: Policy) -> Path:
    """The folder of the course's own files, such as its roster: that of its `grading.yml`.

    A course without one, which uses the package's own, has its files in the current folder.
    """
    own = _own()
    if own is not None and policy.file.resolve() == own.resolve():
        return Path.cwd()
    return policy.file.parent


def _own() -> Path | None:
    """The package's own `grading.yml`: inside it in a wheel, and beside it in a checkout."""
    files = (COURSE / GRADING_FILE, COURSE.parents[1] / GRADING_FILE)
    return next((file for file in files if file.is_file()), None)


def _nearest(folder: Path) -> Path | None:
    folder = folder.resolve()
    files = (each / GRADING_FILE for each in [folder, *folder.parents] if "submitted" not in each.parts)
    return next((file for file in files if file.is_file()), None)
