"""`python -m tests.claims` writes `docs/claims.md` from the claims in the checks' docstrings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from autograder.authoring.exercise import Claim, Exercise
from autograder.results.files import write_whole
from tests import catalogue
from tests.catalogue import ROOT

PAGE = ROOT / "docs" / "claims.md"
LIE = "lie about it: "
INTRODUCTION = """\
# Claims are never evidence

This page is made by `python -m tests.claims` from the checks (`Forge:`, `So:`, `Closed by:` in their docstrings). A
test requires that every check has a claim.

For each check the page answers one question: what would a worker have to do to pass it without doing the work? A worker
belongs entirely to the student and may answer anything.

- *Compute it* means that the grader has drawn the question for this grading and computes the answer itself. To answer
  correctly is to do the work.
- *Form* means that the check tests a shape, a count or a name, and any program of that form passes.

A forger has four methods for every check, and each is countered:

- A table of the visible examples. Each part has hidden checks that draw other examples.
- `parameters()` that names parameters which the model does not use. Checks with known weights and gradients detect that
  nothing depends on them.
- Listening. The worker hears what the grader has the student's own model compute. Therefore a check asks its question
  first and computes the answer afterwards.
- Carrying along, beside the parameters, what should have been learned: data, weights, copies of images. The question
  is drawn anew if possible (an order of the labels, densities, a language). A new model receives the trained
  parameters, or the trained model receives those that it had when it was new.

The [corpus](attacks.md) contains attacks on each.
"""


def page() -> str:
    """The page in Markdown."""
    exercises = [catalogue.load(name) for name in catalogue.names()]
    lines = [INTRODUCTION]
    for exercise in exercises:
        lines += [f"## {exercise.name}", "", "| check | what a forger needs | consequence |", "|---|---|---|"]
        lines += [f"| `{id}` | {_cell(claim.forge)} | {_cell(claim.so)} |" for id, claim in _claims(exercise)]
        lines.append("")
    lines += [
        '## Checks whose answer is still "lie about it"',
        "",
        "| checks | the lie | what would prevent it |",
        "|---|---|---|",
    ]
    lines += list(_open(exercises))
    return "\n".join(lines) + "\n"


def without_a_claim(exercise: Exercise) -> list[str]:
    """Ids of the checks that do not state what a forger would have to do."""
    return [check.id for check in exercise.checks if check.claim is None]


def _claims(exercise: Exercise) -> Iterator[tuple[str, Claim]]:
    yield from ((check.id, check.claim) for check in exercise.checks if check.claim)


def _open(exercises: list[Exercise]) -> Iterator[str]:
    """One row for all checks with the same lie and the same remedy; checks of all exercises are listed once."""
    rows: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for exercise in exercises:
        for id, claim in _claims(exercise):
            if claim.closed_by:
                rows[claim.so.partition(LIE)[2] or claim.so, claim.closed_by][exercise.name].append(id)
    for (so, closed_by), ids in rows.items():
        everywhere = len(ids) == len(exercises)
        named = {"": sorted({id for those in ids.values() for id in those})} if everywhere else ids
        who = "; ".join(
            f"{f'`{name}` ' if name else ''}{', '.join(f'`{id}`' for id in those)}" for name, those in named.items()
        )
        yield f"| {who}{' of every exercise' if everywhere else ''} | {_cell(so)} | {_cell(closed_by)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("D*", "D\\*")


if __name__ == "__main__":
    write_whole(PAGE, page().encode())
    PAGE.chmod(0o644)
