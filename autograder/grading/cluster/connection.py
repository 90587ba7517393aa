"""Reach a scheduler, or start workers on this machine."""

# Most of Dask's types are unknown.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import msgspec
from dask import config
from distributed import Client, LocalCluster
from distributed.comm import core
from distributed.security import Security

from autograder.errors import UsageError
from autograder.grading.cluster import preload

WORKER_TTL = "60s"
"""After this time without a sign of life, a worker counts as dead, and others grade what it was grading."""
CONNECT_SECONDS = 15


def connect(named: str) -> Client:
    """A client of the scheduler at an address, or of the one that a scheduler file names.

    Raises `UsageError` if none answers.
    """
    _say_it_ourselves()
    try:
        address = _address(Path(named)) if Path(named).is_file() else named
        # A client that cannot connect takes half a minute to give up.
        asyncio.run(_reach(address))
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError, TypeError) as problem:
        reason = str(problem).strip() or type(problem).__name__
        raise UsageError(
            f"--cluster {named}: no scheduler answers there ({reason}); "
            "`dask scheduler` starts one, and its address or its --scheduler-file belongs here"
        ) from problem


def _address(file: Path) -> str:
    """The address in a scheduler file. Raises `ValueError` if it is none."""
    said = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    if not isinstance(said.get("address"), str):
        raise ValueError(f"{file} names no address")
    return said["address"]


async def _reach(address: str) -> None:
    opened: Any = await core.connect(address, timeout=CONNECT_SECONDS, **Security().get_connection_args("client"))
    opened.abort()


class Here:
    """Worker processes on this machine. Only this process can reach them: it alone has the key."""

    def __init__(self, workers: int, threads: int) -> None:
        _say_it_ourselves()
        config.set({"distributed.scheduler.worker-ttl": WORKER_TTL})
        security: Any = Security
        self._cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=threads,
            processes=True,
            # Memory is the watchdog's concern, for each submission.
            memory_limit=0,
            protocol="tls://",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            security=security.temporary(),
            silence_logs=logging.ERROR,
            preload=[preload.__name__],
        )
        self.client = Client(self._cluster, set_as_default=False)

    def close(self) -> None:
        """End the workers."""
        self._cluster.close()


def _say_it_ourselves() -> None:
    """Keep Dask's log of lost connections off the terminal: each of them becomes a sentence or another try."""
    # Dask gives some of its loggers a level of their own.
    for name in ("distributed", *logging.Logger.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
