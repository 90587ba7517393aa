"""Turn an exception of the student's code, or an exceeded limit, into the five sentences of a failure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from autograder.course import definitions
from autograder.course.submission import Code
from autograder.errors import CheckFailed, LimitExceeded, LimitName, Place, StudentError

_WRONG_CALL = r"positional argument|(unexpected|invalid) keyword argument|invalid combination of arguments"
_KNOWN: tuple[tuple[str, str], ...] = (
    (r"^NotImplementedError", "The stub is still there: write this function."),
    (r"^MemoryError|[Uu]nable to allocate|can't allocate memory|OOM when allocating",
     "An array far larger than the exercise needs."),
    (r"^RecursionError", "A function calls itself endlessly."),
    (r"^SystemExit|^KeyboardInterrupt", "Remove `exit()`, `quit()` or `sys.exit()`: a function must return."),
    (r"does not require grad",
     "The graph is cut: do not use `.detach()`, `.item()`, `.numpy()` or `no_grad()` between parameters and loss."),
    (r"backward through the graph a second time",
     "A tensor from an earlier step is still attached to its graph: detach what is carried over."),
    (r"modified by an inplace operation", "A tensor that the backward pass needs is changed in place."),
    (r"leaf Variable that requires grad is being used in an in-place operation",
     "A parameter is changed as part of the graph: change it inside `torch.no_grad()`."),
    (r"Can't call numpy\(\) on Tensor that requires grad", "Call `.detach()` before `.numpy()`."),
    (r"expected (scalar type|m1 and m2|mat1 and mat2).*(Double|Long|Float)"
     r"|must have the same dtype|dtype.*(Double|Long)",
     "Two dtypes do not match: inputs are float32 (float64 in gradient checks), integers are int64."),
    (r"elements of input should be between 0 and 1|Assertion `input_val >= zero",
     "`binary_cross_entropy` takes probabilities: end with a sigmoid, or use the loss with logits."),
    (r"probability tensor contains either|[Pp]robabilities (do not sum to 1|are not non-negative|contain NaN)",
     "What you draw from are no probabilities: take the softmax before."),
    (r"Expected (hidden|cell)(\[\d\])? size",
     "The state of a recurrent layer has the shape (layers, batch, units); this one belongs to another batch or axis."),
    (r"Dimension out of range|axis -?\d+ is out of bounds|[Ii]nvalid reduction dimension"
     r"|[Ee]xpected dimension in the range|must be in the range \[-\d+, \d+\) where",
     "There is no such axis: the array has fewer axes than the code expects. Print its shape."),
    (r"index out of range in self|indices\[.*\] = -?\d+ is not in \[0",
     "An index lies beyond the rows of an embedding. An `argmax` without an axis counts through the whole array."),
    (r"mat1 and mat2 shapes cannot be multiplied|Matrix size-incompatible|shapes .* not aligned"
     r"|[Ss]izes? of tensors? .*must match|expanded size of the tensor .*must match|[Ii]ncompatible shapes"
     r"|[Dd]imensions? .*(must be equal|should match|must match)|required broadcastable shapes"
     r"|could not be broadcast together|matmul: Input operand 1 has a mismatch",
     "Two shapes do not match: print both. Is an axis missing, or does an operation run over the wrong axis?"),
    (_WRONG_CALL, "The signature differs from the stub's: keep the names and order of the parameters."),
    (r"'int' object is not callable",
     "A NumPy array where a loss or another function expects a tensor, whose `size` is a method: convert it. Or "
     "parentheses follow a number."),
    (r"^TypeError: .*NoneType|'NoneType' object",
     "Something is None: a function without `return`, or a gradient that never arrived."),
    (r"^(NameError|UnboundLocalError)", "The name is not defined when the file is run from the top, cell by cell."),
    (r"^ModuleNotFoundError|^ImportError",
     "Only NumPy, SciPy, SymPy, Matplotlib, your framework and `shared` may be imported."),
    (r"^(SyntaxError|IndentationError|TabError)", "Python cannot read this cell."),
    (r"'tuple' object has no attribute",
     "There are several results in a tuple: take the one that is meant, as in `outputs, state = layer(x)`."),
    (r"numpy\.ndarray' object has no attribute|must be Tensor, not numpy",
     "Inputs are NumPy arrays: convert them to tensors first."),
)  # fmt: skip

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WRAPPED = re.compile(r"(Exception encountered when calling [^\n]*)\n\s*\x1b\[1m(.*?)(?:\x1b\[0m|$)", re.DOTALL)
_TRACED = re.compile(r"in user code:\n(.*)\n\n    (\w[^\n]*)", re.DOTALL)
"""What TensorFlow makes of an exception in a traced function: lines of code, then the exception itself."""
_TRACED_LINE = re.compile(r'File "([^"]+)", line (\d+), in [^\n]*\n +([^\n]*)')
_UNDEFINED = re.compile(r"name '(\w+)' is not defined")
_MOST_CAUSES, _LARGEST_CAUSE = 50, 20_000
"""Cells that raised that may be the reason for a missing name, and characters of a cell that is parsed for this."""


class Raised(NamedTuple):
    """An exception that a cell raised while the file was loaded, and the student's line that raised it."""

    cell: str
    kind: str
    message: str
    where: str
    code: str

    def said(self) -> str:
        """Cell, line, exception and code in one phrase."""
        summary = first_line(self.message)
        line = f", at `{self.code}`" if self.code else ""
        return f"{self.where or self.cell} raised {self.kind}{': ' if summary else ''}{summary}{line}"


