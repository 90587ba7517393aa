"""The grader's view of a student's code: calls over the wire that look like calls. NumPy in, NumPy out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

import numpy as np

from autograder.worker import wire
from autograder.worker.main import GIVES
from autograder.worker.names import Numbers

Gives = Literal["images"] | None


class Ask(Protocol):
    """How a request reaches a worker."""

    def __call__(self, verb: str, **fields: Any) -> Any:
        """The answer; raises `StudentError` or `LimitExceeded`."""
        ...


class Marked:
    """An array that goes over as a tensor, as images, or both."""

    def __init__(self, values: Numbers, *, tensor: bool = False, images: bool = False) -> None:
        self.values = values
        self.tensor = tensor
        self.images = images


def tensor(values: Any) -> Marked:
    """The array goes over as a framework tensor and keeps its dtype: for the functions marked (T)."""
    if isinstance(values, Marked):
        return Marked(values.values, tensor=True, images=values.images)
    return Marked(np.asarray(values), tensor=True)


def images(values: Any) -> Marked:
    """The array, `(N, H, W, C)` or `(H, W, C)`, goes over in the framework's own layout of images."""
    if isinstance(values, Marked):
        return Marked(values.values, tensor=values.tensor, images=True)
    return Marked(np.asarray(values), images=True)


@dataclass(frozen=True)
class Found:
    """What a pretended GPU has found, and how often work, copies to the host and numbers read there were seen."""

    findings: list[dict[str, str]]
    counts: dict[str, int]


class Student:
    """A student's file. Any other name than the ones below is a function of theirs."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.placed: list[Placed] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.call(name, *args, **kwargs)

    def call(self, name: str, /, *args: Any, gives: Gives = None, **kwargs: Any) -> Any:
        """The answer of a function. Raises `StudentError` where it raises or is not there."""
        return self._inward(
            self._ask("call", name=name, args=_outward(list(args)), kwargs=_outward(_given(kwargs, gives)))
        )

    def has(self, name: str) -> bool:
        """Is there a function or class of that name?"""
        return bool(self._ask("has", name=name))

    def seed(self, seed: int) -> None:
        """Seed all generators of the worker."""
        self._ask("seed", args=[int(seed)])

    def eagerly(self, on: bool = True) -> None:
        """Until the check ends, run op by op what the framework would trace and compile: cheaper where steps are few."""
        self._ask("eagerly", args=[on])

    def place(
        self, model: Remote, example: Any, target: Any = None, *, already: bool = False, learns: bool = True
    ) -> Remote:
        """Put a model on the device of this student's machine, as its user would; nothing where there is no GPU.

        `target`: what it is about to learn to answer to the example; on a real GPU its squared error must fall. `already`: the
        student's own code has put it there, and is to be looked at as it is. `learns`: what is done with it moves its
        parameters. Returns the model.
        """
        model.ready(example)
        if not already:
            model.to_device()
        error = None if target is None else squared_error(model, example, target)
        self.placed.append(Placed(model, example, model.parameters(), learns and not already, target, error))
        return model

    def found(self) -> Found:
        """What a GPU, pretended or real, has recorded since the last call. It is a claim of the student's process."""
        said = self._ask("found")
        said = cast(dict[str, Any], said) if isinstance(said, dict) else {}
        counts = said.get("counts")
        counts = cast(dict[str, Any], counts) if isinstance(counts, dict) else {}
        return Found(
            _findings(said.get("findings")),
            {str(name): count for name, count in counts.items() if isinstance(count, int)},
        )

    def provoke(self, rows: int, columns: int) -> None:
        """Have the pretended GPU meet a mistake, with a tensor of these sides."""
        self._ask("provoke", args=[rows, columns])

    def gradient(self, name: str, /, *args: Any, wrt: int = 0, cotangent: Any = None) -> Any:
        """∂(Σ cotangent · f(args)) in `args[wrt]`, a tensor or a list of them; `None` where no gradient arrives."""
        weights = None if cotangent is None else wire.Array(np.asarray(cotangent))
        return self._inward(self._ask("gradient", name=name, args=[wrt, weights, *_outward(list(args))]))

    def shared(self, name: str, /, *args: Any, gives: Gives = None, **kwargs: Any) -> Any:
        """Call `module.function` of the package `shared` in the student's worker."""
        return self._inward(
            self._ask("shared", name=name, args=_outward(list(args)), kwargs=_outward(_given(kwargs, gives)))
        )

    def _inward(self, value: Any) -> Any:
        if isinstance(value, wire.Array):
            return value.values
        if isinstance(value, wire.Remote):
            return Remote(self, self._ask, value)
        if isinstance(value, list):
            return [self._inward(item) for item in cast(list[Any], value)]
        if isinstance(value, dict):
            return {key: self._inward(item) for key, item in cast(dict[Any, Any], value).items()}
        return value


