"""Pictures are drawn by the grader from whatever arrays a student's code answers, and reach the pages."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from autograder import picture
from autograder.engine import Zygotes
from autograder.grader import Job, grade
from autograder.report import page
from autograder.result import Picture, encode, read, write_whole
from tests import toy

CHECKS = '''
import numpy as np
from autograder import check, expect, picture

@check("part.first")
def _(student):
    """one() is 1"""
    def attempt(number):
        picture.lines(f"attempt {number}", {"values": [1, 2, student.one()]})
        expect.equal(student.one(), 1 if number else 2, tried="one()")
    expect.best_of(2, attempt)

@check("part.second")
def _(student):
    """double(x) is 2x"""
    picture.grid("<script>alert(1)</script>", np.zeros((3, 4, 5)))
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
    with picture.collecting() as found:
        picture.grid("four", images)
        picture.grid("four, scaled", images * 255, high=255)
    pixels = seen(found[0])[..., 0]
    height, width = pixels.shape
    assert pixels[int(height * 0.75), int(width * 0.75)] > 0.9
    assert pixels[int(height * 0.4), int(width * 0.3)] < 0.1
    np.testing.assert_array_equal(seen(found[0])[height // 3 :], seen(found[1])[height // 3 :])


def test_points_and_lines_are_seen() -> None:
    with picture.collecting() as found:
        picture.scatter("points", np.random.default_rng(0).normal(size=(50, 2)), curve=np.zeros((2, 2)))
        picture.lines("losses", {"D": [3.0, 2.0, 1.0], "G": [1.0, np.nan, np.inf]}, x="update")
    assert [each.title for each in found] == ["points", "losses"]
    for each in found:
        assert seen(each)[..., :3].min() < 0.9


def test_a_loss_that_became_nan_is_a_gap_and_no_zero() -> None:
    with picture.collecting() as found:
        picture.lines("losses", {"D": [3.0, 2.0, np.nan, np.inf]})
        picture.lines("losses", {"D": [3.0, 2.0]})
        picture.lines("losses", {"D": [3.0, 2.0, 0.0, 0.0]})
    gap, shorter, zero = map(seen, found)
    np.testing.assert_array_equal(gap, shorter)
    assert not np.array_equal(gap, zero)


def test_the_same_arrays_give_the_same_bytes() -> None:
    images = np.random.default_rng(0).random((7, 6, 6))
    with picture.collecting() as found:
        picture.grid("same", images)
        picture.grid("same", images.copy())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "given", [None, "text", [], [[1], [1, 2]], np.zeros((0, 2)), np.zeros(3), np.zeros((2, 3, 4, 5, 6)), {"a": 1}]
)
def test_what_cannot_be_drawn_leaves_no_picture(given: object) -> None:
    with picture.collecting() as found:
        picture.grid("grid", given)
        picture.scatter("scatter", given)
        picture.lines("lines", {"a": given if not isinstance(given, np.ndarray) or given.ndim != 1 else "x"})
    assert found == []


@pytest.mark.filterwarnings("error")
def test_huge_and_broken_numbers_are_drawn() -> None:
    with picture.collecting() as found:
        picture.grid("grid", np.full((2, 3, 3), np.inf))
        picture.scatter("scatter", np.full((2, 2), 1e300))
        picture.lines("lines", {"a": [np.nan] * 3})
    assert len(found) == 3


def test_pictures_are_bounded() -> None:
    with picture.collecting() as found:
        for _ in range(2 * picture.MOST):
            picture.grid("many", np.random.default_rng(0).random((1000, 28, 28)))
    assert len(found) == picture.MOST
    assert max(len(each.png) for each in found) < 200_000


def test_drawn_outside_of_a_check_is_nothing() -> None:
    picture.grid("nowhere", np.zeros((1, 2, 2)))
    picture.forget()


def test_from_a_check_to_the_page(tmp_path: Path, zygotes: Zygotes) -> None:
    exercise = toy.load(toy.project(tmp_path / "course", CHECKS))
    result = grade(toy.handed_in(toy.RIGHT), Job(exercise, 1, zygotes.of))
    first, second = result.checks[0], result.checks[1]
    assert (first.status, [each.title for each in first.pictures]) == ("passed", ["attempt 1"])
    assert (second.status, len(second.pictures)) == ("failed", 1)
    write_whole(tmp_path / "result.json", encode(result))
    assert read(tmp_path / "result.json") == result
    for html in (page.submission(result), page.html_fragment(result)):
        assert html.count("data:image/png;base64,") == 2
        assert "<script>alert" not in html
