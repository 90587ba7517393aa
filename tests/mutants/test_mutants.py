"""Operators make the faults that they name, only in students' code; checks kill a fixed sample of mutants."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest

from autograder.execution.zygote_client import Zygotes
from autograder.results.form import CheckResult
from autograder.worker.names import FrameworkName
from tests import catalogue, outcomes
from tests.mutants import allowed, grading, making, page
from tests.mutants.grading import Outcome
from tests.mutants.making import Maker, Mutant, Program
from tests.mutants.operators import DEEPCRIME, OPERATORS

TRAIN = "def train(model, x, y, epochs, batch_size):\n    {}model.fit(x, y, epochs=epochs)"
ADAM = "optimizer = torch.optim.Adam(parameters{})"
STEP = "def train():\n    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()"
CLIP = "[p for g in optimizer.param_groups for p in g['params'] if p.grad is not None], 0.1"
FITTED = "history = model.fit(x, y{})"
SNIPPETS: list[tuple[str, FrameworkName, str, str]] = [
    ("TCL", "torch", TRAIN.format(""), TRAIN.format(
        "y = np.concatenate([np.roll(y[:len(y) // 2], 1, axis=0), y[len(y) // 2:]])\n    ")),
    ("TRD", "torch", TRAIN.format(""), TRAIN.format("x = x[:(len(x) + 1) // 2]; y = y[:(len(y) + 1) // 2]\n    ")),
    ("TUD", "torch", TRAIN.format(""), TRAIN.format(
        "kept = ~np.all(y == y[0], axis=tuple(range(1, y.ndim))) | (np.arange(len(y)) % 4 == 0)\n    "
        "x, y = x[kept], y[kept]\n    ")),
    ("TAN", "torch", TRAIN.format(""), TRAIN.format(
        "x = (x + 0.5 * np.random.default_rng(0).standard_normal(x.shape)).astype(x.dtype)\n    ")),
    ("TCO", "torch", TRAIN.format(""), TRAIN.format(
        "x, y = np.concatenate([x, x[:len(x) // 2]]), np.concatenate([y, y[::-1][:len(x) // 2]])\n    ")),
    ("HBS", "keras", TRAIN.format(""), TRAIN.format("batch_size = batch_size * 2\n    ")),
    ("HNE", "keras", TRAIN.format(""), TRAIN.format("epochs = max(1, epochs // 2)\n    ")),
    ("HDB", "keras", TRAIN.format(""), TRAIN.format("batch_size = len(x)\n    ")),
    ("HLR", "torch", ADAM.format(", lr=0.01"), ADAM.format(", lr=0.01 * 10")),
    ("HLR", "torch", ADAM.format(""), ADAM.format(", lr=0.001 / 100")),
    ("HLR", "keras", "o = keras.optimizers.Adam(0.01)", "o = keras.optimizers.Adam(0.01 * 100)"),
    ("ACH", "torch", "y = torch.relu(x)", "y = torch.tanh(x)"),
    ("ACH", "torch", "net = nn.Sequential(nn.LeakyReLU(0.2))", "net = nn.Sequential(nn.Tanh())"),
    ("ACH", "keras", "layer = Dense(3, activation='relu')", "layer = Dense(3, activation='sigmoid')"),
    ("ARM", "torch", "y = x.relu()", "y = x"),
    ("ARM", "torch", "net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())", "net = nn.Sequential(nn.Linear(2, 3))"),
    ("ARM", "keras", "layer = Dense(3, activation='relu')", "layer = Dense(3, activation=None)"),
    ("AAL", "torch", "net = nn.Sequential(nn.Linear(2, 3))", "net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())"),
    ("RAW", "torch", ADAM.format(""), ADAM.format(", weight_decay=1.0")),
    ("RAW", "keras", "layer = Dense(3)", "layer = Dense(3, kernel_regularizer='l2')"),
    ("RCW", "torch", ADAM.format(", weight_decay=0.1"), ADAM.format(", weight_decay=0.1 * 10")),
    ("RRW", "torch", ADAM.format(", weight_decay=0.1"), ADAM.format("")),
    ("RCD", "torch", "layer = nn.Dropout(0.2)", "layer = nn.Dropout(0.2 * 2)"),
    ("RCP", "keras", "stop = EarlyStopping(patience=5)", "stop = EarlyStopping(patience=1)"),
    ("WCI", "torch", "nn.init.normal_(weights, std=0.02)", "nn.init.zeros_(weights)"),
    ("WCI", "keras", "layer = Dense(3)", "layer = Dense(3, kernel_initializer='zeros')"),
    ("WAB", "torch", "layer = nn.Linear(2, 3, bias=False)", "layer = nn.Linear(2, 3, bias=True)"),
    ("WRB", "torch", "layer = nn.Linear(2, 3)", "layer = nn.Linear(2, 3, bias=False)"),
    ("LCH", "torch", "loss = F.mse_loss(p, y)", "loss = F.l1_loss(p, y)"),
    ("LCH", "keras", "model.compile(loss='mse')", "model.compile(loss='mae')"),
    ("OCH", "torch", ADAM.format(", lr=0.1, betas=(0, 0.9)"), "optimizer = torch.optim.SGD(parameters, lr=0.1)"),
    ("OCG", "torch", "optimizer.step()", f"nn.utils.clip_grad_value_({CLIP})\noptimizer.step()"),
    ("OCG", "keras", "o = keras.optimizers.Adam(0.01)", "o = keras.optimizers.Adam(0.01, clipvalue=0.1)"),
    ("VRM", "keras", FITTED.format(", validation_split=0.1"), FITTED.format("")),
    ("ARG", "torch", "y = f(a, b)", "y = f(b, a)"),
    ("OBO", "torch", "y = x[: n]", "y = x[: n - 1]"),
    ("OBO", "torch", "y = x + 3", "y = x + 4"),
    ("OBO", "torch", "y = list(range(n))", "y = list(range(n - 1))"),
    ("ROP", "torch", "y = a + b", "y = a - b"),
    ("ROP", "torch", "y = -a", "y = a"),
    ("CMP", "torch", "y = a < b", "y = a <= b"),
    ("RED", "torch", "y = x.mean()", "y = x.sum()"),
    ("DEL", "torch", "def f():\n    g()\n    h()", "def f():\n    pass\n    h()"),
    ("DEL", "torch", "def f():\n    if a:\n        g()", "def f():\n    g()"),
    ("ZGR", "torch", STEP, STEP.replace("optimizer.zero_grad()", "pass")),
    ("AXI", "torch", "y = x.sum(dim=1)", "y = x.sum(dim=0)"),
    ("AXI", "torch", "y = x.sum(dim=1)", "y = x.sum()"),
    ("DET", "torch", "y = f(x).detach()", "y = f(x)"),
    ("DET", "torch", "with torch.no_grad():\n    y = f(x)", "y = f(x)"),
    ("DET", "torch", "def f():\n    p = model(x)\n    p.backward()", "def f():\n    p = model(x).detach()\n    p.backward()"),
    ("DET", "keras", "y = tf.stop_gradient(x)", "y = x"),
    ("ORD", "torch", STEP, "def train():\n    loss.backward()\n    optimizer.zero_grad()\n    optimizer.step()"),
    ("MOD", "torch", "model.eval()", "model.train()"),
    ("MOD", "keras", "y = model(x, training=True)", "y = model(x, training=False)"),
]  # fmt: skip
"""Operator, framework, code, and the code of one of the mutants."""

SAMPLE = 2
"""How many mutants of each PyTorch reference every run of the tests grades."""
EXACT = {"ROP", "CMP", "RED", "AXI", "MOD"}
"""Operators of the sample: their faults change what a function computes, so that few need a training to be found."""


def _mutants(name: str, framework: FrameworkName, code: str) -> list[Mutant]:
    head = f"FRAMEWORK = {framework!r}\nimport numpy as np\n"
    found = making.mutants(Program("xor", framework, "snippet", head + code + "\n"))
    return [mutant for mutant in found if mutant.operator.name == name]


@pytest.mark.parametrize(("name", "framework", "code", "fault"), SNIPPETS)
def test_an_operator_makes_its_fault(name: str, framework: FrameworkName, code: str, fault: str) -> None:
    head = f"FRAMEWORK = {framework!r}\nimport numpy as np\n"
    wanted = ast.unparse(ast.parse(head + fault))
    made = [ast.unparse(ast.parse(mutant.source)) for mutant in _mutants(name, framework, code)]
    assert wanted in made
    assert ast.unparse(ast.parse(head + code)) not in made


def test_every_operator_is_tested() -> None:
    assert {operator.name for operator in OPERATORS} == {name for name, *_ in SNIPPETS}
    assert len(DEEPCRIME) == 24


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("OBO", "def f(n: Float[Tensor, '3 4'] = 3) -> list[int]:\n    '''Text 3.'''\n    return n"),
        ("OBO", "y = x.sum(axis=1)"),
        ("DEL", "def f():\n    y = 3\n    return y"),
        ("HBS", "def build(batch_size):\n    return batch_size"),
    ],
)
def test_what_is_no_fault_stays(name: str, code: str) -> None:
    assert not [
        mutant.change for mutant in _mutants(name, "torch", code) if "added" in mutant.strength or name != "DET"
    ]


def test_only_students_code_is_changed() -> None:
    reference = catalogue.reference_source("wgan", "torch")
    program = Program("wgan", "torch", making.REFERENCE, reference)
    lines = reference.split("\n")
    assert not [lines[number - 1] for number in program.lines if "SOLUTION" in lines[number - 1]]
    given = [line for number, line in enumerate(lines, start=1) if number not in program.lines]
    maker = Maker(program)
    for mutant in filter(None, map(maker, making.shuffled(program)[:15])):
        kept = mutant.source.split("\n")
        assert [line for line in given if line not in kept and "SOLUTION" not in line] == []


def test_a_mutants_change_is_shown_and_it_has_one_name() -> None:
    first, second = (_mutants("ROP", "torch", "def f(a, b):\n    return a + b") for _ in range(2))
    assert [mutant.change for mutant in first] == ["return a + b → return a - b"]
    assert [mutant.id for mutant in first] == [mutant.id for mutant in second]


@pytest.mark.slow
def test_allowed_mutants_exist_and_have_a_reason() -> None:
    listed = list(allowed.ids())
    assert len(set(listed)) == len(listed)
    assert all(len(reason.because) > 20 for reason in allowed.read())
    wanted = {tuple(id.split("/")[:4]) for id in listed}
    programs = [
        program
        for name in catalogue.names()
        for framework in catalogue.frameworks(name)
        for program in making.programs(name, framework)
    ]
    made = {
        mutant.id
        for program in programs
        if any((program.exercise, program.framework, program.name) == each[:3] for each in wanted)
        for maker in [Maker(program)]
        for spot in making.spots(program)
        if (program.exercise, program.framework, program.name, spot.operator.name) in wanted
        for mutant in [maker(spot)]
        if mutant
    }
    assert set(listed) <= made


def _sample(exercise: str) -> list[Mutant]:
    """A few mutants of the PyTorch reference."""
    program = making.programs(exercise, "torch")[0]
    spots = [spot for spot in making.shuffled(program) if spot.operator.name in EXACT]
    made = (mutant for mutant in map(Maker(program), spots) if mutant)
    return [mutant for mutant, _ in zip(made, range(SAMPLE), strict=False)]


@pytest.mark.parametrize("exercise", catalogue.names())
def test_a_sample_is_killed(zygotes: Zygotes, exercise: str) -> None:
    """Only exact checks are run: what passes them all may still fail a training, and is listed in `LEFT`."""
    for mutant in _sample(exercise):
        outcome = grading.graded(zygotes, mutant, grading.exact(exercise), {})
        assert outcome is None or outcome.status == "killed", outcome
        assert (outcome is not None) or mutant.id in {*LEFT, *allowed.ids()}, f"{mutant.id}: {mutant.change}"


LEFT = frozenset(
    {
        "cnn/torch/reference/AXI/95641bf9",
        "cnn/torch/reference/MOD/96049711",
        "gan_1d/torch/reference/CMP/712cec8f",
        "conditional_gan/torch/reference/AXI/e122c851",
        "wgan/torch/reference/CMP/ee7fe328",
    }
)
"""Mutants of the sample that no exact check fails: they are left to a training, which no run of the tests does."""


def test_outcomes_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "build" / "outcomes.jsonl"
    assert outcomes.read(file, Outcome) == {}
    outcome = Outcome("key", "xor/torch/reference/ROP/1", "killed", "digest", "gates.and", "a cause")
    outcomes.add(file, outcome)
    with file.open("ab") as opened:
        opened.write(b'{"key": "cut o')
    assert outcomes.read(file, Outcome) == {"key": outcome}


def test_an_outcome_holds_while_code_and_deciding_checks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = _mutants("ROP", "torch", "y = a + b")[0], _mutants("ROP", "torch", "y = a * b")[0]
    assert grading.key(one) != grading.key(other)
    failed = CheckResult(id="gates.and", title="", visible=True, points=0, maximum=1, status="failed")
    killed, survived = grading.killed(one, failed), grading.passed(one, "survived")
    assert grading.holds(killed) and grading.holds(survived)
    digests = catalogue.load("xor").check_digests
    changed = dataclasses.replace(catalogue.load("xor"), check_digests=digests | {"gates.or": "another"})
    monkeypatch.setattr(catalogue, "load", lambda _: changed)
    assert grading.holds(killed) and not grading.holds(survived)
    changed = dataclasses.replace(changed, check_digests=digests | {"gates.and": "another"})
    assert not grading.holds(killed)


def test_the_page_counts_and_lists_survivors() -> None:
    killed, survived, not_run = _mutants("OBO", "torch", "y = x[0] + 3")[:3]
    named = _mutants("HLR", "torch", ADAM.format(""))[0]
    found = [
        page.Graded(killed, Outcome("1", killed.id, "killed", "", "gates.and", "a cause")),
        page.Graded(survived, Outcome("2", survived.id, "survived", "")),
        page.Graded(named, Outcome("3", named.id, "killed", "", "training.solves", "The learning rate is ignored.")),
        page.Graded(not_run, None),
    ]
    text = page.page(found, [Program("cnn", "keras", making.REFERENCE, ""), Program("cnn", "keras", "loops", "")])
    assert "| OBO | off by one | 3 | 2 | 1 |  | 1 | 0 |" in text
    assert "| HLR | another learning rate | 1 | 1 | 1 | 1 of 1 | 0 | 0 |" in text
    assert "the mutants of 1 variants, and of these references: `cnn` in keras." in text
    assert "**no reason is known**" in text
