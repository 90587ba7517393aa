"""Run a command within the tests' process: most of the time that a command takes is its start."""

from __future__ import annotations

import contextlib
from pathlib import Path

from typer.testing import CliRunner

from autograder.commands.app import app
from autograder.commands.options import USAGE
from autograder.errors import UsageError
from tests.command import Ended


def run(folder: Path, *arguments: str) -> Ended:
    """The command in this folder; Turing runs it."""
    environment = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", "AUTOGRADER_AUTHOR": "turing"}
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, arguments, env=environment)
    if isinstance(done.exception, UsageError):
        return Ended(USAGE, done.stdout, "\n".join(done.exception.problems))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)
