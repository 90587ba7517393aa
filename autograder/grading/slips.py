"""Statements that are wrong in any program: those that do nothing, and steps of an optimiser in a wrong order.

They are looked for after a check has failed, in the functions that it ran: the cause can then be named with its line.
The code is read and never run.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from autograder.course import definitions
from autograder.course.submission import Code
from autograder.course.uses import Uses, reaches, uses

Function = ast.FunctionDef | ast.AsyncFunctionDef
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
        self._functions: list[tuple[str, Function]] = []
        self._uses: Uses = {}
        if sum(len(source) for _, source in cells) > definitions.LARGEST:
            return
        self._uses = uses(source for _, source in cells)
        for cell, source in cells:
            self._functions += ((cell, each) for each in _functions(definitions.parsed(source) or []))

    def among(self, called: Collection[str]) -> Iterator[Slip]:
        """Those in the functions that are called, or that these mention."""
        run = {*called, *(name for each in called for name in reaches(self._uses, each))}
        for cell, function in self._functions:
            if function.name in run:
                for line, what in (*_without_effect(function), *_out_of_order(function)):
                    yield Slip(f"{cell}, line {line}", what)


def _functions(statements: Sequence[ast.stmt]) -> Iterator[Function]:
    """Those of a cell, and the methods of its classes."""
    for statement in statements:
        members = statement.body if isinstance(statement, ast.ClassDef) else [statement]
        yield from (each for each in members if isinstance(each, Function))


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
