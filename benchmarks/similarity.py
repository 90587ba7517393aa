"""Measure `autograder similar`: recall and false alarms by disguise, and the time for a large class.

python -m benchmarks.similarity [--files 10000]   writes docs/similarity-measured.md

One half of the independent programs chooses the threshold, the other half reports.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import msgspec
import numpy as np

from autograder.course import submission
from autograder.results.files import write_whole
from autograder.similarity import comparison, fingerprints, given, index
from autograder.similarity.fingerprints import Prints
from autograder.similarity.threshold import THRESHOLD
from tests.catalogue import ROOT
from tests.similarity import adding, disguises, formatting, independent, renaming
from tests.similarity.disguises import ALL, HALF, WHOLE
from tests.similarity.independent import EXERCISE, GIVEN, File, framework_of

COPIES = 50
PAGE = ROOT / "docs" / "similarity-measured.md"
GIVEN_CODE = given.of_exercise(ROOT / "assignments" / EXERCISE)


@dataclass(frozen=True)
class Measured:
    """One disguise, or the independent programs alone."""

    name: str
    copies: Sequence[float]
    """The similarity of each copy to its source."""
    independent: Sequence[float]
    """The similarity of each pair of programs, of which none was copied from the other."""

    def recall(self, threshold: float) -> float:
        return sum(each >= threshold for each in self.copies) / len(self.copies)

    def alarms(self, threshold: float) -> int:
        return sum(each >= threshold for each in self.independent)


def prints_of(file: File) -> Prints:
    read = submission.of_content(Path(file.name), file.text.encode(), "student", EXERCISE)
    return comparison.prints_of(read.cells, GIVEN_CODE)


def similarities(prints: Sequence[Prints]) -> dict[tuple[int, int], float]:
    """The similarity of all pairs of a class, by their numbers."""
    found = index.pairs(prints, len(prints), 0.0, len(prints) ** 2)
    known = {(each.first, each.second): each.similarity for each in found.above}
    return {pair: known.get(pair, 0.0) for pair in combinations(range(len(prints)), 2)}


def halves(programs: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    names = list(programs)
    return {name: programs[name] for name in names[::2]}, {name: programs[name] for name in names[1::2]}


def alone(programs: dict[str, str]) -> Measured:
    prints = [prints_of(File("program.py", text)) for text in programs.values()]
    return Measured("independent", [], list(similarities(prints).values()))


def measured(disguise: str, programs: dict[str, str], copies: int = COPIES) -> Measured:
    """Copies in a disguise, each in a class of its own with all these programs."""
    prints = {name: prints_of(File("program.py", text)) for name, text in programs.items()}
    found: list[float] = []
    others: list[float] = []
    for number in range(copies):
        rng = random.Random(f"{disguise} {number}")
        source, own = rng.sample(list(programs), 2)
        copy = prints_of(disguises.disguised(disguise, programs[source], programs[own], rng))
        # A half copy contains the other program: it is what the copying student wrote, and nobody else handed it in.
        names = [name for name in programs if disguise != HALF or name != own]
        for (first, second), similarity in similarities([copy, *(prints[name] for name in names)]).items():
            if first == 0:
                (found if names[second - 1] == source else others).append(similarity)
    return Measured(disguise, found, others)


# ── a large class ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Large:
    """A run of the command on a large class."""

    files: int
    megabytes: float
    seconds: float
    cpu_seconds: float
    memory_mb: float
    flagged: int
    """Pairs, as the command printed them."""
    load: float
    """Tasks that ran or waited for a processor, besides this one, on average over the last minutes."""


def large(files: int) -> Large:
    with tempfile.TemporaryDirectory() as folder:
        size = _write_class(Path(folder), files)
        command = [sys.executable, "-m", "autograder", "similar", "submitted", "--config", str(ROOT / "grading.yml")]
        start = time.perf_counter()
        done = subprocess.run([*command, "--json"], cwd=folder, check=True, capture_output=True)
        seconds = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        (told,) = msgspec.json.decode(done.stdout)["exercises"]
        assert told["programs"] == files, told["programs"]
        cpu = used.ru_utime + used.ru_stime
        return Large(
            files, size / 1e6, seconds, cpu, used.ru_maxrss / 1024, told["flagged"], max(0.0, os.getloadavg()[1] - 1)
        )


def _write_class(folder: Path, files: int) -> int:
    """Programs whose functions come from several of the independent ones, renamed, with code of their own in between.

    Two of them share a function in one case of forty. Every third is a notebook with outputs. Returns the bytes.
    """
    rng = random.Random(1)
    programs = independent.programs()
    pieces = {"torch": {name: [] for name in GIVEN}, "keras": {name: [] for name in GIVEN}}
    for text in programs.values():
        for _ in range(4):
            tree = ast.parse(adding.dead_code(renaming.renamed(text, rng), rng))
            heads = [each for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
            for name in GIVEN:
                needed = disguises.needed(tree, [name])
                body = [*heads, *(each for each in tree.body if id(each) in needed)]
                pieces[framework_of(text)][name].append(ast.unparse(ast.Module(body, [])))
    size = 0
    for number in range(files):
        framework = "keras" if number % 5 == 0 else "torch"
        own = "".join(
            f"own_{number}_{each} = {rng.randrange(9999)} * {rng.random()}\n" for each in range(rng.randrange(9))
        )
        chosen = [rng.choice(pieces[framework][name]) for name in GIVEN]
        text = f'FRAMEWORK = "{framework}"\n{own}' + "\n\n".join(chosen) + "\n"
        file = File(f"{EXERCISE}.py", text)
        if number % 3 == 0:
            file = File(f"{EXERCISE}.ipynb", formatting.notebook(text, rng))
        place = folder / "submitted" / f"student-{number:05}" / EXERCISE / file.name
        place.parent.mkdir(parents=True)
        place.write_text(file.text, encoding="utf-8")
        size += place.stat().st_size
    return size


# ── the page ────────────────────────────────────────────────────────────────────────────────────────────────


def threshold_from(chosen: Measured) -> float:
    """Twice the largest similarity of two independent programs, rounded down to a multiple of 0.05."""
    return int(2 * max(chosen.independent) * 20 + 1e-9) / 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000, help="Files of the large class.")
    asked = parser.parse_args()
    programs = independent.programs()
    choosing, reporting = halves(programs)
    chosen = alone(choosing)
    lines = [
        "# Similarity, measured",
        "",
        *_paragraph(
            f"Made by `python -m benchmarks.similarity` on {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}. "
            "[Similar programs](similarity.md) says how to use the command."
        ),
        "## What was measured",
        "",
        *_what(programs, chosen, alone(reporting), alone(programs)),
        "## Recall and false alarms",
        "",
        *_table(reporting),
        "## A large class",
        "",
        *_large(large(asked.files)),
    ]
    write_whole(PAGE, ("\n".join(lines) + "\n").encode())
    PAGE.chmod(0o644)
    print(PAGE.read_text(encoding="utf-8"))
    if threshold_from(chosen) != THRESHOLD:
        print(f"The threshold should be {threshold_from(chosen)}, and is {THRESHOLD}.")
        return 1
    return 0


def _what(programs: dict[str, str], chosen: Measured, reported: Measured, everything: Measured) -> list[str]:
    lines = sorted(len(text.splitlines()) for text in programs.values())
    keras = sum(framework_of(text) == "keras" for text in programs.values())
    flagged, pairs = reported.alarms(THRESHOLD), len(reported.independent)
    return [
        *_paragraph(
            f"{len(programs)} right programs of `{EXERCISE}`, {keras} of them in Keras, were written from the exercise's text "
            f"alone; each gets all points. They have {lines[0]} to {lines[-1]} lines, {lines[len(lines) // 2]} in the middle. "
            "One author, a language model, wrote them in as many manners as it could. Students of one course have the same "
            "lecture and the same search engine, so expect a real class to be more alike than these programs."
        ),
        "| independent programs | pairs | median | 95 of 100 below | 99 of 100 below | largest | flagged |",
        "|---|---|---|---|---|---|---|",
        _row("the half that chose the threshold", chosen),
        _row("the half that reports", reported),
        _row("all", everything),
        "",
        *_of_others(programs),
        *_paragraph(
            f"The threshold is {THRESHOLD}: twice the largest similarity of two programs in the first half, rounded down. The "
            "factor leaves room for classes that are more alike. Of the second half, "
            f"**{flagged} of {pairs} pairs of independent programs are flagged; the largest similarity is "
            f"{max(reported.independent):.2f}.** The other settings ({fingerprints.NOISE} tokens to a fingerprint, "
            f"{fingerprints.GUARANTEED} guaranteed, common code from {index.COMMON:.0%} of the class) were chosen with all "
            "programs in view."
        ),
    ]


def _paragraph(text: str) -> list[str]:
    return [*textwrap.wrap(text, 118, break_on_hyphens=False, break_long_words=False), ""]


def _of_others(programs: dict[str, str]) -> list[str]:
    """How alike the programs are to those that other authors wrote: the exercise's solutions and right variants."""
    folder = ROOT / "solutions" / EXERCISE
    paths = [*folder.glob(f"{EXERCISE}_*.py"), *folder.glob("variants/*.py")]
    texts = [*programs.values(), *(path.read_text(encoding="utf-8") for path in paths)]
    found = similarities([prints_of(File("program.py", text)) for text in texts])
    across = [value for (first, second), value in found.items() if first < len(programs) <= second]
    return _paragraph(
        f"Other authors wrote the exercise's {len(paths)} own solutions and right variants. Of {len(across)} pairs of one of "
        f"them and one of these programs, {sum(each >= THRESHOLD for each in across)} are flagged; the largest similarity is "
        f"{max(across):.2f}."
    )