def raised(
    problem: StudentError,
    title: str,
    on_loading: Sequence[Raised] = (),
    cells: Sequence[Code] = (),
    notes: Sequence[str] = (),
) -> CheckFailed:
    """The failure for an exception of the student's code.

    `on_loading`: what the file's cells raised while it was loaded. If a name is missing for that reason, the reason
    comes first. `notes`: these, and the cells that were not run, in sentences.
    """
    tried = f"your code, to check: {title}"
    problem = _untraced(problem, cells)
    if cause := _behind(problem, on_loading, cells):
        return CheckFailed(
            tried,
            f"{cause.said()}; so {_consequence(problem)}",
            "a file that runs from its first cell to its last",
            _usual_cause(cause.kind, cause.message) or "What this cell defines after that line is missing.",
            place=cause.where,
        )
    if problem.kind == "NotThere":
        likely = "It was renamed or deleted, or the cell that defines it raised an error."
        if notes:
            likely = f"{notes[0]} What that cell computes after this line is missing."
        return CheckFailed(
            tried,
            f"nothing called `{problem.message}`",
            f"`{problem.message}`, with the name that it has in the stub",
            problem.likely or likely,
        )
    description = f"{problem.kind}: {first_line(problem.message)}" if problem.message else problem.kind
    where = f" in {problem.place.where}: `{problem.place.code}`" if problem.place else ""
    place = problem.place.where if problem.place else ""
    return CheckFailed(tried, description + where, "a result", problem.likely or likely_cause(problem), place=place)


def _untraced(problem: StudentError, cells: Sequence[Code]) -> StudentError:
    """The exception of a function that TensorFlow traced, as it would be without tracing: its own text and place."""
    if not (traced := _TRACED.match(problem.message)):
        return problem
    lines, reason = traced.groups()
    kind, _, message = reason.partition(": ")
    names = {name for name, _ in cells}
    own = [Place(f"{name}, line {number}", code) for name, number, code in _TRACED_LINE.findall(lines) if name in names]
    return StudentError(kind, message, own[-1] if own else problem.place, problem.likely)


def _consequence(problem: StudentError) -> str:
    if problem.kind == "NotThere":
        return f"there is no `{problem.message}`"
    where = f" in {problem.place.where}: `{problem.place.code}`" if problem.place else ""
    return f"{first_line(problem.message)}{where}"


