"""A worker's GPU, pretended or real: what they have in common.

`pretended_torch.py` and `pretended_keras.py` hold a class `PretendedGPU` each, `real_torch.py` and `real_keras.py` a `RealGPU`.
A worker that is told to have one starts it before it reads the student's file, so that the file finds a machine with a GPU from
its first line on.
"""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, Protocol, cast

from autograder.worker.names import FrameworkName

KEPT = 50
"""Findings of one run; more would only repeat the first."""

Kind = Literal["pretended", "real"]


class Source(Protocol):
    """The student's file while it runs."""

    def here(self) -> tuple[str, str]:
        """The line that runs just now: `cell 3, line 2` and its text; empty where none does."""
        ...

    def owns(self, file: str) -> bool:
        """Is code with this file name the student's?"""
        ...


@dataclass(frozen=True)
class Finding:
    """Something that goes wrong on a GPU, or that left the work on the CPU."""

    kind: str
    """`refused` (the GPU would have raised here), `worked_on_cpu`, `left_behind` or `hidden` (the GPU was switched off)."""
    saw: str
    """What happened, with the tensor that it happened to."""
    fix: str
    where: str = ""
    code: str = ""


class Device(Protocol):
    """What a worker asks of its GPU."""

    name: str
    """What it calls itself; empty where the framework offers none."""

    def scope(self) -> AbstractContextManager[Any]:
        """What runs inside runs on a machine with this GPU, and is recorded."""
        ...

    def place(self, value: Any) -> Any:
        """Move a model in place, or make a copy of a tensor, as a user would. Returns it."""
        ...

    def left_behind(self, model: Any) -> list[Finding]:
        """Parameters and buffers of the model that are not on the device."""
        ...

    def findings(self) -> list[Finding]:
        """What was found since the last call, in the order in which it happened."""
        ...

    def counts(self) -> dict[str, int]:
        """Since the last call: `work` on the device, `copies` to the host, `scalars` read on the host. All are legal.

        A real one adds `bytes`, of the device's memory, that tensors have held at most."""
        ...

    def provoke(self, sides: tuple[int, int]) -> None:
        """Make the mistake that a pretended device is there to find, with a tensor of these sides."""
        ...


def load(name: FrameworkName, kind: Kind) -> ModuleType:
    """Its module. A zygote imports it ahead: behind the walls a worker may not be able to."""
    return importlib.import_module(f"autograder.worker.frameworks.{kind}_{name}")


def pretend(name: FrameworkName, source: Source) -> Device:
    """The pretended GPU of a framework. Once for each process, before any op of the framework; it cannot be undone."""
    return cast(Device, load(name, "pretended").PretendedGPU(source))


def open_gpu(name: FrameworkName, source: Source, memory_mb: int) -> Device:
    """The real GPU of a framework, of whose memory tensors may take so much. Once for each process, before any op."""
    return cast(Device, load(name, "real").RealGPU(source, memory_mb))
