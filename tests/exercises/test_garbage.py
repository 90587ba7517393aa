"""Whatever a student's function returns, a check fails with a message; it never crashes, which would cost a grade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from autograder.authoring.exercise import Check, Exercise
from autograder.execution.zygote_client import Zygotes
from tests import catalogue

GARBAGE = {
    "None": "None",
    "text": "'text'",
    "an empty list": "[]",
    "a ragged list": "[[1.0, 2.0], [3.0]]",
    "a dict": "{'a': None, 3: [1, 'b']}",
    "NaN": "np.full((2, 3), np.nan, dtype=np.float32)",
    "another shape": "np.zeros((1, 1, 5, 1), dtype=np.float32)",
    "an object": "object()",
    "a complex array": "np.zeros(3, dtype=complex)",
    "True": "True",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", catalogue.names())
@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_fails_and_breaks_nothing(zygotes: Zygotes, name: str, garbage: str) -> None:
    framework = catalogue.frameworks(name)[0]
    for function in catalogue.contract(name):
        asking = _checks_that_ask_for(function, catalogue.load(name))
        assert asking, f"no check asks for {function}"
        override = (
            f"\n\n# %%\nimport numpy as np\n\n\ndef {function}(*args, **kwargs):\n    return {GARBAGE[garbage]}\n"
        )
        source = catalogue.reference_source(name, framework) + override
        result = catalogue.grade(zygotes, name, framework, source, using=asking)
        assert not [check.expected for check in result.checks if check.status == "error"], function
        assert any(check.status == "failed" for check in result.checks), function


def _checks_that_ask_for(function: str, exercise: Exercise) -> Exercise | None:
    """The exercise with only the exact checks that use the function, without their prerequisites."""
    checks = [
        replace(check, needs=())
        for check in exercise.checks
        if not check.trains and not check.deferred and function in set(_names(check))
    ]
    if not checks:
        checks = [
            replace(check, needs=())
            for check in exercise.checks
            if not check.deferred and function in set(_names(check))
        ]
    return replace(exercise, checks=tuple(checks)) if checks else None


def _names(check: Check) -> Iterator[str]:
    """All student names that the check's body uses, including those used by the helpers and probes that it calls."""
    seen: set[int] = set()
    waiting: list[Any] = [check.body]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        match value:
            case str():
                yield value
            case FunctionType() if _is_ours(value):
                waiting += _used(value.__code__, value.__globals__)
            case partial():
                waiting += [value.func, *value.args, *value.keywords.values()]
            case type() if _is_ours(value):
                waiting += list(vars(value).values())
            case tuple() | list():
                waiting += list(value)
            case _:
                pass


def _is_ours(value: Any) -> bool:
    return str(value.__module__).startswith(("exercise_", "autograder.authoring.probes"))


def _used(code: CodeType, home: dict[str, Any]) -> Iterator[Any]:
    """The names in the code, its constants, and the objects with these names in its module or in probes."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _used(constant, home)
        else:
            yield constant
    found = [home[name] for name in code.co_names if name in home]
    yield from found
    probes = [each for each in found if isinstance(each, ModuleType) and "authoring.probes" in each.__name__]
    yield from (getattr(module, name) for module in probes for name in code.co_names if hasattr(module, name))
