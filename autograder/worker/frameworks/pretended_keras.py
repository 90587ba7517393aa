"""Keras with TensorFlow on a pretended GPU.

A second logical CPU, `/CPU:1`, stands in for the GPU, and everything runs in its scope, as TensorFlow runs everything
on a GPU if it finds one. TensorFlow copies silently between devices and raises no errors, so nothing raises here
either. The findings are work that leaves the device because of the student's own line: computations in a scope that
names the CPU, variables created there, gradients or weights that pass through NumPy, and Python functions in the middle
of a model.

This is one module of over 400 lines because all replacements write into the state of one device.
"""

# Keras and TensorFlow ship no type stubs, and this module replaces many of their functions.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownParameterType=false, reportUnknownLambdaType=false
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false

from __future__ import annotations

import functools
import linecache
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.autograph.pyct import origin_info
from tensorflow.python.framework import op_callbacks
from tensorflow.python.ops.resource_variable_ops import ResourceVariable

from autograder.worker.frameworks.devices import KEPT, Finding, Source

STANDS_IN = "/CPU:1"
VISIBLE = "CUDA_VISIBLE_DEVICES"
GPU = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
LOGICAL_GPU = tf.config.LogicalDevice("/device:GPU:0", "GPU")

_NAMES_A_GPU = re.compile(r"gpu(:(\d+|\*))?$", re.IGNORECASE)
_NAMES_THE_CPU = re.compile(r"cpu(:(\d+|\*))?$", re.IGNORECASE)
_WORK = re.compile(
    r"MatMul|^Conv|^Einsum|Grad$|^ResourceApply|^AssignSubVariable|PartitionedCall$|^Cudnn|^SelectV2Grad"
)
"""Operations that train or apply a network. Creating, shuffling and slicing data may be done on the CPU."""
_VARIABLE = "VarHandleOp"
ASSIGNED_TWICE = 2
"""Setting a weight from an array once initialises or restores it; a second time in the same line is a training loop."""

_OF_AUTOGRAPH = str(Path("tensorflow", "python", "autograph"))

_original_device = tf.device


