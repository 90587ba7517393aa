"""Run a student's cells in order, and locate the student's line when one raises."""

from __future__ import annotations

import ast
import linecache
import re
import sys
import traceback
import types
from typing import NamedTuple

MESSAGE_LIMIT = 2_000
MODULE_NAME = "submission"
_MAGIC = re.compile(r"^\s*(%|!|\?)|^\s*[\w, ]+=\s*(!|%)|^\s*[\w.]+\?{1,2}\s*$")
_CODE_CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")


class Cell(NamedTuple):
    """A code cell and its name in tracebacks: `cell 3`, or the file's name for all cells of a `.py`.

    Cells of a `.py` are padded with empty lines, so that their line numbers are those of the file.
    """

    name: str
    source: str
    definitions_only: bool = False
    """Run only imports, definitions and simple assignments."""


class Trouble(NamedTuple):
    """An exception of the student's code, and the innermost line of that code in its traceback."""

    kind: str
    message: str
    where: str
    code: str


class Submission:
    """The student's module, with what the cells have defined so far."""

    def __init__(self) -> None:
        self.module = types.ModuleType(MODULE_NAME)
        self._cells: dict[str, str] = {}
        # Classes look themselves up by `__module__`; so do `inspect` and Keras' serialisation.
        sys.modules[MODULE_NAME] = self.module

    def run(self, cell: Cell) -> Trouble | None:
        """Run one cell. If a statement raises, its earlier effects are kept, and only later definitions are run."""
        source = cell.source
        self._cells[cell.name] = _overlaid(self._cells.get(cell.name, ""), source)
        try:
            try:
                tree = ast.parse(source, cell.name)
            except SyntaxError:
                source = without_magics(source)
                tree = ast.parse(source, cell.name)
            if cell.definitions_only:
                tree.body = [statement for statement in tree.body if _defines(statement)]
            _show_in_tracebacks(cell.name, self._cells[cell.name])
        except BaseException as problem:  # noqa: BLE001 - a recursion error of the parser is also the student's error
            return self.trouble(problem)
        first: Trouble | None = None
        while tree.body:
            try:
                exec(compile(tree, cell.name, "exec"), self.module.__dict__)
                break
            except BaseException as problem:  # noqa: BLE001 - `sys.exit()` in a cell is also the student's error
                first = first or self.trouble(problem)
                raised = _line_of_the_cell(problem, cell.name)
                tree.body = [each for each in tree.body if each.lineno > raised and _defines(each)]
        return first

    def owns(self, file: str) -> bool:
        """Whether this is the name of one of the student's cells."""
        return file in self._cells

    def here(self) -> tuple[str, str]:
        """The student's line that is running, and its text; empty if no student code is on the stack."""
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - a traceback without an exception
        while frame:
            name = frame.f_code.co_filename
            if name in self._cells:
                return f"{name}, line {frame.f_lineno}", linecache.getline(name, frame.f_lineno).strip()[:300]
            frame = frame.f_back
        return "", ""

    def trouble(self, problem: BaseException) -> Trouble:
        """An exception as reported to the student, without any of the grader's own lines."""
        where, code = "", ""
        if isinstance(problem, SyntaxError) and problem.filename in self._cells:
            where, code = f"{problem.filename}, line {problem.lineno}", (problem.text or "").strip()
        else:
            for frame in traceback.extract_tb(problem.__traceback__):
                if frame.filename in self._cells:
                    where, code = f"{frame.filename}, line {frame.lineno}", (frame.line or "").strip()
        return Trouble(type(problem).__name__[:100], _text(problem), where, code[:300])


def without_magics(source: str) -> str:
    """The cell without IPython magics and shell escapes; line numbers are kept."""
    lines = source.split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("%%") and not first.startswith(_CODE_CELL_MAGICS):
        return ""
    return "\n".join("" if _MAGIC.match(line) else line for line in lines)


def _overlaid(before: str, source: str) -> str:
    """The lines of `source`, with empty ones replaced by those of earlier cells."""
    old, new = before.split("\n"), source.split("\n")
    new += [""] * (len(old) - len(new))
    return "\n".join(line or (old[number] if number < len(old) else "") for number, line in enumerate(new))


def _line_of_the_cell(problem: BaseException, name: str) -> int:
    """The line of the cell itself at which the exception occurred, even if a called function raised it."""
    for frame, line in traceback.walk_tb(problem.__traceback__):
        if frame.f_code.co_filename == name and frame.f_code.co_name == "<module>":
            return line
    return sys.maxsize


def _defines(statement: ast.stmt) -> bool:
    """Whether a statement is a function, a class, an import, or an assignment without calls and loops."""
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
        return not any(isinstance(node, _COMPUTES) for node in ast.walk(statement.value))
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom)


_COMPUTES = (ast.Call, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Await, ast.Yield, ast.YieldFrom)


def _show_in_tracebacks(name: str, source: str) -> None:
    # A modification time of None keeps `linecache.checkcache` from dropping entries without a file. AutoGraph reads
    # them too.
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)


def _text(problem: BaseException) -> str:
    if isinstance(problem, SyntaxError):
        return problem.msg or "invalid syntax"
    try:
        return str(problem)[:MESSAGE_LIMIT]
    except BaseException:  # noqa: BLE001 - a student's `__str__` may raise whatever it likes
        return ""
