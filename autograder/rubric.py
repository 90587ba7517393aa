"""`grading.yml` as typed values: points, limits and thresholds of every exercise.

Every mistake in the file, and in those that it extends, is reported at once, each with its line.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from autograder.errors import UsageError

FILE = "grading.yml"
POINTS_EACH = 20
WHOLE = "points"
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")

Path_ = tuple[str, ...]
Place = tuple[Path, int]
"""File and line, counted from 1."""


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


class Exercise(_Strict):
    """The policy of one exercise."""

    points: dict[str, dict[str, float]]
    """Part → idea → points; the check's id is `part.idea`."""
    limits: Limits = Limits()
    thresholds: dict[str, float] = {}
    leaderboard: list[str] = []
    """Ids of checks whose measured numbers a class may compare."""

    def check_points(self) -> dict[str, float]:
        """Points by check id, in the order of the file."""
        return {f"{part}.{idea}": worth for part, ideas in self.points.items() for idea, worth in ideas.items()}


class Policy(_Strict):
    """A whole `grading.yml`."""

    title: str = "Assignments"
    gpus: list[int] | None = None
    """Numbers of the GPUs to grade on; without it, all that this machine has."""
    jobs_per_gpu: int = Field(default=1, ge=1, le=64)
    """Submissions that share a GPU."""
    framework: Literal["torch", "keras"] = "torch"
    """What a course hands out. Students may hand in either."""
    exercises: dict[str, Exercise]
    root: Path = Path()
    """The folder that holds `assignments/` and `solutions/`."""
    _lines: _Lines | None = PrivateAttr(default=None)

    def place(self, *keys: str) -> str:
        """Where a value stands, as a mistake about it begins: `grading.yml, line 5`."""
        return _spelled(self._lines.nearest(keys)) if self._lines else FILE

    def exercise(self, name: str) -> Exercise:
        """The policy of an exercise. Raises `UsageError` where there is none of that name."""
        if name in self.exercises:
            return self.exercises[name]
        near = difflib.get_close_matches(name, self.exercises, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(self.exercises)}"
        raise UsageError(f"There is no exercise {name!r}{hint}")


def find(start: Path) -> Path:
    """The `grading.yml` that governs a folder: its own, the nearest above it, or the package's."""
    for folder in [start, *start.parents]:
        if (folder / FILE).is_file() and "submitted" not in folder.parts:
            return folder / FILE
    beside_package = Path(__file__).resolve().parent.parent / FILE
    if beside_package.is_file():
        return beside_package
    raise UsageError(f"No {FILE} in {start} or above it; name one with --config")


def load(path: Path) -> Policy:
    """Read a policy. Raises `UsageError` with every mistake and its line."""
    values, lines, root = _read(path, path, seen=())
    problems = list(lines.doubled)
    try:
        policy = Policy.model_validate({**values, "root": root})
        sound = policy.exercises
    except ValidationError as wrong:
        policy = None
        problems += [_say(lines, dict(error)) for error in wrong.errors()]
        sound = _sound(values)
    for name, exercise in sound.items():
        problems += _points_that_do_not_fit(lines, name, exercise)
    if problems or policy is None:
        # Mistakes of the file itself before those of the files that it extends.
        problems.sort(key=lambda problem: (problem[0][0] != path, problem[0]))
        raise UsageError(*(f"{_spelled(place)}: {said}" for place, said in problems))
    policy._lines = lines  # pyright: ignore[reportPrivateUsage]
    return policy


