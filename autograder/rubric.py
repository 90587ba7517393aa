"""`grading.yml` as typed values: points, limits and thresholds of every exercise.

Every mistake in the file is reported at once, each with its line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autograder.errors import UsageError

FILE = "grading.yml"
POINTS_EACH = 20
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")

Path_ = tuple[str | int, ...]


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
    values, lines, root = _read(path.resolve(), seen=())
    problems: list[str] = []
    policy: Policy | None = None
    try:
        policy = Policy.model_validate({**values, "root": root})
    except ValidationError as wrong:
        problems = [_say(path, lines, dict(error)) for error in wrong.errors()]
    problems += _duplicates(path, lines)
    if policy:
        problems += _points_that_do_not_fit(path, lines, policy)
    if problems or policy is None:
        raise UsageError(*sorted(problems, key=_line_of))
    return policy


class _Lines(dict[Path_, int]):
    """Path of keys → line, counted from 1; `doubled` lists keys that stand twice."""

    def __init__(self) -> None:
        super().__init__()
        self.doubled: list[tuple[str, int]] = []

    def nearest(self, path: Path_) -> int:
        while path and path not in self:
            path = path[:-1]
        return self.get(path, 1)


def _read(path: Path, seen: tuple[Path, ...]) -> tuple[dict[str, Any], _Lines, Path]:
    """The file's values, refined over those of the file that it extends, and the folder of the first of them."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text") from None
    try:
        node = cast(yaml.Node | None, yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise UsageError(f"{path}, line {line}: this is no YAML: {problem.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise UsageError(f"{path}: this is no YAML: {problem}") from None
    if not isinstance(values, dict) or not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{path}, line 1: the file must hold `exercises:`")
    lines = _Lines()
    try:
        _mark(node, (), lines)
    except RecursionError:
        raise UsageError(f"{path}: something in the file holds itself; write it out") from None
    content = cast(dict[str, Any], values)
    base_name = content.pop("extends", None)
    if base_name is None:
        return content, lines, path.parent
    base = (path.parent / str(base_name)).resolve()
    if base in (*seen, path):
        raise UsageError(f"{path}, line {lines.nearest(('extends',))}: the files extend each other in a circle")
    under, _, root = _read(base, (*seen, path))
    return _refined(under, content), lines, root


def _refined(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        # Points are one whole: a file that gives them anew gives them all.
        if isinstance(value, dict) and isinstance(below, dict) and key != "points":
            merged[key] = _refined(cast(dict[str, Any], below), cast(dict[str, Any], value))
        else:
            merged[key] = value
    return merged


def _mark(node: yaml.Node, path: Path_, lines: _Lines) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in keys:
                lines.doubled.append((name, key.start_mark.line + 1))
            keys.add(name)
            lines[(*path, name)] = key.start_mark.line + 1
            _mark(value, (*path, name), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _mark(value, (*path, index), lines)


def _duplicates(path: Path, lines: _Lines) -> list[str]:
    return [
        f"{path}, line {line}: {name!r} stands here for the second time; remove one" for name, line in lines.doubled
    ]


def _points_that_do_not_fit(path: Path, lines: _Lines, policy: Policy) -> list[str]:
    problems: list[str] = []
    for name, exercise in policy.exercises.items():
        where: Path_ = ("exercises", name, "points")
        total = sum(exercise.check_points().values())
        if abs(total - POINTS_EACH) > 1e-9:
            problems.append(
                f"{path}, line {lines.nearest(where)}: the points of {name} sum to {total:g}, not {POINTS_EACH}"
            )
        board: Path_ = ("exercises", name, "leaderboard")
        problems += [
            f"{path}, line {lines.nearest(board)}: the leaderboard names {id}, which is no check of {name}"
            for id in exercise.leaderboard
            if id not in exercise.check_points()
        ]
        for part, ideas in exercise.points.items():
            for idea, worth in ideas.items():
                line = lines.nearest((*where, part, idea))
                if not (_NAME.match(part) and _NAME.match(idea)):
                    problems.append(f"{path}, line {line}: {part}.{idea} is no check id: lower case, digits and _ only")
                if not 0 <= worth <= POINTS_EACH:
                    problems.append(
                        f"{path}, line {line}: {part}.{idea} is worth {worth:g}; points are 0 to {POINTS_EACH}"
                    )
    return problems


def _say(path: Path, lines: _Lines, error: dict[str, Any]) -> str:
    where = cast(Path_, error["loc"])
    name = str(where[-1]) if where else "the file"
    line = lines.nearest(where)
    match error["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(name, _keys_beside(where), 1)
            said = f"{name!r} is no key here" + (f"; did you mean {near[0]!r}?" if near else "")
        case "missing":
            said = f"{name!r} is missing"
        case _:
            said = f"{name}: {str(error['msg'])[0].lower()}{str(error['msg'])[1:]}, not {error['input']!r}"[:300]
    return f"{path}, line {line}: {said}"


def _keys_beside(where: Path_) -> list[str]:
    model: type[BaseModel] = Policy
    if len(where) == 3:
        model = Exercise
    if len(where) == 4 and where[2] == "limits":
        model = Limits
    return [*model.model_fields, "extends"]


def _line_of(problem: str) -> int:
    found = re.search(r", line (\d+):", problem)
    return int(found[1]) if found else 0