def _row(name: str, of: Measured) -> str:
    values = np.sort(of.independent)
    cells = [f"{np.quantile(values, share, method='higher'):.2f}" for share in (0.5, 0.95, 0.99, 1)]
    return f"| {name} | {len(values)} | {' | '.join(cells)} | {of.alarms(THRESHOLD)} |"


def _table(reporting: dict[str, str]) -> list[str]:
    rows = [
        *_paragraph(
            f"{COPIES} copies in each disguise, of programs in the second half. Each copy is put into a class with the "
            f"{len(reporting)} programs of that half, and compared with all of them. A false alarm is a flagged pair of the copy "
            "and a program that it was not copied from."
        ),
        "| disguise | recall | similarity to the source: lowest, median | false alarms | largest similarity to another |",
        "|---|---|---|---|---|",
    ]
    for name in [*WHOLE, HALF, ALL]:
        found = measured(name, reporting)
        alarms, pairs = found.alarms(THRESHOLD), len(found.independent)
        rows.append(
            f"| {name} | {found.recall(THRESHOLD):.0%} | {min(found.copies):.2f}, {np.median(found.copies):.2f} | "
            f"{alarms} of {pairs} ({alarms / pairs:.1%}) | {max(found.independent):.2f} |"
        )
        print(rows[-1], flush=True)
    return [
        *rows,
        "",
        *_paragraph(
            "*Half copied* takes three or four of the seven functions, with other names, and the rest from a program of the "
            "copying student's own. A pair that shares less than a third of the smaller program is below the threshold by "
            "design: a lower `--threshold` finds more of them, and more pairs that mean nothing."
        ),
    ]


def _large(run: Large) -> list[str]:
    pairs = run.files * (run.files - 1) / 2e6
    return [
        *_paragraph(
            f"{run.files:,} files with {run.megabytes:.0f} MB, made of functions of the {len(independent.programs())} programs, "
            "renamed and with other code in between; a third of them are notebooks. One process compares all "
            f"{pairs:,.1f} million pairs, and flags {run.flagged:,}: so many share three functions. The machine has "
            f"{os.cpu_count()} cores, with {run.load:.0f} other tasks at the same time. A notebook of more than 1 MB is "
            "read by a process of its own, which takes a tenth of a second more."
        ),
        "| | |",
        "|---|---|",
        f"| time | {run.seconds:.0f} s |",
        f"| CPU time | {run.cpu_seconds:.0f} s |",
        f"| largest memory of the process | {run.memory_mb:,.0f} MB |",
    ]


if __name__ == "__main__":
    raise SystemExit(main())
