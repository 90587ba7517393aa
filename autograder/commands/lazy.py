"""All commands. The module of each is imported when it is asked for: together they take longer to start than one runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "start": "start.start",
    "check": "check.check",
    "handin": "handin.handin",
    "import": "imports.import_",
    "grade": "grade.grade",
    "adjust": "adjust.app",
    "similar": "similar.similar_",
    "worker": "worker.worker",
    "report": "report.report",
    "serve": "serve.serve",
    "export": "export.export",
    "feedback": "feedback.feedback",
    "regrade": "regrade.regrade",
    "rescore": "regrade.rescore",
    "history": "history.history",
    "diff": "diff.diff",
    "forget": "forget.forget",
    "handout": "handout.handout",
    "release": "release.release",
    "data": "data.data",
    "doctor": "doctor.doctor",
    "new": "new.new",
    "nbgrader": "nbgrader.app",
    "gradescope": "gradescope.gradescope",
    "otter": "otter.otter",
}
"""Command → module and function, or a Typer app, in the order of the help."""


class _WhenAsked(Mapping[str, Any]):
    """The commands by name, imported when they are looked up."""

    def __getitem__(self, name: str) -> Any:
        module, function = COMMANDS[name].split(".")
        found = getattr(import_module(f"autograder.commands.{module}"), function)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command()(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _WhenAsked()  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order of the help."""
        return list(COMMANDS)
