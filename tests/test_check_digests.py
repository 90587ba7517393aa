"""The digest of a check changes with what decides its outcome, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import toy

HEAD = "from autograder import check, expect\nfrom .probes import ask\nfrom shared import data\nimport math\n"
CHECKS = (
    HEAD
    + '''
BOUND = 3

def helper(student):
    """Says something."""
    return student.one() + BOUND

def other(student):
    return 1

@check("part.first")
def _(student, limits):
    """It uses a helper"""
    expect.that(helper(student) < limits.low, tried="one", saw="it", expected="less")

@check("part.second", needs="part.first")
def _(student, limits):
    """It uses another, a probe and another threshold"""
    expect.that(other(student) < limits.high + ask(), tried="one", saw="it", expected="less")

for name in ("third",):
    @check(f"other.{name}")
    def _(student, reference):
        """In a loop, against the reference"""
        math.sqrt(2)
'''
)
PROBES = "DEPTH = 1\n\ndef ask():\n    return DEPTH\n\ndef unused():\n    return 2\n"
THRESHOLDS = "{low: 1, high: 2}"


def digests(folder: Path, **changes: str) -> dict[str, str]:
    given = {"checks": CHECKS, "probes": PROBES, "thresholds": THRESHOLDS, "solution": "x = 1\n"} | changes
    limits = given.get("limits", "{seconds: 60}")
    toy.write(folder / "assignments/toy/probes.py", given["probes"])
    # The checks are hidden: only a hidden check may ask the reference.
    toy.project(
        folder, "from autograder import check\n", hidden=given["checks"], thresholds=given["thresholds"],
        limits=limits, solutions={"toy_torch.py": given["solution"]},
    )  # fmt: skip
    return toy.load(folder).check_digests


FIRST, SECOND, THIRD = "part.first", "part.second", "other.third"


@pytest.mark.parametrize(
    ("what", "changes", "changed"),
    [
        ("nothing", {}, set[str]()),
        ("a comment", {"checks": CHECKS.replace("BOUND = 3", "BOUND = 3  # more\n# and more")}, set()),
        ("a docstring", {"checks": CHECKS.replace("Says something", "Says more\n\n    of it")}, set()),
        ("a title", {"checks": CHECKS.replace("It uses a helper", "It uses one")}, set()),
        ("a line above", {"checks": CHECKS.replace("BOUND", "\n\nBOUND", 1)}, set()),
        ("another import", {"checks": CHECKS.replace("check, expect", "check, expect, tensor")}, set()),
        ("a function that nobody uses", {"probes": PROBES.replace("return 2", "return 3")}, set()),
        ("the check itself", {"checks": CHECKS.replace('saw="it"', 'saw="that"', 1)}, {FIRST}),
        ("a helper", {"checks": CHECKS.replace("one() +", "one() -")}, {FIRST}),
        ("a constant of a helper", {"checks": CHECKS.replace("BOUND = 3", "BOUND = 4")}, {FIRST}),
        ("a constant of a probe", {"probes": PROBES.replace("DEPTH = 1", "DEPTH = 2")}, {SECOND}),
        ("its needs", {"checks": CHECKS.replace(', needs="part.first"', "")}, {SECOND}),
        ("a threshold", {"thresholds": "{low: 1, high: 3}"}, {SECOND}),
        ("in a loop", {"checks": CHECKS.replace("sqrt(2)", "sqrt(3)")}, {THIRD}),
        ("the reference", {"solution": "x = 2\n"}, {THIRD}),
        ("the limits", {"limits": "{seconds: 61}"}, {FIRST, SECOND, THIRD}),
        ("a statement of any effect", {"checks": CHECKS + "\nmath.tau\n"}, {FIRST, SECOND, THIRD}),
    ],
)
def test_what_changes_it(tmp_path: Path, what: str, changes: dict[str, str], changed: set[str]) -> None:
    before, after = digests(tmp_path), digests(tmp_path, **changes)
    assert {id for id in before if before[id] != after[id]} == changed, what


def test_it_is_the_same_in_another_folder(tmp_path: Path) -> None:
    assert digests(tmp_path / "here") == digests(tmp_path / "there")


@pytest.mark.parametrize(
    "import_it",
    [
        "from autograder.authoring.probes.functions import sigmoid",
        "from autograder.authoring.probes import functions\nsigmoid = functions.sigmoid",
        "import autograder.authoring.probes.functions\nsigmoid = autograder.authoring.probes.functions.sigmoid",
        "def sigmoid(x):\n    from autograder.authoring.probes.functions import sigmoid as inner\n    return inner(x)",
    ],
)
def test_it_covers_the_packages_own_probes(tmp_path: Path, import_it: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.authoring import check_digests
    from autograder.authoring.probes import functions

    copy = toy.write(tmp_path / "functions.py", Path(functions.__file__).read_text())
    checks = (
        f"from autograder import check\n{import_it}\n"
        + '''
@check("part.first")
def _(student):
    """Title"""
    sigmoid(1)

@check("part.second")
def _(student):
    """Title"""

@check("other.third")
def _(student):
    """Title"""
'''
    )
    followed = check_digests._followed  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(check_digests, "_followed", lambda name: copy if name.endswith("functions") else followed(name))
    before = digests(tmp_path / "project", checks=checks, thresholds="{}")
    copy.write_text(copy.read_text().replace("def sigmoid(x: ArrayLike) -> Numbers:", "def sigmoid(x) -> Numbers:"))
    after = digests(tmp_path / "project", checks=checks, thresholds="{}")
    assert {id for id in before if before[id] != after[id]} == {"part.first"}
