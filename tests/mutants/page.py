"""The page `docs/mutants.md`: what was run, what was found, which survivors the text allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.results.files import write_whole
from autograder.worker.names import FrameworkName
from tests import catalogue, outcomes
from tests.catalogue import ROOT
from tests.mutants import allowed, grading, making
from tests.mutants.grading import Outcome
from tests.mutants.making import REFERENCE, Mutant, Program
from tests.mutants.operators import OPERATORS

PAGE = ROOT / "docs" / "mutants.md"
INTRODUCTION = """\
# Mutants

This page is made by `make mutants`. A mutant is a right program with one small fault, which an operator made. The checks
must find the fault: the mutant is *killed* by the first check that fails. [The matrix](matrix/index.md) has faults that
people make; mutants are faults that nobody chose.

The first 24 operators are those of DeepCrime (Humbatova, Jahangirova and Tonella, 2021), and the others are general.
Only code that students write is changed. Exact checks that run the changed function come first, and full trainings
follow only if all of them pass. A mutant whose syntax tree is that of the original, or of another mutant, is left out.

A mutant that survives is either a right program, which the text allows, or a gap in the checks.
`tests/mutants/allowed.yml` gives the reason for each of the first kind. For some operators, the fault has a name
(for *HLR*, the learning rate): then the column *named* counts the killed mutants for which the failed check's likely
cause has a word for it.
"""
NO_PLACE = "These operators found no place: "


@dataclass(frozen=True)
class Graded:
    """A mutant, and its outcome if it was run."""

    mutant: Mutant
    outcome: Outcome | None

    @property
    def status(self) -> str:
        """That of the outcome; empty if the mutant was not run."""
        return self.outcome.status if self.outcome else ""


def write(known: Mapping[str, Outcome]) -> None:
    """Write the page for the programs of which mutants were run, and leave only their outcomes in the file."""
    begun = {each.id.rsplit("/", 2)[0] for each in known.values()}
    programs = [
        program
        for name in catalogue.names()
        for framework in catalogue.frameworks(name)
        for program in making.programs(name, framework)
    ]
    found = [
        Graded(mutant, known.get(grading.key(mutant)))
        for program in programs
        if str(program) in begun
        for mutant in making.mutants(program)
    ]
    outcomes.replace(grading.FILE, [each.outcome for each in found if each.outcome])
    write_whole(PAGE, page(found, [program for program in programs if str(program) not in begun]).encode())
    PAGE.chmod(0o644)


def page(found: Sequence[Graded], not_begun: Sequence[Program]) -> str:
    """The page in Markdown. `not_begun`: the programs of which no mutant was run."""
    right = {id: reason.because for reason in allowed.read() for id in reason.mutants}
    lines = [INTRODUCTION, "## What was run", ""]
    lines += [
        "| programs | mutants | run | killed by an exact check or a training | passed the exact checks, not yet trained "
        "| survived | of these, the text allows | a check raised an error |",
        "|---|---|---|---|---|---|---|---|",
        *_runs(found, right),
        "",
        *_not_run(not_begun),
        "## By operator",
        "",
        "| operator | fault | mutants | run | killed | named | survived | of these, the text allows |",
        "|---|---|---|---|---|---|---|---|",
        *_operators(found, right),
    ]
    without = [operator for operator in OPERATORS if not any(each.mutant.operator is operator for each in found)]
    if without:
        lines += ["", NO_PLACE + ", ".join(f"{operator.name} ({operator.title})" for operator in without) + "."]
    for name in dict.fromkeys(each.mutant.program.exercise for each in found):
        these = [each for each in found if each.mutant.program.exercise == name and each.outcome]
        if these:
            lines += [
                "",
                f"## {name}",
                "",
                "| operator | run | killed | named | survived | of these, the text allows |",
            ]
            lines += ["|---|---|---|---|---|---|", *_rows(these, right)]
            lines += _survivors(these, right)
    return "\n".join(lines) + "\n"


def _runs(found: Sequence[Graded], right: Mapping[str, str]) -> Iterator[str]:
    """A row for each exercise's reference in each framework, one for variants, and one for all."""
    references: dict[tuple[str, FrameworkName], list[Graded]] = {}
    for each in found:
        if each.mutant.program.name == REFERENCE:
            references.setdefault((each.mutant.program.exercise, each.mutant.program.framework), []).append(each)
    rows = {f"`{name}`, {framework}, reference": these for (name, framework), these in references.items()}
    if variants := [each for each in found if each.mutant.program.name != REFERENCE]:
        rows["variants"] = variants
    rows["all"] = list(found)
    for title, these in rows.items():
        counts = [_count(these, "killed"), _count(these, "open"), _count(these, "survived")]
        run = sum(each.outcome is not None for each in these)
        cells = [len(these), run, *counts, _count_right(these, right), _count(these, "error")]
        yield f"| {title} | {' | '.join(map(str, cells))} |"


