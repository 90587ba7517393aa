"""`python -m tests.causes` writes each exercise's `causes.yml` and `docs/causes.md` from its known mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from autograder.authoring.catalogue import Mistake
from autograder.authoring.causes import CAUSES_FILE, Cause, with_the_same_cause
from autograder.results.files import write_whole
from tests import catalogue
from tests.catalogue import ROOT

PAGE = ROOT / "docs" / "causes.md"
HEAD = "# Made by `python -m tests.causes` from mistakes.yml. Check → other checks that fail with what it names.\n"
INTRODUCTION = """\
# Failures with one cause

This page is made by `python -m tests.causes`.

One mistake often makes several checks fail, and only one of them asks about it. A network without a nonlinearity fails
`model.nonlinear`, which says so, and `training.corners`, which sees only that nothing was learned. Therefore the grader
compares the checks that failed with those that fail with each known mistake. The check that names a mistake is the
cause, and the others say "Probably the same cause as `model.nonlinear`" before they say what else it may be.

- The known mistake that explains most of the failures is taken first, then the one that explains most of the rest. A
  check that the mistake should have failed, and that passed, counts half against it.
- A failure that no known mistake explains together with another keeps its own cause, and so does a failure alone.
- Points do not change.

The table says for how many known mistakes the check that names the mistake is taken as the cause. A mistake that fails
one check alone has no rival and is not counted as shared. For every mistake in both frameworks, tests require that the
check that names it says the right thing, and that no exact check fails that is not listed for it.
"""


def causes(mistakes: Iterable[Mistake]) -> list[Cause]:
    """The causes of several failures among an exercise's known mistakes, the most frequent first."""
    # A mistake that both frameworks have is one mistake.
    known = {(each.title, Cause(each.fails, each.also_fails)): None for each in mistakes if each.also_fails}
    return [cause for cause, _ in Counter(cause for _, cause in known).most_common()]


def content(known: Sequence[Cause]) -> str:
    """The content of `causes.yml`, one line for each cause."""
    return HEAD + "".join(f"- {{{cause.check}: [{', '.join(sorted(cause.explains))}]}}\n" for cause in known)


def blamed(mistake: Mistake, known: Sequence[Cause]) -> str:
    """The check that is taken as the cause of the check that names the mistake, if all fail that may fail with it."""
    failed = dict.fromkeys([mistake.fails, *mistake.also_fails], True)
    return with_the_same_cause(known, failed).get(mistake.fails, mistake.fails)


def page() -> str:
    """The page in Markdown."""
    lines = [
        INTRODUCTION,
        "| exercise | mistakes | several checks fail | cause is right | share |",
        "|---|---|---|---|---|",
    ]
    wrong: list[tuple[Mistake, str]] = []
    counts: list[tuple[int, int, int]] = []
    for name in catalogue.names():
        mistakes = catalogue.mistakes(name)
        known = causes(mistakes)
        others = [(each, other) for each in mistakes if (other := blamed(each, known)) != each.fails]
        counts.append((len(mistakes), sum(bool(each.also_fails) for each in mistakes), len(mistakes) - len(others)))
        lines.append(_row(f"`{name}`", *counts[-1]))
        wrong += others
    lines += [
        _row("all", *(sum(column) for column in zip(*counts, strict=True))),
        "",
        "A mistake counts once for each framework.",
        "",
        "## Where another check is taken as the cause",
        "",
        "| exercise | framework | mistake | named by | taken as the cause |",
        "|---|---|---|---|---|",
        *(f"| {m.exercise} | {m.framework} | {m.title} | `{m.fails}` | `{other}` |" for m, other in wrong),
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, mistakes: int, several: int, right: int) -> str:
    return f"| {name} | {mistakes} | {several} | {right} | {right / mistakes:.1%} |"


def main() -> None:
    for name in catalogue.names():
        path = ROOT / "assignments" / name / CAUSES_FILE
        if known := causes(catalogue.mistakes(name)):
            write_whole(path, content(known).encode())
            path.chmod(0o644)
        else:
            path.unlink(missing_ok=True)
    write_whole(PAGE, page().encode())
    PAGE.chmod(0o644)


if __name__ == "__main__":
    main()
