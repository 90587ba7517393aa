"""The grader's view of a student's code: remote calls that look like local ones. NumPy in, NumPy out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

import numpy as np

from autograder.worker import wire
from autograder.worker.arrays import Numbers
from autograder.worker.main import GIVES

Gives = Literal["images"] | None


class Ask(Protocol):
    """Send a request to a worker."""

    def __call__(self, verb: str, **fields: Any) -> Any:
        """Return the answer. Raises `StudentError` or `LimitExceeded`."""
        ...


class Marked:
    """An array that is sent as a tensor, as images, or both."""

    def __init__(self, values: Numbers, *, tensor: bool = False, images: bool = False) -> None:
        self.values = values
        self.tensor = tensor
        self.images = images


def tensor(values: Any) -> Marked:
    """Send the array as a framework tensor that keeps its dtype: for functions marked (T)."""
    if isinstance(values, Marked):
        return Marked(values.values, tensor=True, images=values.images)
    return Marked(np.asarray(values), tensor=True)


def images(values: Any) -> Marked:
    """Send the array, `(N, H, W, C)` or `(H, W, C)`, in the framework's own image layout."""
    if isinstance(values, Marked):
        return Marked(values.values, tensor=values.tensor, images=True)
    return Marked(np.asarray(values), images=True)


@dataclass(frozen=True)
class Found:
    """The findings of a GPU, and its counts of operations, copies to the host and scalars read on the host."""

    findings: list[dict[str, str]]
    counts: dict[str, int]


class Student:
    """A student's file. Any attribute other than the ones below is a function in that file."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.placed: list[Placed] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.call(name, *args, **kwargs)

    def call(self, name: str, /, *args: Any, gives: Gives = None, **kwargs: Any) -> Any:
        """Call a function and return its result. Raises `StudentError` if it raises or does not exist."""
        return self._inward(
            self._ask("call", name=name, args=_outward(list(args)), kwargs=_outward(_given(kwargs, gives)))
        )

    def function(self, name: str) -> Remote:
        """A function itself, as an object that can be passed to functions of `shared`.

        Raises `StudentError` if there is none. The answer is a `Remote` for anything that is not a plain value.
        """
        # Every module answers to this name, and the function stays in the worker.
        return self.call("__getattribute__", name)

    def has(self, name: str) -> bool:
        """Whether there is a function or class of that name."""
        return bool(self._ask("has", name=name))

    def seed(self, seed: int) -> None:
        """Seed all random generators of the worker."""
        self._ask("seed", args=[int(seed)])

    def eagerly(self, on: bool = True) -> None:
        """Until the check ends, run functions eagerly that would be traced and compiled: cheaper for a few steps."""
        self._ask("eagerly", args=[on])

    def place(
        self, model: Remote, example: Any, target: Any = None, *, already: bool = False, learns: bool = True
    ) -> Remote:
        """Move a model to the worker's device, as its user would; a no-op without a GPU. Returns the model.

        `example`: inputs of the model; None if the exercise leaves the form of its inputs free, so that the grader
        cannot call it. Such a model must have its parameters already, and its outputs are not compared.
        `target`: the output for `example` that it is trained towards; on a real GPU its squared error must fall.
        `already`: the student's own code has placed the model, which is left as it is. `learns`: the workload changes
        its parameters.
        """
        if example is not None:
            model.ready(example)
        if not already:
            model.to_device()
        error = None if target is None else squared_error(model, example, target)
        self.placed.append(Placed(model, example, model.parameters(), learns and not already, target, error))
        return model

    def found(self) -> Found:
        """What a GPU, pretended or real, has recorded since the last call. This is a claim by the student's process."""
        report = self._ask("found")
        report = cast(dict[str, Any], report) if isinstance(report, dict) else {}
        counts = report.get("counts")
        counts = cast(dict[str, Any], counts) if isinstance(counts, dict) else {}
        return Found(
            _findings(report.get("findings")),
            {str(name): count for name, count in counts.items() if isinstance(count, int)},
        )

    def provoke(self, rows: int, columns: int) -> None:
        """Make a mistake on the pretended GPU, with a tensor of this shape."""
        self._ask("provoke", args=[rows, columns])

    def gradient(self, name: str, /, *args: Any, wrt: int = 0, cotangent: Any = None) -> Any:
        """∂(Σ cotangent · f(args)) / ∂args[wrt], for a tensor or a list; `None` where no gradient arrives."""
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
    """An object in the student's worker: a model, a GAN. Other attributes than the ones below are its methods."""

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
        """Call a method and return its result."""
        return self._about("method", name=name, args=_outward(list(args)), kwargs=_outward(_given(kwargs, gives)))

    def to_device(self) -> None:
        """Move a model in place to the worker's device."""
        self._about("place")

    def left_behind(self) -> list[dict[str, str]]:
        """Parameters and buffers that are not on the worker's GPU."""
        return _findings(self._about("left_behind"))

    def part(self, name: str) -> Remote:
        """An attribute that is itself an object: `.generator`."""
        return self._about("part", name=name)

    def ready(self, example: Any) -> Remote:
        """Build the model if necessary, by calling it on zeros shaped like the example. Returns the model."""
        self._about("ready", args=[_array(example)])
        return self

    def forward(self, inputs: Any, training: bool = False, gives: Gives = None) -> Any:
        """The model's output in inference or training mode, without gradients."""
        return self._about("forward", args=[_array(inputs), training], kwargs=_given({}, gives))

    def parameters(self) -> dict[str, Numbers]:
        """The model's parameters by name, frozen ones included."""
        return self._about("parameters")

    def buffers(self) -> dict[str, Numbers]:
        """The model's other state by name: batch-norm statistics, state in variables."""
        return self._about("buffers")

    def set_parameters(self, values: Mapping[str, Numbers]) -> None:
        """Set some or all of the parameters."""
        self._about("assign", args=[{name: wire.Array(np.asarray(value)) for name, value in values.items()}])

    set_buffers = set_parameters

    def gradients(self, inputs: Any, cotangent: Any, training: bool = False) -> dict[str, Numbers | None]:
        """∂(Σ cotangent · model(inputs)) with respect to each parameter, by the framework's autodiff."""
        return self._about("gradients", args=[_array(inputs), _array(cotangent), training])

    def input_gradient(
        self, inputs: Any, cotangent: Any, training: bool = False, gives: Gives = None
    ) -> Numbers | None:
        """The same with respect to the inputs."""
        return self._about(
            "input_gradient", args=[_array(inputs), _array(cotangent), training], kwargs=_given({}, gives)
        )

    def _about(self, verb: str, **fields: Any) -> Any:
        return self._owner._inward(self._ask(verb, target=self._remote.name, **fields))  # pyright: ignore[reportPrivateUsage]


@dataclass(frozen=True)
class Placed:
    """A model on the worker's device."""

    model: Remote
    example: Any
    """Inputs of the model; None if only the student's code calls it."""
    before: dict[str, Numbers]
    """Its parameters when it was placed."""
    learns: bool
    target: Any
    error: float | None
    """The squared error when it was placed, if there is a target."""


def squared_error(model: Remote, example: Any, target: Any) -> float:
    """The mean of (output − target)² over all entries."""
    return float(np.mean(np.square(np.asarray(model.forward(example), dtype=np.float64) - np.asarray(target))))


FINDING = ("kind", "saw", "fix", "where", "code")


def _findings(report: Any) -> list[dict[str, str]]:
    """The findings reported by a worker, which may send anything."""
    listed = cast(list[Any], report) if isinstance(report, list) else []
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
    """Convert to float32 or int64, as the contract promises; only a marked tensor keeps float64."""
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
