"""The IPython kernel that a check runs in: which code it has run, and what its front end says about the notebook."""

from __future__ import annotations

import ast
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import definitions
from autograder.worker.loader import without_magics

_OURS = {"autograder", "otter"}
_CHECKS = {"Notebook", "check", "check_all", "hand_in", "export"}


@dataclass(frozen=True)
class Run:
    """One execution of a cell."""

    number: int
    """As in `In [3]`."""
    source: str
    cell: str | None = None
    """The id of the cell in its notebook, if the front end sends it."""
    when: float = 0.0
    """Seconds since the epoch; 0 if the cell was run before the first `Notebook(…)`."""


class Kernel:
    """An IPython shell, followed from now on. Use `current()`, which follows each shell only once."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._seen: dict[int, tuple[str | None, float]] = {}
        shell.events.register("pre_run_cell", self._note)
        self._note()

    def _note(self, *_: object) -> None:
        """Note the cell that starts, or the one that is running."""
        request: Any = getattr(self._shell, "parent_header", {})
        self._seen[self._shell.execution_count] = (request.get("metadata", {}).get("cellId"), time.time())

    def is_of(self, shell: Any) -> bool:
        """Whether this is the kernel of that shell."""
        return self._shell is shell

    @property
    def runs(self) -> list[Run]:
        """All executions so far, the running cell included, oldest first."""
        # IPython also knows the cells that were run before it was followed; it counts them from 1.
        sources: list[str] = list(self._shell.history_manager.input_hist_raw)
        return [
            Run(number, source, *self._seen.get(number, (None, 0.0)))
            for number, source in enumerate(sources)
            if number and source.strip()
        ]

    def cells(self) -> list[Run]:
        """The latest execution of each cell, without the cells that only run checks."""
        return latest(run for run in self.runs if not only_checks(run.source))

    def session_file(self) -> Path | None:
        """The notebook's file according to the front end; `None` if it names none or none that exists.

        VS Code sets a variable in the kernel; Jupyter's server sets an environment variable when it starts the kernel.
        """
        named = self._shell.user_ns.get("__vsc_ipynb_file__")
        # `!jupyter nbconvert --execute` in a notebook inherits Jupyter's variable, which is about the notebook that
        # started it. But then no browser sends the ids of cells.
        if not named and any(cell for cell, _ in self._seen.values()):
            named = os.environ.get("JPY_SESSION_NAME")
        # After a notebook was renamed, Jupyter's variable names a file that is no longer there.
        file = Path(named or "")
        return file if file.suffix == ".ipynb" and file.is_file() else None


_followed: list[Kernel] = []
"""The kernel of this process; IPython has one shell."""


def current() -> Kernel | None:
    """The kernel that runs this code; `None` outside of IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return None
    if not any(kernel.is_of(shell) for kernel in _followed):
        _followed[:] = [Kernel(shell)]
    return _followed[0]


def latest(runs: Iterable[Run]) -> list[Run]:
    """The latest execution of each cell, in the order in which the cells were first run.

    That order is the notebook's own, even if a cell at its top was mended last.
    """
    kept: list[Run] = []
    for run in runs:
        place = next((number for number, earlier in enumerate(kept) if _same_cell(earlier, run)), None)
        if place is None:
            kept.append(run)
        else:
            kept[place] = run
    return kept


def only_checks(source: str) -> bool:
    """Whether a cell does nothing but run checks: such a cell is not part of a submission."""
    statements = definitions.parsed(without_magics(source))
    return statements is not None and all(_is_check(statement) for statement in statements)


def _is_check(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import(names=names):
            return all(name.name.split(".")[0] in _OURS for name in names)
        case ast.ImportFrom(module=str(module)):
            return module.split(".")[0] in _OURS
        case ast.Assign(value=ast.Call(func=called)) | ast.Expr(value=ast.Call(func=called)):
            return isinstance(called, ast.Name | ast.Attribute) and _name(called) in _CHECKS
        case _:
            return False


def _name(called: ast.Name | ast.Attribute) -> str:
    return called.id if isinstance(called, ast.Name) else called.attr


def _same_cell(earlier: Run, later: Run) -> bool:
    """Whether both are executions of the same cell.

    Where an id is unknown, a cell that binds all names of an earlier one is taken for its new version.
    """
    if earlier.source.strip() == later.source.strip():
        return True
    if earlier.cell and later.cell:
        return earlier.cell == later.cell
    before = _bound(earlier.source)
    return bool(before) and before <= _bound(later.source)


def _bound(source: str) -> set[str]:
    """The names that a cell's own statements bind: functions, classes, imports, variables."""
    names: set[str] = set()
    for statement in definitions.parsed(without_magics(source)) or ():
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=imported) | ast.ImportFrom(names=imported):
                names |= {(each.asname or each.name).split(".")[0] for each in imported}
            case ast.Assign(targets=targets):
                names |= _names_in(targets)
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
                names |= _names_in([target])
            case _:
                pass
    return names


def _names_in(targets: Sequence[ast.expr]) -> set[str]:
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