class PretendedGPU:
    """The stand-in device, and the findings."""

    name = "a pretended GPU"

    def __init__(self, source: Source) -> None:
        self._lines = _Lines(source)
        self._visible_at_start = os.environ.get(VISIBLE)
        self._findings: list[Finding] = []
        self._counts: Counter[str] = Counter()
        self._assigned: Counter[tuple[str, int]] = Counter()
        self._made_on_cpu: list[tuple[Any, str, str]] = []
        self._taped = 0
        self._hides_gpu = False
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration() for _ in range(2)])
        _Replacements(self, self._lines).install()

    def scope(self) -> AbstractContextManager[Any]:
        """The scope of the stand-in device."""
        return _original_device(STANDS_IN)

    def place(self, value: Any) -> Any:
        """Return the value: variables cannot be moved, and a tensor created in `scope` is already on the device."""
        if os.environ.get(VISIBLE) != self._visible_at_start and os.environ.get(VISIBLE) in ("", "-1"):
            self.hidden(f"your file sets {VISIBLE} to {os.environ.get(VISIBLE)!r}", "", "")
        return value

    def left_behind(self, model: Any) -> list[Finding]:
        """Variables of the model, and of its optimisers, that were created elsewhere."""
        return [
            self._left("variable", each, *self._maker(each))
            for each in getattr(model, "variables", [])
            if _on_cpu(each)
        ]

    def findings(self) -> list[Finding]:
        """Return and clear the findings."""
        findings, self._findings = self._findings, []
        return findings

    def counts(self) -> dict[str, int]:
        """Return and reset the counts. `work` counts gradients and calls of compiled functions."""
        counts = {name: self._counts[name] for name in ("work", "copies", "scalars")}
        self._counts.clear()
        self._assigned.clear()
        return counts

    def provoke(self, sides: tuple[int, int]) -> None:
        """Compute a product in a scope that names the CPU."""
        with self.on_cpu("", ""):
            tf.matmul(tf.ones(sides), tf.ones((sides[1], sides[1])))

    # Called by the replacements.

    def worked(self) -> None:
        """Count work on the device."""
        self._counts["work"] += 1

    def hidden(self, what: str, where: str, code: str) -> None:
        """Record that the GPU was hidden."""
        self._find("hidden", f"{what}, which hides the GPU", "Leave the choice of devices to TensorFlow.", where, code)

    def find(self, saw: str, fix: str) -> None:
        """Record work on the CPU at the student's current line."""
        self._find("worked_on_cpu", saw, fix, *self._lines.here())

    @contextmanager
    def taping(self) -> Generator[None]:
        """Record that a gradient tape is active."""
        self._taped += 1
        try:
            yield
        finally:
            self._taped -= 1

    @property
    def taped(self) -> bool:
        """Whether a gradient tape is active."""
        return self._taped > 0

    @contextmanager
    def on_cpu(self, where: str, code: str) -> Generator[None]:
        """A scope in the student's code that names the CPU: its operations are inspected."""
        noticed: set[str] = set()

        def notice(op_type: str, inputs: Any, attrs: Any, outputs: Any, op_name: Any = None, graph: Any = None) -> None:
            name = tf.compat.as_str(op_type)
            if name == _VARIABLE:
                self._made_on_cpu += [(output, where, code) for output in outputs]
            elif _WORK.search(name) and name not in noticed and all(_is_cpu(output) for output in outputs):
                noticed.add(name)
                shape = next((tuple(output.shape) for output in outputs if output.shape.rank is not None), ())
                self._find(
                    "worked_on_cpu",
                    f"`{name}`, with a result of shape {shape}, in a scope that names the CPU",
                    "Remove the `tf.device` scope: TensorFlow runs models, losses and gradients on the GPU by itself.",
                    where,
                    code,
                )

        op_callbacks.add_op_callback(notice)
        try:
            with _original_device("/CPU:0"):
                yield
        finally:
            op_callbacks.remove_op_callback(notice)

    def assigned(self, variable: Any, value: Any) -> None:
        """Record that the student's line sets a trained weight from an array."""
        where, code = self._lines.here()
        key = (where, id(variable))
        self._assigned[key] += 1
        if self._assigned[key] == ASSIGNED_TWICE:
            name = getattr(variable, "path", getattr(variable, "name", "a variable"))
            self._find(
                "worked_on_cpu",
                f"the weight `{name}`, of shape {tuple(variable.shape)}, is computed with NumPy in every step",
                "Update weights with the framework's own operations: `optimizer.apply_gradients`, "
                "or `assign_sub` with tensors.",
                where,
                code,
            )

    def _left(self, what: str, variable: Any, where: str, code: str) -> Finding:
        return Finding(
            "left_behind",
            f"the {what} `{variable.path}`, of shape {tuple(variable.shape)}, on the CPU",
            "Create models and optimisers outside of any `tf.device` scope that names the CPU: "
            "TensorFlow puts them on the GPU if there is one.",
            where,
            code,
        )

    def _maker(self, variable: Any) -> tuple[str, str]:
        """The line of the scope in which a variable was created."""
        handle = getattr(variable.value, "handle", None)
        return next(((where, code) for made, where, code in self._made_on_cpu if made is handle), ("", ""))

    def _find(self, kind: str, saw: str, fix: str, where: str, code: str) -> None:
        if len(self._findings) < KEPT:
            self._findings.append(Finding(kind, saw, fix, where, code))


