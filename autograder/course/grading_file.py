"""Read `grading.yml`, and the files it extends, into a policy; report all mistakes at once, with file and line."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ValidationError

from autograder.course.policy import ExercisePolicy, LateRule, Limits, Policy, did_you_mean
from autograder.course.yaml_places import Keys, Lines, Place, lines_of, parse, read_text, spelled
from autograder.errors import UsageError

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def load_policy(path: Path) -> Policy:
    """Read a policy. Raises `UsageError` with every mistake and its line."""
    values, lines, roots = _read(path, path, seen=())
    problems = list(lines.doubled)
    try:
        policy = Policy.model_validate(values)
        sound = policy.exercises
    except ValidationError as wrong:
        policy = None
        problems += [_say(lines, dict(error)) for error in wrong.errors()]
        sound = _sound(values)
    for name, exercise in sound.items():
        problems += _points_that_do_not_fit(lines, name, exercise)
    if problems or policy is None:
        # Mistakes in the file itself come before those in the files that it extends.
        problems.sort(key=lambda problem: (problem[0][0] != path, problem[0]))
        raise UsageError(*(f"{spelled(place)}: {message}" for place, message in problems))
    policy.read_from(path, roots, lambda keys: spelled(lines.nearest(keys)))
    return policy


def _sound(values: dict[str, Any]) -> dict[str, ExercisePolicy]:
    """The valid exercises of an invalid file."""
    valid: dict[str, ExercisePolicy] = {}
    exercises: Any = values.get("exercises")
    for name, value in cast(dict[str, Any], exercises if isinstance(exercises, dict) else {}).items():
        with suppress(ValidationError):
            valid[str(name)] = ExercisePolicy.model_validate(value)
    return valid


def _read(path: Path, shown: Path, seen: tuple[Path, ...]) -> tuple[dict[str, Any], Lines, list[Path]]:
    """The file's values merged over those of the file it extends, and the folders with exercises, its own first."""
    path = path.resolve()
    node, values = parse(read_text(path, shown), shown)
    if not isinstance(values, dict) or not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{shown}, line 1: the file must contain `exercises:`")
    lines = lines_of(node, shown)
    content = cast(dict[str, Any], values)
    roots = _own_roots(content.pop("exercises_from", []), path.parent, lines)
    base_name = content.pop("extends", None)
    if base_name is None:
        return content, lines, roots or [path.parent]
    base = (path.parent / str(base_name)).resolve()
    if base in (*seen, path):
        raise UsageError(f"{spelled(lines.nearest(('extends',)))}: the files extend each other in a cycle")
    try:
        under, lines_under, roots_under = _read(
            base, Path(os.path.normpath(shown.parent / str(base_name))), (*seen, path)
        )
    except UsageError as problem:
        if base.is_file():
            raise
        raise UsageError(f"{spelled(lines.nearest(('extends',)))}: {problem}") from None
    lines.extend(lines_under)
    return _refined(under, content), lines, [*roots, *roots_under]


def _own_roots(given: Any, beside: Path, lines: Lines) -> list[Path]:
    """The folders of `exercises_from`, one or a list, relative to the file's own folder."""
    place = spelled(lines.nearest(("exercises_from",)))
    names: list[Any] = cast(list[Any], given) if isinstance(given, list) else [given]
    if not all(isinstance(name, str) and name for name in names):
        raise UsageError(f"{place}: exercises_from must be a folder or a list of folders, not {given!r}")
    folders = [beside / name for name in names]
    without = [
        folder for folder in folders if not any((folder / half).is_dir() for half in ("assignments", "solutions"))
    ]
    if without:
        raise UsageError(*(f"{place}: {folder} contains neither assignments/ nor solutions/" for folder in without))
    return folders


def _refined(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            merged[key] = _refined(cast(dict[str, Any], below), cast(dict[str, Any], value))
        else:
            merged[key] = value
    return merged


def _points_that_do_not_fit(lines: Lines, name: str, exercise: ExercisePolicy) -> Iterator[tuple[Place, str]]:
    where: Keys = ("exercises", name, "points")
    if not any(worth for ideas in exercise.points.values() for worth in ideas.values()):
        yield lines.nearest(where), f"the points of {name} sum to 0"
        return
    for id in exercise.leaderboard:
        if id not in exercise.check_points():
            place = lines.nearest(("exercises", name, "leaderboard"))
            hint = did_you_mean(id, exercise.check_points())
            yield place, f"the leaderboard names {id}, which is not a check of {name}{hint}"
    for part, ideas in exercise.points.items():
        for idea in ideas:
            place = lines.nearest((*where, part, idea))
            if not (_NAME.match(part) and _NAME.match(idea)):
                yield place, f"{part}.{idea} is not a valid check id: use only lower-case letters, digits and _"


def _say(lines: Lines, error: dict[str, Any]) -> tuple[Place, str]:
    # Pydantic adds an extra step, "[key]", for an invalid key.
    where: Keys = tuple(str(key) for key in error["loc"] if key != "[key]")
    name = where[-1] if where else "the file"
    match error["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(name, _keys_beside(where), 1)
            message = f"{name!r} is not a valid key here" + (f"; did you mean {near[0]!r}?" if near else "")
        case "missing":
            message = f"{name!r} is missing"
        case _:
            message = f"{name}: {str(error['msg'])[0].lower()}{str(error['msg'])[1:]}, not {error['input']!r}"[:300]
    return lines.nearest(where), message


def _keys_beside(where: Keys) -> list[str]:
    model: type[BaseModel] = Policy
    if len(where) == 3:
        model = ExercisePolicy
    if len(where) == 4 and where[2] == "limits":
        model = Limits
    if len(where) > 1 and where[-2] == "late":
        model = LateRule
    return [*model.model_fields, "extends", "exercises_from"]
