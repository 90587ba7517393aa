"""`autograder serve`: the pages live, on this machine, with what a person decides."""

from __future__ import annotations

import sys
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from autograder.commands.options import FLAG, RESULTS, Config, HistoryUrl, Json, err, governing_policy, out, print_json
from autograder.decisions.author import AUTHOR, author
from autograder.errors import UsageError

if TYPE_CHECKING:
    from autograder.serving.access import Door

WAITING = "Bringing the pages in the folder up to date. Ctrl-C again leaves that to the next command."


def serve(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Folder of results.")] = RESULTS,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="Default: any port that is free.")
    ] = 0,
    open_browser: Annotated[bool, typer.Option("--open", metavar=FLAG, help="Open a browser.")] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", min=1, help="Number of submissions regraded in parallel.")
    ] = 1,
    allow_weak: Annotated[
        bool, typer.Option("--allow-weak", metavar=FLAG, help="Regrade even if student code cannot be sandboxed.")
    ] = False,
    named: Annotated[
        str | None, typer.Option("--author", metavar="NAME", help=f"Default: {AUTHOR}, or your user name.")
    ] = None,
    history_url: HistoryUrl = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show RESULTS in a browser on this machine, also while `grade` is running; comment, adjust, regrade and accept there.

    Open the file that it names, or the address and enter the code that a terminal shows. Ctrl-C ends it.
    """
    if not find_spec("starlette") or not find_spec("uvicorn"):
        raise UsageError("`autograder serve` needs the extra `serve`: pip install 'deep-learning-autograder[serve]'")
    policy = governing_policy(config)
    if results.is_file():
        raise UsageError(f"{results} is a file: name the folder of results")
    from autograder.serving import listening
    from autograder.serving.actions import Office
    from autograder.serving.record import Record
    from autograder.serving.state import State
    from autograder.serving.work import Refresh, Workshop

    def ready(door: Door, way_in: Path) -> None:
        if as_json:
            print_json({"address": door.address, "open": str(way_in), "results": str(results)})
            sys.stdout.flush()
        else:
            _say(door, way_in, policy.file, results)
        if open_browser:
            # The code is in the file: no other user sees it among the arguments of a process.
            webbrowser.open(way_in.as_uri())

    record = Record(results, history_url)
    state = State(results, policy.file, record)
    workshop = Workshop(Refresh(results=str(results), config=str(policy.file), history=history_url))
    office = Office(
        state=state, record=record, workshop=workshop, author=author(named), jobs=jobs, allow_weak=allow_weak
    )
    listening.serve(office, port, ready, lambda: err.print(WAITING))
    if not as_json:
        out.print("No longer serving.", style="dim")


def _say(door: Door, way_in: Path, policy: Path, results: Path) -> None:
    where = {"serving": results, "policy": policy, "open": way_in.as_uri(), "or": door.address}
    for what, value in where.items():
        out.print(Text(f"{what:<8} {value}"), soft_wrap=True)
    if sys.stdout.isatty():
        # Not where standard output is a log.
        out.print(Text(f"code     {door.code}"), soft_wrap=True)
    out.print("Ctrl-C to stop", style="dim")
    sys.stdout.flush()
