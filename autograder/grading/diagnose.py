"""From an exception of the student's code, or a limit it passed, to the five sentences."""

from __future__ import annotations

import re

from autograder.errors import CheckFailed, LimitExceeded, LimitName, StudentError

_KNOWN: tuple[tuple[str, str], ...] = (
    (r"^NotImplementedError", "The stub is still there: write this function."),
    (r"^MemoryError|[Uu]nable to allocate|can't allocate memory|OOM when allocating",
     "An array far larger than the exercise needs."),
    (r"^RecursionError", "A function that calls itself without an end."),
    (r"^SystemExit|^KeyboardInterrupt", "Take `exit()`, `quit()` or `sys.exit()` out: a function returns."),
    (r"does not require grad",
     "The graph is cut: no `.detach()`, `.item()`, `.numpy()` or `no_grad()` between parameters and loss."),
    (r"backward through the graph a second time",
     "A tensor of an earlier step is still tied to its graph: detach what is carried over."),
    (r"modified by an inplace operation", "A tensor that the backward pass needs is changed in place."),
    (r"Can't call numpy\(\) on Tensor that requires grad", "Call `.detach()` before `.numpy()`."),
    (r"expected (scalar type|m1 and m2|mat1 and mat2).*(Double|Long|Float)|must have the same dtype|dtype.*(Double|Long)",
     "Two dtypes meet: inputs come as float32 (float64 in gradient checks), integers as int64."),
    (r"mat1 and mat2 shapes cannot be multiplied|Matrix size-incompatible|shapes .* not aligned",
     "Two shapes do not fit: compare each with the contract in the text."),
    (r"positional argument|unexpected keyword argument",
     "The signature differs from the stub's: keep names and order of the parameters."),
    (r"^TypeError: .*NoneType|'NoneType' object",
     "Something is None: a function without `return`, or a gradient that never arrived."),
    (r"^(NameError|UnboundLocalError)", "A name that is not defined when the file is run from the top, cell by cell."),
    (r"^ModuleNotFoundError|^ImportError",
     "Only NumPy, SciPy, SymPy, Matplotlib, your framework and `shared` may be imported."),
    (r"^(SyntaxError|IndentationError|TabError)", "Python cannot read this cell."),
    (r"numpy\.ndarray' object has no attribute|must be Tensor, not numpy",
     "Inputs come as NumPy arrays: make them tensors first."),
)  # fmt: skip

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WRAPPED = re.compile(r"(Exception encountered when calling [^\n]*)\n\s*\x1b\[1m(.*?)(?:\x1b\[0m|$)", re.DOTALL)


def raised(problem: StudentError, title: str) -> CheckFailed:
    """An exception of the student's code."""
    tried = f"your code, to see: {title}"
    if problem.kind == "NotThere":
        return CheckFailed(
            tried,
            f"nothing called `{problem.message}`",
            f"`{problem.message}`, under the name that the stub gives it",
            problem.likely or "It was renamed or deleted, or the cell that defines it raised an error.",
        )
    said = f"{problem.kind}: {first_line(problem.message)}" if problem.message else problem.kind
    where = f" in {problem.place.where}: `{problem.place.code}`" if problem.place else ""
    place = problem.place.where if problem.place else ""
    return CheckFailed(tried, said + where, "an answer", problem.likely or likely_cause(problem), place=place)


def past_limit(problem: LimitExceeded, title: str) -> CheckFailed:
    """A limit, a crash, or a malformed answer."""
    limit, likely = _limit(problem.limit)
    saw = f"it ran past the {limit}: {problem.used}" if limit else problem.used
    allowed = f"an answer within the limit: {problem.allowed}" if limit else "an answer"
    return CheckFailed(f"your code, to see: {title}", saw, allowed, likely)


def _limit(name: LimitName) -> tuple[str, str]:
    """What the limit is called, empty where there is none to run past, and the usual cause."""
    match name:
        case "time":
            return "time limit", "A loop that does not end, or work that grows with the square of the input."
        case "memory":
            return (
                "memory limit",
                "An array far larger than the exercise needs, or a list of tensors that keep their graphs.",
            )
        case "GPU memory":
            return (
                "limit on GPU memory",
                "A batch far too large for a GPU, or a list of tensors that keep their graphs.",
            )
        case "output":
            return "output limit", "A `print` inside a loop: take it out."
        case "processes":
            return "limit on processes", "Processes started inside a loop: nothing here needs any."
        case "files":
            return "limit on files", "Files written inside a loop: nothing here needs any."
        case "process":
            return "", "A crash of native code, or `os._exit`: a function returns."
        case "wire":
            return (
                "",
                "Something wrote into the grader's channel: a function returns its answer and prints what it likes.",
            )


def likely_cause(problem: StudentError) -> str:
    """The usual cause of a well-known exception; empty where none is known."""
    said = f"{problem.kind}: {problem.message}"
    return next((sentence for pattern, sentence in _KNOWN if re.search(pattern, said, re.DOTALL)), "")


def first_line(message: str) -> str:
    """What an exception says, in one line; of one that Keras wraps in the layer that it was raised in, the reason too."""
    wrapped = _WRAPPED.match(message)
    if wrapped:
        layer, reason = wrapped.groups()
        # Where a layer was only to say what shape it gives, Keras puts sentences of its own first.
        reason = re.sub(r"\{\{function_node .*?\}\}", "", reason.rpartition("Error encountered:")[2])
        message = " ".join([layer, *reason.split()])
    line = next((line.strip() for line in _COLOUR.sub("", message).splitlines() if line.strip()), "")
    return line if len(line) <= 240 else f"{line[:237]}…"
