"""What an exercise's checks cost: the CPU time of the reference solution in each, which limits on time follow from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from autograder.errors import UsageError
from autograder.worker.names import FrameworkName

COSTS_FILE = "costs.yml"
"""In `assignments/<exercise>/`, so that it is there without the solutions."""

Costs = Mapping[FrameworkName, Mapping[str, float]]
"""Framework → id of a check → CPU time of grader and worker, as a multiple of a short loop (`grading/speed.py`)."""

_FORM = TypeAdapter(dict[FrameworkName, dict[str, float]])


def read_costs(folder: Path) -> Costs:
    """The costs of the exercise in this folder; none if nobody has measured them. Raises `UsageError`."""
    path = folder / COSTS_FILE
    if not path.is_file():
        return {}
    try:
        return _FORM.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as problem:
        raise UsageError(f"{path} is not what `python -m benchmarks.costs` writes: {problem}") from None
