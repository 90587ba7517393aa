"""What works on this machine: frameworks, versions, devices, data, isolation, and whether `grading.yml` is valid."""

from __future__ import annotations

import importlib.util
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from msgspec import Struct

from autograder.authoring.loading import load_exercise
from autograder.course.policy import Limits, Policy
from autograder.errors import GraderError, LimitExceeded, StudentError, UsageError
from autograder.execution import cgroups
from autograder.execution.account import group_parents
from autograder.execution.environment import START_SECONDS, forks
from autograder.execution.gpus import Gpus
from autograder.execution.watchdog import Budget
from autograder.execution.worker_process import Worker
from autograder.execution.zygote_client import Zygote, Zygotes
from autograder.worker import sandbox
from autograder.worker.names import FRAMEWORKS, FrameworkName
from shared import data

State = Literal["good", "missing", "bad"]


class Finding(Struct, frozen=True):
    """The outcome of one test."""

    about: str
    state: State
    said: str


def examine(policy: Policy | None) -> list[Finding]:
    """Test everything; never raises."""
    findings = [Finding("python", "good", f"{platform.python_version()} on {platform.platform()}")]
    findings += [_framework(name) for name in FRAMEWORKS]
    findings += _gpus(Gpus(None if policy is None else policy.gpus, 1))
    findings += [_package(name) for name in ("nbgrader", "otter-grader", "distributed")]
    findings += [isolation(), _accounting()]
    findings += [
        Finding(
            f"data: {name}", "good" if state == "ready" else "missing" if state == "missing" else "bad", _data(state)
        )
        for name, state in data.verify().items()
    ]
    if policy:
        findings.append(Finding("policy", "good", str(policy.file)))
        findings += [_exercise(policy, name) for name in policy.exercises]
    return findings


def _framework(name: FrameworkName) -> Finding:
    """Start a worker with the framework and send it a request."""
    try:
        worker = Worker(name, Budget(), None)
        try:
            hello = worker.ask("hello", seconds=START_SECONDS)
        finally:
            worker.close()
    except UsageError as problem:
        return Finding(name, "missing", str(problem))
    except (GraderError, OSError) as problem:
        return Finding(name, "bad", str(problem))
    versions = ", ".join(f"{package} {number}" for package, number in hello["versions"].items())
    if not hello["draws_repeat"]:
        return Finding(name, "bad", f"{versions}; the same seed gives different random numbers here")
    return Finding(name, "good", f"{versions}; a worker responds")


def _gpus(gpus: Gpus) -> list[Finding]:
    """Have a sandboxed worker of each framework open the first GPU."""
    if not gpus.ids:
        return [Finding("gpu", "missing", "none here: readiness is still graded, execution is deferred")]
    installed: list[FrameworkName] = [name for name in FRAMEWORKS if importlib.util.find_spec(name)]
    return [_gpu(gpus, name) for name in installed]


def _gpu(gpus: Gpus, name: FrameworkName) -> Finding:
    about = f"gpu: {name}"
    try:
        with gpus.lease() as lease, Zygotes() as zygotes:
            budget = Budget(gpu_memory_mb=Limits().gpu_memory_mb)
            worker = Worker(name, budget, zygotes.of(name), lease)
            try:
                gpu = worker.ask("hello", seconds=START_SECONDS, args=["gpu", budget.gpu_memory_mb])["gpu"]
            finally:
                worker.close()
    except (GraderError, LimitExceeded, StudentError, OSError) as problem:
        return Finding(about, "bad", str(problem))
    number = len(gpus.ids)
    listed = f"{number} GPU{'s' if number > 1 else ''} here"
    if not gpu:
        return Finding(about, "missing", f"{listed}, but this build of the framework finds none")
    return Finding(about, "good", f"{listed}; a sandboxed worker can use {gpu}")


def _package(name: str) -> Finding:
    try:
        return Finding(name, "good", version(name))
    except PackageNotFoundError:
        return Finding(name, "missing", "not installed; only its own integration needs it")


def isolation() -> Finding:
    """Start a zygote and have it test each layer: the level of isolation, and the layers that hold."""
    if not forks():
        return Finding(
            "isolation", "good", "weak: workers are plain processes here; sufficient for `check`, not for `grade`"
        )
    try:
        zygote = Zygote("torch" if importlib.util.find_spec("torch") else "keras")
    except (GraderError, UsageError) as problem:
        return Finding("isolation", "bad", str(problem))
    zygote.close()
    level = sandbox.level(zygote.layers)
    missing = [layer for layer in sandbox.LAYERS if layer not in zygote.layers]
    summary = f"{level}: {', '.join(zygote.layers) or 'no layer'}" + (
        f"; not available: {', '.join(missing)}" if missing else ""
    )
    return Finding("isolation", "good" if level != "weak" else "missing", summary)


def _accounting() -> Finding:
    """Say what counts a worker's use, after it has been tried."""
    in_tree = "the process tree counts cpu, memory, processes"
    if not forks():
        return Finding("accounting", "good", in_tree)
    groups = group_parents()
    counted = cgroups.counted(list(groups)) if groups else frozenset[str]()
    if not counted:
        return Finding("accounting", "good", f"{in_tree}; no control group can be made here")
    versions = " and ".join(sorted({f"v{parent.version}" for parent in groups}))
    rest = sorted({"cpu", "memory", "processes"} - counted)
    said = f"control groups ({versions}) count {', '.join(sorted(counted))}"
    return Finding("accounting", "good", said + (f"; the process tree counts {', '.join(rest)}" if rest else ""))


def _data(state: str) -> str:
    return {"ready": "ready", "missing": "not downloaded; run `autograder data`"}.get(
        state, "corrupt; run `autograder data` to download it again"
    )


def _exercise(policy: Policy, name: str) -> Finding:
    try:
        exercise = load_exercise(policy, name)
    except UsageError as problem:
        return Finding(f"exercise: {name}", "bad", str(problem))
    hidden = sum(not check.visible for check in exercise.checks)
    return Finding(f"exercise: {name}", "good", f"{len(exercise.checks)} checks, {hidden} of them hidden")
