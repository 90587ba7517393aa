"""Loading an exercise: inconsistencies are reported immediately, before any submission is graded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from autograder.authoring import exercise
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from tests import toy

POINTS = {"part": {"one": 10.0, "two": 10.0}}
HEAD = "from autograder import check, expect\n"


def a_check(id: str, arguments: str = "", takes: str = "student", doc: str = '"""A title"""') -> str:
    return f"@check({id!r}{arguments})\ndef _({takes}):\n    {doc}\n\n"


def problems(
    folder: Path, *checks: str, hidden: str | None = None, points: dict[str, dict[str, float]] = POINTS
) -> list[str]:
    toy.project(folder, HEAD + "".join(checks), points, hidden=None if hidden is None else HEAD + hidden)
    with pytest.raises(UsageError) as caught:
        toy.load(folder)
    return list(caught.value.problems)


def test_checks_in_the_order_of_the_policy(tmp_path: Path) -> None:
    checks = HEAD + a_check("part.two", ", needs='part.one'") + a_check("part.one", ", trains=True")
    found = toy.load(toy.project(tmp_path, checks, POINTS))
    assert [each.id for each in found.checks] == ["part.one", "part.two"]
    assert found.checks[0].trains and found.checks[0].title == "A title" and found.checks[0].part == "part"
    assert found.with_needs(["part.two"]) == {"part.one", "part.two"}
    assert found.points(found.checks[1]) == 10


def test_needs_come_first_whatever_the_order(tmp_path: Path) -> None:
    points = {"part": dict.fromkeys("abcd", 5.0)}
    checks = HEAD + a_check("part.a", ", needs=('part.d', 'part.c')") + a_check("part.b", ", needs='part.a'")
    checks += a_check("part.c", ", needs='part.d'") + a_check("part.d")
    found = toy.load(toy.project(tmp_path, checks, points))
    assert [each.id for each in found.ordered()] == ["part.d", "part.c", "part.a", "part.b"]


def test_circles(tmp_path: Path) -> None:
    found = problems(tmp_path, a_check("part.one", ", needs='part.two'"), a_check("part.two", ", needs='part.one'"))
    assert found == ["toy: these checks need each other in a cycle: part.one, part.two"]


def test_a_check_that_needs_itself(tmp_path: Path) -> None:
    found = problems(tmp_path, a_check("part.one", ", needs='part.one'"), a_check("part.two"))
    assert found == ["toy: these checks need each other in a cycle: part.one"]


def test_several_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        a_check("part.one", ", needs='part.nowhere'"),
        a_check("part.one"),
        a_check("part.three", takes="student, reference"),
        hidden=a_check("other.four"),
    )
    for said in (
        "two checks have the id part.one",
        "grading.yml, line 3: the check part.three of toy has no points here",
        "grading.yml, line 3: the check other.four of toy has no points here",
        "gives points to part.two, but no check has that id",
        "part.one needs part.nowhere, but no check has that id",
        "part.three is visible but takes the reference",
    ):
        assert any(said in each for each in found), said


def test_a_check_and_a_hidden_one_of_one_id(tmp_path: Path) -> None:
    found = problems(tmp_path, a_check("part.one"), a_check("part.two"), hidden=a_check("part.two"))
    assert found == ["toy: two checks have the id part.two"]


def test_points_without_a_check(tmp_path: Path) -> None:
    """In a student's release, these are the hidden checks; in a project with the solutions, it is an error."""
    (found,) = problems(tmp_path, a_check("part.one"), hidden="")
    assert found.endswith(
        "grading.yml, line 4: toy gives points to part.two, but no check has that id; did you mean part.one?"
    )


@pytest.mark.parametrize("doc", ["pass", '""""""', '"""   """'])
def test_no_docstring(tmp_path: Path, doc: str) -> None:
    (found,) = problems(tmp_path, a_check("part.one", doc=doc), a_check("part.two"))
    assert "part.one has no docstring; its first paragraph is the title that students see" in found
    assert "checks.py" in found


@pytest.mark.parametrize("takes", ["model", "student, seed", "student, *rest", "student, **named"])
def test_a_parameter_that_nobody_offers(tmp_path: Path, takes: str) -> None:
    (found,) = problems(tmp_path, a_check("part.one", takes=takes), a_check("part.two"))
    assert "part.one has unknown parameters" in found
    assert ", ".join(exercise.PARAMETERS) in found


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ("def f(:\n", "SyntaxError"),
        ("import nowhere_at_all\n", "ModuleNotFoundError"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("raise SystemExit('bye')\n", "SystemExit"),
        ("@check('a.b', nedes='x')\ndef _(student):\n    '''x'''\n", "TypeError"),
    ],
)
def test_a_check_file_that_cannot_be_run(tmp_path: Path, checks: str, said: str) -> None:
    (found,) = problems(tmp_path, checks)
    assert "checks.py cannot be run" in found
    assert said in found


