"""grading.yml: all errors in it are reported at once, each with its line."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from autograder.authoring.loading import load_exercise
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE, Limits, find_policy
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from tests import toy
from tests.catalogue import ROOT

GOOD = """
title: A course
exercises:
  toy:
    points:
      part: {first: 5, second: 5}
      other: {third: 10}
    limits: {seconds: 10, check_seconds: 5, memory_mb: 100, output_mb: 1, file_mb: 1}
    thresholds:
      loss: 0.5
"""


def problems(folder: Path, text: str, name: str = "grading.yml") -> list[str]:
    """The problems that are reported for a file, without its path."""
    path = folder / name
    path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_policy(path)
    assert all(str(path) in problem or "extends" in text for problem in caught.value.problems)
    return [problem.removeprefix(f"{path}, ") for problem in caught.value.problems]


def test_a_good_file(tmp_path: Path) -> None:
    policy = load_policy(toy.write(tmp_path / "grading.yml", GOOD))
    found = policy.exercise("toy")
    assert found.check_points() == {"part.first": 5, "part.second": 5, "other.third": 10}
    assert (policy.title, policy.roots, found.limits.memory_mb) == ("A course", (tmp_path,), 100)
    assert found.thresholds == {"loss": 0.5}


def test_limits_and_thresholds_may_be_left_out(tmp_path: Path) -> None:
    text = "exercises: {toy: {points: {part: {all: 20}}}}"
    assert load_policy(toy.write(tmp_path / "grading.yml", text)).exercise("toy").limits == Limits()


def test_our_own_file_is_good() -> None:
    policy = load_policy(Path(__file__).resolve().parent.parent / "grading.yml")
    assert "xor" in policy.exercises


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("{first: 5, second: 5}\n      other: {third: 10}", "{first: 0}", 4, "the points of toy sum to 0"),
        ("{third: 10}", "{third: 10}\n    total: 0", 7, "total: input should be greater than 0"),
        ("{third: 10}", "{third: -10}", 6, "third: input should be greater than or equal to 0"),
        ("{third: 10}", "{third: 3000}", 6, "third: input should be less than or equal to 1000"),
        ("{third: 10}", "{third: ten}", 6, "third: input should be a valid number"),
        ("{third: 10}", "{third: }", 6, "third: input should be a valid number"),
        ("{third: 10}", "10", 6, "other: input should be a valid dictionary"),
        ("{third: 10}", "[10]", 6, "other: input should be a valid dictionary"),
        ("third", "Third", 6, "other.Third is not a valid check id"),
        ("third", "'a b'", 6, "other.a b is not a valid check id"),
        ("other:", "part:", 6, "duplicate key 'part'"),
        ("first: 5, second: 5", "first: 5, first: 5", 5, "duplicate key 'first'"),
        ("title:", "titel:", 1, "'titel' is not a valid key here; did you mean 'title'?"),
        ("limits:", "limit:", 7, "'limit' is not a valid key here; did you mean 'limits'?"),
        ("thresholds:", "treshold:", 8, "'treshold' is not a valid key here; did you mean 'thresholds'?"),
        ("memory_mb", "memory", 7, "'memory' is not a valid key here; did you mean 'memory_mb'?"),
        ("memory_mb: 100", "memory_mb: 1.5", 7, "memory_mb: input should be a valid integer"),
        ("memory_mb: 100", "memory_mb: 1", 7, "memory_mb: input should be greater than or equal to 50"),
        ("check_seconds: 5", "check_seconds: 0", 7, "check_seconds: input should be greater than 0"),
        ("check_seconds: 5", "check_seconds: -1", 7, "check_seconds: input should be greater than 0"),
        ("{seconds: 10", "{seconds: .nan", 7, "seconds: "),
        ("{seconds: 10", "{seconds: .inf", 7, "seconds: "),
        ("loss: 0.5", "loss: high", 9, "loss: input should be a valid number"),
        ("loss: 0.5", "loss: .nan", 9, "loss"),
        ("exercises:", "exercise:", 2, "'exercise' is not a valid key here; did you mean 'exercises'?"),
        ("  toy:", "  toy: 3\n  toy2:", 3, "toy: input should be"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert GOOD.count(old) >= 1
    found = problems(tmp_path, GOOD.replace(old, new, 1))
    assert any(problem.startswith(f"line {line}: ") and said in problem for problem in found), found


@pytest.mark.parametrize("worth", [".nan", ".inf", "-.inf", "-0.5", "1001"])
def test_points_that_are_no_points(tmp_path: Path, worth: str) -> None:
    found = problems(tmp_path, GOOD.replace("third: 10", f"third: {worth}"))
    assert any(problem.startswith("line 6: ") for problem in found), found


@pytest.mark.parametrize("worth", ["true", "'10'"])
def test_points_that_only_look_like_numbers(tmp_path: Path, worth: str) -> None:
    """They are not silently read as 1 and 10: they are rejected, or counted with the stated value."""
    path = toy.write(tmp_path / "grading.yml", GOOD.replace("third: 10", f"third: {worth}"))
    if worth == "'10'":
        assert load_policy(path).exercise("toy").check_points()["other.third"] == 10
    else:
        with pytest.raises(UsageError):
            load_policy(path)


def test_all_mistakes_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """
    titel: A course
    exercises:
      toy:
        points:
          part: {first: 5, second: nothing}
        limits: {seconds: -1, memory: 3}
      other:
        pionts: {}
        thresholds: [1]
    colour: red
    """
    found = problems(tmp_path, text)
    lines = [int(problem.split(":")[0].removeprefix("line ")) for problem in found]
    assert lines == sorted(lines)
    assert set(lines) >= {1, 5, 6, 8, 9, 10}
    assert any("'points' is missing" in problem for problem in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file must contain `exercises:`"),
        ("- a\n- b\n", "the file must contain `exercises:`"),
        ("just text", "the file must contain `exercises:`"),
        ("{}", "'exercises' is missing"),
        ("title: x\n", "'exercises' is missing"),
        ("exercises:\n", "exercises: input should be a valid dictionary"),
        ("exercises: [xor]\n", "exercises: input should be a valid dictionary"),
        ("a: [1, 2\nb: 3\n", "line 2: invalid YAML"),
        ("a: 1\n\tb: 2\n", "line 2: invalid YAML"),
        ("a: &x [*x]\n", ""),
        ("a: !!python/object/apply:os.system ['true']\n", "invalid YAML"),
        ("a: \x00\n", "invalid YAML"),
        ("? [1, 2]\n: 3\n", ""),
        ("1: 2\n", "keys should be strings"),
        ("exercises: {1: {points: {part: {all: 20}}}}", ""),
    ],
)
def test_what_is_no_policy_at_all(tmp_path: Path, text: str, said: str) -> None:
    assert any(said in problem for problem in problems(tmp_path, text))


def test_deep_and_wide_yaml_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "a: " + "[" * 5000)
    laughs = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(3)
    )
    assert problems(tmp_path, laughs)


def test_not_utf_8_and_not_there(tmp_path: Path) -> None:
    path = tmp_path / "grading.yml"
    path.write_bytes("title: é\n".encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8"):
        load_policy(path)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        load_policy(tmp_path / "other.yml")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_policy(tmp_path)


def test_a_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    path = tmp_path / "grading.yml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.lstrip().replace("\n", "\r\n").encode())
    assert load_policy(path).title == "A course"


MINE = """
from autograder import check
@check("part.only")
def _(student):
    \"\"\"A title\"\"\"
