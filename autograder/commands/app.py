"""Commands, progress and exit codes.

Exit codes: 0 done; 1 `check` found something wrong, or `release --check` a difference; 2 wrong usage or a wrong
`grading.yml`; 3 some submission could not be graded through no fault of its student.
"""

from __future__ import annotations

import errno
import os
import sys

import typer
from rich.text import Text

from autograder.commands import check, data, doctor, grade, gradescope, nbgrader, new, otter, release
from autograder.commands.options import INTERRUPTED, UNGRADED, USAGE, err
from autograder.errors import GraderError, UsageError
from autograder.reports import safe_text
from shared.data import FetchError

DEBUG = "AUTOGRADER_DEBUG"
_REMEDIES = {
    errno.ENOSPC: "Make room",
    errno.EACCES: "Allow it, or name another place",
    errno.EMFILE: "Allow more open files (ulimit -n)",
    errno.ENOMEM: "Grade fewer at a time (--jobs)",
}
"""By what the system says; for all else, another place."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Grade deep-learning exercises in PyTorch and Keras 3, never in one process with the code that is graded.",
    epilog="Exit codes: 0 done · 1 check found something wrong · 2 wrong usage or grading.yml · 3 something could not be graded",
)

# Help lists the commands in this order.
for command in (check.check, grade.grade, release.release, data.data, doctor.doctor, new.new):
    app.command()(command)
app.add_typer(nbgrader.app, name="nbgrader")
for command in (gradescope.gradescope, otter.otter):
    app.command()(command)


def main() -> None:
    """The program: whatever happens, the user reads a sentence and never a traceback of ours."""
    code = 0
    try:
        # Without standalone mode Typer returns the code of an Exit, and makes one of Ctrl-C.
        code = app(standalone_mode=False) or 0
        if code == INTERRUPTED:
            raise KeyboardInterrupt
    except typer.Abort:
        code = INTERRUPTED
    except UsageError as problem:
        for sentence in problem.problems:
            err.print(Text(safe_text.inert(sentence), style="red"), soft_wrap=True)
        code = USAGE
    except (GraderError, FetchError) as problem:
        err.print(Text(f"Not graded: {safe_text.inert(str(problem))}", style="red"), soft_wrap=True)
        code = UNGRADED
    except KeyboardInterrupt:
        err.print("Stopped. What was graded is kept; the same command goes on from there.")
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader closed the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as problem:
        err.print(Text(safe_text.inert(_refusal(problem)), style="red"), soft_wrap=True)
        code = UNGRADED
    except Exception as problem:
        if isinstance(code_of := getattr(problem, "exit_code", None), int) and hasattr(problem, "show"):
            # A usage error of the command line itself, which Click words well.
            problem.show()  # type: ignore[attr-defined]
            code = code_of
        elif os.environ.get(DEBUG):
            raise
        else:
            said = f"This is a bug of the grader: {type(problem).__name__}: {problem}. {DEBUG}=1 shows where."
            err.print(Text(safe_text.inert(said), style="red"), soft_wrap=True)
            code = UNGRADED
    sys.exit(code)


def _refusal(problem: OSError) -> str:
    """Which file the system refused, why, and what to do."""
    place = problem.filename2 or problem.filename
    said = f"{f'{place}: ' if place else ''}{problem.strerror or problem}"
    remedy = _REMEDIES.get(problem.errno or 0, "Name another place")
    return f"{said}. {remedy}; what was graded before is kept, and the same command goes on from there."


if __name__ == "__main__":
    main()