def test_no_check_file(tmp_path: Path) -> None:
    (toy.project(tmp_path) / "assignments/toy/checks.py").unlink()
    with pytest.raises(UsageError, match=r"checks\.py does not exist"):
        toy.load(tmp_path)


def test_checks_do_not_leak_from_one_exercise_into_the_next(tmp_path: Path) -> None:
    first = toy.load(toy.project(tmp_path / "a", HEAD + a_check("part.one") + a_check("part.two"), POINTS))
    second = toy.load(toy.project(tmp_path / "b"))
    assert [each.id for each in first.checks] == ["part.one", "part.two"]
    assert [each.id for each in second.checks] == ["part.first", "part.second", "other.third"]


def test_the_digest_hangs_on_checks_solutions_and_policy(tmp_path: Path) -> None:
    checks, hidden = HEAD + a_check("part.one"), HEAD + a_check("part.two")

    def digest(**changes: str) -> str:
        given = {"checks": checks, "hidden": hidden, "thresholds": "{}", "solution": "x = 1\n"} | changes
        toy.project(
            tmp_path, given["checks"], POINTS, hidden=given["hidden"], thresholds=given["thresholds"],
            solutions={"toy_torch.py": given["solution"]},
        )  # fmt: skip
        return toy.load(tmp_path).digest

    start = digest()
    assert digest() == start
    others = [
        digest(checks=checks + "# more\n"),
        digest(hidden=hidden + "# more\n"),
        digest(thresholds="{a: 1}", hidden=hidden.replace("student", "student, limits") + "    limits.a\n"),
        digest(solution="x = 2\n"),
    ]
    assert len({start, *others}) == 5


def test_a_claim_stands_below_the_title(tmp_path: Path) -> None:
    claim = '"""A title\n    in two lines.\n\n    Forge: a table\n        of one: example.\n    So: form.\n    """'
    found = toy.load(toy.project(tmp_path, HEAD + a_check("part.one", doc=claim) + a_check("part.two"), POINTS))
    assert [check.claim for check in found.checks] == [exercise.Claim("a table of one: example", "form"), None]
    assert found.checks[0].title == "A title in two lines."


def test_half_a_claim_is_refused(tmp_path: Path) -> None:
    doc = '"""A title\n\n    Forge: a table.\n    """'
    (found,) = problems(tmp_path, a_check("part.one", doc=doc), a_check("part.two"))
    assert found.endswith("part.one: the claim has no line `So:`")


LIMITED = a_check("part.one", takes="student, limits") + "    limits.corner_margin\n" + a_check("part.two")


def test_a_threshold_that_a_check_reads_and_nobody_sets(tmp_path: Path) -> None:
    toy.project(tmp_path, HEAD + LIMITED, POINTS, thresholds="{corner_margn: 0.1}")
    with pytest.raises(UsageError) as caught:
        toy.load(tmp_path)
    (found,) = caught.value.problems
    assert "checks.py, line 6: a check reads the threshold corner_margin" in found
    assert found.endswith("does not set it for toy; did you mean corner_margn?")


def test_a_threshold_that_no_check_reads(tmp_path: Path) -> None:
    thresholds = "{corner_margin: 0.1, corner_margn: 0.1}"
    toy.project(tmp_path, HEAD + LIMITED, POINTS, hidden="", thresholds=thresholds)
    with pytest.raises(UsageError) as caught:
        toy.load(tmp_path)
    (found,) = caught.value.problems
    assert "grading.yml, line 6: no check of toy reads the threshold corner_margn" in found
    assert found.endswith("did you mean corner_margin?")


def test_a_students_release_may_lack_the_check_that_reads_a_threshold(tmp_path: Path) -> None:
    toy.project(tmp_path, HEAD + LIMITED, POINTS, thresholds="{corner_margin: 0.1, hidden: 0.1}")
    assert len(toy.load(tmp_path).checks) == 2


