"""Measure what each check costs the reference solution: `python -m benchmarks.costs` writes `assignments/*/costs.yml`.

python -m benchmarks.costs [EXERCISE ...] [--framework torch|keras] [--seeds N]

A cost is the CPU time of grader and worker, as a multiple of a loop that is timed just before. So it says the same on
another machine, and nearly the same on a busy one. The largest of the seeds counts.
"""

from __future__ import annotations

import argparse
import time

from autograder.authoring.costs import COSTS_FILE, Costs, read_costs
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader, speed
from autograder.results.files import write_whole
from autograder.worker.names import FrameworkName
from benchmarks.measure import children_cpu
from tests import catalogue
from tests.catalogue import ROOT

HEAD = """\
# What each check costs the reference solution: CPU time of grader and worker, as a multiple of a short loop
# (autograder/grading/speed.py). `python -m benchmarks.costs {name}` writes this file; limits on time follow from it.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercises", nargs="*", help="default: all")
    parser.add_argument(
        "--framework", choices=catalogue.FRAMEWORKS, help="default: all; the costs of the other are kept"
    )
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    with Zygotes() as zygotes:
        for name in asked.exercises or catalogue.names():
            folder = ROOT / "assignments" / name
            costs = dict(read_costs(folder))
            for framework in catalogue.frameworks(name):
                if asked.framework in (None, framework):
                    runs = [costs_of(zygotes, name, framework, seed) for seed in range(asked.seeds)]
                    costs[framework] = {id: max(run[id] for run in runs) for id in runs[0]}
                    print(
                        f"{name} in {framework}: {sum(costs[framework].values()) * speed.USUAL_SECONDS:.1f} s",
                        flush=True,
                    )
            write_whole(folder / COSTS_FILE, text(name, costs).encode())
            (folder / COSTS_FILE).chmod(0o644)


def costs_of(zygotes: Zygotes, name: str, framework: FrameworkName, seed: int) -> dict[str, float]:
    """Check id → cost, for the reference solution. Checks that need a GPU have none."""
    exercise = catalogue.load(name)
    handed_in = catalogue.as_submission(name, framework, catalogue.reference_source(name, framework))
    costs: dict[str, float] = {}
    job = grader.Job(exercise, seed, zygotes.of)
    with grader.Run(handed_in, job) as earlier:
        # The zygote imports the framework before it starts its first worker: that is no check's cost.
        earlier.session.begin()
    loop = speed.measured()
    with grader.Run(handed_in, job) as run:
        for check in exercise.ordered():
            before = children_cpu() + time.process_time()
            result = run.results[check.id] = run.result_of(check)
            spent = children_cpu() + time.process_time() - before
            if result.status == "deferred":
                continue
            assert result.status == "passed", f"{check.id}: {result.saw}"
            costs[check.id] = spent / loop
    return costs


def text(name: str, costs: Costs) -> str:
    """The file: costs in the order of `grading.yml`, with two digits, which is as exactly as they repeat."""
    lines = [HEAD.format(name=name).rstrip()]
    for framework in sorted(costs, key=catalogue.FRAMEWORKS.index):
        known = (check.id for check in catalogue.load(name).checks if check.id in costs[framework])
        lines += [f"{framework}:", *(f"  {id}: {_two_digits(costs[framework][id])}" for id in known)]
    return "\n".join(lines) + "\n"


def _two_digits(cost: float) -> str:
    return f"{float(f'{max(cost, 0.1):.2g}'):g}"


if __name__ == "__main__":
    main()
