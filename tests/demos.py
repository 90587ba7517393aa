"""The demo cells of an exercise after programs of students: `python -m tests.demos xor torch` runs them in this process.

A student's file has no name of the reference but those of the stub. So `foreign_names` reads the cells, and `run` executes
them after the reference and after variants, with short trainings, without a window and without a network.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import os
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

import numpy as np

from autograder.release import percent, solution_markers
from autograder.worker.names import FrameworkName
from tests import catalogue

SHORTER = (
    (r"\bepochs=\d+", "epochs=1"),
    (r"\[0, 100, 300, 1600\]", "[0, 5]"),
    (r"\bnetwork, 200,", "network, 5,"),
    (r"\btext\[:50_000\]", "text[:2_000]"),
    (r"\b5000, 30, 7500\b", "5000, 30, 200"),
    (r"\bmax_tries=4000\b", "max_tries=400"),
    (r"\(4000, 100\)", "(200, 100)"),
    (r"\b2000, classes\b", "20, classes"),
    (r"\bfit\(60, 128\)", "fit(2, 16)"),
    (r"\bfor _ in range\(10\)", "for _ in range(2)"),
    (r'"alice was ", 120,', '"alice was ", 12,'),
    (r"\breversed_pairs\(2500\b", "reversed_pairs(2100"),
    (r"\b(source|target)\[:2000\]", r"\1[:200]"),
)
"""Trainings that take seconds to minutes, and what they are replaced by here."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercise", choices=catalogue.names())
    parser.add_argument("framework", choices=catalogue.FRAMEWORKS)
    parser.add_argument("programs", nargs="*", help="default: the reference and all variants")
    asked = parser.parse_args()
    programs = asked.programs or ["reference", *catalogue.variants(asked.exercise, asked.framework)]
    failed = list(run(asked.exercise, asked.framework, programs))
    print("\n".join(failed))
    return 1 if failed else 0


def foreign_names(name: str, framework: FrameworkName) -> set[str]:
    """Names that demo cells use and that a student's file need not have: private ones of the reference."""
    reference = catalogue.reference_source(name, framework)
    known = set(dir(builtins)) | set(_bound(_code(solution_markers.stub(reference), demo=False)))
    used: set[str] = set()
    for cell in _code(reference, demo=True):
        nodes = list(ast.walk(ast.parse(cell)))
        used |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        known |= set(_bound([cell]))
    return used - known


def run(name: str, framework: FrameworkName, programs: Sequence[str]) -> Iterator[str]:
    """Execute the demo cells after each of the programs; yields a traceback for each demo cell that raises."""
    os.environ["MPLBACKEND"] = "agg"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from matplotlib import pyplot

    _stand_ins()
    reference = catalogue.reference_source(name, framework)
    sources = {"reference": reference} | catalogue.variants(name, framework)
    demos = _code(reference, demo=True)
    for program in programs:
        module = ModuleType("__main__")
        sys.modules["demonstrated"] = module
        for source in _code(sources[program], demo=False):
            exec(compile(source, f"{program}", "exec"), vars(module))
        for number, demo in enumerate(demos, start=1):
            try:
                exec(compile(_shortened(demo), f"demo cell {number}", "exec"), vars(module))
            except Exception:  # noqa: BLE001 whatever the student's code raises
                yield f"{name}, {framework}, {program}, demo cell {number}:\n{traceback.format_exc()}"
            pyplot.close("all")


def _code(source: str, *, demo: bool) -> list[str]:
    return [cell.source for cell in percent.parse(source) if cell.kind == "code" and ("demo" in cell.tags) is demo]


def _bound(cells: Iterable[str]) -> Iterator[str]:
    """All names that the cells bind anywhere: assigned, imported, defined, and parameters."""
    for node in (node for cell in cells for node in ast.walk(ast.parse(cell))):
        match node:
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.FunctionDef() | ast.ClassDef():
                yield node.name
            case ast.alias():
                yield (node.asname or node.name).partition(".")[0]
            case ast.arg():
                yield node.arg
            case _:
                pass


def _shortened(cell: str) -> str:
    for long, short in SHORTER:
        cell = re.sub(long, short, cell)
    return cell


def _stand_ins() -> None:
    """A book and reviews of our own, since the real ones are fetched over the network; and fewer digits."""
    from shared import data

    words = ["alice", "said", "the", "mad", "hatter", "to", "quick", "brown", "fox", "jumps", "over", "lazy", "dogs,"]
    rng = np.random.default_rng(0)
    images, labels = data.digits()
    data.digits = lambda: (images[:400], labels[:400])
    data.alice = lambda: " ".join(rng.choice(words, 3000))
    data.movie_reviews = lambda: (
        [" ".join(rng.choice(words, 12)) for _ in range(300)],
        rng.choice(np.array([-2, 2], dtype=np.float32), 300),
    )


if __name__ == "__main__":
    raise SystemExit(main())
