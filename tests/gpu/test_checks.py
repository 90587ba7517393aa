"""The two checks of a part about GPUs: what passes, what fails and how, lying workers, and what is deferred."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE
from autograder.errors import Deferred
from autograder.execution.gpus import Gpus, present
from autograder.execution.zygote_client import Zygotes
from autograder.grading import engine, grader
from autograder.results.files import result_path
from autograder.results.form import CheckResult, read
from autograder.worker.names import FrameworkName
from tests import catalogue, toy

CHECKS = '''
import numpy as np
from autograder import check, expect, on_gpu

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(6, 2)

@check("part.first")
def _(student):
    """one() is 1"""
    expect.equal(student.one(), 1, tried="one()")

@on_gpu("gpu", needs="part.first")
def _(student, draw):
    """Training runs where the model's parameters live"""
    student.seed(draw.seed())
    model = student.place(student.build_model(), X)
    student.train(model, X, X[:, :1], 3)
    return {"answers": model.forward(X)}
'''
POINTS = {"part": {"first": 10.0}, "gpu": {"readiness": 10.0, "execution": 0.0}}

TORCH = """
FRAMEWORK = "torch"
import torch
from torch import nn

def one():
    return 1

def build_model():
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))

def train(model, x, y, steps):
    device = next(model.parameters()).device
    x, y = torch.tensor(x, device=device), torch.tensor(y, device=device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
KERAS = """
FRAMEWORK = "keras"
import keras
import tensorflow as tf

def one():
    return 1

def build_model():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])

def train(model, x, y, steps):
    model.compile("sgd", "mse")
    for _ in range(steps):
        model.train_on_batch(x, y)
"""


def graded(
    zygotes: Zygotes, folder: Path, source: str, framework: FrameworkName = "torch", checks: str = CHECKS
) -> dict[str, CheckResult]:
    exercise = toy.load(toy.project(folder, checks, POINTS))
    result = grader.grade(toy.handed_in(source, framework), grader.Job(exercise, 3, zygotes.of))
    return {check.id: check for check in result.checks}


def edited(source: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert source.count(old) == 1
        source = source.replace(old, new)
    return source


@pytest.mark.parametrize(("source", "framework"), [(TORCH, "torch"), (KERAS, "keras")])
def test_a_right_program_passes_and_execution_waits(
    zygotes: Zygotes, tmp_path: Path, source: str, framework: FrameworkName
) -> None:
    checks = graded(zygotes, tmp_path, source, framework)
    assert checks["gpu.readiness"].status == "passed", checks["gpu.readiness"]
    assert checks["gpu.readiness"].points == 10
    assert checks["gpu.execution"].status == "deferred"
    assert "needs a GPU" in checks["gpu.execution"].saw


def test_a_model_that_only_the_students_code_calls(zygotes: Zygotes, tmp_path: Path) -> None:
    checks = edited(CHECKS, ("student.build_model(), X)", "student.build_model(), None)"), ("model.forward(X)", "X"))
    assert graded(zygotes, tmp_path / "right", TORCH, checks=checks)["gpu.readiness"].status == "passed"
    wrong = edited(TORCH, ("torch.tensor(y, device=device)", "torch.tensor(y)"))
    check = graded(zygotes, tmp_path / "wrong", wrong, checks=checks)["gpu.readiness"]
    assert check.status == "failed"
    assert "on the CPU, created in toy.py, line 13" in check.saw


def test_a_failure_names_line_tensor_and_remedy(zygotes: Zygotes, tmp_path: Path) -> None:
    wrong = edited(TORCH, ("torch.tensor(y, device=device)", "torch.tensor(y)"))
    check = graded(zygotes, tmp_path, wrong)["gpu.readiness"]
    assert check.status == "failed"
    assert "toy.py, line 16: `loss = nn.functional.mse_loss(model(x), y)`" in check.saw
    assert "shape (6, 1), on the CPU, created in toy.py, line 13" in check.saw
    assert "`.to(x.device)`" in check.likely


def test_the_same_mistake_in_keras(zygotes: Zygotes, tmp_path: Path) -> None:
    wrong = edited(
        KERAS, ("    for _ in range(steps):\n", '    for _ in range(steps):\n      with tf.device("/CPU:0"):\n')
    )
    check = graded(zygotes, tmp_path, wrong, "keras")["gpu.readiness"]
    assert check.status == "failed"
    assert "toy.py, line 14" in check.saw
    assert "scope that names the CPU" in check.saw
    assert "Remove the `tf.device` scope" in check.likely


ONLY_TRACED = edited(
    KERAS,
    ("def train(", "@tf.function\ndef batch(x, y):\n    return x, y * x.get_shape()[0] / 6\n\ndef train("),
    ("train_on_batch(x, y)", "train_on_batch(*batch(x, y))"),
)
"""An array has no `get_shape`; traced, the function gets a tensor."""


def test_a_program_that_works_only_where_it_is_traced_passes(zygotes: Zygotes, tmp_path: Path) -> None:
    check = graded(zygotes, tmp_path, ONLY_TRACED, "keras")["gpu.readiness"]
    assert check.status == "passed", check


def test_its_mistake_is_found_too(zygotes: Zygotes, tmp_path: Path) -> None:
    wrong = edited(ONLY_TRACED, ("        model.train", '        with tf.device("/CPU:0"):\n            model.train'))
    check = graded(zygotes, tmp_path, wrong, "keras")["gpu.readiness"]
    assert check.status == "failed"
    assert "Remove the `tf.device` scope" in check.likely


def test_other_checks_are_not_run_eagerly(zygotes: Zygotes) -> None:
    source = "import tensorflow as tf\ndef f():\n    return bool(tf.function(lambda: tf.executing_eagerly())())"
    with toy.session(zygotes, toy.handed_in(source, "keras")) as session:
        student = grader.Student(session.ask)
        assert student.f() is False
        student.eagerly()
        assert student.f() is True
        session.begin()
        assert student.f() is False


def test_what_was_found_while_the_file_was_read_says_nothing_of_the_lesson(zygotes: Zygotes, tmp_path: Path) -> None:
    tried_out = (
        "\ntry:\n    torch.ones(2) @ torch.ones(2, device='cuda')\nexcept (RuntimeError, AssertionError):\n    pass\n"
    )
    assert graded(zygotes, tmp_path, TORCH + tried_out)["gpu.readiness"].status == "passed"


def test_a_program_that_never_repeats_itself_passes(zygotes: Zygotes, tmp_path: Path) -> None:
    noisy = edited(
        TORCH,
        ("    x, y =", "    torch.seed()\n    for p in model.parameters():\n        p.data.normal_()\n    x, y ="),
    )
    assert graded(zygotes, tmp_path, noisy)["gpu.readiness"].status == "passed"


@pytest.mark.parametrize(
    ("edit", "saw"),
    [
        # It claims that it has trained, but it has not.
        (
            ("    device = next", "    if torch.cuda.is_available():\n        return\n    device = next"),
            "unchanged parameters",
        ),
        # It changes the parameters arbitrarily.
        (
            (
                "    device = next",
                "    if torch.cuda.is_available():\n        for p in model.parameters():\n            p.data += 0.5\n"
                "        model(torch.tensor(x, device='cuda'))\n        return\n    device = next",
            ),
            "a difference from the run on the CPU",
        ),
        # It trains a copy on the CPU, hides the findings and copies the weights.
        (
            (
                "FRAMEWORK",
                "import sys\nfor name, module in list(sys.modules.items()):\n"
                "    if name.endswith('pretended_torch'):\n        module.PretendedGPU.findings = lambda self: []\nFRAMEWORK",
            ),
            "is not detected",
        ),
        # It removes the rules.
        (
            (
                "FRAMEWORK",
                "import sys\nfor name, module in list(sys.modules.items()):\n"
                "    if name.endswith('pretended_torch'):\n        module.PretendedGPU.mixed = lambda *a: None\nFRAMEWORK",
            ),
            "is not detected",
        ),
        # It computes everything in NumPy.
        (
            (
                "    device = next",
                "    with torch.no_grad():\n        for p in model.parameters():\n"
                "            p.copy_(torch.from_numpy(p.cpu().numpy() + 0.1))\n    return\n    device = next",
            ),
            "",
        ),
    ],
    ids=["returns", "moves", "no findings", "no rules", "numpy"],
)
def test_the_simplest_lies_earn_nothing(zygotes: Zygotes, tmp_path: Path, edit: tuple[str, str], saw: str) -> None:
    check = graded(zygotes, tmp_path, edited(TORCH, edit))
    if saw:
        assert check["gpu.readiness"].status == "failed"
        assert saw in check["gpu.readiness"].saw
    else:
        # The forward pass of the test itself is work on the device; NumPy's work in between is not detected.
        assert check["gpu.readiness"].status == "passed"


@pytest.mark.parametrize(
    ("net", "after", "saw"),
    [
        ("build_model()", "pass", "unchanged parameters"),
        ("model", "[each.assign_add(each + 0.5) for each in model.weights]", "a difference from the run on the CPU"),
    ],
)
def test_the_same_lies_in_keras_where_layers_have_other_names(
    zygotes: Zygotes, tmp_path: Path, net: str, after: str, saw: str
) -> None:
    on_a_gpu = f"""\
    if tf.config.list_physical_devices("GPU"):
        net = {net}
        net.compile("sgd", "mse")
        net.train_on_batch(x, y)
        {after}
        return
"""
    # The worker without a GPU has built more models by then, and Keras numbers them.
    builds = ("    return 1", "    build_model()\n    return 1")
    lying = edited(KERAS, builds, ("    model.compile", f"{on_a_gpu}    model.compile"))
    check = graded(zygotes, tmp_path, lying, "keras")["gpu.readiness"]
    assert check.status == "failed"
    assert saw in check.saw


@pytest.mark.parametrize(
    "reply", ["None", "[1, 2]", "{'findings': 3, 'counts': [4]}", "{'findings': [5, {}], 'counts': {'work': 'x'}}"]
)
def test_nonsense_about_the_gpu_is_the_students_trouble(zygotes: Zygotes, tmp_path: Path, reply: str) -> None:
    lying = (
        "import sys\nfor name, module in list(sys.modules.items()):\n"
        "    if name.endswith('worker.main') or name == '__main__':\n"
        f"        getattr(module, 'Worker', type('X', (), {{}}))._found = lambda self, asked: {reply}\n"
    )
    check = graded(zygotes, tmp_path, lying + TORCH)["gpu.readiness"]
    assert check.status == "failed"


def test_only_completes_earlier_results(zygotes: Zygotes, tmp_path: Path) -> None:
    exercise = toy.load(toy.project(tmp_path, CHECKS, POINTS))
    plan = engine.Plan([toy.handed_in(TORCH)], {"toy": exercise}, tmp_path / "results", seed=None)
    (first,) = engine.run(plan)
    path = result_path(tmp_path / "results", "ada", "toy")
    stored: dict[str, Any] = json.loads(path.read_text())
    stored["checks"][0]["title"] = "as it was"
    stored["notes"] = ["a note of the first run"]
    path.write_text(json.dumps(stored))
    again = engine.Plan(plan.submissions, plan.exercises, plan.results, None, only="gpu", gpus=Gpus([7], 1))
    (second,) = engine.run(again)
    by_id = {check.id: check for check in second.checks}
    assert by_id["part.first"].title == "as it was", "what is not asked for is left alone"
    assert by_id["gpu.execution"].status == "deferred"
    assert "finds none here" in by_id["gpu.execution"].saw, "it was tried on the GPU that was named"
    assert (second.seed, second.score, second.digest) == (first.seed, 20, first.digest)
    assert second.notes[0] == "a note of the first run"
    assert read(path) == second
    (third,) = engine.run(engine.Plan(plan.submissions, plan.exercises, plan.results, None))
    assert third == second, "nothing left to do"


def test_jobs_share_gpus_and_wait_for_them() -> None:
    gpus = Gpus([3, 5], 2)
    held = [gpus.lease() for _ in range(4)]
    used = [lease.__enter__().environment["CUDA_VISIBLE_DEVICES"] for lease in held]
    assert sorted(used) == ["3", "3", "5", "5"]
    came = threading.Event()

    def fifth() -> None:
        with gpus.lease():
            came.set()

    waiting = threading.Thread(target=fifth)
    waiting.start()
    assert not came.wait(0.1)
    held[0].__exit__(None, None, None)
    waiting.join(5)
    assert came.is_set()


def test_without_a_gpu_a_lease_is_deferred() -> None:
    with pytest.raises(Deferred, match="there is none here"), Gpus([], 1).lease():
        pass


def test_grading_yml_says_which_gpus(tmp_path: Path) -> None:
    file = toy.project(tmp_path, CHECKS, POINTS) / GRADING_FILE
    assert (load_policy(file).gpus, load_policy(file).jobs_per_gpu) == (None, 1)
    file.write_text("gpus: [0, 2]\njobs_per_gpu: 3\n" + file.read_text())
    assert (load_policy(file).gpus, load_policy(file).jobs_per_gpu) == ([0, 2], 3)


def test_hidden_gpus_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,3")
    assert present() == [1, 3]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert present() == []


def test_an_optimizer_with_a_state_from_the_start_moves_with_its_net(zygotes: Zygotes) -> None:
    """The constructor of a GAN gives its nets to Adagrad; the grader moves them afterwards, which a student never does."""
    source = catalogue.reference_source("gan_1d", "torch")
    adam = "torch.optim.Adam(self.generator.parameters(), lr=0.001, betas=(0.5, 0.999))"
    assert adam in source
    adagrad = source.replace(adam, "torch.optim.Adagrad(self.generator.parameters())")
    result = catalogue.grade(zygotes, "gan_1d", "torch", adagrad, only=["gpu.readiness"])
    assert catalogue.by_id(result)["gpu.readiness"].status == "passed", catalogue.not_passed(result)
