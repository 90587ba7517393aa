"""What an instructor decides, as typed values: points, limits and thresholds of every exercise, and where the exercises lie."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from autograder.errors import UsageError
from autograder.worker.names import FrameworkName

GRADING_FILE = "grading.yml"
MOST_POINTS = 1_000
"""Of one check."""


def _no_switch(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("points are a number, not a switch")
    return value


Points = Annotated[float, Field(ge=0, le=MOST_POINTS), BeforeValidator(_no_switch)]
"""Of one check. YAML reads `yes` as true, and true as 1."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Limits(_Strict):
    """What a submission may use."""

    seconds: float = Field(default=300, gt=0, le=36_000)
    """CPU seconds of one submission, all checks together."""
    check_seconds: float = Field(default=60, gt=0, le=3_600)
    """CPU seconds of one request of a check."""
    memory_mb: int = Field(default=1_500, ge=50, le=1_000_000)
    """Beyond what the framework itself takes."""
    output_mb: int = Field(default=10, ge=1, le=1_000)
    """Printed in answer to one request."""
    file_mb: int = Field(default=64, ge=1, le=100_000)
    """Of one file."""
    gpu_memory_mb: int = Field(default=4_000, ge=100, le=1_000_000)
    """Of a GPU, where one is used."""


class ExercisePolicy(_Strict):
    """The policy of one exercise."""

    points: dict[str, dict[str, Points]]
    """Part → idea → points; the check's id is `part.idea`."""
    total: float | None = Field(default=None, gt=0, le=1_000_000)
    """What the points are scaled to; without it the maximum is their sum."""
    limits: Limits = Limits()
    thresholds: dict[str, float] = {}
    leaderboard: list[str] = []
    """Ids of checks whose measured numbers a class may compare."""

    def check_points(self) -> dict[str, float]:
        """Points by check id, scaled to `total`, in the order of the file."""
        given = {f"{part}.{idea}": worth for part, ideas in self.points.items() for idea, worth in ideas.items()}
        if self.total is None:
            return given
        return {id: worth * self.total / sum(given.values()) for id, worth in given.items()}


class Policy(_Strict):
    """A whole `grading.yml`, with what the files that it extends say."""

    title: str = "Assignments"
    gpus: list[int] | None = None
    """Numbers of the GPUs to grade on; without it, all that this machine has."""
    jobs_per_gpu: int = Field(default=1, ge=1, le=64)
    """Submissions that share a GPU."""
    framework: FrameworkName = "torch"
    """What a course hands out. Students may hand in either."""
    exercises: dict[str, ExercisePolicy]
    _file: Path = PrivateAttr(default=Path(GRADING_FILE))
    _roots: tuple[Path, ...] = PrivateAttr(default=(Path(),))
    _place_of: Callable[[tuple[str, ...]], str] | None = PrivateAttr(default=None)

    def read_from(self, file: Path, roots: Sequence[Path], place_of: Callable[[tuple[str, ...]], str]) -> None:
        """Say where this was read from, once, by whoever read it."""
        self._file, self._roots, self._place_of = file, tuple(roots), place_of

    @property
    def file(self) -> Path:
        """The file itself."""
        return self._file

    @property
    def roots(self) -> tuple[Path, ...]:
        """Folders that hold `assignments/` and `solutions/`: those of `exercises_from` before those of the extended files."""
        return self._roots

    def place(self, *keys: str) -> str:
        """Where a value stands, as a mistake about it begins: `grading.yml, line 5`."""
        return self._place_of(keys) if self._place_of else GRADING_FILE

    def exercise(self, name: str) -> ExercisePolicy:
        """The policy of an exercise. Raises `UsageError` where there is none of that name."""
        if name in self.exercises:
            return self.exercises[name]
        raise UsageError(f"There is no exercise {name!r}{did_you_mean(name, self.exercises)}")

    def root_of(self, name: str) -> Path:
        """The folder whose `assignments/` or `solutions/` hold the exercise; the last one where none does."""
        halves = ("assignments", "solutions")
        return next(
            (root for root in self.roots if any((root / half / name).is_dir() for half in halves)), self.roots[-1]
        )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: `; did you mean gates?`, or all that there are."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def find_policy(*folders: Path) -> Path:
    """The `grading.yml` that governs: the nearest one upwards from the folders named, else upwards from the current folder,
    else the package's own.

    A file in a folder `submitted`, or below one, never governs: students could have handed it in. Raises `UsageError` where
    there is none, and where two folders are governed by different files.
    """
    found = dict.fromkeys(file for folder in folders if (file := _nearest(folder)))
    if len(found) > 1:
        raise UsageError(
            f"These folders go by different policies: {', '.join(map(str, found))}; name one with --config"
        )
    beside_package = Path(__file__).resolve().parents[2] / GRADING_FILE
    here = Path.cwd()
    file = next(iter(found), None) or _nearest(here) or (beside_package if beside_package.is_file() else None)
    if file is None:
        raise UsageError(f"No {GRADING_FILE} in {here} or above it; name one with --config")
    return file


def _nearest(folder: Path) -> Path | None:
    folder = folder.resolve()
    files = (each / GRADING_FILE for each in [folder, *folder.parents] if "submitted" not in each.parts)
    return next((file for file in files if file.is_file()), None)
