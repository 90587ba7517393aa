"""All mutants of a program: every operator at every place in the student's code."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, cast

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from autograder.release import solution_markers
from autograder.worker.names import FrameworkName
from tests import catalogue, reach
from tests.mutants.change import Around, New, Operator
from tests.mutants.operators import OPERATORS
from tests.mutants.syntax import code, is_docstring

REFERENCE = "reference"
_TRAINS = re.compile(
    r"\.backward\(|\.fit\(|train_on_batch|\.apply\(|apply_gradients|\.minimize\(|"
    r"\b(train|update)_(discriminator|critic|generator)\("
)


@dataclass(frozen=True)
class Program:
    """A right program: a reference or a variant."""

    exercise: str
    framework: FrameworkName
    name: str
    source: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.exercise}/{self.framework}/{self.name}"

    @cached_property
    def lines(self) -> set[int]:
        """The numbers of the lines that students write."""
        reference = catalogue.reference_source(self.exercise, self.framework)
        if self.source == reference:
            return _marked(reference)
        start = reference.count("\n") + 1 if self.source.startswith(reference) else 0
        return set(range(start + 1, self.source.count("\n") + 2))


class Spot(NamedTuple):
    """A fault that an operator can make, at a place of a program."""

    program: Program
    operator: Operator
    strength: str
    statement: int
    """The number of the statement at the program's top level."""
    where: str
    """The function, as `tests.reach` names it."""
    root: cst.SimpleStatementLine | cst.BaseCompoundStatement
    old: cst.CSTNode
    new: New


@dataclass(frozen=True)
class Mutant:
    """A program with one fault."""

    program: Program
    operator: Operator
    strength: str
    where: str
    before: str = field(repr=False)
    """The code of the statement at the top level that was changed, without comments."""
    after: str = field(repr=False)
    source: str = field(repr=False)

    @cached_property
    def id(self) -> str:
        """A name that stays while the code around the fault stays."""
        digest = hashlib.sha256(f"{self.before}\0{self.after}".encode()).hexdigest()
        return f"{self.program}/{self.operator.name}/{digest[:8]}"

    @property
    def change(self) -> str:
        """What differs, before and after."""
        old, new = (" ⏎ ".join(line.strip() for line in each.splitlines()) for each in (self.before, self.after))
        start = _alike(old, new)
        end = _alike(old[start:][::-1], new[start:][::-1])
        return f"{_shown(old, start, len(old) - end)} → {_shown(new, start, len(new) - end)}"


def _alike(one: str, other: str) -> int:
    """How many characters at the start are the same."""
    shorter = min(len(one), len(other))
    return next((number for number in range(shorter) if one[number] != other[number]), shorter)


def _shown(text: str, start: int, end: int) -> str:
    """A part of the text, up to whole words, with some of the text around it."""
    start = max(text.rfind(" ", 0, max(0, start - 12)) + 1, text.rfind(" ⏎ ", 0, start) + 3, 0)
    ends = text.find(" ⏎", end), text.find(" ", end + 12), len(text)
    end = min(found for found in ends if found >= 0)
    return text[start:end].strip() or "nothing"


def programs(exercise: str, framework: FrameworkName) -> list[Program]:
    """The reference, then the variants."""
    reference = Program(exercise, framework, REFERENCE, catalogue.reference_source(exercise, framework))
    variants = catalogue.variants(exercise, framework).items()
    return [reference, *(Program(exercise, framework, name, source) for name, source in variants)]


def spots(program: Program) -> Iterator[Spot]:
    """Every fault that an operator can make in the student's code."""
    wrapper = MetadataWrapper(cst.parse_module(program.source), unsafe_skip_copy=True)
    places = wrapper.resolve(PositionProvider)
    ours = {node for node, place in places.items() if place.start.line in program.lines}
    numpy = re.search(r"^import numpy as np$", program.source, re.MULTILINE) is not None
    for number, statement in enumerate(wrapper.module.body):
        for node, parents in _students(statement, (), ours):
            function = next((each for each in reversed(parents) if isinstance(each, cst.FunctionDef)), None)
            trains = function is not None and _TRAINS.search(code(function.body)) is not None
            around = Around(program.framework, function, trains, numpy, parents)
            for operator in OPERATORS:
                for strength, new in operator.apply(node, around):
                    yield Spot(program, operator, strength, number, _where((*parents, node)), statement, node, new)