def _behind(problem: StudentError, on_loading: Sequence[Raised], cells: Sequence[Code]) -> Raised | None:
    """The exception on loading because of which a name is missing; `None` if none of them is the reason."""
    if problem.kind == "NotThere":
        missing = problem.message.partition(".")[0]
    elif problem.kind == "NameError" and (undefined := _UNDEFINED.search(problem.message)):
        missing = undefined[1]
    else:
        return None
    cause: Raised | None = None
    # A cell may raise because of a name that an earlier cell was to define: the first reason is the one to mend.
    for each in reversed(on_loading[:_MOST_CAUSES]):
        if not _was_to_define(each, missing, cells):
            continue
        cause = each
        if not (each.kind == "NameError" and (undefined := _UNDEFINED.search(each.message))):
            break
        missing = undefined[1]
    return cause


def _was_to_define(raised: Raised, name: str, cells: Sequence[Code]) -> bool:
    """Whether the statement that raised would have defined the name; of a cell that is not Python, any of its lines."""
    line = int(number[1]) if (number := re.search(r"line (\d+)$", raised.where)) else 0
    for cell, source in cells:
        # All cells of a `.py` file have its name: empty lines stand in for the cells above.
        if cell != raised.cell or name not in source or not _above(source) < line <= source.count("\n") + 1:
            continue
        statements = definitions.parsed(source) if len(source) <= _LARGEST_CAUSE else None
        if statements is None:
            if definitions.looks_defined(name, source):
                return True
            continue
        for statement in statements:
            if statement.lineno <= line <= (statement.end_lineno or 0) and name in definitions.names(statement):
                return True
    return False


def _above(source: str) -> int:
    """The number of empty lines at its start."""
    return len(source) - len(source.lstrip("\n"))


def past_limit(problem: LimitExceeded, title: str) -> CheckFailed:
    """The failure for an exceeded limit, a crash, or a malformed response."""
    limit, likely = _limit(problem.limit)
    saw = f"it exceeded the {limit}: {problem.used}" if limit else problem.used
    allowed = f"a result within the limit: {problem.allowed}" if limit else "a result"
    return CheckFailed(f"your code, to check: {title}", saw, allowed, likely)


def _limit(name: LimitName) -> tuple[str, str]:
    """The name of the limit, empty if none was exceeded, and the usual cause."""
    match name:
        case "time":
            return "time limit", "An endless loop, or work that grows with the square of the input size."
        case "memory":
            return (
                "memory limit",
                "An array far larger than the exercise needs, or a list of tensors that keep their graphs.",
            )
        case "GPU memory":
            return (
                "GPU memory limit",
                "A batch far too large for a GPU, or a list of tensors that keep their graphs.",
            )
        case "output":
            return "output limit", "A `print` inside a loop: remove it."
        case "processes":
            return "process limit", "Processes started inside a loop: this exercise needs none."
        case "files":
            return "file limit", "Files written inside a loop: this exercise needs none."
        case "process":
            return "", "A crash in native code, or `os._exit`: a function must return."
        case "wire":
            return (
                "",
                "The code wrote into the grader's channel. Return results from functions; `print` is fine.",
            )


def likely_cause(problem: StudentError) -> str:
    """The usual cause of a well-known exception; empty for other exceptions."""
    if problem.place and re.search(_WRONG_CALL, problem.message):
        return (
            "This call lacks an argument, such as an axis (`dim`, `axis`), or has one that the function does not take."
        )
    return _usual_cause(problem.kind, problem.message)


def _usual_cause(kind: str, message: str) -> str:
    description = f"{kind}: {message}"
    return next((sentence for pattern, sentence in _KNOWN if re.search(pattern, description, re.DOTALL)), "")


def first_line(message: str) -> str:
    """An exception's message in one line; if Keras wrapped it with the layer's name, including the original reason."""
    wrapped = _WRAPPED.match(message)
    if wrapped:
        layer, reason = wrapped.groups()
        # For shape inference of a layer, Keras puts sentences of its own first.
        reason = re.sub(r"\{\{function_node .*?\}\}", "", reason.rpartition("Error encountered:")[2])
        message = " ".join([layer, *reason.split()])
    line = next((line.strip() for line in _COLOUR.sub("", message).splitlines() if line.strip()), "")
    return line if len(line) <= 240 else f"{line[:237]}…"
