"""What an exercise's checks cost: the CPU time of the reference solution in each, which limits on time follow from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter

from autograder.authoring.generated import read_generated
from autograder.worker.names import FrameworkName

COSTS_FILE = "costs.yml"
"""In `assignments/<exercise>/`, so that it is there without the solutions."""

Costs = Mapping[FrameworkName, Mapping[str, float]]
"""Framework → id of a check → CPU time of grader and worker, as a multiple of a short loop (`grading/speed.py`)."""

_FORM = TypeAdapter(dict[FrameworkName, dict[str, float]])


def read_costs(folder: Path) -> Costs:
    """The costs of the exercise in this folder; none if nobody has measured them. Raises `UsageError`."""
    return read_generated(folder / COSTS_FILE, _FORM, "python -m benchmarks.costs") or {}
