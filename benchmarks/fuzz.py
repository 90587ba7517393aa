"""Fuzz the wire and the submission reader; writes `docs/fuzzing.md`, and crashing inputs to `tests/fuzz/crashes/`.

python -m benchmarks.fuzz [--cpu-minutes 10] [--seed N]
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import random
import resource
import secrets
import time
from datetime import UTC, datetime

from autograder.results.files import write_whole
from tests.catalogue import ROOT
from tests.fuzz.targets import CRASHES, TARGETS, drawn, seeds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpu-minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    asked = parser.parse_args()
    rows: list[str] = []
    crashes = 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for target, run in TARGETS.items():
        found, cases = _fuzz(target, asked.seed, asked.cpu_minutes * 60 / len(TARGETS))
        crashes += len(found)
        minutes, told = asked.cpu_minutes / len(TARGETS), " ".join((run.__doc__ or "").split())
        rows.append(f"| {target} | {told} | {cases:,} | {minutes:.3g} | {len(found)} |")
        print(rows[-1], flush=True)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    page = [
        "# Fuzzing",
        "",
        f"Made by `python -m benchmarks.fuzz --cpu-minutes {asked.cpu_minutes:g} --seed {asked.seed}` on "
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}.",
        "",
        "Cases are valid inputs with a few errors, invented inputs of the right form, and noise. A crash is an exception, or a",
        "result that violates the property. Its input is kept in `tests/fuzz/crashes/`, where a test runs it again.",
        "",
        "| input | property | cases | CPU minutes | crashes |",
        "|---|---|---|---|---|",
        *rows,
        "",
        f"The process grew by {grown:.0f} MB while it ran.",
    ]
    write_whole(ROOT / "docs" / "fuzzing.md", ("\n".join(page) + "\n").encode())
    (ROOT / "docs" / "fuzzing.md").chmod(0o644)
    return 1 if crashes else 0


def _fuzz(target: str, seed: int, cpu_seconds: float) -> tuple[set[str], int]:
    """The names of the crashing inputs, and the number of cases tried."""
    rng, good, found, cases = random.Random(f"{seed} {target}"), seeds(target), set[str](), 0
    start = time.process_time()
    while time.process_time() - start < cpu_seconds:
        case = drawn(rng, target, good)
        cases += 1
        try:
            TARGETS[target](case)
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is a crash
            name = f"{target}-{hashlib.sha256(repr(problem)[:80].encode()).hexdigest()[:12]}"
            if name not in found:
                found.add(name)
                CRASHES.mkdir(exist_ok=True)
                (CRASHES / f"{name}.bin").write_bytes(case)
                print(f"{name}: {problem!r}"[:300], flush=True)
    return found, cases


if __name__ == "__main__":
    raise SystemExit(main())
