"""A class that was graded, made without running anything: results, files and decisions of any number of students."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import struct
import textwrap
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from autograder.course.grading_file import load_policy
from autograder.course.people import adjustments
from autograder.course.people.adjustments import Adjustment
from autograder.course.policy import Policy
from autograder.decisions.folder import files_of, refresh
from autograder.reports.pages.code import Code
from autograder.reports.pages.folder import Course
from autograder.results.form import CheckResult, Layers, Result
from autograder.results.history.gradings import New
from autograder.results.history.record import History

GRADING = """
title: Deep learning, winter term
exercises:
  toy:
    points:
      gates: {or: 2, and: 2, defined: 1}
      model: {shape: 3, trains: 5}
      by_hand: {corners: 3}
      gpu: {moves: 1}
  curve:
    points:
      players: {generator: 4, discriminator: 4}
      training: {two_steps: 6, learns: 6}
"""
ROSTER_HEAD = "id,name,email,section,group"
FIRST = [
    "Ada",
    "Bashir",
    "Chidi",
    "Dörte",
    "Eli",
    "Fatima",
    "Goran",
    "Hana",
    "Ivan",
    "Jo",
    "Kemal",
    "Lena",
    "Mo",
    "Nia",
    "Oscar",
    "Pia",
    "Quinn",
    "Ravi",
    "Sofia",
    "Tao",
]
LAST = [
    "Lovelace",
    "Okafor",
    "Nguyễn",
    "Müller",
    "Kowalski",
    "García",
    "Haddad",
    "Ito",
    "Johansson",
    "Khan",
    "Larsen",
    "Moreau",
    "Novák",
    "Öztürk",
    "Petrov",
]
CAUSES = {
    "gates.and": ("This is OR: one input alone switches the unit on; lower the bias.", "The bias has the wrong sign."),
    "model.shape": ("`forward` returns the hidden layer; apply the last `Linear`.",),
    "model.trains": ("The loss is not finite: the learning rate is too high.", "Nothing is zeroed between two steps."),
    "by_hand.corners": ("A threshold is missing.",),
}
CELLS = (
    'FRAMEWORK = "torch"\nimport torch\nfrom torch import nn',
    textwrap.dedent('''\
        def or_gate():
            """One unit that is above 1/2 where OR is 1."""
            return [2.0, 2.0], -1.0


        def and_gate():
            return [2.0, 2.0], -1.0  # the same
    '''),
    textwrap.dedent("""\
        class Net(nn.Module):
            def __init__(self, hidden: int = 4):
                super().__init__()
                self.inner = nn.Linear(2, hidden)
                self.outer = nn.Linear(hidden, 1)

            def forward(self, x):
                h = torch.tanh(self.inner(x))
                return self.outer(h).squeez(-1)


        def train(net, x, y, steps=400, rate=0.05):
            optimiser = torch.optim.Adam(net.parameters(), lr=rate)
            losses = []
            for step in range(steps):
                optimiser.zero_grad()
                loss = nn.functional.binary_cross_entropy_with_logits(net(x), y)
                loss.backward()
                optimiser.step()
                losses.append(float(loss))
            return losses
    """),
    "losses = train(Net(), x, y)\nprint(f'{losses[-1]:.4f}')\nplt.plot(losses)",
)
FIRST_STUDENT = "ada00000"
RAISED = ("cell 3", 9)
"""Where `Net.forward` raises."""


def make(folder: Path, students: int, seed: int = 0) -> Path:
    """A course in this folder whose results are recorded, but without pages. Returns the folder of the results."""
    draw = random.Random(seed)
    write(folder / "grading.yml", GRADING)
    write(folder / "assignments/toy/toy_torch.ipynb", json.dumps(released()))
    ids = [f"{FIRST[n % len(FIRST)].lower()}{n:05d}" for n in range(students)]
    people = [
        f"{id},{FIRST[n % len(FIRST)]} {draw.choice(LAST)},,{'ABC'[n % 3]},"
        for n, id in enumerate([*ids, *(f"late{n}" for n in range(2))])
    ]
    write(folder / "roster.csv", "\n".join([ROSTER_HEAD, *people]) + "\n")
    content = notebook()
    results = [each for id in ids for each in _results(id, draw, content)]
    record(folder / "results", results, content)
    return folder / "results"


def write_pages(folder: Path) -> None:
    """Bring the results of the course in this folder up to date."""
    refresh(folder / "results", policy(folder))


def policy(folder: Path) -> Policy:
    return load_policy(folder / "grading.yml")


def code_of(folder: Path, result: Result) -> Code | None:
    """The file that was graded, from the course's record."""
    with History.existing(folder / "results") as history:
        return Course(policy(folder), contents_of=files_of(history)).code(result)


def record(results: Path, those: Iterable[Result], content: bytes) -> None:
    with History(results) as history:
        history.record_all([New(result=each, kind="grade", content=content) for each in those])


