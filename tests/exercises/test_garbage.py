"""Whatever a student's function returns, a check fails with a sentence; it never falls over, which would cost a grade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import CodeType, FunctionType
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
    """The exercise with just the exact checks that name the function, needing nothing."""
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
    """All names that the check's body and the functions of its file that it calls ask for."""
    assert isinstance(check.body, FunctionType)
    home: dict[str, Any] = check.body.__globals__
    seen: set[CodeType] = set()
    waiting = [check.body.__code__]
    while waiting:
        code = waiting.pop()
        if code in seen:
            continue
        seen.add(code)
        yield from code.co_names
        yield from (constant for constant in code.co_consts if isinstance(constant, str))
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        for name in code.co_names:
            helper = home.get(name)
            if isinstance(helper, FunctionType) and helper.__globals__ is home:
                waiting.append(helper.__code__)
