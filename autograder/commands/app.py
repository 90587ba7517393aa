"""Commands, progress and exit codes.

Exit codes: 0 success; 1 `check` found a failure, or `release --check` a difference; 2 a usage error or an invalid
`grading.yml`; 3 a submission could not be graded, through no fault of the student; 130, 143 or 129 interrupted by Ctrl-C,
SIGTERM or a closed terminal.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from contextlib import suppress

import typer
from rich.text import Text

from autograder.commands.interruption import SENTENCE, Interruption
from autograder.commands.lazy import Commands
from autograder.commands.options import INTERRUPTED, UNGRADED, USAGE, err
from autograder.errors import GraderError, UsageError
from autograder.reports import safe_text
from shared.data import FetchError

DEBUG = "AUTOGRADER_DEBUG"
_REMEDIES = {
    errno.ENOSPC: "Free some disk space",
    errno.EACCES: "Grant access, or use another location",
    errno.EMFILE: "Allow more open files (ulimit -n)",
    errno.ENOMEM: "Grade fewer submissions at a time (--jobs)",
}
"""Remedies by error number; for all others, another location."""

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Grade deep-learning exercises in PyTorch and Keras 3. Student code never runs in the grader's process.",
    epilog="Exit codes: 0 success · 1 check failed · 2 usage or grading.yml error · 3 a submission could not be graded · "
    "130 interrupted (143 by SIGTERM)",
)


@app.callback()
def program() -> None:
    """Stand for the program without a command: Typer makes a group of it."""


def main(interruption: Interruption | None = None) -> None:
    """Run the command line. Every error is reported to the user as a sentence, never as a traceback.

    `interruption`: if the process listens to signals already.
    """
    interruption = interruption or Interruption()
    # A class is a million small objects without cycles: the collector would look at all of them again and again.
    gc.set_threshold(100_000, 20)
    code = 0
    try:
        interruption.begin()
        # Without standalone mode Typer returns the exit code, also for Ctrl-C.
        code = app(standalone_mode=False) or 0
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        # A command that returns after Ctrl-C has taken it for its ordinary end, as `check --watch` does.
        interruption.settled()
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
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader closed the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as problem:
        err.print(Text(safe_text.inert(_refusal(problem)), style="red"), soft_wrap=True)
        code = UNGRADED
    except Exception as problem:
        if isinstance(code_of := getattr(problem, "exit_code", None), int) and hasattr(problem, "show"):
            # A usage error that Click reports itself.
            problem.show()  # type: ignore[attr-defined]
            code = code_of
        elif os.environ.get(DEBUG):
            raise
        else:
            message = (
                f"This is a bug in the grader: {type(problem).__name__}: {problem}. Set {DEBUG}=1 to see the traceback."
            )
            err.print(Text(safe_text.inert(message), style="red"), soft_wrap=True)
            code = UNGRADED
    if interruption.code or code == INTERRUPTED:
        with suppress(OSError):
            err.print(SENTENCE)
    interruption.end(code)


def _refusal(problem: OSError) -> str:
    """The file that could not be accessed, the reason and the remedy."""
    place = problem.filename2 or problem.filename
    message = f"{f'{place}: ' if place else ''}{problem.strerror or problem}"
    remedy = _REMEDIES.get(problem.errno or 0, "Use another location")
    return f"{message}. {remedy}; finished results are kept, and the same command continues from there."
