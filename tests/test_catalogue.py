"""Reading `mistakes.yml` and the variants: errors are reported with their line, missing items with both numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.catalogue import read_mistakes, read_variants, shortfalls
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE
from autograder.errors import UsageError
from tests import toy

HIDDEN = """
from autograder import check

@check("other.third")
def _(student):
    \"\"\"three() is 3\"\"\"
"""
CHECKS = toy.CHECKS.partition('@check("other.third")')[0]
RIGHT = """\
- mistake: three is four
  seen: on a forum
  edit: {torch: ["return 3", "return 4"]}
  fails: other.third
  says: four
- mistake: all is wrong
  edit:
    torch:
      - ["return 1", "return 2"]
      - ["return 2 * x", "return x"]
  fails: part.first
  says: Return 1
  also_fails: [part.second]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    toy.project(tmp_path, CHECKS, hidden=HIDDEN, solutions={"toy_torch.py": toy.RIGHT})
    return tmp_path


def mistakes(project: Path, text: str):
    (project / "solutions/toy/mistakes.yml").write_text(text, encoding="utf-8")
    return read_mistakes(load_policy(project / GRADING_FILE), "toy")


def problems(project: Path, text: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        mistakes(project, text)
    place = f"{project / 'solutions/toy/mistakes.yml'}, line "
    assert all(each.startswith(place) for each in caught.value.problems)
    return [each.removeprefix(place) for each in caught.value.problems]


def test_mistakes_in_their_order(project: Path) -> None:
    first, second = mistakes(project, RIGHT)
    assert (first.title, first.framework, first.fails, first.says) == ("three is four", "torch", "other.third", "four")
    assert first.source() == toy.write(project / "x", toy.RIGHT).read_text().replace("return 3", "return 4")
    assert "return 2\n" in second.source() and "return x\n" in second.source()
    assert second.also_fails == {"part.second"}


def test_no_file_and_an_empty_one(project: Path) -> None:
    assert read_mistakes(load_policy(project / GRADING_FILE), "toy") == []
    assert mistakes(project, "# none yet\n") == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  seen: on", "  sen: on", "2: 'sen' is not a key of a mistake; did you mean 'seen'?"),
        ("  says: four\n", "", "1: this mistake has no 'says'"),
        ("  says: four\n", "  says: ''\n", "5: 'says' is empty"),
        ("  says: four\n", "  says: 4\n", "5: says: input should be a valid string, not 4"),
        ("fails: other.third", "fails: other.thrid", "4: toy has no check other.thrid; did you mean other.third?"),
        ("[part.second]", "[part.secnd]", "13: toy has no check part.secnd; did you mean part.second?"),
        ("[part.second]", "part.second", "13: also_fails: input should be a valid list, not 'part.second'"),
        ("{torch:", "{troch:", "3: 'troch' is not a framework; did you mean torch?"),
        ('["return 3", "return 4"]', "return 4", "3: an edit is a pair [old, new], or a list of such pairs"),
        ('["return 3", "return 4"]', '["return 3"]', "3: an edit is a pair [old, new], or a list of such pairs"),
        ('{torch: ["return 3", "return 4"]}', "{}", "3: an edit is a pair [old, new], or a list of such pairs"),
        ('"return 3"', '"return 5"', "3: 'return 5' occurs 0 times in "),
        ('"return 3"', '"return "', "3: 'return ' occurs 3 times in "),
        ('"return 2 * x"', '"return 1"', "10: 'return 1' occurs 0 times in "),
        ('"return 4"', '"return 3"', "3: the edit of 'return 3' changes nothing"),
        ("all is wrong", "three is four", "6: duplicate mistake 'three is four'; it is already defined in line 1"),
        ("  seen: on a forum\n", "  says: five\n", "5: duplicate key 'says'"),
    ],
)
def test_what_is_wrong_has_a_line_and_a_remedy(project: Path, old: str, new: str, said: str) -> None:
    assert RIGHT.count(old) == 1
    (found,) = problems(project, RIGHT.replace(old, new))
    assert found.startswith(said)


def test_every_problem_at_once_in_the_order_of_the_file(project: Path) -> None:
    wrong = RIGHT.replace("other.third", "other.thrid").replace("  says: four\n", "  says: four\n  sees: x\n")
    wrong = wrong.replace('"return 1"', '"return 9"')
    assert [each.partition(":")[0] for each in problems(project, wrong)] == ["6", "10"]
    assert [each.partition(":")[0] for each in problems(project, wrong.replace("  sees: x\n", ""))] == ["4", "9"]


def test_a_framework_without_a_solution(project: Path) -> None:
    (found,) = problems(project, RIGHT.replace("{torch:", "{keras:"))
    assert found == f"3: there is an edit for keras, but {project / 'solutions/toy/toy_keras.py'} does not exist"


@pytest.mark.parametrize("text", ["mistake: x\n", "just words\n"])
def test_no_list(project: Path, text: str) -> None:
    assert problems(project, text) == ["1: the file must contain a list of mistakes, each starting with `- mistake:`"]


def test_no_yaml(project: Path) -> None:
    (found,) = problems(project, RIGHT.replace('"return 4"]', '"return 4"'))
    assert "invalid YAML" in found


def test_an_entry_that_is_no_mapping(project: Path) -> None:
    (found,) = problems(project, f"- words\n{RIGHT}")
    assert found.startswith("1: a mistake: input should be a valid dictionary")


def test_variants_stand_on_the_reference_or_alone(project: Path) -> None:
    toy.write(project / "solutions/toy/variants/small_torch.py", "def one():\n    return 1\n")
    toy.write(project / "solutions/toy/variants/whole_torch.py", toy.RIGHT)
    found = read_variants(project / "solutions/toy", "torch")
    assert list(found) == ["small", "whole"]
    assert found["small"].count("def one") == 2 and found["whole"].count("def one") == 1
    assert read_variants(project / "solutions/toy", "keras") == {}


def test_shortfalls_say_how_many_there_are_and_how_many_are_wanted(project: Path) -> None:
    toy.write(project / "solutions/toy/variants/small_torch.py", "def one():\n    return 1\n")
    folder = project / "solutions/toy"
    assert shortfalls(toy.load(project), mistakes(project, RIGHT)) == [
        "toy: the part part has 0 hidden checks in solutions/toy/checks.py, but at least 1 is required",
        "toy: the part other has 0 visible checks in assignments/toy/checks.py, but at least 1 is required",
        f"toy, torch: 2 known mistakes in {folder / 'mistakes.yml'}, but at least 10 are required",
        f"toy, torch: 1 correct variant in {folder / 'variants'}, but at least 4 are required",
    ]
