"""Statements that are wrong in any program are found, with their lines; none is found in a right program."""

from __future__ import annotations

import textwrap

import pytest

from autograder.course import definitions
from autograder.execution.zygote_client import Zygotes
from autograder.grading.slips import Slips
from tests import catalogue
from tests.mutants import making


def found(body: str, called: str = "train", name: str = "train") -> list[tuple[str, str]]:
    source = f"def {name}(self, x):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}"
    return [(slip.where, slip.what) for slip in Slips([("a.py", source)]).among([called])]


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("loss.backward()\noptimizer.zero_grad()\noptimizer.step()", 3, "after `backward`"),
        ("loss.backward()\nself.net.zero_grad()\nself.optimizer.step()", 3, "after `backward`"),
        (
            "for y in x:\n    optimizer.zero_grad()\n    optimizer.step()\n    loss(y).backward()",
            4,
            "before `backward`",
        ),
        ("optimizer.zero_grad()\nloss(x).backward()\noptimizer.step", 4, "no parentheses"),
        ("loss.backward", 2, "no parentheses"),
        ("self.net.eval\nreturn self.net(x)", 2, "no parentheses"),
        ("if x:\n    self.count == 3", 3, "`=` assigns"),
        ("x.reshape(-1, 1)\nreturn x", 2, "not kept"),
        ("torch.sigmoid(x)\nreturn x", 2, "not kept"),
    ],
)
def test_a_slip_is_found(body: str, line: int, words: str) -> None:
    [(where, what)] = found(body)
    assert where == f"a.py, line {line}" and words in what


@pytest.mark.parametrize(
    "body",
    [
        "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nscheduler.step()",
        "loss.backward()\noptimizer.step()\noptimizer.zero_grad()",
        # Gradients are accumulated, or belong to two nets.
        "for y in x:\n    loss(y).backward()\noptimizer.step()\noptimizer.zero_grad()",
        "d_loss.backward()\ng_opt.zero_grad()\nd_opt.step()\nd_opt.zero_grad()\ng_loss.backward()\ng_opt.step()",
        "def closure():\n    optimizer.zero_grad()\n    loss = f(x)\n    loss.backward()\n    return loss\n"
        "optimizer.step(closure)",
        "x.detach().zero_()\nself.net.train()\nassert x.shape == (1, 2)\nx = x.reshape(-1)\nF.relu(x, inplace=True)",
        "loss.backward()\nopts['g'].zero_grad()\nopts['d'].step()",
        "net.zero_grad()\nscores, state = net.step(x, state)\nscores.sum().backward()\nopt.step()",
    ],
)
def test_what_may_be_right_is_no_slip(body: str) -> None:
    assert not found(body)


def test_only_what_the_check_ran_counts() -> None:
    other = "optimizer.step"
    assert not found(other, called="predict")
    source = "class GAN:\n    def __init__(self):\n        self.fit()\n    def fit(self):\n        self._step()\n"
    source += "    def _step(self):\n        self.optimizer.step"
    for called in ("GAN", "fit", "_step"):
        assert [slip.where for slip in Slips([("a.py", source)]).among([called])] == ["a.py, line 7"]


DEEP = "def train(x):\n    x" + ".a" * 900 + ".step()\n    " + "(" * 90 + "x" + ")" * 90 + ".backward()"


@pytest.mark.parametrize(
    "source", ["def train(:", "x = 1", DEEP, "def train():\n" + "    a.step\n" * definitions.LARGEST]
)
def test_any_code_is_read(source: str) -> None:
    assert not list(Slips([("a.py", source)]).among(["train"]))


@pytest.mark.parametrize("name", catalogue.names())
def test_right_programs_have_none(name: str) -> None:
    for framework in catalogue.frameworks(name):
        for program in making.programs(name, framework):
            cells = catalogue.as_submission(name, framework, program.source).cells
            assert not list(Slips(cells).among([*catalogue.contract(name), "fit", "sample"]))


def test_a_student_reads_it_before_the_check_s_own_cause(zygotes: Zygotes) -> None:
    [mistake] = [
        each for each in catalogue.mistakes("xor") if each.title.startswith("gradients are zeroed before the step")
    ]
    result = catalogue.grade(zygotes, "xor", "torch", mistake.source(), only=[mistake.fails])
    check = catalogue.by_id(result)[mistake.fails]
    lines = mistake.source().split("\n")
    line = 1 + next(number for number, text in enumerate(lines) if "zero_grad(set_to_none=False)" in text)
    assert check.likely.startswith(f"In xor.py, line {line}, `zero_grad` comes after `backward`")
    assert check.place == f"xor.py, line {line}"
    assert check.likely.endswith("or the optimiser holds the parameters of another model.")
