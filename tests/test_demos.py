"""Demo cells run after any right program: they use no private name of the reference, and no form of its models."""

from __future__ import annotations

import functools
import os

import numpy as np
import pytest

from autograder.worker.names import FrameworkName
from shared import inference
from tests import catalogue, demos
from tests.catalogue import ROOT
from tests.fork_server import Order, Server

SECONDS = 900
MODULES = {"torch": ("torch", "torch._dynamo"), "keras": ("tensorflow",)}
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",
    "MPLBACKEND": "agg",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    **dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"),
}
"""One thread, because as many tests as there are processors run at once."""
BOTH = [(name, framework) for name in catalogue.names() for framework in catalogue.frameworks(name)]


@pytest.mark.parametrize(("name", "framework"), BOTH)
def test_demos_use_names_that_students_have(name: str, framework: FrameworkName) -> None:
    assert not demos.foreign_names(name, framework)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "framework"), BOTH)
def test_demos_run_after_right_programs(name: str, framework: FrameworkName) -> None:
    """The reference and two of its variants; `python -m tests.demos` runs all of them."""
    programs = ["reference", *list(catalogue.variants(name, framework))[-2:]]
    order = Order("tests.demos", [name, framework, *programs], str(ROOT), os.environ | ENVIRONMENT)
    code, out, err = _server(framework).run(order, SECONDS)
    assert code == 0, out + err


@functools.cache
def _server(framework: FrameworkName) -> Server:
    return Server((*MODULES[framework], "matplotlib.pyplot", "tests.demos"), os.environ | ENVIRONMENT)


def test_predict_leaves_the_modes_as_they_were() -> None:
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Dropout(0.5), torch.nn.Dropout(0.5))
    model[1].eval()
    answers = inference.predict(model, np.eye(2, dtype=bool))
    assert np.array_equal(answers, inference.predict(model, torch.eye(2)))
    assert [module.training for module in model] == [True, False, True]


def test_array_reads_what_functions_return() -> None:
    torch = pytest.importorskip("torch")
    rows = [torch.ones(2, requires_grad=True), [1, 1.0], np.ones(2)]
    assert np.array_equal(inference.array(rows), np.ones((3, 2)))
