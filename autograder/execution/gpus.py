"""The device that a student's code runs on (the CPU, a pretended GPU or a real one), and the allocation of GPUs."""

from __future__ import annotations

import os
import platform
import queue
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.errors import Deferred

DeviceMode = Literal["plain", "pretended", "gpu"]

WAIT_SECONDS = 3_600.0
"""Maximum wait for a GPU that is in use."""


@dataclass(frozen=True)
class Lease:
    """A worker's access to one GPU."""

    environment: Mapping[str, str]
    devices: tuple[str, ...]
    """The device files of this GPU only."""


class Gpus:
    """Slots on this machine's GPUs: `jobs_per_gpu` on each. Thread-safe."""

    def __init__(self, gpus: Sequence[int] | None, jobs_per_gpu: int) -> None:
        self.ids = present() if gpus is None else list(gpus)
        self._free: queue.Queue[int] = queue.Queue()
        for _ in range(jobs_per_gpu):
            for each in self.ids:
                self._free.put(each)

    @contextmanager
    def lease(self) -> Generator[Lease]:
        """Lease one GPU for a worker. Raises `Deferred` if there is none, or if none is free for an hour."""
        if not self.ids:
            raise Deferred("needs a GPU; there is none here. This costs you no points")
        try:
            mine = self._free.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            raise Deferred("needs a GPU; all GPUs were in use for an hour") from None
        try:
            environment = {
                "CUDA_VISIBLE_DEVICES": str(mine),
                # The same order as in `drivers`.
                "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
                "HIP_VISIBLE_DEVICES": str(mine),
                # cuBLAS is deterministic only with a fixed workspace.
                "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
            }
            yield Lease(environment, drivers(mine))
        finally:
            self._free.put(mine)


def drivers(gpu: int) -> tuple[str, ...]:
    """The device files of the GPU with that number; empty on systems without device files."""
    if Path("/dev/nvidiactl").exists():
        paths = [Path("/dev", f"nvidia{_minor(gpu)}"), *(Path("/dev", name) for name in _NVIDIA_SHARED)]
    else:
        paths = [Path("/dev/kfd"), Path("/dev/dri", f"renderD{128 + gpu}")]
    return tuple(str(path) for path in paths if path.exists())


_NVIDIA_SHARED = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-caps")


def _minor(gpu: int) -> int:
    """The number in `/dev`, which follows the driver's order of detection; CUDA's numbers follow the PCI bus."""
    listed = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    if gpu < len(listed):
        for line in listed[gpu].read_text().splitlines():
            if line.startswith("Device Minor:"):
                return int(line.split(":")[1])
    return gpu


def present() -> list[int]:
    """The numbers of the GPUs known to this machine's kernel: NVIDIA's, otherwise AMD's, otherwise Apple's."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None:
        return [int(each) for each in hidden.split(",") if each.strip().isdigit()]
    nvidia = sorted(int(path.name.removeprefix("nvidia")) for path in Path("/dev").glob("nvidia[0-9]*"))
    if nvidia:
        return nvidia
    if Path("/dev/kfd").exists():
        return list(range(len(list(Path("/dev/dri").glob("renderD*")))))
    return [0] if sys.platform == "darwin" and platform.machine() == "arm64" else []


NO_GPUS = Gpus([], 1)