def _not_run(programs: Sequence[Program]) -> Iterator[str]:
    references = [f"`{each.exercise}` in {each.framework}" for each in programs if each.name == REFERENCE]
    if programs:
        of_references = f", and of these references: {', '.join(references)}" if references else ""
        yield f"Not run: the mutants of {len(programs) - len(references)} variants{of_references}."
        yield ""


def _operators(found: Sequence[Graded], right: Mapping[str, str]) -> Iterator[str]:
    for operator in OPERATORS:
        these = [each for each in found if each.mutant.operator is operator]
        run = sum(each.outcome is not None for each in these)
        if these:
            yield (
                f"| {operator.name} | {operator.title} | {len(these)} | {run} | {_count(these, 'killed')} "
                f"| {_named(these)} | {_count(these, 'survived')} | {_count_right(these, right)} |"
            )


def _rows(found: Sequence[Graded], right: Mapping[str, str]) -> Iterator[str]:
    """A row for each operator, of one exercise."""
    for operator in OPERATORS:
        these = [each for each in found if each.mutant.operator is operator]
        if these:
            yield (
                f"| {operator.name} | {len(these)} | {_count(these, 'killed')} | {_named(these)} "
                f"| {_count(these, 'survived')} | {_count_right(these, right)} |"
            )


def _survivors(found: Sequence[Graded], right: Mapping[str, str]) -> Iterator[str]:
    """What no check found, and the checks that raised an error."""
    kept = [each for each in found if each.status in ("survived", "error")]
    if kept:
        yield from ("", "| survivor | function | change | the text allows it |", "|---|---|---|---|")
    for each in kept:
        mutant = each.mutant
        verdict = right.get(mutant.id, "**no reason is known**")
        if each.outcome and each.status == "error":
            verdict = f"**an error in `{each.outcome.check}`**"
        program = f"{mutant.program.framework}, {mutant.program.name}, {mutant.operator.name}"
        yield f"| {program} | `{mutant.where}` | {_cell(mutant.change)} | {verdict} |"


def _count(found: Sequence[Graded], status: str) -> int:
    return sum(each.status == status for each in found)


def _count_right(found: Sequence[Graded], right: Mapping[str, str]) -> int:
    return sum(each.status == "survived" and each.mutant.id in right for each in found)


def _named(found: Sequence[Graded]) -> str:
    """How many of the killed mutants had their fault named; empty if the operator has no name for it."""
    killed = [each for each in found if each.status == "killed" and each.mutant.operator.names]
    named = sum(grading.names_it(each.mutant, each.outcome) for each in killed if each.outcome)
    return f"{named} of {len(killed)}" if killed else ""


def _cell(change: str) -> str:
    """The change as code in a table, cut to a readable length."""
    shown = change if len(change) <= 240 else change[:239] + "…"
    return f"``{shown}``".replace("|", "\\|")
