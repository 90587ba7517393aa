"""Settings of a training that are rarely right: a rate far from the usual, a strong decay, a parameter that is replaced.

They may be right, so that they are no cause of a failure, but a place to look at when a training has failed. The code is
read and never run.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from typing import NamedTuple

from autograder.course.frameworks import Framework

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Usual(NamedTuple):
    """The learning rates that mostly work for an optimiser, and the default of each framework."""

    lowest: float
    highest: float
    torch: float
    keras: float


_ADAPTIVE = Usual(1e-4, 5e-2, 1e-3, 1e-3)
_OPTIMIZERS = {
    **dict.fromkeys(("adam", "adamw", "nadam", "radam", "adamax"), _ADAPTIVE),
    "rmsprop": Usual(1e-4, 5e-3, 1e-2, 1e-3),
    # Their steps get smaller and smaller.
    "adagrad": Usual(1e-2, 1.0, 1e-2, 1e-3),
    "adadelta": Usual(0.1, 10.0, 1.0, 1e-3),
}
_SGD = Usual(1e-2, 1.0, 1e-3, 1e-2)
_SGD_WITH_MOMENTUM = Usual(1e-3, 0.5, 1e-3, 1e-2)
_DECAY = 5e-3
"""A decay from which on weights are small, whatever is learned."""
_REGULARIZERS = ("kernel_regularizer", "embeddings_regularizer", "recurrent_regularizer")
_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda one, other: one / other,
}


def unusual(function: Function, framework: Framework) -> Iterator[tuple[int, str]]:
    """The line of each such setting in a function, and a phrase about it."""
    yield from _replaced(function)
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield from ((node.lineno, phrase) for phrase in (*_of_optimizer(node, framework), *_decays(node)))


def _replaced(function: Function) -> Iterator[tuple[int, str]]:
    """Numbers that the caller gives and the function replaces, whatever they are."""
    arguments = function.args
    numbers = {
        each.arg
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        if isinstance(each.annotation, ast.Name) and each.annotation.id in ("int", "float")
    }
    for statement in function.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AugAssign(target=ast.Name(id=name)) if name in numbers:
                yield statement.lineno, f"`{name[:60]}` is replaced there, so that the caller's value has no effect."
            case _:
                pass


def _of_optimizer(call: ast.Call, framework: Framework) -> Iterator[str]:
    name = _last_name(call.func)
    given = {each.arg: each.value for each in call.keywords if each.arg}
    usual = _OPTIMIZERS.get(name.lower())
    if name.lower() == "sgd":
        usual = _SGD_WITH_MOMENTUM if "momentum" in given else _SGD
    if not usual:
        return
    place = 1 if framework == "torch" else 0
    written = given.get("lr") or given.get("learning_rate") or (call.args[place] if len(call.args) > place else None)
    default = usual.torch if framework == "torch" else usual.keras
    rate = default if written is None else _number(written)
    if rate is not None and not usual.lowest <= rate <= usual.highest:
        default_is_used = "" if written else ", its default"
        yield (
            f"the optimiser `{name}` has a learning rate of {rate:g}{default_is_used}; "
            f"from {usual.lowest:g} to {usual.highest:g} is usual for weights."
        )


def _decays(call: ast.Call) -> Iterator[str]:
    decoupled = _last_name(call.func).lower() == "adamw"
    for each in call.keywords:
        size = 0.0
        if each.arg == "weight_decay":
            size = _number(each.value) or 0.0
        elif each.arg in _REGULARIZERS:
            match each.value:
                case ast.Call(args=[first, *_]):
                    size = _number(first) or 0.0
                case ast.Constant(value=str()):
                    size = 0.01  # What "l1" and "l2" stand for.
                case _:
                    pass
        if size >= (1.0 if decoupled else _DECAY):
            yield f"`{each.arg}` pulls all weights towards 0, perhaps harder than the training moves them: leave it out."


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _number(node: ast.expr) -> float | None:
    """A number that is written as one, or as an operation on two. A stranger's may be too large for a float."""
    try:
        match node:
            case ast.Constant(value=int() | float() as value):
                return float(value)
            case ast.BinOp(
                left=ast.Constant(value=int() | float() as left),
                op=sign,
                right=ast.Constant(value=int() | float() as right),
            ) if type(sign) in _OPERATIONS:
                return float(_OPERATIONS[type(sign)](left, right))
            case _:
                return None
    except (OverflowError, ZeroDivisionError):
        return None
