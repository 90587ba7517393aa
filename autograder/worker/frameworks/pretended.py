"""A GPU that is not there: what both frameworks' pretended devices have in common.

`pretended_torch.py` and `pretended_keras.py` each hold a class `PretendedGPU`. A worker that is told to pretend starts one before
it reads the student's file, so that the file finds a machine with a GPU from its first line on.
"""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol, cast

from autograder.worker.frameworks import Name

KEPT = 50
"""Findings of one run; more would only repeat the first."""


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
    """Something that would go wrong on a GPU, or that left the work on the CPU."""

    kind: str
    """`refused` (the GPU would have raised here), `worked_on_cpu`, `left_behind` or `hidden` (the GPU was switched off)."""
    saw: str
    """What happened, with the tensor that it happened to."""
    fix: str
    where: str = ""
    code: str = ""


class PretendedGPU(Protocol):
    """What a worker asks of a pretended device."""

    def scope(self) -> AbstractContextManager[Any]:
        """What runs inside runs on a machine with this GPU."""
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
        """Since the last call: `work` on the device, `copies` to the host, `scalars` read on the host. All are legal."""
        ...

    def provoke(self, sides: tuple[int, int]) -> None:
        """Make the mistake that this device is there to find, with a tensor of these sides."""
        ...


def load(name: Name) -> ModuleType:
    """Its module. A zygote imports it ahead: behind the walls a worker may not be able to."""
    return importlib.import_module(f"autograder.worker.frameworks.pretended_{name}")


def start(name: Name, source: Source) -> PretendedGPU:
    """The pretended device of a framework. Once for each process, before any op of the framework; it cannot be undone."""
    return cast(PretendedGPU, load(name).PretendedGPU(source))