class _Lines:
    """Finds the student's running line, even if AutoGraph has rewritten it."""

    def __init__(self, source: Source) -> None:
        self._owns = source.owns
        self._origins: dict[tuple[str, int], tuple[str, int]] = {}

    def follow_autograph(self) -> None:
        """Record AutoGraph's source maps from rewritten to original lines."""
        original = origin_info.create_source_map

        @functools.wraps(original)
        def create(*args: Any, **kwargs: Any) -> Any:
            source_map = original(*args, **kwargs)
            for rewritten, origin in source_map.items():
                written = (str(origin.loc.filename), int(origin.loc.lineno))
                self._origins[(str(rewritten.filename), int(rewritten.lineno))] = written
            return source_map

        origin_info.create_source_map = create

    def here(self) -> tuple[str, str]:
        """The innermost line of the student's code, and its text."""
        frame = sys._getframe(1)
        while frame:
            place = self._written(frame)
            if self._owns(place[0]):
                return f"{place[0]}, line {place[1]}", linecache.getline(*place).strip()[:300]
            frame = frame.f_back
        return "", ""

    def call_this(self) -> bool:
        """Whether the student's own line calls the current function, apart from AutoGraph's frames between them."""
        frame = sys._getframe(2)
        while frame and _OF_AUTOGRAPH in frame.f_code.co_filename:
            frame = frame.f_back
        return bool(frame) and self._owns(self._written(frame)[0])

    def _written(self, frame: FrameType) -> tuple[str, int]:
        place = (frame.f_code.co_filename, frame.f_lineno)
        return self._origins.get(place, place)


