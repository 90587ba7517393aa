"""Run Dask's own worker command with the settings that grading needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dask import config
from distributed.cli.dask_worker import main

from autograder.errors import GraderError
from autograder.grading.cluster import preload
from autograder.grading.cluster.plugin import GPU

SETTINGS = {
    # The watchdog limits each submission; a worker that spills or pauses because of one would hold up all others.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    # Checks that compute for long are no reason for a warning.
    "distributed.admin.tick.limit": "60s",
}


def arguments(scheduler: str, jobs: int, name: str | None, gpus: int) -> list[str]:
    """The arguments of `dask worker` for one process with a thread for each job."""
    where = ["--scheduler-file", scheduler] if Path(scheduler).is_file() else [scheduler]
    named = ["--name", name] if name else []
    resources = ["--resources", f"{GPU}={gpus}"] if gpus else []
    fixed = ["--nworkers", "1", "--memory-limit", "0", "--dashboard-address", "127.0.0.1:0"]
    fixed += ["--preload", preload.__name__]
    return [*where, *fixed, "--nthreads", str(jobs), *named, *resources]


def launch(words: Sequence[str]) -> int:
    """Run `dask worker` in this process until it is interrupted. Returns its exit code.

    Raises `GraderError` if it cannot start.
    """
    config.set(SETTINGS)
    try:
        main.main(list(words), prog_name="dask worker", standalone_mode=False)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except (OSError, RuntimeError, ValueError) as problem:
        raise GraderError(f"the worker cannot start: {problem}") from problem
    return 0
