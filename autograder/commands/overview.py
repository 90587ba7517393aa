"""Write the table and the pages of a folder of results again, after some of its results have changed."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from autograder.commands.options import err
from autograder.course.policy import Policy
from autograder.integrations import csv
from autograder.reports import page
from autograder.results.form import Result
from autograder.results.latest import latest


def everything(folder: Path) -> list[Result]:
    """Every result in the folder, including earlier runs: the summary covers the class, not only one command."""
    return latest(folder, _say_unreadable)


def write(folder: Path, policy: Policy) -> None:
    """Write `summary.csv`, `index.html` and the page of each submission."""
    results = everything(folder)
    csv.write(results, folder / "summary.csv")
    page.write(results, folder, policy.title)


def _say_unreadable(path: Path) -> None:
    err.print(Text(f"{path} is not a result of this version and is omitted from the summary", style="yellow"))
