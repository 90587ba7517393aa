"""Tests of the layers: each is applied in a throwaway child, which attempts what the layer forbids."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from autograder.worker.sandbox import LAYERS, Cage, Layer, apply
from autograder.worker.sandbox.limits import MEGABYTE, Limits
from autograder.worker.sandbox.users import TRANSIENT_UIDS, become_root_again, readable_by_all


def probe(view: int) -> tuple[Layer, ...]:
    """The layers that work here, with the view that `build_view` has returned."""
    if sys.platform != "linux":
        return ()
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        canary = Path(folder) / "canary"
        canary.write_text("canary")
        scratch = Path(folder) / "scratch"
        scratch.mkdir(mode=0o777)
        cage = Cage(Limits(64, 1, 60), (), str(scratch), (), TRANSIENT_UIDS[0], view=view)
        address = server.getsockname()

        def connects() -> bool:
            with socket.create_connection(address, timeout=1):
                return True

        tries: dict[Layer, Callable[[], object]] = {
            "uid": become_root_again,
            "namespaces": connects,
            "view": canary.stat,
            "landlock": canary.read_text,
            "limits": lambda: bytearray(256 * MEGABYTE),
            "seccomp": lambda: socket.socket(socket.AF_UNIX),
        }
        holding: list[Layer] = [layer for layer in LAYERS if _holds(cage._replace(layers=(layer,)), tries[layer])]
        if "uid" in holding and "landlock" not in holding and not readable_by_all():
            # The capability that lets another user read this interpreter is safe behind Landlock only.
            holding.remove("uid")
    return tuple(holding)


def _holds(cage: Cage, forbidden: Callable[[], object]) -> bool:
    """In a child process, apply the cage and attempt the forbidden action, which must be refused."""
    pid = os.fork()
    if pid == 0:
        outcome = 3
        try:
            apply(cage)
            outcome = 1
            forbidden()
        except (OSError, MemoryError):
            # The layer refused the action, provided that the layer itself could be applied.
            outcome = 0 if outcome == 1 else 2
        except BaseException:  # noqa: BLE001 - a library is missing or too old: the layer does not work
            outcome = 3
        finally:
            os._exit(outcome)
    _, status = os.waitpid(pid, 0)
    return status == 0
