"""The check files share their code instead of copying it."""

from __future__ import annotations

from pathlib import Path

from tests import duplication, toy
from tests.catalogue import ROOT

MOST = 60
"""Lines. The remaining duplicates are ends of calls that happen to be equal."""


def test_the_check_files_hold_few_copies() -> None:
    assert duplication.duplicated_lines(ROOT) <= MOST, "`python -m tests.duplication` shows where"


def test_namesakes_count_all_but_the_longest(tmp_path: Path) -> None:
    toy.write(tmp_path / "assignments/one/checks.py", "def same():\n    return 1\n\ndef other():\n    return 1\n")
    toy.write(tmp_path / "solutions/two/checks.py", "def same():\n    x = 1\n    return x\n\ndef _():\n    return 3\n")
    toy.write(tmp_path / "assignments/two/probes.py", "class same:\n    pass\n\ndef _():\n    return 4\n")
    assert [copy.lines for copy in duplication.namesakes(tmp_path)] == [2, 2]
    assert duplication.duplicated_lines(tmp_path) == 4


def test_runs_of_three_lines_count_within_an_exercise(tmp_path: Path) -> None:
    toy.write(tmp_path / "assignments/one/checks.py", "a = 1\nb = 2\n# why\n\nc = 3\nd = 4\ne = 5\n")
    toy.write(tmp_path / "solutions/one/checks.py", "d = 4\ne = 5\nif a:\n    a = 1\n    b = 2\n\n    c = 3\n")
    toy.write(tmp_path / "solutions/two/checks.py", "a = 1\nb = 2\nc = 3\nd = 4\n")
    (run,) = duplication.shared_runs(tmp_path)
    assert (run.path.parent.name, run.first, run.last, run.lines) == ("one", 4, 7, 3)


def test_a_copy_in_probes_counts(tmp_path: Path) -> None:
    for name in ("probes", "checks"):
        toy.write(tmp_path / f"assignments/one/{name}.py", "a = 1\nb = 2\nc = 3\n")
    assert duplication.duplicated_lines(tmp_path) == 3
