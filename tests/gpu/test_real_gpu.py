"""On hardware: references train on a real GPU, work on the CPU is detected, limits are enforced, and the rules of the
pretended GPU are those of the real one. Skipped without a GPU.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from autograder.errors import LimitExceeded, StudentError
from autograder.execution.gpus import Gpus, present
from autograder.execution.watchdog import Budget
from autograder.execution.worker_process import Worker
from autograder.execution.zygote_client import Zygotes
from autograder.grading import engine, grader
from autograder.results.form import CheckResult
from autograder.worker.names import FrameworkName
from tests import catalogue
from tests.catalogue import FRAMEWORKS
from tests.gpu import programs

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not present(), reason="this machine has no GPU that its kernel knows of"),
]
FRAMEWORKS_HERE: list[FrameworkName] = [name for name in FRAMEWORKS if importlib.util.find_spec(name)]
RIGHT, WRONG = programs.read("right_torch"), programs.read("wrong_torch")
GPU_MB = 2_000


def executed(zygotes: Zygotes, name: str, framework: FrameworkName, source: str) -> CheckResult:
    job = grader.Job(catalogue.load(name), 20, zygotes.of, only=["gpu.execution"], gpus=Gpus(None, 1))
    result = grader.grade(catalogue.as_submission(name, framework, source), job)
    check = catalogue.by_id(result)["gpu.execution"]
    if check.status == "deferred" and framework == "keras":
        pytest.skip(check.saw)
    return check


@pytest.mark.parametrize("framework", FRAMEWORKS_HERE)
@pytest.mark.parametrize("name", catalogue.names())
def test_the_reference_runs_on_the_gpu(zygotes: Zygotes, name: str, framework: FrameworkName) -> None:
    check = executed(zygotes, name, framework, catalogue.reference_source(name, framework))
    assert check.status == "passed", check


OPTIMISER_ON_THE_CPU = [
    (
        "    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)\n",
        "    copies = [each.detach().cpu() for each in model.parameters()]\n"
        "    optimizer = torch.optim.Adam(copies, lr=learning_rate)\n",
    ),
    (
        "        optimizer.zero_grad()\n        loss.backward()\n        optimizer.step()\n",
        "        model.zero_grad()\n        loss.backward()\n"
        "        for copy, each in zip(copies, model.parameters()):\n            copy.grad = each.grad.cpu()\n"
        "        optimizer.step()\n"
        "        for copy, each in zip(copies, model.parameters()):\n            each.data.copy_(copy)\n",
    ),
]


@pytest.mark.parametrize(
    ("edits", "saw"),
    [
        ([("torch.as_tensor(x, device=device), torch", "torch.as_tensor(x), torch")], "device"),
        (OPTIMISER_ON_THE_CPU, "a step of Adam on parameters on the CPU"),
        (
            [
                (
                    "    device = next(model.parameters()).device\n    inputs",
                    "    model.cpu()\n    device = 'cpu'\n    inputs",
                )
            ],
            "on the CPU",
        ),
    ],
    ids=["a tensor", "the optimiser", "the model"],
)
def test_what_stays_on_the_cpu_is_found(zygotes: Zygotes, edits: list[tuple[str, str]], saw: str) -> None:
    source = catalogue.reference_source("xor", "torch")
    for old, new in edits:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    check = executed(zygotes, "xor", "torch", source)
    assert check.status == "failed"
    assert saw in check.saw, check


def test_a_worker_without_a_lease_finds_no_gpu(zygotes: Zygotes) -> None:
    """Not even if it opens the driver's files by name: the sandbox is the same with a GPU in the machine."""
    looks = (
        "import torch\nfrom pathlib import Path\n"
        "def found():\n    return torch.cuda.is_available()\n"
        "def opened():\n    return open('/dev/nvidiactl', 'r+b').fileno()\n"
    )
    worker = Worker("torch", Budget(), zygotes.of("torch"))
    try:
        worker.ask("hello", seconds=60)
        worker.ask("load", seconds=60, args=[["cell 1", looks]])
        assert worker.ask("call", seconds=60, name="found") is False
        with pytest.raises(StudentError, match=r"PermissionError|FileNotFoundError"):
            worker.ask("call", seconds=60, name="opened")
    finally:
        worker.close()


@pytest.mark.parametrize("frees_the_bound", [False, True], ids=["bounded", "bound taken away"])
def test_memory_of_the_gpu_is_bounded(zygotes: Zygotes, frees_the_bound: bool) -> None:
    """By the framework, with a message; if a student removes that bound, by the grader, which kills the worker."""
    takes = (
        "import time, torch\n"
        f"def takes():\n    {'torch.cuda.set_per_process_memory_fraction(1.0)' if frees_the_bound else 'pass'}\n"
        f"    x = torch.empty({GPU_MB * 3} << 20, dtype=torch.uint8, device='cuda')\n"
        "    time.sleep(5)\n    return x.device.type\n"
    )
    with Gpus(None, 1).lease() as lease:
        worker = Worker("torch", Budget(gpu_memory_mb=GPU_MB), zygotes.of("torch"), lease)
        try:
            assert worker.ask("hello", seconds=120, args=["gpu", GPU_MB])["gpu"]
            worker.ask("load", seconds=60, args=[["cell 1", takes]])
            if frees_the_bound:
                with pytest.raises(LimitExceeded, match="GPU"):
                    worker.ask("call", seconds=60, name="takes")
            else:
                with pytest.raises(StudentError, match="out of memory"):
                    worker.ask("call", seconds=60, name="takes")
        finally:
            worker.close()


def test_results_made_without_a_gpu_are_completed_by_several_jobs(tmp_path: Path) -> None:
    handed_in = [
        catalogue.as_submission("xor", "torch", catalogue.reference_source("xor", "torch"), f"student{number}")
        for number in range(4)
    ]
    exercises = {"xor": catalogue.load("xor")}
    first = list(engine.run(engine.Plan(handed_in, exercises, tmp_path, jobs=2)))
    assert {catalogue.by_id(result)["gpu.execution"].status for result in first} == {"deferred"}
    second = list(engine.run(engine.Plan(handed_in, exercises, tmp_path, jobs=4, only="gpu", gpus=Gpus(None, 4))))
    assert {catalogue.by_id(result)["gpu.execution"].status for result in second} == {"passed"}
    assert {result.seed for result in first} == {result.seed for result in second}
    assert {result.score for result in second} == {20}


@pytest.fixture(scope="module")
def on_gpu(zygotes: Zygotes):
    with Gpus(None, 1).lease() as lease, programs.worker(zygotes, RIGHT, "gpu", lease) as opened:
        yield opened


@pytest.fixture(scope="module")
def wrong_on_gpu(zygotes: Zygotes):
    with Gpus(None, 1).lease() as lease, programs.worker(zygotes, WRONG, "gpu", lease) as opened:
        yield opened


@pytest.mark.parametrize("name", RIGHT.names)
def test_a_program_that_the_pretended_gpu_takes_runs_on_a_real_one(on_gpu: programs.Run, name: str) -> None:
    on_gpu.call(name)


@pytest.mark.parametrize("name", WRONG.names)
def test_a_program_that_the_pretended_gpu_refuses_fails_on_a_real_one(wrong_on_gpu: programs.Run, name: str) -> None:
    """It raises, or it silently leaves work or a tensor on the CPU; it is never a right program."""
    try:
        answer = wrong_on_gpu.call(name)
    except StudentError:
        return
    assert wrong_on_gpu.findings(answer), "it runs on a real GPU, and nothing was left on the CPU"