def test_a_bug_in_a_check_names_its_line_and_costs_nobody_a_point(tmp_path: Path, zygotes: Zygotes) -> None:
    broken = a_check("part.one") + "    probe()\n" + a_check("part.two")
    toy.write(tmp_path / "assignments/toy/probes.py", "def probe():\n    return {}['no']\n")
    found = toy.load(toy.project(tmp_path, HEAD + "from .probes import probe\n" + broken, POINTS))
    result = grader.grade(toy.handed_in(toy.RIGHT), grader.Job(found, 1, zygotes.of))
    (wrong,) = [check for check in result.checks if check.status == "error"]
    assert (result.score, wrong.read) == (None, "")
    assert wrong.saw == "a bug in the check; this says nothing about the submission"
    assert "probes.py, line 2: the author of the exercise must fix this" in wrong.likely
    assert any(note.startswith("A bug in the check part.one, ") and "KeyError" in note for note in result.notes)


def test_both_check_files_import_the_exercises_probes(tmp_path: Path) -> None:
    ask = HEAD + "from .probes import answer\n"
    toy.write(tmp_path / "assignments/toy/probes.py", "def answer():\n    return 'A title'\n")
    toy.project(
        tmp_path, ask + a_check("part.one", doc="answer()"), POINTS, hidden=ask + a_check("part.two", doc="answer()")
    )
    with pytest.raises(UsageError, match="no docstring"):
        toy.load(tmp_path)  # The module was found: the load fails because of the check's content.
    toy.project(tmp_path, ask + a_check("part.one"), POINTS, hidden=ask + a_check("part.two"))
    first = toy.load(tmp_path)
    toy.write(tmp_path / "assignments/toy/probes.py", "def answer():\n    return 'Another answer'\n")
    assert toy.load(tmp_path).digest != first.digest


def test_probes_of_two_courses_do_not_meet(tmp_path: Path) -> None:
    for name in ("a", "b"):
        toy.write(tmp_path / name / "assignments/toy/probes.py", f"{name} = 1\n")
        toy.project(
            tmp_path / name,
            HEAD + f"from .probes import {name}\n" + a_check("part.one") + a_check("part.two"),
            POINTS,
        )
        assert len(toy.load(tmp_path / name).checks) == 2
    toy.write(tmp_path / "a/assignments/toy/probes.py", "other = 1\n")
    with pytest.raises(UsageError, match="cannot import name 'a'"):
        toy.load(tmp_path / "a")


def test_a_students_release_says_so_and_runs_the_rest(tmp_path: Path, zygotes: Zygotes) -> None:
    checks = HEAD + a_check("part.one")
    hidden = HEAD + a_check("part.two", ", needs='part.one'", "student, reference")
    toy.project(tmp_path, checks, POINTS, hidden=hidden)
    whole = toy.load(tmp_path)
    assert [(each.id, each.visible) for each in whole.checks] == [("part.one", True), ("part.two", False)]
    solutions = tmp_path / "solutions" / "toy"
    shutil.rmtree(solutions)
    solutions.mkdir()
    release = toy.load(tmp_path)
    assert release.solutions is None
    assert [each.id for each in release.checks] == ["part.one"]
    with pytest.raises(UsageError, match="solutions of toy are not available here"):
        release.reference("torch")
    result = grader.grade(toy.handed_in(toy.RIGHT), grader.Job(release, 1, zygotes.of))
    assert (result.score, result.maximum) == (10, 10)
    assert any("Hidden checks are not available" in note for note in result.notes)


def test_thresholds_are_attributes() -> None:
    limits = exercise.Thresholds({"loss": 0.5})
    assert limits.loss == 0.5
    with pytest.raises(AttributeError, match=r"grading\.yml has no threshold los"):
        _ = limits.los


def test_a_file_that_kept_its_size_and_its_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python would take its bytecode of the old file for up to date."""
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    checks = """
    from autograder import check

    from .probes import ID

    @check(ID)
    def _(student):
        \"\"\"Title 1\"\"\"
        student.one()
    """
    toy.project(tmp_path, checks, {"part": {"one": 10.0, "two": 10.0}})
    folder = tmp_path / "assignments/toy"
    toy.write(folder / "probes.py", 'ID = "part.one"\n')

    def loaded() -> list[tuple[str, str]]:
        for path in folder.glob("*.py"):
            os.utime(path, (1_700_000_000, 1_700_000_000))
        return [(each.id, each.title) for each in toy.load(tmp_path).checks]

    assert loaded() == [("part.one", "Title 1")]
    toy.write(folder / "probes.py", 'ID = "part.two"\n')
    toy.write(folder / "checks.py", checks.replace("Title 1", "Title 2"))
    assert loaded() == [("part.two", "Title 2")]