def mutants(program: Program) -> list[Mutant]:
    """Every mutant whose code differs from the program's and from all others'."""
    made = Maker(program)
    found: dict[tuple[int, str], Mutant] = {}
    for spot in spots(program):
        mutant = made(spot)
        if mutant:
            found.setdefault((spot.statement, mutant.after), mutant)
    return list(found.values())


def shuffled(program: Program) -> list[Spot]:
    """All faults that can be made in a program, in an order of no meaning that is always the same."""
    found = list(enumerate(spots(program)))
    return [spot for _, spot in sorted(found, key=lambda each: hashlib.sha256(f"{each[0]}".encode()).digest())]


def drawn(made: list[Mutant], number: int | None) -> list[Mutant]:
    """As many of them, always the same; `None` for all."""
    return sorted(made, key=lambda mutant: hashlib.sha256(mutant.id.encode()).digest())[:number]


class Maker:
    """Makes mutants of one program."""

    def __init__(self, program: Program) -> None:
        module = cst.parse_module(program.source)
        self._program = program
        self._head = module.with_changes(body=[], footer=[]).code
        self._texts = [module.code_for_node(each) for each in module.body]
        self._plain = [_plain(each) for each in self._texts]
        self._tail = program.source[len(self._head) + sum(map(len, self._texts)) :]

    def __call__(self, spot: Spot) -> Mutant | None:
        """The program with the fault; `None` if its syntax tree stays the same, or is no Python."""
        # In a module, one statement may become several; the type of libcst's function does not say so.
        text = cst.Module([spot.root]).deep_replace(spot.old, cast(cst.Module, spot.new)).code
        before = self._plain[spot.statement]
        try:
            after = _plain(text)
        except SyntaxError:
            return None
        if after == before:
            return None
        texts = [*self._texts[: spot.statement], text, *self._texts[spot.statement + 1 :]]
        source = "".join([self._head, *texts, self._tail])
        return Mutant(self._program, spot.operator, spot.strength, spot.where, before, after, source)


def _plain(text: str) -> str:
    """The code without comments, in one layout: equal for equal syntax trees."""
    return ast.unparse(ast.parse(text))


def _marked(source: str) -> set[int]:
    """The numbers of the lines between solution markers."""
    found: set[int] = set()
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        if line.strip() in (solution_markers.BEGIN, solution_markers.END):
            inside = line.strip() == solution_markers.BEGIN
        elif inside:
            found.add(number)
    return found


def _students(
    node: cst.CSTNode, parents: tuple[cst.CSTNode, ...], ours: set[cst.CSTNode]
) -> Iterator[tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]]:
    """The nodes of the student's code, each with those around it; without signatures, type hints and texts."""
    if isinstance(node, cst.Annotation | cst.Decorator | cst.Parameters | cst.Import | cst.ImportFrom | cst.Raise):
        return
    if is_docstring(node):
        return
    # A block belongs to the student if a statement in it does.
    if node in ours or (isinstance(node, cst.IndentedBlock) and any(each in ours for each in node.body)):
        yield node, parents
    for child in node.children:
        yield from _students(child, (*parents, node), ours)


def _where(nodes: tuple[cst.CSTNode, ...]) -> str:
    """The function or method at the top level, as `tests.reach` names it."""
    names = [each.name.value for each in nodes[:4] if isinstance(each, cst.ClassDef | cst.FunctionDef)]
    if isinstance(nodes[0], cst.FunctionDef):
        return names[0]
    if isinstance(nodes[0], cst.ClassDef) and any(isinstance(each, cst.FunctionDef) for each in nodes):
        return ".".join(names[:2])
    return reach.MODULE
