"""A real cluster on this machine: Dask's scheduler and `autograder worker` as processes of their own, with TLS."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil
from distributed.security import Security

from tests import command

SECONDS = 120.0
"""Longer than anything here takes on a busy machine."""


class Cluster:
    """The processes and files of one cluster. Whatever is killed can be started again."""

    def __init__(self, folder: Path, ttl: str = "6s") -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.key = folder / "tls" / "key.pem"
        self.settings = {**_tls(folder / "tls"), "distributed.scheduler.worker-ttl": ttl}
        self.environment = _environment(self.settings)
        self.scheduler: subprocess.Popen[str] | None = None
        self.workers: dict[str, subprocess.Popen[str]] = {}
        self._logs = 0

    @property
    def address(self) -> str:
        return msgspec.json.decode(self.file.read_bytes())["address"]

    def start_scheduler(self) -> None:
        self.file.unlink(missing_ok=True)
        words = ["-m", "dask", "scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0"]
        words += ["--scheduler-file", str(self.file), "--dashboard-address", "127.0.0.1:0"]
        self.scheduler = self._started("scheduler", words)
        wait_for(self.file.is_file)

    def start_worker(self, name: str, *more: str, **environment: str) -> None:
        words = ["-m", "autograder", "worker", str(self.file), "--jobs", "1", "--name", name, *more]
        self.workers[name] = self._started(name, words, **environment)

    def worker_process(self, name: str) -> psutil.Process:
        """The process that grades: a child of the nanny."""
        nanny = psutil.Process(self.workers[name].pid)
        return next(each for each in nanny.children() if "spawn_main" in " ".join(each.cmdline()))

    def zygote(self, name: str) -> psutil.Process:
        """A zygote of a worker."""
        keeper = next(each for each in self.worker_process(name).children() if "keeper" in " ".join(each.cmdline()))
        return keeper.children()[0]

    def logged(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def close(self) -> None:
        for process in (*self.workers.values(), self.scheduler):
            if process:
                end_all(process)

    def _started(self, name: str, words: list[str], **environment: str) -> subprocess.Popen[str]:
        self._logs += 1
        with (self.folder / f"{self._logs:03}-{name}.log").open("w") as log:
            return subprocess.Popen(
                [sys.executable, *words],
                cwd=self.folder,
                env=command.environment(**self.environment, **environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    made = Cluster(folder)
    try:
        made.start_scheduler()
        for number in range(workers):
            made.start_worker(f"worker-{number}")
        yield made
    finally:
        made.close()


def end_all(process: subprocess.Popen[str]) -> None:
    """Kill a process and all below it."""
    try:
        those = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        those = []
    process.kill()
    for each in those:
        try:
            each.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    process.wait()


def wait_for(what: Callable[[], object], seconds: float = SECONDS) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def _tls(folder: Path) -> dict[str, str | bool]:
    """Dask's settings for TLS: one certificate for all, and its key, closed to others."""
    folder.mkdir(parents=True)
    made = Security.temporary()
    (folder / "ca.pem").write_text(made.tls_ca_file)
    descriptor = os.open(folder / "key.pem", os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w") as key:
        key.write(made.tls_worker_key)
    certificate, tls = str(folder / "ca.pem"), "distributed.comm.tls"
    settings: dict[str, str | bool] = {"distributed.comm.require-encryption": True, f"{tls}.ca-file": certificate}
    for role in ("client", "scheduler", "worker"):
        settings |= {f"{tls}.{role}.cert": certificate, f"{tls}.{role}.key": str(folder / "key.pem")}
    return settings


def _environment(settings: dict[str, str | bool]) -> dict[str, str]:
    """The same settings as environment variables."""
    return {f"DASK_{name.upper().replace('.', '__').replace('-', '_')}": str(value) for name, value in settings.items()}
