"""The common interface of a worker's GPU, pretended or real.

`pretended_torch.py` and `pretended_keras.py` each define a class `PretendedGPU`, `real_torch.py` and `real_keras.py` a
`RealGPU`. A worker sets up its GPU before it loads the student's file, so that the file sees a machine with a GPU from
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
"""Maximum findings per run; further ones would only repeat the first."""

Kind = Literal["pretended", "real"]


class Source(Protocol):
    """The running student's file."""

    def here(self) -> tuple[str, str]:
        """The running line: `cell 3, line 2` and its text; empty if no student code is running."""
        ...

    def owns(self, file: str) -> bool:
        """Whether code with this file name is the student's."""
        ...


@dataclass(frozen=True)
class Finding:
    """A problem that would occur on a GPU, or work that stayed on the CPU."""

    kind: str
    """`refused` (a GPU would have raised here), `worked_on_cpu`, `left_behind` or `hidden` (the GPU was disabled)."""
    saw: str
    """What happened, and to which tensor."""
    fix: str
    where: str = ""
    code: str = ""


class Device(Protocol):
    """The interface of a worker's GPU."""

    name: str
    """The name of the GPU; empty if the framework finds none."""

    def scope(self) -> AbstractContextManager[Any]:
        """A context in which code runs on a machine with this GPU and is recorded."""
        ...

    def place(self, value: Any) -> Any:
        """Move a model in place, or copy a tensor, to the device. Returns it."""
        ...

    def left_behind(self, model: Any) -> list[Finding]:
        """Parameters and buffers of the model that are not on the device."""
        ...

    def findings(self) -> list[Finding]:
        """The findings since the last call, in chronological order."""
        ...

    def counts(self) -> dict[str, int]:
        """Counts since the last call, all allowed: `work` on the device, `copies` to the host, `scalars` read there.

        A real GPU adds `bytes`, the peak memory of tensors on the device.
        """
        ...

    def provoke(self, sides: tuple[int, int]) -> None:
        """Make a mistake that the pretended device must detect, with a tensor of this shape."""
        ...


def load(name: FrameworkName, kind: Kind) -> ModuleType:
    """Import the module of a GPU. A zygote imports it in advance, because a sandboxed worker may not be able to."""
    return importlib.import_module(f"autograder.worker.frameworks.{kind}_{name}")


def pretend(name: FrameworkName, source: Source) -> Device:
    """Set up the pretended GPU of a framework: once per process, before any of its operations. It cannot be undone."""
    return cast(Device, load(name, "pretended").PretendedGPU(source))


def open_gpu(name: FrameworkName, source: Source, memory_mb: int) -> Device:
    """Set up the real GPU of a framework, with a memory limit for tensors: once per process, before any operation."""
    return cast(Device, load(name, "real").RealGPU(source, memory_mb))