"""

# extends


def test_a_file_refines_another(tmp_path: Path) -> None:
    toy.write(tmp_path / "grading.yml", GOOD)
    over = toy.write(
        tmp_path / "course" / "grading.yml",
        "extends: ../grading.yml\nexercises: {toy: {limits: {check_seconds: 2}, thresholds: {other: 1}}}\n",
    )
    policy = load_policy(over)
    found = policy.exercise("toy")
    assert (found.limits.check_seconds, found.limits.memory_mb) == (2, 100)
    assert found.thresholds == {"loss": 0.5, "other": 1}
    assert (policy.title, policy.roots) == ("A course", (tmp_path,))


def test_a_course_says_only_what_differs_down_to_one_checks_points(tmp_path: Path) -> None:
    toy.write(tmp_path / "grading.yml", GOOD)
    over = toy.write(tmp_path / "over.yml", "extends: grading.yml\nexercises: {toy: {points: {part: {first: 7}}}}\n")
    found = load_policy(over).exercise("toy")
    assert found.check_points() == {"part.first": 7, "part.second": 5, "other.third": 10}
    assert sum(found.check_points().values()) == 22, "the maximum is the sum"


def test_a_total_scales_the_points(tmp_path: Path) -> None:
    toy.write(tmp_path / "grading.yml", GOOD)
    over = toy.write(tmp_path / "over.yml", "extends: grading.yml\nexercises: {toy: {total: 100}}\n")
    assert load_policy(over).exercise("toy").check_points() == {"part.first": 25, "part.second": 25, "other.third": 50}


def test_the_course_that_extends_grades_by_its_points(tmp_path: Path, zygotes: Zygotes) -> None:
    toy.project(tmp_path)
    over = toy.write(
        tmp_path / "over.yml", "extends: grading.yml\nexercises: {toy: {points: {part: {first: 1}}, total: 3.2}}\n"
    )
    found = load_exercise(load_policy(over), "toy")
    result = grader.grade(toy.handed_in(toy.RIGHT.replace("return 1", "return 2")), grader.Job(found, 1, zygotes.of))
    assert (result.score, result.maximum) == (2.0, 3.2)


def test_a_courses_own_exercises_lie_in_its_folder(tmp_path: Path) -> None:
    toy.project(tmp_path / "package")
    toy.write(tmp_path / "course" / "own" / "assignments" / "mine" / "checks.py", MINE)
    over = toy.write(
        tmp_path / "course" / "grading.yml",
        "extends: ../package/grading.yml\nexercises_from: own\nexercises: {mine: {points: {part: {only: 4}}}}\n",
    )
    policy = load_policy(over)
    assert [check.id for check in load_exercise(policy, "mine").checks] == ["part.only"]
    assert load_exercise(policy, "mine").folder == tmp_path / "course" / "own" / "assignments" / "mine"
    assert load_exercise(policy, "toy").folder == tmp_path / "package" / "assignments" / "toy"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere", "nowhere contains neither assignments/ nor solutions/"),
        ("3", "must be a folder or a list of folders, not 3"),
        ("[own, '']", "must be a folder or a list of folders"),
    ],
)
def test_exercises_from_what_is_not_there(tmp_path: Path, given: str, said: str) -> None:
    found = problems(tmp_path, f"title: x\nexercises_from: {given}\nexercises: {{}}\n")
    assert any(problem.startswith("line 2: ") and said in problem for problem in found), found


def test_extending_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("title: x\nextends: b.yml\n")
    (tmp_path / "b.yml").write_text("extends: a.yml\n")
    (tmp_path / "self.yml").write_text("extends: self.yml\n")
    for name in ("a.yml", "self.yml"):
        with pytest.raises(UsageError, match=r"line \d: the files extend each other in a cycle"):
            load_policy(tmp_path / name)


@pytest.mark.parametrize("base", ["nowhere.yml", "3", "[a]", "''"])
def test_extending_what_is_not_there(tmp_path: Path, base: str) -> None:
    path = toy.write(tmp_path / "grading.yml", f"extends: {base}\n")
    with pytest.raises(UsageError, match=r"grading.yml, line 1: .* cannot be read"):
        load_policy(path)


def test_a_mistake_below_is_still_a_mistake(tmp_path: Path) -> None:
    toy.write(tmp_path / "base.yml", GOOD.replace("third: 10", "third: -9"))
    path = toy.write(tmp_path / "grading.yml", "extends: base.yml\n")
    with pytest.raises(UsageError, match=r"base.yml, line 6: third: input should be greater than or equal to 0"):
        load_policy(path)


def test_mistakes_are_named_in_the_file_that_holds_them(tmp_path: Path) -> None:
    toy.write(tmp_path / "base.yml", GOOD.replace("title:", "titel:").replace("loss: 0.5", "loss: high"))
    text = "extends: base.yml\nexercises:\n  toy:\n    points: {part: {first: 7}}\n    limits: {seconds: -1}\n"
    path = toy.write(tmp_path / "grading.yml", text)
    with pytest.raises(UsageError) as caught:
        load_policy(path)
    assert [problem.removeprefix(f"{tmp_path}/").partition(": ")[::2] for problem in caught.value.problems] == [
        ("grading.yml, line 5", "seconds: input should be greater than 0, not -1"),
        ("base.yml, line 1", "'titel' is not a valid key here; did you mean 'title'?"),
        ("base.yml, line 9", "loss: input should be a valid number, unable to parse string as a number, not 'high'"),
    ]
    toy.write(tmp_path / "base.yml", GOOD)
    toy.write(path, text.replace("-1", "1").replace("first: 7", "First: 7"))
    with pytest.raises(UsageError, match=r"grading.yml, line 4: part.First is not a valid check id"):
        load_policy(path)


def test_a_mistake_in_one_exercise_hides_none_in_another(tmp_path: Path) -> None:
    """The points of valid exercises are checked, even if there are errors in others."""
    more = "  other:\n    points: {part: {First: 19}}\n    leaderboard: [part.second]\n"
    found = problems(tmp_path, GOOD.replace("loss: 0.5", "loss: high") + more)
    for said in (
        "line 9: loss",
        "line 11: part.First is not a valid check id",
        "line 12: the leaderboard names part.second",
    ):
        assert any(problem.startswith(said) for problem in found), found


def test_a_key_that_is_no_text(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD + "  3:\n    points: {part: {first: 20}}\n") == [
        "line 10: 3: input should be a valid string, not 3"
    ]


def test_a_file_that_windows_saved(tmp_path: Path) -> None:
    path = tmp_path / "grading.yml"
    path.write_bytes(b"\xef\xbb\xbf" + textwrap.dedent(GOOD).lstrip().replace("\n", "\r\n").encode())
    assert load_policy(path).exercise("toy")


# The governing file.


def test_the_nearest_file_governs_and_never_a_students(tmp_path: Path) -> None:
    toy.write(tmp_path / "grading.yml", GOOD)
    mine = toy.write(tmp_path / "class" / "grading.yml", GOOD)
    folder = tmp_path / "class" / "submitted" / "eve" / "toy"
    for place in (folder, folder.parent, folder.parent.parent):
        toy.write(place / "grading.yml", GOOD.replace("first: 5", "first: 20"))
    for start in (folder, folder.parent, folder.parent.parent, tmp_path / "class"):
        assert find_policy(start) == mine
    mine.unlink()
    assert find_policy(folder) == tmp_path / "grading.yml"


def test_without_any_the_packages_own_governs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_policy(tmp_path) == find_policy() == Path(__file__).resolve().parent.parent / "grading.yml"


def test_a_folder_that_is_named_goes_before_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = toy.write(tmp_path / "here" / "grading.yml", GOOD)
    there = toy.write(tmp_path / "there" / "grading.yml", GOOD)
    (tmp_path / "nowhere").mkdir()
    monkeypatch.chdir(here.parent)
    assert find_policy(there.parent) == there
    assert find_policy(tmp_path / "nowhere") == here, "nothing governs that folder: the current one's does"
    with pytest.raises(UsageError, match="have different policies"):
        find_policy(here.parent, there.parent)


def test_an_unknown_exercise_gets_a_hint(tmp_path: Path) -> None:
    policy = load_policy(toy.write(tmp_path / "grading.yml", GOOD))
    with pytest.raises(UsageError, match=r"no exercise 'toi'; did you mean toy\?"):
        policy.exercise("toi")
    with pytest.raises(UsageError, match="there are toy"):
        policy.exercise("zzz")


def test_every_exercise_has_its_points() -> None:
    policy = load_policy(ROOT / GRADING_FILE)
    assert set(policy.exercises) == {path.parent.name for path in (ROOT / "assignments").glob("*/README.md")}
    for name, found in policy.exercises.items():
        assert sum(found.check_points().values()) == pytest.approx(20, abs=1e-9), name
        assert load_exercise(policy, name).checks