class _Lines(dict[Path_, Place]):
    """Path of keys → place; `doubled` says which keys stand twice, and where."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.doubled: list[tuple[Place, str]] = []

    def nearest(self, path: Path_) -> Place:
        while path and path not in self:
            path = path[:-1]
        return self.get(path, (self.file, 1))

    def extend(self, under: _Lines) -> None:
        """Take in the places of the file that this one extends, where it says nothing itself."""
        anew = {path for path in self if path[-1:] == (WHOLE,)}
        for path, place in under.items():
            if not any(path[:length] in anew for length in range(len(path))):
                self.setdefault(path, place)
        self.doubled += under.doubled


def _spelled(place: Place) -> str:
    return f"{place[0]}, line {place[1]}"


def _sound(values: dict[str, Any]) -> dict[str, Exercise]:
    """The exercises that are right in themselves, of a file that is not."""
    found: dict[str, Exercise] = {}
    exercises: Any = values.get("exercises")
    for name, value in cast(dict[str, Any], exercises if isinstance(exercises, dict) else {}).items():
        with suppress(ValidationError):
            found[str(name)] = Exercise.model_validate(value)
    return found


def _read(path: Path, shown: Path, seen: tuple[Path, ...]) -> tuple[dict[str, Any], _Lines, Path]:
    """The file's values, refined over those of the file that it extends, and the folder of the first of them."""
    path = path.resolve()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise UsageError(f"{shown} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{shown} is not UTF-8 text: save it as UTF-8") from None
    try:
        node = cast(yaml.Node | None, yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise UsageError(f"{shown}, line {line}: this is no YAML: {problem.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise UsageError(f"{shown}: this is no YAML: {problem}") from None
    if not isinstance(values, dict) or not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{shown}, line 1: the file must hold `exercises:`")
    lines = _Lines(shown)
    try:
        _mark(node, (), lines)
    except RecursionError:
        raise UsageError(f"{shown}: something in the file holds itself; write it out") from None
    content = cast(dict[str, Any], values)
    base_name = content.pop("extends", None)
    if base_name is None:
        return content, lines, path.parent
    base = (path.parent / str(base_name)).resolve()
    if base in (*seen, path):
        raise UsageError(f"{_spelled(lines.nearest(('extends',)))}: the files extend each other in a circle")
    try:
        under, lines_under, root = _read(base, Path(os.path.normpath(shown.parent / str(base_name))), (*seen, path))
    except UsageError as problem:
        if base.is_file():
            raise
        raise UsageError(f"{_spelled(lines.nearest(('extends',)))}: {problem}") from None
    lines.extend(lines_under)
    return _refined(under, content), lines, root


def _refined(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        # Points are one whole: a file that gives them anew gives them all.
        if isinstance(value, dict) and isinstance(below, dict) and key != WHOLE:
            merged[key] = _refined(cast(dict[str, Any], below), cast(dict[str, Any], value))
        else:
            merged[key] = value
    return merged


def _mark(node: yaml.Node, path: Path_, lines: _Lines) -> None:
    lines.setdefault(path, (lines.file, node.start_mark.line + 1))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            name, place = str(key.value), (lines.file, key.start_mark.line + 1)
            if name in keys:
                lines.doubled.append((place, f"{name!r} stands here for the second time; remove one"))
            keys.add(name)
            lines[(*path, name)] = place
            _mark(value, (*path, name), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _mark(value, (*path, str(index)), lines)


def _points_that_do_not_fit(lines: _Lines, name: str, exercise: Exercise) -> Iterator[tuple[Place, str]]:
    where: Path_ = ("exercises", name, WHOLE)
    total = sum(exercise.check_points().values())
    if not abs(total - POINTS_EACH) < 1e-9:
        yield lines.nearest(where), f"the points of {name} sum to {total:g}, not {POINTS_EACH}"
    for id in exercise.leaderboard:
        if id not in exercise.check_points():
            place = lines.nearest(("exercises", name, "leaderboard"))
            yield place, f"the leaderboard names {id}, which is no check of {name}"
    for part, ideas in exercise.points.items():
        for idea, worth in ideas.items():
            place = lines.nearest((*where, part, idea))
            if not (_NAME.match(part) and _NAME.match(idea)):
                yield place, f"{part}.{idea} is no check id: lower case, digits and _ only"
            if not 0 <= worth <= POINTS_EACH:
                yield place, f"{part}.{idea} is worth {worth:g}; points are 0 to {POINTS_EACH}"


def _say(lines: _Lines, error: dict[str, Any]) -> tuple[Place, str]:
    # Pydantic marks a wrong key by a step of its own.
    where: Path_ = tuple(str(key) for key in error["loc"] if key != "[key]")
    name = where[-1] if where else "the file"
    match error["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(name, _keys_beside(where), 1)
            said = f"{name!r} is no key here" + (f"; did you mean {near[0]!r}?" if near else "")
        case "missing":
            said = f"{name!r} is missing"
        case _:
            said = f"{name}: {str(error['msg'])[0].lower()}{str(error['msg'])[1:]}, not {error['input']!r}"[:300]
    return lines.nearest(where), said


def _keys_beside(where: Path_) -> list[str]:
    model: type[BaseModel] = Policy
    if len(where) == 3:
        model = Exercise
    if len(where) == 4 and where[2] == "limits":
        model = Limits
    return [*model.model_fields, "extends"]
