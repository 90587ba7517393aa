"""Models built by the student's functions: create them, and copy weights from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.authoring import expect
from autograder.authoring.student import Remote, Student
from autograder.worker.arrays import Numbers


def new_model(
    student: Student,
    build: str,
    *sizes: Any,
    example: Any,
    seed: int | None = None,
    cause: str = "",
    **named: Any,
) -> Remote:
    """The model that the student's function `build` returns for these sizes, with all its parameters created.

    `example`: a batch of inputs, for frameworks that create parameters in the first call. `seed`: seeds the worker's
    generators first. Fails, with the likely `cause`, if the function does not return a model.
    """
    if seed is not None:
        student.seed(seed)
    arguments = ", ".join([*map(str, sizes), *(f"{name}={value}" for name, value in named.items())])
    model = student.call(build, *sizes, **named)
    return expect.remote(model, tried=f"{build}({arguments})", cause=cause).ready(example)


def take_over(
    model: Remote,
    weights: Mapping[str, Numbers],
    *,
    tried: str = "two models by the same function",
    expected: str = "the same shapes",
    cause: str = "The function must build the same model each time.",
) -> Remote:
    """Give a model the weights of another with the same architecture, and return it.

    Weights are matched by order, not by name: Keras numbers layers across models. Fails if the shapes differ.
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


def start_differently(one: Remote, other: Remote, *, tried: str) -> None:
    """Two models, built after two different seeds of the framework's generator, must not have the same parameters.

    Arrays that do not differ are right, such as biases of 0, but not all of them. Raises `CheckFailed`.
    """
    pairs = zip(one.parameters().values(), other.parameters().values(), strict=True)
    expect.that(
        not all(np.array_equal(first, second) for first, second in pairs),
        tried=f"{tried}, after two different seeds of the framework's global generator",
        saw="the same starting weights",
        expected="different ones",
        cause="The function sets a seed itself, or its weights are fixed: it must leave the global generator alone, "
        "so that each call draws new weights.",
    )
