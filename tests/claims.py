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

Made by `python -m tests.claims` from the checks (`Forge:`, `So:`, `Closed by:`
in their docstrings); a test holds that every check has a claim.

For every check: what would a worker have to do to pass it without doing the work? A worker is wholly the student's;
it may answer whatever it likes. *Compute it* means that the grader has drawn the question for this grading and knows
the answer by its own arithmetic: to answer right is to do the work. *Form* means that the check is about a shape, a
count or a name, and whoever has that form has it.

Four ways are open to a forger everywhere and lead nowhere:

- a table of the visible examples: each part has hidden checks that draw other ones;
- `parameters()` that names what the model does not use: checks with known weights and gradients find that nothing
  depends on them;
- listening: what the grader has the student's own model compute, the worker hears. So a check asks its question first
  and works the answer out afterwards;
- bringing along, beside the parameters, what should have been learned: data, weights, copies of images. The question
  is drawn anew where it can be (an order of the labels, densities, a language), and a new model gets the trained
  parameters, or the trained one those that it had when it was new.

Attacks on each stand in the [corpus](attacks.md).
"""


def page() -> str:
    """The page, Markdown."""
    exercises = [catalogue.load(name) for name in catalogue.names()]
    lines = [INTRODUCTION]
    for exercise in exercises:
        lines += [f"## {exercise.name}", "", "| check | to pass it without the work | so |", "|---|---|---|"]
        lines += [f"| `{id}` | {_cell(claim.forge)} | {_cell(claim.so)} |" for id, claim in _claims(exercise)]
        lines.append("")
    lines += [
        '## Where the answer is still "lie about it"',
        "",
        "| checks | the lie | what would end it |",
        "|---|---|---|",
    ]
    lines += list(_open(exercises))
    return "\n".join(lines) + "\n"


def without_a_claim(exercise: Exercise) -> list[str]:
    """Ids of the checks that do not say what a forger would have to do."""
    return [check.id for check in exercise.checks if check.claim is None]


def _claims(exercise: Exercise) -> Iterator[tuple[str, Claim]]:
    yield from ((check.id, check.claim) for check in exercise.checks if check.claim)


def _open(exercises: list[Exercise]) -> Iterator[str]:
    """Checks of one lie and one remedy in one row; those of all exercises once."""
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
