"""Models by the student's functions: made, and given the weights of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.authoring import expect
from autograder.authoring.student import Remote, Student
from autograder.worker.names import Numbers


def new_model(
    student: Student,
    build: str,
    *sizes: Any,
    example: Any,
    seed: int | None = None,
    cause: str = "",
    **named: Any,
) -> Remote:
    """What the student's function `build` returns for these sizes: a model that has all its parameters.

    `example`: a batch of inputs, for frameworks that make parameters with the first call. `seed`: for the worker's generators,
    first. Fails, with the likely `cause`, where the function returns no model.
    """
    if seed is not None:
        student.seed(seed)
    asked = ", ".join([*map(str, sizes), *(f"{name}={value}" for name, value in named.items())])
    model = student.call(build, *sizes, **named)
    return expect.remote(model, tried=f"{build}({asked})", cause=cause).ready(example)


def take_over(
    model: Remote,
    weights: Mapping[str, Numbers],
    *,
    tried: str = "two models by the same function",
    expected: str = "the same shapes",
    cause: str = "The function must build the same model each time.",
) -> Remote:
    """Give a model the weights of another of the same make, and return it.

    The order counts and the names do not: Keras numbers the layers of all models through. Fails where the shapes differ.
    """
    own = model.parameters()
    expect.that(
        [value.shape for value in own.values()] == [value.shape for value in weights.values()],
        tried=tried,
        saw="weights of other shapes",
        expected=expected,
        cause=cause,
    )
    model.set_parameters(dict(zip(own, weights.values(), strict=True)))
    return model