class _Replacements:
    """Replacements for functions that name or list devices, and for those that gradients pass through."""

    def __init__(self, gpu: PretendedGPU, lines: _Lines) -> None:
        self._gpu = gpu
        self._lines = lines
        self._listed = True

    def install(self) -> None:
        """Replace them permanently in this process."""
        tf.device = self._device(_original_device)
        keras.device = self._device(keras.device)
        self._lines.follow_autograph()
        self._lists()
        self._tapes()
        self._variables()
        self._functions()

    def _device(self, original: Callable[..., Any]) -> Callable[..., Any]:
        gpu = self._gpu

        @functools.wraps(original)
        def device(name: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(name, str) and _NAMES_A_GPU.search(name):
                return _original_device(STANDS_IN)
            if isinstance(name, str) and _NAMES_THE_CPU.search(name) and self._lines.call_this():
                return gpu.on_cpu(*self._lines.here())
            return original(name, *args, **kwargs)

        return device

    def _lists(self) -> None:
        """List the GPU only for the student's own lines: Keras itself would choose other kernels for a GPU."""
        config: Any = tf.config

        def listing(original: Callable[..., Any], device: Any) -> Callable[..., Any]:
            @functools.wraps(original)
            def listed(device_type: str | None = None) -> Any:
                devices = list(original(device_type))
                if not self._lines.call_this():
                    return devices
                # The stand-in must not appear as a second CPU.
                devices = [each for each in devices if not str(each.name).endswith("CPU:1")]
                shown = device_type in (None, "GPU") and self._listed
                return [*devices, device] if shown else devices

            return listed

        for owner in (config, config.experimental):
            for name in ("list_physical_devices", "get_visible_devices"):
                if hasattr(owner, name):
                    setattr(owner, name, listing(getattr(owner, name), GPU))
            if hasattr(owner, "list_logical_devices"):
                owner.list_logical_devices = listing(owner.list_logical_devices, LOGICAL_GPU)
        show = config.set_visible_devices

        def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
            listed = list(devices) if isinstance(devices, list | tuple) else [devices]
            if device_type in (None, "GPU") and GPU not in listed:
                self._listed = False
                self._gpu.hidden("your file calls `set_visible_devices` without a GPU", *self._lines.here())
            elif GPU not in listed:
                show(devices, device_type)

        for owner in (config, config.experimental):
            owner.set_visible_devices = set_visible_devices
        for owner, name in (
            (config.experimental, "set_memory_growth"),
            (config.experimental, "get_memory_growth"),
            (config, "set_logical_device_configuration"),
            (config.experimental, "set_virtual_device_configuration"),
        ):
            setattr(owner, name, self._unless_the_gpu(getattr(owner, name)))
        config.experimental.get_device_details = lambda device: {"device_name": "Pretended GPU"}
        config.experimental.get_memory_info = lambda device: {"current": 0, "peak": 0}
        tf.test.is_gpu_available = lambda *args, **kwargs: self._listed
        tf.test.gpu_device_name = lambda: "/device:GPU:0" if self._listed else ""
        tf.test.is_built_with_cuda = tf.test.is_built_with_gpu_support = lambda: True
        # With one device, they are equivalent to the default strategy.
        tf.distribute.MirroredStrategy = tf.distribute.OneDeviceStrategy = lambda *args, **kwargs: (
            tf.distribute.get_strategy()
        )

    def _unless_the_gpu(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def configure(device: Any, *args: Any, **kwargs: Any) -> Any:
            return True if device == GPU else original(device, *args, **kwargs)

        return configure

    def _tapes(self) -> None:
        gpu, tape = self._gpu, tf.GradientTape
        enter, leave, gradient = tape.__enter__, tape.__exit__, tape.gradient

        def entered(self_: Any) -> Any:
            self_._noted = gpu.taping()
            self_._noted.__enter__()
            return enter(self_)

        def left(self_: Any, *problem: Any) -> Any:
            self_._noted.__exit__(None, None, None)
            return leave(self_, *problem)

        def gradients(self_: Any, *args: Any, **kwargs: Any) -> Any:
            gpu.worked()
            return gradient(self_, *args, **kwargs)

        tape.__enter__, tape.__exit__, tape.gradient = entered, left, gradients

    def _variables(self) -> None:
        for name in ("apply", "apply_gradients"):
            self._applying(name)
        for kind in (keras.Variable, ResourceVariable):
            for name in ("assign", "assign_sub", "assign_add"):
                setattr(kind, name, self._assigning(getattr(kind, name)))

    def _applying(self, name: str) -> None:
        gpu, original = self._gpu, getattr(keras.optimizers.Optimizer, name)

        @functools.wraps(original)
        def apply(self_: Any, gradients: Any, *args: Any, **kwargs: Any) -> Any:
            gradients = list(gradients)
            firsts = [each[0] if isinstance(each, tuple | list) else each for each in gradients]
            passed = [each for each in firsts if isinstance(each, np.ndarray) and each.ndim]
            if passed:
                gpu.find(
                    f"gradients, the first of shape {passed[0].shape}, are passed to the optimiser as NumPy arrays",
                    "Keep gradients as tensors between `tape.gradient` and the optimiser.",
                )
            return original(self_, gradients, *args, **kwargs)

        setattr(keras.optimizers.Optimizer, name, apply)

    def _assigning(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def assign(self_: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
            if (
                isinstance(value, np.ndarray)
                and value.ndim
                and getattr(self_, "trainable", False)
                and self._lines.call_this()
            ):
                self._gpu.assigned(self_, value)
            return original(self_, value, *args, **kwargs)

        return assign

    def _functions(self) -> None:
        gpu = self._gpu
        for name in ("py_function", "numpy_function"):
            original = getattr(tf, name)

            def called(*args: Any, original: Any = original, name: str = name, **kwargs: Any) -> Any:
                if gpu.taped and self._lines.call_this():
                    gpu.find(
                        f"`tf.{name}` between a model's input and its loss",
                        "Python functions run on the CPU, and `numpy_function` has no gradient: "
                        "use TensorFlow's operations.",
                    )
                return original(*args, **kwargs)

            setattr(tf, name, functools.wraps(original)(called))


def _on_cpu(variable: Any) -> bool:
    value = getattr(variable, "value", variable)
    device = getattr(value, "device", "") or ""
    return device.endswith("CPU:0") and variable.dtype not in ("string", tf.string)


def _is_cpu(output: Any) -> bool:
    device = getattr(output, "device", "") or ""
    return not device or device.endswith(("CPU:0", "cpu:0"))
