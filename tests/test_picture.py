"""The grader draws pictures from any arrays that a student's code returns, and the pages show them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from autograder.authoring import figures
from autograder.execution.zygote_client import Zygotes
from autograder.grading.grader import Job, grade
from autograder.reports.pages import fragment, submission
from autograder.results.files import write_whole
from autograder.results.form import Picture, encode, read
from tests import toy

CHECKS = '''
import numpy as np
from autograder import check, expect, figures

@check("part.first")
def _(student):
    """one() is 1"""
    def attempt(number):
        figures.lines(f"attempt {number}", {"values": [1, 2, student.one()]})
        expect.equal(student.one(), 1 if number else 2, tried="one()")
    expect.best_of(2, attempt)

@check("part.second")
def _(student):
    """double(x) is 2x"""
    figures.grid("<script>alert(1)</script>", np.zeros((3, 4, 5)))
    expect.equal(student.one(), 3, tried="one()")

@check("other.third")
def _(student):
    """three() is 3"""
'''


def seen(found: Picture) -> np.ndarray:
    return imread(io.BytesIO(found.png))


def test_a_grid_shows_each_image_in_its_place() -> None:
    images = np.zeros((4, 5, 5, 1))
    images[3] = 1.0
    with figures.collecting() as found:
        figures.grid("four", images)
        figures.grid("four, scaled", images * 255, high=255)
    pixels = seen(found[0])[..., 0]
    height, width = pixels.shape
    assert pixels[int(height * 0.75), int(width * 0.75)] > 0.9
    assert pixels[int(height * 0.4), int(width * 0.3)] < 0.1
    np.testing.assert_array_equal(seen(found[0])[height // 3 :], seen(found[1])[height // 3 :])


def test_points_and_lines_are_seen() -> None:
    with figures.collecting() as found:
        figures.scatter("points", np.random.default_rng(0).normal(size=(50, 2)), curve=np.zeros((2, 2)))
        figures.lines("losses", {"D": [3.0, 2.0, 1.0], "G": [1.0, np.nan, np.inf]}, x="update")
    assert [each.title for each in found] == ["points", "losses"]
    for each in found:
        assert seen(each)[..., :3].min() < 0.9


def test_a_loss_that_became_nan_is_a_gap_and_no_zero() -> None:
    with figures.collecting() as found:
        figures.lines("losses", {"D": [3.0, 2.0, np.nan, np.inf]})
        figures.lines("losses", {"D": [3.0, 2.0]})
        figures.lines("losses", {"D": [3.0, 2.0, 0.0, 0.0]})
    gap, shorter, zero = map(seen, found)
    np.testing.assert_array_equal(gap, shorter)
    assert not np.array_equal(gap, zero)


def test_the_same_arrays_give_the_same_bytes() -> None:
    images = np.random.default_rng(0).random((7, 6, 6))
    with figures.collecting() as found:
        figures.grid("same", images)
        figures.grid("same", images.copy())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "given", [None, "text", [], [[1], [1, 2]], np.zeros((0, 2)), np.zeros(3), np.zeros((2, 3, 4, 5, 6)), {"a": 1}]
)
def test_what_cannot_be_drawn_leaves_no_picture(given: object) -> None:
    with figures.collecting() as found:
        figures.grid("grid", given)
        figures.scatter("scatter", given)
        figures.lines("lines", {"a": given if not isinstance(given, np.ndarray) or given.ndim != 1 else "x"})
    assert found == []


# NumPy's and Matplotlib's warnings. All others may come from what an earlier test left to the garbage collector.
@pytest.mark.filterwarnings("error::RuntimeWarning", "error::UserWarning")
def test_huge_and_broken_numbers_are_drawn() -> None:
    with figures.collecting() as found:
        figures.grid("grid", np.full((2, 3, 3), np.inf))
        figures.scatter("scatter", np.full((2, 2), 1e300))
        figures.lines("lines", {"a": [np.nan] * 3})
    assert len(found) == 3


def test_pictures_are_bounded() -> None:
    with figures.collecting() as found:
        for _ in range(2 * figures.MOST):
            figures.grid("many", np.random.default_rng(0).random((1000, 28, 28)))
    assert len(found) == figures.MOST
    assert max(len(each.png) for each in found) < 200_000


def test_drawn_outside_of_a_check_is_nothing() -> None:
    figures.grid("nowhere", np.zeros((1, 2, 2)))
    figures.forget()


def test_from_a_check_to_the_page(tmp_path: Path, zygotes: Zygotes) -> None:
    exercise = toy.load(toy.project(tmp_path / "course", CHECKS))
    result = grade(toy.handed_in(toy.RIGHT), Job(exercise, 1, zygotes.of))
    first, second = result.checks[0], result.checks[1]
    assert (first.status, [each.title for each in first.pictures]) == ("passed", ["attempt 1"])
    assert (second.status, len(second.pictures)) == ("failed", 1)
    write_whole(tmp_path / "result.json", encode(result))
    assert read(tmp_path / "result.json") == result
    for html in (submission.for_instructors(result), fragment.html(result)):
        assert html.count("data:image/png;base64,") == 2
        assert "<script>alert" not in html
