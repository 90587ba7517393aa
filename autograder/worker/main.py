"""The worker: executes the grader's requests with the student's code. It contains no checks and no expected values."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict
from typing import Any, cast

import numpy as np

from autograder.worker import frameworks, wire
from autograder.worker.course_modules import make_importable
from autograder.worker.frameworks import devices
from autograder.worker.loader import Cell, Submission
from autograder.worker.names import FrameworkName
from autograder.worker.sandbox import apply_limits
from autograder.worker.sandbox.limits import Limits
from autograder.worker.values import Exchange
from autograder.worker.wire import Answer, Array, Failure, Request


class Stream(wire.Readable, wire.Writable):
    """Both directions of the wire."""


class NotThere(Exception):
    """The student's file does not define the requested name."""


class Worker:
    """One student's module, and the verbs that the grader can use on it."""

    def __init__(self, framework: frameworks.Framework) -> None:
        self._framework = framework
        self._submission = Submission()
        self._exchange = Exchange(framework, self._placed)
        self._device: devices.Device | None = None

    def answer(self, request: Request) -> Answer | Failure:
        """Execute a request. An exception of the student's code becomes a `Failure`."""
        verbs: dict[str, Callable[[Request], Any]] = {
            "hello": self._hello,
            "load": self._load,
            "call": self._call,
            "has": lambda request: callable(getattr(self._submission.module, request.name, None)),
            "method": self._method,
            "part": self._part,
            "shared": self._shared,
            "forget": self._forget,
            "eagerly": lambda request: self._framework.eagerly(request.args[0]),
            "seed": lambda request: self._framework.seed(request.args[0]),
            "ready": lambda request: self._framework.ready(self._model(request), self._numbers(request.args[0])),
            "forward": self._forward,
            "parameters": lambda request: _arrays(self._framework.parameters(self._model(request))),
            "buffers": lambda request: _arrays(self._framework.buffers(self._model(request))),
            "assign": self._assign,
            "gradients": self._gradients,
            "input_gradient": self._input_gradient,
            "gradient": self._gradient,
            "place": self._place,
            "left_behind": self._left_behind,
            "found": self._found,
            "provoke": self._provoke,
        }
        try:
            with self._scope():
                return Answer(nonce=request.nonce, value=verbs[request.verb](request))
        except NotThere as missing:
            return Failure(nonce=request.nonce, kind="NotThere", message=str(missing))
        except BaseException as problem:  # noqa: BLE001 - `sys.exit()` in a function is also the student's error
            trouble = self._submission.trouble(problem)
            return Failure(nonce=request.nonce, **trouble._asdict())

    def _hello(self, request: Request) -> Any:
        """Set up the device. Called before any student code is loaded, so its response can be trusted."""
        device, gpu_memory_mb = request.args or ("plain", 0)
        if device == "pretended":
            self._device = devices.pretend(self._framework.NAME, self._submission)
        if device == "gpu":
            self._device = devices.open_gpu(self._framework.NAME, self._submission, gpu_memory_mb)
        return {
            "gpu": self._device.name if self._device else "",
            "versions": {"python": sys.version.split()[0], "numpy": np.__version__, **self._framework.versions()},
            "draws_repeat": self._framework.draws_repeat(),
        }

    def _load(self, request: Request) -> Any:
        troubles: list[Any] = []
        for name, source, *definitions_only in request.args:
            trouble = self._submission.run(Cell(name, source, any(definitions_only)))
            if trouble:
                troubles.append([name, *trouble])
        return troubles

    def _forget(self, request: Request) -> None:
        self._exchange.forget()
        self._framework.eagerly(False)

    def _scope(self) -> AbstractContextManager[Any]:
        return self._device.scope() if self._device else nullcontext()

    def _place(self, request: Request) -> None:
        self._placed(self._model(request))

    def _placed(self, value: Any) -> Any:
        return self._device.place(value) if self._device else value

    def _left_behind(self, request: Request) -> Any:
        findings = self._device.left_behind(self._model(request)) if self._device else []
        return [asdict(finding) for finding in findings]

    def _found(self, request: Request) -> Any:
        if not self._device:
            return {"findings": [], "counts": {}}
        return {
            "findings": [asdict(finding) for finding in self._device.findings()],
            "counts": self._device.counts(),
        }

    def _provoke(self, request: Request) -> None:
        if self._device:
            self._device.provoke((request.args[0], request.args[1]))

    def _call(self, request: Request) -> Any:
        args, kwargs = self._arguments(request)
        return self._outward(self._function(request.name)(*args, **kwargs), request)

    def _method(self, request: Request) -> Any:
        owner = self._exchange.object(request.target)
        method = getattr(owner, request.name, None)
        if not callable(method):
            raise NotThere(f"{type(owner).__name__}.{request.name}")
        args, kwargs = self._arguments(request)
        return self._outward(method(*args, **kwargs), request)

    def _part(self, request: Request) -> Any:
        owner = self._exchange.object(request.target)
        if not hasattr(owner, request.name):
            raise NotThere(f"{type(owner).__name__}.{request.name}")
        return self._exchange.keep(getattr(owner, request.name))

    def _shared(self, request: Request) -> Any:
        module, _, name = request.name.rpartition(".")
        args, kwargs = self._arguments(request)
        return self._outward(getattr(importlib.import_module(f"shared.{module}"), name)(*args, **kwargs), request)

    def _forward(self, request: Request) -> Any:
        inputs = self._numbers(request.args[0])
        return self._outward(self._framework.forward(self._model(request), inputs, request.args[1]), request)

    def _assign(self, request: Request) -> Any:
        values = {name: np.array(array.values) for name, array in request.args[0].items()}
        self._framework.assign(self._model(request), values)

    def _gradients(self, request: Request) -> Any:
        inputs, cotangent, training = request.args
        gradients = self._framework.gradients(
            self._model(request), self._numbers(inputs), self._numbers(cotangent), training
        )
        return _arrays(gradients)

    def _input_gradient(self, request: Request) -> Any:
        inputs, cotangent, training = request.args
        gradient = self._framework.input_gradient(
            self._model(request), self._numbers(inputs), self._numbers(cotangent), training
        )
        return self._outward(gradient, request)

    def _gradient(self, request: Request) -> Any:
        wrt, cotangent = request.args[0], request.args[1]
        args = [self._exchange.inward(value) for value in request.args[2:]]
        weights = None if cotangent is None else self._numbers(cotangent)
        gradient = self._framework.function_gradient(self._function(request.name), args, wrt, weights)
        return self._outward(gradient, request)

    def _function(self, name: str) -> Callable[..., Any]:
        function = getattr(self._submission.module, name, None)
        if not callable(function):
            raise NotThere(name)
        return cast(Callable[..., Any], function)

    def _model(self, request: Request) -> Any:
        return self._exchange.object(request.target)

    def _numbers(self, value: Array) -> frameworks.Numbers:
        return self._exchange.numbers(value, self._framework.images_in)

    def _arguments(self, request: Request) -> tuple[list[Any], dict[str, Any]]:
        kwargs = {name: self._exchange.inward(value) for name, value in request.kwargs.items() if name != GIVES}
        return [self._exchange.inward(value) for value in request.args], kwargs

    def _outward(self, value: Any, request: Request) -> Any:
        return self._exchange.outward(value, images=request.kwargs.get(GIVES) == "images")


