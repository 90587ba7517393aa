"""On hardware: references train on a real GPU, and what stays on the CPU is found there too. Skipped where there is no GPU."""

from __future__ import annotations

import pytest

from autograder import grader
from autograder.engine import Zygotes
from autograder.launch import FrameworkName
from autograder.machines import Gpus, present
from tests import catalogue
from tests.catalogue import FRAMEWORKS

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not present(), reason="this machine has no GPU that its kernel knows of"),
]


def executed(zygotes: Zygotes, name: str, framework: FrameworkName, source: str):
    job = grader.Job(catalogue.load(name), 20, zygotes.of, only=["gpu.execution"], gpus=Gpus(None, 1))
    result = grader.grade(catalogue.as_submission(name, framework, source), job)
    check = catalogue.by_id(result)["gpu.execution"]
    if check.status == "deferred":
        pytest.skip(check.saw)
    return check


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", catalogue.names())
def test_the_reference_runs_on_the_gpu(zygotes: Zygotes, name: str, framework: FrameworkName) -> None:
    check = executed(zygotes, name, framework, catalogue.reference_source(name, framework))
    assert check.status == "passed", check


def test_a_tensor_on_the_cpu_fails_on_hardware_too(zygotes: Zygotes) -> None:
    source = catalogue.reference_source("xor", "torch")
    wrong = source.replace("torch.as_tensor(x, device=device), torch", "torch.as_tensor(x), torch", 1)
    assert wrong != source
    check = executed(zygotes, "xor", "torch", wrong)
    assert check.status == "failed"
    assert "device" in check.saw
