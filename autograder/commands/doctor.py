"""`autograder doctor`: what works on this machine."""

from __future__ import annotations

import typer
from rich.table import Table
from rich.text import Text

from autograder.commands.options import UNGRADED, Config, Json, governing_policy, out, print_json, spinner
from autograder.grading import preflight
from autograder.reports import safe_text


def doctor(config: Config = None, as_json: Json = False) -> None:
    """Report what works on this machine: frameworks, versions, data, isolation, grading.yml."""
    with spinner("testing everything"):
        findings = preflight.examine(governing_policy(config))
    if as_json:
        print_json(findings)
    else:
        signs = {"good": ("✓", "green"), "missing": ("–", "yellow"), "bad": ("✗", "bold red")}
        shown = Table(box=None, show_header=False, pad_edge=False)
        for finding in findings:
            sign, colour = signs[finding.state]
            shown.add_row(
                Text(sign, style=colour), Text(finding.about, style="bold"), Text(safe_text.inert(finding.said))
            )
        out.print(shown)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(UNGRADED)
