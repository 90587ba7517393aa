"""Statements that are wrong in any program are found, with their lines; none is found in a right program."""

from __future__ import annotations

import re
import textwrap

import pytest

from autograder.course import definitions
from autograder.execution.zygote_client import Zygotes
from autograder.grading.slips import Slips
from autograder.worker.names import FrameworkName
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
        ("for y in x:\n    loss(y).backward()\n    optimizer.step()", 4, "`zero_grad()` is called nowhere"),
        (
            "self.opt_d.zero_grad()\nd.backward()\nself.opt_d.step()\ng.backward()\nself.opt_g.step()",
            6,
            "`self.opt_g` steps",
        ),
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
        # Gradients are zeroed in another way, or what steps has none.
        "loss.backward()\noptimizer.step()\nfor p in net.parameters():\n    p.grad = None",
        "for each in optimizers:\n    each.zero_grad()\nloss.backward()\nself.opt_g.step()",
        "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nscheduler.step()",
        "state = opt.step(state)",
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


@pytest.mark.parametrize(
    ("framework", "body", "words"),
    [
        ("torch", "o = torch.optim.Adam(net.parameters(), lr=0.001 * 100)", "`Adam` has a learning rate of 0.1;"),
        ("torch", "o = torch.optim.Adam(net.parameters(), 1e-5)", "a learning rate of 1e-05;"),
        ("torch", "o = SGD(net.parameters())", "a learning rate of 0.001, its default; from 0.01 to 1 "),
        ("torch", "o = torch.optim.Adagrad(net.parameters(), lr=0.001)", "`Adagrad` has"),
        ("torch", "o = Adam(net.parameters(), weight_decay=1.0)", "`weight_decay` pulls all weights towards 0"),
        ("torch", "epochs = 1\nreturn epochs", "`epochs` is replaced there"),
        ("torch", "epochs += 1", "`epochs` is replaced there"),
        ("keras", "net.compile(keras.optimizers.Adam(0.5), 'mse')", "a learning rate of 0.5;"),
        ("keras", "net.compile(keras.optimizers.Adagrad(), 'mse')", "a learning rate of 0.001, its default;"),
        ("keras", "return Dense(3, kernel_regularizer=L2(0.1))", "`kernel_regularizer` pulls"),
        ("keras", "return Dense(3, kernel_regularizer='l2')", "`kernel_regularizer` pulls"),
    ],
)
def test_a_rare_setting_is_found(framework: FrameworkName, body: str, words: str) -> None:
    assert words in "".join(settings(body, framework))


@pytest.mark.parametrize(
    "body",
    [
        "o = torch.optim.Adam(net.parameters(), lr=3e-4, weight_decay=1e-4)",
        "o = torch.optim.AdamW(net.parameters(), weight_decay=0.01)",
        "o = torch.optim.SGD(net.parameters(), lr=0.005, momentum=0.9)",
        "o = torch.optim.SGD(net.parameters(), rate)",
        "o = torch.optim.SGD(net.parameters(), lr=1 / 0)",
        f"o = torch.optim.SGD(net.parameters(), lr=1{400 * '0'})\no = Adam(net.parameters(), lr=1{400 * '0'} * 0.5)",
        "net = Dense(3, kernel_regularizer=None)",
        "if epochs < 1:\n    epochs = 1\nx = x[:3]",
    ],
)
def test_what_is_usual_is_not_mentioned(body: str) -> None:
    assert not settings(body, "torch")


def settings(body: str, framework: FrameworkName) -> list[str]:
    source = f"def train(net, x, epochs: int):\n{textwrap.indent(body, '    ')}"
    return [slip.what for slip in Slips([("a.py", source)]).settings_among(["train"], framework, trained=True)]


def test_a_class_may_make_its_optimisers_for_later() -> None:
    source = "class GAN:\n    def __init__(self):\n        self.opt = Adam(self.g.parameters(), lr=3)"
    slips = Slips([("a.py", source)])
    assert [slip.where for slip in slips.settings_among(["GAN"], "torch", trained=True)] == ["a.py, line 3"]
    assert not list(slips.settings_among(["GAN"], "torch", trained=False))


def test_a_student_reads_a_rare_setting_after_the_check_s_own_cause(zygotes: Zygotes) -> None:
    source = catalogue.reference_source("xor", "torch")
    decayed = source.replace("lr=learning_rate)", "lr=learning_rate, weight_decay=1.0)")
    result = catalogue.grade(zygotes, "xor", "torch", decayed, only=["training.learns"])
    check = catalogue.by_id(result)["training.learns"]
    assert check.status == "failed"
    assert re.search(r"\. Look also at xor\.py, line \d+: `weight_decay` pulls", check.likely), check.likely


DEEP = "def train(x):\n    x" + ".a" * 900 + ".step()\n    " + "(" * 90 + "x" + ")" * 90 + ".backward()"


@pytest.mark.parametrize(
    "source", ["def train(:", "x = 1", DEEP, "def train():\n" + "    a.step\n" * definitions.LARGEST]
)
def test_any_code_is_read(source: str) -> None:
    slips = Slips([("a.py", source)])
    assert not list(slips.among(["train"])) and not list(slips.settings_among(["train"], "torch", trained=True))


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
