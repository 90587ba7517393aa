"""Statements that are wrong in any program: those that do nothing, and steps of an optimiser in a wrong order.

They are looked for after a check has failed, in the functions that it ran: the cause can then be named with its line.
The code is read and never run.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from autograder.course import definitions
from autograder.course.frameworks import Framework
from autograder.course.submission import Code
from autograder.course.uses import Uses, reaches, uses
from autograder.grading import settings
from autograder.grading.settings import Function

_ACTIONS = frozenset({"backward", "step", "zero_grad", "eval", "train", "compile", "build"})
"""Methods that are called for what they do."""
_RESULTS = frozenset(
    {
        "reshape",
        "view",
        "detach",
        "permute",
        "transpose",
        "squeeze",
        "unsqueeze",
        "astype",
        "softmax",
        "sigmoid",
        "tanh",
    }
)
"""Functions and methods that change nothing: they are called for their results."""


class Slip(NamedTuple):
    """A statement that cannot be right."""

    where: str
    """`cell 3, line 2`."""
    what: str
    """A sentence that follows the place."""


class Slips:
    """Those of a file, by function. The code is a stranger's: no more is read than one cell may hold."""

    def __init__(self, cells: Sequence[Code]) -> None:
        self._functions: list[tuple[str, str, Function]] = []
        """Cell, name under which it is called, and the function."""
        self._uses: Uses = {}
        self._zeroing = Zeroing(frozenset(), otherwise=True)
        if sum(len(source) for _, source in cells) > definitions.LARGEST:
            return
        self._uses = uses(source for _, source in cells)
        for cell, source in cells:
            self._functions += ((cell, *each) for each in _functions(definitions.parsed(source) or []))
        self._zeroing = _zeroing([function for _, _, function in self._functions])

    def among(self, called: Collection[str]) -> Iterator[Slip]:
        """Those in the functions that are called, or that these mention."""
        for cell, function in self._run(called):
            found = *_without_effect(function), *_out_of_order(function), *_never_zeroed(function, self._zeroing)
            for line, what in found:
                yield Slip(f"{cell}, line {line}", what)

    def settings_among(self, called: Collection[str], framework: Framework, trained: bool) -> Iterator[Slip]:
        """What may be right there and rarely is (`settings.py`). `trained`: whether that is what the check is about.

        If not, only functions count that were called, as `train` is: a class may make its optimisers for later.
        """
        for cell, function in self._run(called):
            if trained or function.name != "__init__":
                for line, what in settings.unusual(function, framework):
                    yield Slip(f"{cell}, line {line}", what)

    def _run(self, called: Collection[str]) -> Iterator[tuple[str, Function]]:
        run = {*called, *(name for each in called for name in reaches(self._uses, each))}
        return ((cell, function) for cell, name, function in self._functions if name in run)


class Zeroing(NamedTuple):
    """How a file zeroes gradients."""

    owners: frozenset[str]
    """Whose `zero_grad` is called."""
    otherwise: bool
    """Whether gradients may be zeroed in another way than by the optimiser that then steps."""


def _functions(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, Function]]:
    """Those of a cell, and the methods of its classes, by name; `__init__` is called by the name of its class."""
    for statement in statements:
        if isinstance(statement, Function):
            yield statement.name, statement
        if isinstance(statement, ast.ClassDef):
            for each in statement.body:
                if isinstance(each, Function):
                    yield statement.name if each.name == "__init__" else each.name, each


def _without_effect(function: Function) -> Iterator[tuple[int, str]]:
    """Statements that do nothing, by line."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Expr):
            continue
        match node.value:
            case ast.Attribute(attr=name) if name in _ACTIONS:
                yield node.lineno, f"`{_shown(node.value)}` has no parentheses, so nothing happens."
            case ast.Compare(ops=[ast.Eq()]):
                yield node.lineno, f"`{_shown(node.value.left)} == …` compares and changes nothing: `=` assigns."
            case ast.Call(func=ast.Attribute(attr=name), keywords=[]) if name in _RESULTS:
                yield node.lineno, f"the result of `{_shown(node.value.func)}(…)` is not kept, so nothing changes."
            case _:
                pass


def _out_of_order(function: Function) -> Iterator[tuple[int, str]]:
    """Gradients that are zeroed before a step can use them, and steps that come before all gradients, by line."""
    calls = sorted(_calls(function), key=lambda each: (each[0].end_lineno or 0, each[0].end_col_offset or 0))
    stepping = {owner for _, owner, name in calls if name == "step"} & {
        owner for _, owner, name in calls if name == "zero_grad" or "opt" in owner.lower()
    }
    for optimizer in sorted(stepping):
        zeroed: ast.Call | None = None
        have_gradients = False
        for place, (call, owner, name) in enumerate(calls):
            if name == "backward":
                have_gradients, zeroed = True, None
            elif name == "zero_grad" and (owner == optimizer or owner not in stepping):
                zeroed = call
            elif name == "step" and owner == optimizer:
                if have_gradients and zeroed:
                    yield (
                        zeroed.lineno,
                        "`zero_grad` comes after `backward` and before `step`, which finds no gradients: zero them first.",
                    )
                elif not have_gradients and any(later == "backward" for _, _, later in calls[place:]):
                    yield call.lineno, "`step` comes before `backward`: the gradients that it needs are not there yet."
                have_gradients, zeroed = False, None


def _zeroing(functions: Sequence[Function]) -> Zeroing:
    calls = [each for function in functions for each in _calls(function)]
    zeroed = {owner for _, owner, name in calls if name == "zero_grad"}
    stepping = {owner for _, owner, name in calls if name == "step"}
    names = {node.attr for function in functions for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    # Two optimisers such as `optimizers[0]` cannot be told apart: their calls are not among these.
    every = sum(
        isinstance(node, ast.Attribute) and node.attr == "zero_grad" for each in functions for node in ast.walk(each)
    )
    counted = sum(name == "zero_grad" for _, _, name in calls)
    return Zeroing(frozenset(zeroed), "grad" in names or not zeroed <= stepping or every > counted)


def _never_zeroed(function: Function, zeroing: Zeroing) -> Iterator[tuple[int, str]]:
    """Steps of an optimiser whose gradients nothing zeroes, by line."""
    calls = list(_calls(function))
    if zeroing.otherwise or not any(name == "backward" for _, _, name in calls):
        return
    for call, owner, name in calls:
        if name == "step" and "opt" in owner.lower() and owner not in zeroing.owners:
            yield (
                call.lineno,
                f"`{owner}` steps, but its `zero_grad()` is called nowhere: the gradients of all steps add up.",
            )


def _calls(function: Function) -> Iterator[tuple[ast.Call, str, str]]:
    """The calls that are parts of a training step, each with its owner and its name; a `step` with arguments is none."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(attr="step"), args=[_, *_]):
                pass
            case ast.Call(func=ast.Attribute(value=owner, attr="backward" | "step" | "zero_grad" as name)):
                # Two optimisers such as `optimizers[0]` cannot be told apart.
                if name == "backward" or not _shown(owner).startswith("…"):
                    yield node, _shown(owner), name
            case _:
                pass


def _shown(node: ast.expr) -> str:
    """`self.optimizer` as it is written; `…` for what is no name. Not `ast.unparse`: a stranger's code may be deep."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    names.append(node.id if isinstance(node, ast.Name) else "…")
    text = ".".join(reversed(names))
    return text if len(text) <= 60 else f"{text[:59]}…"
