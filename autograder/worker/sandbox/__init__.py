"""The sandbox of a worker, applied before it loads the student's file.

The layers in the order of their application; docs/isolation.md describes what each one blocks:

0. always: a separate process, an empty environment, closed descriptors, private folders (set up by the zygote);
1. `namespaces`: no network, and process ids of its own, if the kernel allows it;
2. `view`: only the files that it may see, and a scratch folder of fixed size, if the kernel allows it;
3. `uid`: as root, a separate user id for each worker;
4. `landlock`: an allow-list of paths, with one writable scratch folder;
5. `limits`: kernel limits on data, files, CPU time, processes, core dumps;
6. `seccomp`: no sockets, no tracing, no mounts, no namespaces, no rarely used kernel interfaces.

`probing.probe` tests each layer by attempting the forbidden action in a throwaway child, not by version numbers; the
layers that work are applied.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from autograder.worker.sandbox import calls, files, kernel, namespaces, users
from autograder.worker.sandbox.limits import Limits, limit

Layer = Literal["uid", "namespaces", "view", "landlock", "limits", "seccomp"]
LAYERS: tuple[Layer, ...] = ("uid", "namespaces", "view", "landlock", "limits", "seccomp")
Level = Literal["strong", "standard", "weak"]


class Cage(NamedTuple):
    """The sandbox settings of one worker."""

    limits: Limits
    layers: tuple[Layer, ...]
    scratch: str
    readable: tuple[str, ...]
    """Paths that may be read recursively, in addition to the interpreter and the system's libraries."""
    uid: int
    """Used by the layer `uid`."""
    devices: tuple[str, ...] = ()
    """Device files of a GPU that may be used; if there are any, files that describe the hardware may be read."""
    view: int = namespaces.NO_VIEW
    """Used by the layer `view`: the descriptor from `namespaces.build_view`."""


def level(holding: Sequence[str]) -> Level:
    """`strong`: all layers; `standard`: restricted files and system calls, and student code is not root."""
    as_nobody = "uid" in holding or not kernel.is_root()
    if not as_nobody or not {"landlock", "limits", "seccomp"} <= set(holding):
        return "weak"
    return "strong" if {"namespaces", "view"} <= set(holding) else "standard"


def apply(cage: Cage) -> None:
    """Apply the layers to this process, whose current folder is then the scratch folder, and which ends with its parent.

    Raises `OSError` if the kernel refuses one.
    """
    parent = os.getppid()
    scratch = namespaces.SCRATCH if "view" in cage.layers else cage.scratch
    uid, gid = (cage.uid, cage.uid) if "uid" in cage.layers else (os.getuid(), os.getgid())
    steps: dict[Layer, Callable[[], None]] = {
        "namespaces": namespaces.leave_the_network,
        "view": lambda: namespaces.enter_view(cage.view, cage.limits, uid, gid),
        "uid": lambda: users.become(cage.uid),
        "landlock": lambda: files.restrict(scratch, cage.readable, cage.devices),
        "limits": lambda: limit(cage.limits, own_uid="uid" in cage.layers),
        "seccomp": lambda: calls.filter_of_calls(os.getpid(), calls.OF_A_GPU if cage.devices else ()).load(),
    }
    if "view" not in cage.layers:
        os.chdir(scratch)
    for layer, step in steps.items():
        if layer == "seccomp":
            # After the change of user, which resets it, and before the filter, which forbids it.
            kernel.die_with_parent(parent)
        if layer in cage.layers:
            step()
            if layer == "view" and not kernel.is_root():
                # An ordinary user has all capabilities in the user namespace that the zygote is in.
                kernel.set_capabilities(0)


def preload() -> None:
    """Import the libraries of the layers once in the zygote, so that its workers need not do so."""
    if sys.platform == "linux":
        for library in ("py_landlock", "pyseccomp"):
            with contextlib.suppress(ImportError, OSError, RuntimeError):
                # If it is missing or too old, the probe of its layer fails.
                importlib.import_module(library)


def apply_limits(limits: Limits) -> None:
    """Apply only the limits, for a worker that was not forked."""
    if sys.platform != "win32":
        limit(limits, own_uid=False)
