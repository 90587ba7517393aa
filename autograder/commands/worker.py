"""`autograder worker`: a machine that grades for a scheduler of Dask."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.options import Config
from autograder.course.grading_file import load_policy
from autograder.course.policy import find_policy
from autograder.errors import UsageError
from autograder.execution.environment import make_undumpable
from autograder.execution.gpus import Gpus
from autograder.grading.cluster.opening import insist_on_dask


def worker(
    scheduler: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="The address of Dask's scheduler, or its scheduler file.")
    ],
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", metavar="N", min=1, help="Submissions graded in parallel. Default: one for each core."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The worker's name on Dask's dashboard.")] = None,
    config: Config = None,
) -> None:
    """Grade submissions for `autograder grade --cluster ADDRESS`, until it is interrupted.

    This is `dask worker` with one process, a thread for each job, no limits on memory (each submission has its own), and
    a resource for each GPU. TLS is configured as Dask documents it.
    """
    insist_on_dask()
    policy = load_policy(config or find_policy())
    make_undumpable()
    from autograder.grading.cluster.course import CONFIG
    from autograder.grading.cluster.launch import arguments, launch

    if config:
        os.environ[CONFIG] = str(config.resolve())
    gpus = len(Gpus(policy.gpus, 1).ids) * policy.jobs_per_gpu
    if not Path(scheduler).is_file() and ":" not in scheduler:
        raise UsageError(f"{scheduler}: neither an address such as tls://host:8786 nor a scheduler file")
    code = launch(arguments(scheduler, jobs or _cores(), name, gpus))
    if code:
        raise typer.Exit(code)


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
