"""The output of `check` and `grade`: with Rich, or as plain text for notebooks and pipes.

All student text goes through `safe_text.inert` into a `Text`, which Rich never interprets as markup.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from autograder.reports import safe_text, words
from autograder.results.form import CheckResult, Result, Status

MOST_ROWS = 200
"""Rows of a table: nobody reads more in a terminal, and each takes a millisecond."""
WIDTH = 92
"""Narrow enough to read from a title to its points at the right."""

_COLOURS: dict[Status, str] = {
    "passed": "green",
    "failed": "bold red",
    "error": "bold yellow",
    "skipped": "yellow",
    "deferred": "cyan",
}
_PANEL_LINES = 40
_PANEL_LENGTH = 4_000


def failure(check: CheckResult) -> RenderableType:
    """A check with its sentences, as shown to students."""
    return Constrain(_check(check, len(safe_text.line(check.id))), WIDTH)


def submission(result: Result, *, hidden_later: bool = False, show_output: bool = False) -> RenderableType:
    """Every check of a submission, part by part, and the score.

    `hidden_later` adds that hidden checks are graded later; `show_output` adds what the student's code printed.
    """
    pieces: list[RenderableType] = [_heading(result)]
    pieces += [_note(note) for note in result.notes]
    id_width = max((len(safe_text.line(check.id)) for check in result.checks), default=0)
    for part, checks in words.parts(result.checks).items():
        pieces.append(Text())
        pieces.append(_part(part, checks))
        pieces += [_check(check, id_width) for check in checks]
    if show_output and result.output.strip():
        pieces += [Text(), _printed(result.output)]
    pieces += [Text(), _closing(result, hidden_later)]
    return Constrain(Group(*pieces), WIDTH)


def table(results: Sequence[Result], title: str = "") -> Table:
    """One row per submission, for `grade`; of a very large class some, those without a score before all others."""
    ungraded = sum(result.ungraded for result in results)
    caption = _count(len(results), ungraded)
    if len(results) > MOST_ROWS:
        caption += f"; {MOST_ROWS} are listed here, all on the class page"
        results = sorted(results, key=lambda result: not result.ungraded)[:MOST_ROWS]
    shown = Table(
        title=Text(safe_text.line(title), style="bold") if title else None,
        caption=Text(caption, style="bold yellow" if ungraded else "dim"),
        box=box.SIMPLE_HEAD,
        title_justify="left",
        caption_justify="left",
    )
    shown.add_column("student", min_width=8, overflow="fold")
    shown.add_column("exercise", min_width=8, overflow="fold")
    shown.add_column("framework", no_wrap=True)
    shown.add_column("score", justify="right", no_wrap=True)
    shown.add_column("first problem", ratio=1, min_width=20, overflow="fold")
    shown.add_column("time", justify="right", no_wrap=True)
    for result in results:
        shown.add_row(
            Text(safe_text.line(result.student, 60)),
            Text(safe_text.line(result.exercise, 40)),
            Text(result.framework, style="dim" if result.framework == "unknown" else ""),
            Text(words.score(result), style=_score_colour(result)),
            Text(words.wrong_first(result)),
            Text(words.duration(result.seconds), style="dim"),
        )
    return shown


def plain(result: Result, *, hidden_later: bool = False, show_output: bool = False, width: int = WIDTH) -> str:
    """`submission` without colours, for a notebook's text or a pipe."""
    return as_text(submission(result, hidden_later=hidden_later, show_output=show_output), width)


def as_text(shown: RenderableType, width: int = WIDTH) -> str:
    """Rich's output as plain text of that width."""
    buffer = io.StringIO()
    # Without `force_jupyter=False`, Rich would display it in a notebook instead of writing it.
    console = Console(
        file=buffer, width=width, color_system=None, force_terminal=False, force_jupyter=False, legacy_windows=False
    )
    console.print(shown)
    return "\n".join(row.rstrip() for row in buffer.getvalue().split("\n")).rstrip("\n")


def _heading(result: Result) -> Text:
    return Text.assemble(
        (safe_text.line(result.exercise), "bold"),
        "  ",
        (f"{safe_text.line(result.file)} · {result.framework}", "dim"),
    )


def _note(note: str) -> RenderableType:
    return _sentences([("note", safe_text.inert(note))], "yellow", indent=0)


def _part(part: str, checks: Sequence[CheckResult]) -> Table:
    row = Table.grid(padding=(0, 2), expand=True)
    row.add_column(ratio=1)
    row.add_column(justify="right", no_wrap=True)
    row.add_row(Text(safe_text.line(part), style="bold underline"), Text(words.part_points(checks), style="bold"))
    return row


def _check(check: CheckResult, id_width: int) -> RenderableType:
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(no_wrap=True)
    row.add_column(min_width=min(id_width + 1, 30), overflow="fold")
    row.add_column(ratio=1)
    row.add_column(justify="right", no_wrap=True)
    colour = _COLOURS[check.status]
    row.add_row(
        Text(words.MARKS[check.status], style=colour),
        Text(safe_text.line(check.id), style="dim" if check.status == "passed" else ""),
        _title(check),
        Text(words.check_points(check), style=colour),
    )
    sentences = words.sentences(check)
    if printed := words.printed(check):
        sentences.append((words.PRINTED, printed))
    return Group(row, _sentences(sentences, colour, indent=2)) if sentences else row


def _title(check: CheckResult) -> Text:
    title = Text(safe_text.line(check.title), style="bold" if check.status in ("failed", "error") else "")
    if check.status == "error":
        title.append(f" ({words.STATUS['error']})", style="yellow")
    return title


def _sentences(sentences: Sequence[tuple[str, str]], colour: str, indent: int) -> RenderableType:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(no_wrap=True, min_width=len("expected"))
    rows.add_column(ratio=1, overflow="fold")
    for name, text in sentences:
        rows.add_row(Text(name, style=colour.removeprefix("bold ")), Text(text))
    return Padding(rows, (0, 0, 0, indent))


def _printed(output: str) -> Panel:
    return Panel(
        Text(safe_text.output(output, _PANEL_LINES, _PANEL_LENGTH), overflow="fold"),
        title="what your code printed",
        title_align="left",
        border_style="dim",
    )


def _closing(result: Result, hidden_later: bool) -> Text:
    colour = "bold green" if result.total == result.possible else "bold"
    return Text(words.score_line(result, hidden_later), style="bold yellow" if result.ungraded else colour)


def _score_colour(result: Result) -> str:
    if result.ungraded:
        return "bold yellow reverse"
    return "green" if result.total == result.possible else ""


def _count(all_of_them: int, ungraded: int) -> str:
    counted = f"{all_of_them} submission{'' if all_of_them == 1 else 's'}"
    return f"{counted}, {ungraded} not graded: run the command again" if ungraded else counted