def decide(folder: Path, student: str, kind: adjustments.Kind, value: str, reason: str) -> None:
    made = Adjustment("2026-11-21T10:00:00+00:00", "turing", student, "toy", kind, value, reason, "")
    adjustments.append(folder / adjustments.ADJUSTMENTS, made)


def _results(student: str, draw: random.Random, content: bytes) -> list[Result]:
    good = draw.random()
    toy = [
        check("gates.or", 2, draw.random() < 0.95),
        check("gates.and", 2, draw.random() < 0.6 + good / 3),
        check("gates.defined", 1, True, visible=False),
        check("model.shape", 3, shaped := draw.random() < 0.7 + good / 3),
        check("model.trains", 5, shaped and draw.random() < 0.8, needs="" if shaped else "model.shape"),
        check("by_hand.corners", 3, draw.random() < good, visible=False),
        check("gpu.moves", 1, True),
    ]
    curve = [
        check("players.generator", 4, draw.random() < 0.9),
        check("players.discriminator", 4, draw.random() < 0.5 + good / 2),
        check("training.two_steps", 6, draw.random() < 0.5 + good / 2),
        check("training.learns", 6, draw.random() < good, visible=False),
    ]
    return [
        result(student, "toy", toy, content, seconds=round(draw.uniform(4, 40), 2)),
        result(student, "curve", curve, content, seconds=round(draw.uniform(20, 90), 2)),
    ]


def check(id: str, worth: float, passed: bool, *, visible: bool = True, needs: str = "") -> CheckResult:
    status = "passed" if passed else "skipped" if needs else "failed"
    said: dict[str, Any] = {"saw": f"because {needs} did not pass"} if needs else {}
    if status == "failed":
        causes = CAUSES.get(id, ("",))
        said = {
            "tried": {"gates.and": "and_gate() on the corners (0,0), (0,1), (1,0), (1,1)"}.get(id, f"{id} on 8 inputs"),
            "saw": {"gates.and": "[0, 1, 1, 1]"}.get(id, "an array of shape (8,) with values up to 14.2"),
            "expected": {"gates.and": "[0, 0, 0, 1]"}.get(id, "an array of shape (8, 1)"),
            "likely": causes[len(id) % len(causes)],
            "read": f"README, part `{id.partition('.')[0]}`",
            "place": f"{RAISED[0]}, line {RAISED[1]}" if id == "model.shape" else "",
            "printed": "epoch 1\nepoch 2\n" if id == "model.trains" else "",
        }
    return CheckResult(
        id=id,
        title=f"The title of `{id}`, one sentence long",
        visible=visible,
        points=worth if passed else 0.0,
        maximum=worth,
        status=status,
        seconds=0.4,
        **said,
    )


def result(student: str, exercise: str, checks: Sequence[CheckResult], content: bytes, **given: Any) -> Result:
    values: dict[str, Any] = {
        "student": student,
        "exercise": exercise,
        "framework": "torch",
        "file": f"{exercise}.ipynb",
        "digest": "0" * 64,
        "source": hashlib.sha256(content).hexdigest(),
        "score": sum(check.points for check in checks),
        "maximum": sum(check.maximum for check in checks),
        "checks": list(checks),
        "isolation": Layers("strong", ["namespaces", "seccomp"], []),
        "versions": {"autograder": "0.1.0", "torch": "2.13.0"},
        "seed": 1234567,
        "output": "epoch 1\nepoch 2\n",
        "seconds": 7.5,
        "graded": "2026-11-20T20:15:00+00:00",
        **given,
    }
    return Result(**values)


def notebook(cells: Sequence[str] = CELLS) -> bytes:
    """A student's notebook; its last cell is a demo, with outputs."""
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["0.0123\n"]},
        {
            "output_type": "display_data",
            "data": {
                "image/png": base64.b64encode(png()).decode(),
                "text/html": "<script>alert(1)</script>",
                "text/plain": "<Figure size 640x480 with 1 Axes>",
            },
            "metadata": {},
        },
        {"output_type": "error", "ename": "NameError", "evalue": "name 'plt' is not defined", "traceback": []},
    ]
    made = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "execution_count": number,
            "metadata": {"tags": ["demo"]} if number == len(cells) else {},
            "outputs": outputs if number == len(cells) else [],
            "source": source,
        }
        for number, source in enumerate(cells, start=1)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def released() -> dict[str, Any]:
    """The notebook that students got: its cells say which names belong to which part."""
    stubs = {
        "gates-1": "def or_gate(): ...",
        "gates-2": "def and_gate(): ...",
        "model-1": "class Net: ...",
        "model-2": "def train(): ...",
    }
    cells = [{"cell_type": "code", "id": id, "source": [source]} for id, source in stubs.items()]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def png(width: int = 320, height: int = 160) -> bytes:
    """A picture: a falling curve."""
    rows = b"".join(
        b"\0" + bytes(60 if abs(y - height * (1 - 1 / (1 + x / 30))) < 2 else 245 for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
