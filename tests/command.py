"""Run the command `autograder` in its own process, as users do."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from autograder.commands.lazy import COMMANDS
from tests.fork_server import ROOT, Order, Server

SECONDS = 300
"""Longer than any of these commands takes on a busy machine, so that a hanging command fails only its own test."""
MODULES = ("autograder.commands.app", *sorted({f"autograder.commands.{at.split('.')[0]}" for at in COMMANDS.values()}))
"""Those of all commands."""


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100", **more}


def _listen() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def start(*arguments: str | Path, cwd: Path, **more: str) -> subprocess.Popen[str]:
    """A running command that leads its own process group, as in a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "autograder", *map(str, arguments)],
        cwd=cwd,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell makes its background jobs ignore Ctrl-C, `nohup` SIGHUP, and children inherit this; tests send both.
        preexec_fn=_listen,
    )


class Ended:
    """The result of a command that has ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        assert "Traceback" not in out + err, out + err

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.out)

    def __repr__(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"


def finish(process: subprocess.Popen[str]) -> Ended:
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    return Ended(process.returncode, out, err)


def run(*arguments: str | Path, cwd: Path, **more: str) -> Ended:
    """Run a command to its end.

    It is forked, unless its environment or a copy of the project in its folder may change what it imports.
    """
    copied = cwd.resolve() != ROOT and any((cwd / name).exists() for name in ("autograder", "shared"))
    if more or copied:
        return finish(start(*arguments, cwd=cwd, **more))
    order = Order("autograder", [*map(str, arguments)], str(cwd), environment())
    return Ended(*_server("nbgrader" in arguments or "--gradebook" in arguments).run(order, SECONDS))


@functools.cache
def _server(with_nbgrader: bool) -> Server:
    """A server of this test process. It has imported what most commands import, or most of those for nbgrader."""
    modules = (*MODULES, "autograder.results.history.record", "sqlalchemy.dialects.sqlite")
    more = ("autograder.integrations.nbgrader.gradebook", "autograder.integrations.nbgrader.course")
    return Server((*modules, *more) if with_nbgrader else modules, environment())
