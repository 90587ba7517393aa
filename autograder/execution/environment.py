"""The initial conditions of a worker: environment, readable paths, kernel limits, and whether it can be forked here."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from autograder.errors import UsageError
from autograder.execution.scratch import MOST_FILES
from autograder.execution.watchdog import Budget
from autograder.worker import wire
from autograder.worker.names import FrameworkName
from autograder.worker.sandbox.limits import Limits

NO_FORK = "AUTOGRADER_NO_FORK"
"""If this environment variable is set, every worker is started as a plain process, as on Windows."""

START_SECONDS = 300.0
"""The time limit for importing a framework, generous enough for a slow, busy machine."""
UNTOUCHED_MB: dict[FrameworkName, int] = {"torch": 0, "keras": 2_000}
"""TensorFlow's allocator reserves memory it does not touch: a GAN on digits reserved 2,000 MB and used 400."""
GPU_DRIVER_MB = 8_000
"""Address space; what the driver really uses before any student code runs counts as the framework's own."""

_PACKAGES: dict[FrameworkName, tuple[str, ...]] = {"torch": ("torch",), "keras": ("keras", "tensorflow")}


def require(framework: FrameworkName) -> None:
    """Raise `UsageError` if a package of the framework is not installed."""
    for package in _PACKAGES[framework]:
        if importlib.util.find_spec(package) is None:
            raise UsageError(
                f"{package} is not installed, but this submission needs it: "
                f"pip install 'deep-learning-autograder[{framework}]'"
            )


def forks() -> bool:
    """Whether workers can be forked from a zygote on this system."""
    return sys.platform == "linux" and not os.environ.get(NO_FORK)


FONTS = Path("~/.cache/deep-learning-autograder/matplotlib")
"""Matplotlib's font cache: building it takes seconds, once per user instead of once per worker."""


def environment(folder: Path, fonts: Path | None = None) -> dict[str, str]:
    """A worker's environment variables: private folders, one thread, quiet frameworks."""
    from shared import data

    private = {name: str(folder) for name in ("HOME", "TMPDIR", "KERAS_HOME", "TORCHINDUCTOR_CACHE_DIR")}
    private["MPLCONFIGDIR"] = str(fonts.expanduser() if fonts else folder)
    kept = {
        name: os.environ[name]
        for name in ("SYSTEMROOT", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
        if name in os.environ
    }
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {
        **private,
        **kept,
        **one_thread,
        **_package_path(),
        # A worker has another home folder.
        "AUTOGRADER_DATA": str(data.DATA_DIR),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "KERAS_BACKEND": "tensorflow",
        "MPLBACKEND": "Agg",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    }


def _package_path() -> dict[str, str]:
    """`PYTHONPATH` for a package that was found through it (`pip install --target`): that one folder, no other."""
    folder = Path(wire.__file__).resolve().parents[2]
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    found = any(name and Path(name).resolve() == folder for name in named)
    return {"PYTHONPATH": str(folder)} if found else {}


def readable() -> list[str]:
    """The project's paths that a worker may read: the package `shared`, the data, and the worker's own code."""
    from shared import data

    return [str(Path(data.__file__).parent), str(data.DATA_DIR), str(Path(wire.__file__).parent)]


def make_undumpable() -> None:
    """Prevent other processes of this user from reading the grader's memory. Linux only; a no-op elsewhere."""
    if sys.platform == "linux":
        import ctypes

        pr_set_dumpable = 4
        ctypes.CDLL(None).prctl(pr_set_dumpable, 0)


def kernel_limits(framework: FrameworkName, budget: Budget) -> Limits:
    """The kernel's limits, which count memory that is never touched; the watchdog limits the memory in use."""
    # A GPU driver keeps a copy of its kernels, and data for the GPU, in the worker's own memory.
    reserved = UNTOUCHED_MB[framework] + (GPU_DRIVER_MB if budget.gpu_memory_mb else 0)
    return Limits(budget.memory_mb + reserved, budget.file_mb, budget.cpu_seconds, budget.all_files_mb, MOST_FILES)
