"""Known mistakes and correct variants of an exercise, read from its solution folder, and how many of each are required.

`mistakes.yml` is written by hand: all problems in it are reported at once, each with its line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, cast

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from autograder.authoring.exercise import Exercise
from autograder.course.policy import Policy, did_you_mean
from autograder.course.yaml_places import Keys, Lines, Place, lines_of, parse, read_text, spelled
from autograder.errors import UsageError
from autograder.worker.names import FRAMEWORKS, FrameworkName

MISTAKES_FILE = "mistakes.yml"
FEWEST_MISTAKES = 10
"""Per framework."""
FEWEST_VARIANTS = 4
"""Per framework."""


@dataclass(frozen=True)
class Mistake:
    """A known mistake in one framework: an edit of the solution, the check that must fail, its diagnosis."""

    exercise: str
    framework: FrameworkName
    title: str
    edits: tuple[tuple[str, str], ...]
    fails: str
    says: str
    """A substring of the likely cause shown to the student."""
    also_fails: frozenset[str]
    solution: str = field(repr=False)
    """The source of the reference solution."""

    def source(self) -> str:
        """The solution with the mistake applied."""
        text = self.solution
        for old, new in self.edits:
            text = text.replace(old, new)
        return text


def frameworks_with_solution(solutions: Path) -> list[FrameworkName]:
    """The frameworks for which the folder contains a reference solution."""
    return [each for each in FRAMEWORKS if _solution(solutions, each).is_file()]


def read_mistakes(policy: Policy, name: str) -> list[Mistake]:
    """The known mistakes of an exercise, in the order of its `mistakes.yml`; an empty list if there is no such file.

    Raises `UsageError` with every problem in the file, each with its line.
    """
    solutions = policy.root_of(name) / "solutions" / name
    path = solutions / MISTAKES_FILE
    if not path.is_file():
        return []
    node, values = parse(read_text(path, path), path)
    if values is None:
        return []
    if not isinstance(values, list) or not isinstance(node, yaml.SequenceNode):
        raise UsageError(f"{path}, line 1: the file must contain a list of mistakes, each starting with `- mistake:`")
    lines = lines_of(node, path)
    known = _Known(name, list(policy.exercise(name).check_points()), _solutions(solutions), solutions)
    problems = list(lines.doubled)
    entries: list[tuple[int, _Entry]] = []
    for index, value in enumerate(cast(list[Any], values)):
        try:
            entries.append((index, _Entry.model_validate(value)))
        except ValidationError as wrong:
            problems += [_problem(lines, str(index), dict(error)) for error in wrong.errors()]
    for index, entry in entries:
        problems += _misfits(lines, str(index), entry, known)
    problems += _doubled_titles(lines, entries)
    if problems:
        raise UsageError(*(f"{spelled(place)}: {message}" for place, message in sorted(problems)))
    return [mistake for _, entry in entries for mistake in _mistakes(entry, known)]


def read_variants(solutions: Path, framework: FrameworkName) -> dict[str, str]:
    """Name → source of each correct variant in one framework.

    A variant that does not set FRAMEWORK is appended to the reference solution and overrides its names.
    """
    reference = _solution(solutions, framework)
    variants: dict[str, str] = {}
    for path in sorted((solutions / "variants").glob(f"*_{framework}.py")):
        text = path.read_text(encoding="utf-8")
        alone = any(line.startswith("FRAMEWORK") for line in text.splitlines())
        whole = text if alone else f"{reference.read_text(encoding='utf-8')}\n\n# %%\n{text}"
        variants[path.stem.removesuffix(f"_{framework}")] = whole
    return variants


def shortfalls(exercise: Exercise, mistakes: Sequence[Mistake]) -> list[str]:
    """What an exercise lacks, one sentence each: mistakes and variants per framework, checks per part.

    Raises `UsageError` if the exercise's solutions are not available.
    """
    lacking = list(_parts_without_a_check(exercise))
    solutions = exercise.reference("torch").parent
    for framework in frameworks_with_solution(solutions):
        mistake_count = sum(mistake.framework == framework for mistake in mistakes)
        if mistake_count < FEWEST_MISTAKES:
            lacking.append(
                f"{exercise.name}, {framework}: {_counted(mistake_count, 'known mistake')} "
                f"in {solutions / MISTAKES_FILE}, but at least {FEWEST_MISTAKES} are required"
            )
        variant_count = len(read_variants(solutions, framework))
        if variant_count < FEWEST_VARIANTS:
            lacking.append(
                f"{exercise.name}, {framework}: {_counted(variant_count, 'correct variant')} "
                f"in {solutions / 'variants'}, but at least {FEWEST_VARIANTS} are required"
            )
    return lacking


def _parts_without_a_check(exercise: Exercise) -> Iterator[str]:
    # GPU checks are all visible: they have no hidden half.
    graded = [check for check in exercise.checks if not {"pretended", "gpu"} & set(check.takes)]
    for part in dict.fromkeys(check.part for check in graded):
        for visible, kind, half in ((True, "visible", "assignments"), (False, "hidden", "solutions")):
            if not any(check.part == part and check.visible is visible for check in graded):
                place = f"{half}/{exercise.name}/checks.py"
                yield f"{exercise.name}: the part {part} has 0 {kind} checks in {place}, but at least 1 is required"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


# ── the file format ────────────────────────────────────────────────────────────────────────────────────


def _as_pairs(value: object) -> object:
    """A single edit may be written without the outer list: `[old, new]` for `[[old, new]]`."""
    if not isinstance(value, list):
        return value
    listed = cast(list[object], value)
    return [listed] if listed and isinstance(listed[0], str) else listed


Text = Annotated[str, Field(min_length=1)]
Edits = Annotated[list[Annotated[list[str], Field(min_length=2, max_length=2)]], Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    mistake: Text
    seen: str = ""
    """Where the mistake was observed."""
    edit: dict[FrameworkName, Annotated[Edits, BeforeValidator(_as_pairs)]] = Field(min_length=1)
    fails: str
    says: Text
    also_fails: list[str] = []


@dataclass(frozen=True)
class _Known:
    """What the entries of a file are validated against."""

    exercise: str
    checks: Sequence[str]
    sources: Mapping[FrameworkName, str]
    folder: Path


def _problem(lines: Lines, index: str, error: dict[str, Any]) -> tuple[Place, str]:
    # Pydantic adds an extra step, "[key]", for an invalid key.
    steps = tuple(str(step) for step in error["loc"])
    keys = (index, *(step for step in steps if step != "[key]"))
    name = keys[1] if len(keys) > 1 else ""
    match error["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(name, _Entry.model_fields, 1)
            message = f"{name!r} is not a key of a mistake" + (
                f"; did you mean {near[0]!r}?" if near else f"; valid keys are {', '.join(_Entry.model_fields)}"
            )
        case "missing":
            message = f"this mistake has no {name!r}"
        case "literal_error" if steps[-1] == "[key]":
            message = f"{keys[-1]!r} is not a framework{did_you_mean(keys[-1], FRAMEWORKS)}"
        case _ if name == "edit":
            message = (
                f"an edit is a pair [old, new], or a list of such pairs, for each framework; not {error['input']!r}"
            )
        case "string_too_short":
            message = f"{name!r} is empty"
        case _:
            message = (
                f"{name or 'a mistake'}: {str(error['msg'])[0].lower()}{str(error['msg'])[1:]}, not {error['input']!r}"
            )
    return lines.nearest(keys), message[:300]


def _misfits(lines: Lines, index: str, entry: _Entry, known: _Known) -> Iterator[tuple[Place, str]]:
    """Where a well-formed entry does not match the exercise: its checks or its solutions."""
    named = [(("fails",), entry.fails), *((("also_fails", str(n)), id) for n, id in enumerate(entry.also_fails))]
    for keys, id in named:
        if id not in known.checks:
            place = lines.nearest((index, *keys))
            yield place, f"{known.exercise} has no check {id}{did_you_mean(id, known.checks)}"
    for framework, edits in entry.edit.items():
        keys: Keys = (index, "edit", framework)
        solution = _solution(known.folder, framework)
        if framework not in known.sources:
            yield lines.nearest(keys), f"there is an edit for {framework}, but {solution} does not exist"
            continue
        text = known.sources[framework]
        for number, (old, new) in enumerate(edits):
            place = lines.nearest((*keys, str(number)))
            if (count := text.count(old)) != 1:
                after = ", after the edits before it" if number else ""
                yield place, f"{old!r} occurs {count} times in {solution}{after}; an edit needs exactly one occurrence"
            elif old == new:
                yield place, f"the edit of {old!r} changes nothing"
            text = text.replace(old, new)


def _doubled_titles(lines: Lines, entries: Sequence[tuple[int, _Entry]]) -> Iterator[tuple[Place, str]]:
    first: dict[tuple[FrameworkName, str], Place] = {}
    for index, entry in entries:
        place = lines.nearest((str(index), "mistake"))
        earlier = next((first[each, entry.mistake] for each in entry.edit if (each, entry.mistake) in first), None)
        if earlier:
            yield place, f"duplicate mistake {entry.mistake!r}; it is already defined in line {earlier[1]}"
        first |= {(framework, entry.mistake): place for framework in entry.edit}


def _mistakes(entry: _Entry, known: _Known) -> Iterator[Mistake]:
    for framework in FRAMEWORKS:
        if framework in entry.edit:
            yield Mistake(
                known.exercise,
                framework,
                entry.mistake,
                tuple((old, new) for old, new in entry.edit[framework]),
                entry.fails,
                entry.says,
                frozenset(entry.also_fails),
                known.sources[framework],
            )


def _solutions(folder: Path) -> dict[FrameworkName, str]:
    return {each: _solution(folder, each).read_text(encoding="utf-8") for each in frameworks_with_solution(folder)}


def _solution(folder: Path, framework: FrameworkName) -> Path:
    return folder / f"{folder.name}_{framework}.py"