GIVES = "gives "
"""The keyword that says what a result is. Its space distinguishes it from all keywords of a student's function."""


def _arrays(named: dict[str, Any]) -> dict[str, Any]:
    return {name: None if numbers is None else Array(numbers) for name, numbers in named.items()}


def serve(stream: Stream, framework: frameworks.Framework) -> None:
    """Serve requests until the grader closes the stream. An invalid frame ends the worker."""
    # Line buffering: output printed before a worker is killed must not be lost.
    for printed in (sys.stdout, sys.stderr):
        if isinstance(printed, io.TextIOWrapper):
            printed.reconfigure(line_buffering=True)
    worker = Worker(framework)
    while True:
        try:
            request = wire.receive(stream, Request)
        except wire.WireError:
            return
        reply = worker.answer(request)
        _flush()
        try:
            wire.send(stream, reply)
        except wire.WireError as problem:
            wire.send(stream, Failure(nonce=request.nonce, kind="TypeError", message=str(problem)))
        except OSError:
            return


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            # The student's code closed or replaced it: there is no output to flush.
            continue


def import_ahead(modules: Iterable[str]) -> None:
    """Import what the student's file will import. If a module is not installed, the student's own import says so.

    Call it without the garbage collector: nothing that is imported is garbage, and looking for it takes a sixth of the time.
    """
    for module in modules:
        with suppress(ImportError):
            importlib.import_module(module)


def main() -> None:
    """Run a worker as a separate process, over its standard input and output, on systems without fork.

    The arguments: the framework, the modules to import ahead in one word, and the limits.
    """
    name = cast(FrameworkName, sys.argv[1])
    limits = Limits(*map(int, sys.argv[3:]))
    # The student's prints go to standard error; only the grader uses the pipes.
    stream = wire.Pipe(os.dup(0), os.dup(1))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False))  # noqa: SIM115 - a descriptor
    make_importable()
    gc.disable()
    framework = frameworks.load(name)
    framework.preload()
    import_ahead(sys.argv[2].split())
    gc.enable()
    apply_limits(limits)
    serve(cast(Stream, stream), framework)


if __name__ == "__main__":
    main()
