"""Grade right programs and known mistakes with several seeds, and write `docs/stability.md`. It can be interrupted.

The outcomes are in `docs/stability.jsonl`, those for other code or checks are removed from it.

python -m tests.stability [EXERCISE…] [--framework torch|keras] [--kind reference|variant|mistake] [--seeds N]
    [--minutes N] [--no-page] [--jobs N]
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Literal, NamedTuple, get_args

import msgspec

from autograder.execution.zygote_client import Zygotes
from autograder.results.files import write_whole
from autograder.results.form import Result
from autograder.worker.names import FRAMEWORKS, FrameworkName
from tests import catalogue, outcomes
from tests.catalogue import ROOT

FILE = ROOT / "docs" / "stability.jsonl"
"""The outcomes, which took hours of many machines."""
PAGE = ROOT / "docs" / "stability.md"
Kind = Literal["reference", "variant", "mistake"]
SEEDS: dict[Kind, int] = {"reference": 20, "variant": 5, "mistake": 3}
MOST_CHANGES = {"right": 0.005, "wrong": 0.03}
"""The share of submissions whose score may change with the seed."""
INTRODUCTION = """\
# Stable verdicts

This page is made by `python -m tests.stability`. Each grading draws its questions from a seed, and so a verdict could
depend on luck. Here the same programs are graded with other seeds, against all checks: references with
{seeds[reference]} seeds, variants with {seeds[variant]}, known mistakes with {seeds[mistake]}. At most
{most[right]:.1%} of the right programs and {most[wrong]:.0%} of the wrong ones may have scores that differ. An outcome
counts as long as program and checks are unchanged; the tables say what has been run.
"""


class Program(NamedTuple):
    """A program that is graded several times."""

    exercise: str
    framework: FrameworkName
    kind: Kind
    name: str
    source: str

    def __str__(self) -> str:
        return f"{self.exercise} {self.framework} {self.kind} {self.name}"

    def key(self, seed: int) -> str:
        """A hash of all that decides the outcome: code, checks and seed."""
        return hashlib.sha256(f"{self}\0{self.source}\0{_checks(self.exercise)}\0{seed}".encode()).hexdigest()[:32]


class Outcome(msgspec.Struct, frozen=True):
    """The result of one grading."""

    key: str
    id: str
    seed: int
    score: float | None
    maximum: float
    not_passed: dict[str, str]
    """Check → its status, in a right program also what it saw; without the deferred ones."""


def programs(exercises: Iterable[str], frameworks: Iterable[FrameworkName], kinds: Iterable[Kind]) -> list[Program]:
    """The programs of these kinds, one kind after the other."""
    wanted = list(frameworks)
    places: list[tuple[str, FrameworkName]] = [
        (name, each) for name in exercises for each in catalogue.frameworks(name) if each in wanted
    ]
    return [
        Program(name, framework, kind, title, source)
        for kind in kinds
        for name, framework in places
        for title, source in _sources(name, framework, kind)
    ]


def _sources(name: str, framework: FrameworkName, kind: Kind) -> Iterator[tuple[str, str]]:
    if kind == "reference":
        yield "reference", catalogue.reference_source(name, framework)
    elif kind == "variant":
        yield from catalogue.variants(name, framework).items()
    else:
        yield from ((each.title, each.source()) for each in catalogue.mistakes(name) if each.framework == framework)


@cache
def _checks(exercise: str) -> str:
    return repr(sorted(catalogue.load(exercise).check_digests.items()))


def graded(zygotes: Zygotes, program: Program, seed: int) -> Outcome:
    """The outcome with this seed."""
    result = catalogue.grade(zygotes, program.exercise, program.framework, program.source, seed=seed)
    not_passed = _not_passed(result, in_full=program.kind != "mistake")
    return Outcome(program.key(seed), str(program), seed, result.score, result.maximum, not_passed)


def _not_passed(result: Result, in_full: bool) -> dict[str, str]:
    others = (check for check in result.checks if check.status not in ("passed", "deferred"))
    return {check.id: f"{check.status}: {check.saw}"[:300] if in_full else check.status for check in others}


def of_present(known: Mapping[str, Outcome]) -> dict[Program, list[Outcome]]:
    """The outcomes for the present programs and checks, by seed."""
    return {
        program: seen
        for program in programs(catalogue.names(), FRAMEWORKS, get_args(Kind))
        if (seen := [known[key] for seed in range(SEEDS[program.kind]) if (key := program.key(seed)) in known])
    }


def page(found: Mapping[Program, Sequence[Outcome]]) -> str:
    """The page in Markdown, from the outcomes of each program."""
    lines = [
        INTRODUCTION.format(seeds=SEEDS, most=MOST_CHANGES),
        "| programs | framework | gradings | graded more than once | score changes | share | not full |",
    ]
    lines.append("|---|---|---|---|---|---|---|")
    for kind in get_args(Kind):
        for framework in FRAMEWORKS:
            if rows := {p: seen for p, seen in found.items() if (p.kind, p.framework) == (kind, framework)}:
                lines.append(_row(kind, framework, rows))
    lines += [
        "",
        "## How many seeds",
        "",
        "| exercise | framework | reference | variants | mistakes |",
        "|---|---|---|---|---|",
    ]
    lines += list(_seeds(found))
    changing = {program: seen for program, seen in found.items() if _changes(seen)}
    lines += ["", "## Programs whose score changes", ""]
    if changing:
        lines += ["| program | scores | checks with more than one verdict |", "|---|---|---|"]
        lines += [f"| {program} | {_scores(seen)} | {_undecided(seen)} |" for program, seen in changing.items()]
    else:
        lines.append("None.")
    wrong = [
        (p, each) for p, seen in found.items() if p.kind != "mistake" for each in seen if each.score != each.maximum
    ]
    lines += ["", "## Right programs without full marks", ""]
    lines += [f"- {p}, seed {each.seed}: {', '.join(f'`{id}`' for id in each.not_passed)}" for p, each in wrong] or [
        "None."
    ]
    return "\n".join(lines) + "\n"


def _row(kind: Kind, framework: FrameworkName, rows: Mapping[Program, Sequence[Outcome]]) -> str:
    gradings = sum(len(seen) for seen in rows.values())
    several = [seen for seen in rows.values() if len(seen) > 1]
    changes = sum(_changes(seen) for seen in several)
    share = f"{changes / len(several):.1%}" if several else ""
    not_full = "" if kind == "mistake" else sum(each.score != each.maximum for seen in rows.values() for each in seen)
    return f"| {kind}s | {framework} | {gradings} | {len(several)} | {changes} | {share} | {not_full} |"


def _seeds(found: Mapping[Program, Sequence[Outcome]]) -> Iterator[str]:
    counted: dict[tuple[str, FrameworkName], Counter[Kind]] = defaultdict(Counter)
    for program, seen in found.items():
        counted[program.exercise, program.framework][program.kind] += len(seen)
    for (name, framework), counts in counted.items():
        cells = []
        for kind in get_args(Kind):
            wanted = len(programs([name], [framework], [kind])) * SEEDS[kind]
            cells.append(f"{counts[kind]} of {wanted}")
        yield f"| `{name}` | {framework} | {' | '.join(cells)} |"


def _changes(seen: Sequence[Outcome]) -> bool:
    return len({each.score for each in seen}) > 1


def _scores(seen: Sequence[Outcome]) -> str:
    counted = Counter("none" if each.score is None else f"{each.score:g}" for each in seen)
    return ", ".join(f"{count} × {score}" for score, count in counted.most_common())


def _undecided(seen: Sequence[Outcome]) -> str:
    counted = Counter(id for each in seen for id in each.not_passed)
    return ", ".join(f"`{id}`" for id, count in sorted(counted.items()) if count < len(seen))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercises", nargs="*", help="default: all")
    parser.add_argument("--framework", choices=FRAMEWORKS, action="append", help="default: both")
    parser.add_argument("--kind", choices=get_args(Kind), action="append", help="default: all")
    parser.add_argument("--seeds", type=int, default=max(SEEDS.values()), help="at most so many")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no grading after so many minutes")
    parser.add_argument("--page", action=argparse.BooleanOptionalAction, default=True, help="write the page")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    until = time.monotonic() + 60 * asked.minutes
    known = outcomes.read(FILE, Outcome)
    wanted = programs(asked.exercises or catalogue.names(), asked.framework or FRAMEWORKS, asked.kind or get_args(Kind))
    # The first seed of all programs comes before the second of any.
    todo = sorted(
        (seed, place)
        for place, program in enumerate(wanted)
        for seed in range(min(asked.seeds, SEEDS[program.kind]))
        if program.key(seed) not in known
    )
    right = True
    with Zygotes() as zygotes, ThreadPoolExecutor(asked.jobs) as pool:

        def grade(each: tuple[int, int]) -> Outcome | None:
            seed, place = each
            return graded(zygotes, wanted[place], seed) if time.monotonic() < until else None

        for (seed, place), outcome in zip(todo, pool.map(grade, todo), strict=True):
            if outcome is None:
                continue
            outcomes.add(FILE, outcome)
            if wanted[place].kind != "mistake" and outcome.score != outcome.maximum:
                right = False
                print(f"{wanted[place]}, seed {seed}: {outcome.score} {outcome.not_passed}", flush=True)
    if asked.page:
        found = of_present(outcomes.read(FILE, Outcome))
        outcomes.replace(FILE, [each for seen in found.values() for each in seen])
        write_whole(PAGE, page(found).encode())
        PAGE.chmod(0o644)
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