class Remote:
    """An object that lives beside the student's code: a model, a GAN. Any other name is a method of theirs."""

    def __init__(self, owner: Student, ask: Ask, remote: wire.Remote) -> None:
        self._owner = owner
        self._ask = ask
        self._remote = remote

    def __repr__(self) -> str:
        return f"an object of class {self._remote.kind}"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.call(name, *args, **kwargs)

    def call(self, name: str, /, *args: Any, gives: Gives = None, **kwargs: Any) -> Any:
        """The answer of a method."""
        return self._about("method", name=name, args=_outward(list(args)), kwargs=_outward(_given(kwargs, gives)))

    def to_device(self) -> None:
        """Move a model in place to the device of its machine."""
        self._about("place")

    def left_behind(self) -> list[dict[str, str]]:
        """Parameters and buffers that are not on the machine's GPU."""
        return _findings(self._about("left_behind"))

    def part(self, name: str) -> Remote:
        """An attribute that is an object itself: `.generator`."""
        return self._about("part", name=name)

    def ready(self, example: Any) -> Remote:
        """Make sure that the model is built: called once on zeros like the example if it was not. Returns the model."""
        self._about("ready", args=[_array(example)])
        return self

    def forward(self, inputs: Any, training: bool = False, gives: Gives = None) -> Any:
        """The model's answer in inference or training mode, without gradients."""
        return self._about("forward", args=[_array(inputs), training], kwargs=_given({}, gives))

    def parameters(self) -> dict[str, Numbers]:
        """What the model learns, by name, frozen or not."""
        return self._about("parameters")

    def buffers(self) -> dict[str, Numbers]:
        """What it keeps besides: batch-norm statistics, state in variables."""
        return self._about("buffers")

    def set_parameters(self, values: Mapping[str, Numbers]) -> None:
        """Set some or all of the parameters."""
        self._about("assign", args=[{name: wire.Array(np.asarray(value)) for name, value in values.items()}])

    set_buffers = set_parameters

    def gradients(self, inputs: Any, cotangent: Any, training: bool = False) -> dict[str, Numbers | None]:
        """∂(Σ cotangent · model(inputs)) in each parameter, by the framework's autodiff."""
        return self._about("gradients", args=[_array(inputs), _array(cotangent), training])

    def input_gradient(
        self, inputs: Any, cotangent: Any, training: bool = False, gives: Gives = None
    ) -> Numbers | None:
        """The same in the inputs."""
        return self._about(
            "input_gradient", args=[_array(inputs), _array(cotangent), training], kwargs=_given({}, gives)
        )

    def _about(self, verb: str, **fields: Any) -> Any:
        return self._owner._inward(self._ask(verb, target=self._remote.name, **fields))  # pyright: ignore[reportPrivateUsage]


@dataclass(frozen=True)
class Placed:
    """A model on the device of its machine."""

    model: Remote
    example: Any
    before: dict[str, Numbers]
    """Its parameters when it was placed."""
    learns: bool
    target: Any
    error: float | None
    """The squared error when it was placed, where there is a target."""


def squared_error(model: Remote, example: Any, target: Any) -> float:
    """Mean over all numbers of (answer − target)²."""
    return float(np.mean(np.square(np.asarray(model.forward(example), dtype=np.float64) - np.asarray(target))))


FINDING = ("kind", "saw", "fix", "where", "code")


def _findings(said: Any) -> list[dict[str, str]]:
    """What a worker says that it found, whatever it is that it says."""
    listed = cast(list[Any], said) if isinstance(said, list) else []
    return [
        {key: str(cast(dict[Any, Any], each).get(key, ""))[:500] for key in FINDING}
        for each in listed
        if isinstance(each, dict)
    ]


def _outward(value: Any) -> Any:
    if isinstance(value, Marked | np.ndarray):
        return _array(value)
    if isinstance(value, Remote):
        return value._remote  # pyright: ignore[reportPrivateUsage]
    if isinstance(value, np.generic):
        return cast(Any, value.item())
    if isinstance(value, list | tuple):
        return [_outward(item) for item in cast(list[Any], value)]
    if isinstance(value, dict):
        return {key: _outward(item) for key, item in cast(dict[Any, Any], value).items()}
    return value


def _array(value: Any) -> wire.Array:
    """float32 and int64, as the contract promises; only a marked tensor keeps float64."""
    marked = value if isinstance(value, Marked) else Marked(np.asarray(value))
    numbers = marked.values
    if numbers.dtype.kind == "f" and not (marked.tensor and numbers.dtype == np.float64):
        numbers = numbers.astype(np.float32)
    if numbers.dtype.kind in "iu":
        numbers = numbers.astype(np.int64)
    role = " ".join(word for word, on in (("tensor", marked.tensor), ("images", marked.images)) if on)
    return wire.Array(numbers, cast(wire.Role, role or "array"))


def _given(kwargs: dict[str, Any], gives: Gives) -> dict[str, Any]:
    return {**kwargs, GIVES: gives} if gives else kwargs
