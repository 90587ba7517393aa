"""Assertion helpers: each passes and fails as documented, rejects NaN explicitly, and names the nearest mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder import expect
from autograder.authoring.challenges import Draw
from autograder.authoring.probes.gradient_check import gradients_match
from autograder.authoring.student import Remote, Student
from autograder.authoring.wording import apart
from autograder.errors import CheckFailed, StudentError
from autograder.worker import wire

NAN, INF = float("nan"), float("inf")
REMOTE = Remote(Student(lambda verb, **fields: None), lambda verb, **fields: None, wire.Remote("object 1", "Net"))


def failure(word: Callable[..., Any], *args: Any, **kwargs: Any) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        word(*args, **{"tried": "f(x)", **kwargs})
    assert caught.value.tried.startswith("f(x)")
    assert caught.value.saw and caught.value.expected
    return caught.value


GARBAGE: list[Any] = [None, "text", {"a": 1}, [[1, 2], [3]], ["a"], REMOTE, [None], object(), 1j, np.array(["a"]), b"x"]


@pytest.mark.parametrize("value", GARBAGE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    "word",
    [
        expect.array,
        expect.number,
        lambda value, **k: expect.shape(value, (2,), **k),
        lambda value, **k: expect.close(value, 1.0, **k),
        lambda value, **k: expect.close([1.0, 2.0], value, **k),
        lambda value, **k: expect.between(value, 0, 1, **k),
        lambda value, **k: expect.at_most(value, 1, **k),
        lambda value, **k: expect.at_least(value, 1, **k),
        lambda value, **k: expect.losses(value, 2, **k),
        lambda value, **k: expect.differ(value, [1.0], **k),
        lambda value, **k: expect.equal(value, 17, **k),
        lambda value, **k: gradients_match(lambda _: 0.0, {"w": np.ones(2)}, value, Draw(1), **k),
        lambda value, **k: gradients_match(lambda _: 0.0, {"w": np.ones(2)}, {"w": value}, Draw(1), **k),
    ],
)
def test_garbage_fails_every_word_and_breaks_none(word: Callable[..., Any], value: Any) -> None:
    failure(word, value)


@pytest.mark.parametrize(("value", "name"), [(NAN, "NaN"), (INF, "infinity"), (-INF, "infinity")])
@pytest.mark.parametrize(
    "word",
    [
        expect.array,
        lambda value, **k: expect.shape(value, (2,), **k),
        lambda value, **k: expect.close(value, np.ones(2), **k),
        lambda value, **k: expect.close(np.ones(2), value, **k),
        lambda value, **k: expect.between(value, -INF, INF, **k),
        lambda value, **k: expect.losses(value, 2, **k),
        lambda value, **k: expect.differ(value, np.zeros(2), **k),
        lambda value, **k: expect.differ(np.zeros(2), value, **k),
        lambda value, **k: expect.moved({"w": np.ones(2)}, {"w": value}, **k),
        lambda value, **k: gradients_match(lambda _: 0.0, {"w": np.ones(2)}, {"w": value}, Draw(1), **k),
    ],
)
def test_nan_and_infinity_have_a_name(word: Callable[..., Any], value: float, name: str) -> None:
    assert f"{name} in 1 of 2" in failure(word, np.array([1.5, value])).saw


@pytest.mark.parametrize("word", [expect.number, expect.at_most, expect.at_least])
def test_one_nan_is_called_so(word: Callable[..., Any]) -> None:
    bound = () if word is expect.number else (1.0,)
    assert failure(word, NAN, *bound).saw == "NaN"


def test_nan_equals_nothing() -> None:
    failure(expect.equal, NAN, NAN)
    failure(expect.equal, np.array([1, NAN]), [1, 1])


def test_that() -> None:
    expect.that(True, tried="f(x)", saw="a", expected="b")
    found = failure(expect.that, False, saw="a", expected="b", cause="c")
    assert (found.saw, found.expected, found.likely) == ("a", "b", "c")


def test_array_takes_what_is_numbers() -> None:
    for value in ([1, 2], (1.0, 2), np.ones(2, np.float32), [[True], [False]], 3, [np.float32(1)], [], np.bool_(True)):
        assert isinstance(expect.array(value, tried="f(x)"), np.ndarray)
    assert expect.array(np.ones(2, np.float16), tried="f(x)").dtype == np.float64
    assert failure(expect.array, None).likely == "The function ends without a `return`."
    assert failure(expect.array, None, cause="Known.").likely == "Known."


def test_number_takes_one() -> None:
    assert [expect.number(value, tried="f(x)") for value in (1, 2.5, np.array(3.0), True, np.int64(4))] == [
        1,
        2.5,
        3,
        1,
        4,
    ]
    assert "(1,)" in failure(expect.number, np.ones(1)).saw


def test_float64() -> None:
    expect.float64(np.ones(2), tried="f")
    with pytest.raises(CheckFailed, match="saw float32"):
        expect.float64(np.ones(2, np.float32), tried="f")
    with pytest.raises(CheckFailed):
        expect.float64("numbers", tried="f")


def test_text_mapping_several_remote() -> None:
    assert expect.text("", tried="f(x)") == ""
    assert expect.mapping({}, tried="f(x)") == {}
    assert expect.several((1, [2]), 2, tried="f(x)") == [1, [2]]
    assert len(expect.several(np.ones((3, 2)), 3, tried="f(x)")) == 3
    assert expect.remote(REMOTE, tried="f(x)") is REMOTE
    assert "int 3" in failure(expect.text, 3).saw
    assert "list" in failure(expect.mapping, []).saw
    assert failure(expect.several, [1], 2).saw == "1 values"
    for value in ("ab", 3, None, {"a": 1, "b": 2}, np.array(2.0)):
        failure(expect.several, value, 2)
    assert failure(expect.remote, None).likely == "The function ends without a `return`."
    assert "an array of float64" in failure(expect.remote, np.ones(2)).saw


def test_shape() -> None:
    assert expect.shape([[1, 2]], (1, 2), tried="f(x)").shape == (1, 2)
    assert expect.shape(3.0, (), tried="f(x)") == 3
    mistakes = {"Squeezed.": (5,), "Turned.": [2, 5]}
    found = failure(expect.shape, np.ones((2, 5)), (5, 2), mistakes=mistakes, cause="Other.")
    assert (found.saw, found.expected, found.likely) == ("shape (2, 5)", "shape (5, 2)", "Turned.")
    assert failure(expect.shape, np.ones(5), (5, 2), mistakes=mistakes).likely == "Squeezed."
    assert failure(expect.shape, np.ones(7), (5, 2), mistakes=mistakes, cause="Other.").likely == "Other."


def test_close() -> None:
    wanted = np.array([1.0, 100.0])
    expect.close([1.00005, 100.005], wanted, tried="f(x)")
    expect.close(np.array([1, 100]), wanted, tried="f(x)")
    found = failure(expect.close, [1.0, 101.0], wanted, cause="Other.")
    assert (found.saw, found.expected, found.likely) == ("[1, 101]", "[1, 100]", "Other.")
    expect.close([1.0, 101.0], wanted, tried="f(x)", rtol=0.02)
    failure(expect.close, [1.0, 100.0], wanted[:1])
    failure(expect.close, 1.0, [1.0])
    found = failure(expect.close, np.zeros((3, 3)) + np.eye(3), np.zeros((3, 3)))
    assert (found.saw, found.expected) == ("1 at [0, 0]", "0 there")
    assert failure(expect.close, 1.0, 2.0, expected="the number two").expected == "the number two"


def test_close_names_the_mistake_that_leads_there() -> None:
    mistakes = {"Nowhere.": NAN, "Sum.": 6.0, "Shape.": np.ones(3), "Sign.": -2.0}
    assert failure(expect.close, -2.0, 2.0, mistakes=mistakes).likely == "Sign."
    assert failure(expect.close, 6.00001, 2.0, mistakes=mistakes).likely == "Sum."
    assert failure(expect.close, np.ones(3), 2.0, mistakes=mistakes).likely == "Shape."
    assert failure(expect.close, 3.0, 2.0, mistakes=mistakes, cause="Other.").likely == "Other."
    expect.close(2.0, 2.0, tried="f(x)", mistakes={"Right.": 2.0})


@pytest.mark.parametrize(
    ("seen", "wanted", "said"),
    [
        (0.10512, 0.1049, ("0.1051", "0.1049")),
        (1.00001, 1.0, ("1.00001", "1")),
        (1e-5, 1.001e-5, ("1e-05", "1.001e-05")),
        (0.2, 0.105, ("0.2", "0.105")),
        (1 / 3, 1 / 3 + 2**-54, ("0.3333333333333333", "0.3333333333333334")),
        (1 / 3, 1 / 3, ("0.333", "0.333")),
        (12345678.5, 12345679.5, ("12345678", "12345680")),
    ],
)
def test_numbers_have_digits_until_they_differ(seen: float, wanted: float, said: tuple[str, str]) -> None:
    assert apart(seen, wanted) == said


def test_no_failure_shows_one_number_twice() -> None:
    for word, wanted in (
        (lambda **k: expect.close(0.10512, 0.1049, **k), ("0.1051", "0.1049")),
        (lambda **k: expect.close([0.5, 0.10512], [0.5, 0.1049], **k), ("[0.5, 0.1051]", "[0.5, 0.1049]")),
        (lambda **k: expect.close(np.full(9, 0.10512), [0.1049] * 9, **k), ("0.1051 at [0]", "0.1049 there")),
        (lambda **k: expect.at_most(0.10512, 0.1049, what="a loss", **k), ("a loss of 0.1051", "at most 0.1049")),
        (lambda **k: expect.at_least(0.1049, 0.10512, what="a loss", **k), ("a loss of 0.1049", "at least 0.1051")),
        (lambda **k: expect.between([0, 1.0004], 0, 1, **k), ("values from 0 to 1.0004", "values from 0 to 1")),
    ):
        wrong = failure(word)
        assert (wrong.saw, wrong.expected) == wanted
    wrong = failure(expect.equal, [*range(99), 5], list(range(100)))
    assert "98, 5]" in wrong.saw and "98, 99]" in wrong.expected


def test_between_at_most_at_least() -> None:
    expect.between([0.0, 1.0], 0, 1, tried="f(x)")
    expect.between(np.zeros((0, 2)), 0, 1, tried="f(x)")
    found = failure(expect.between, [0.5, 1.5], 0, 1, what="outputs")
    assert (found.saw, found.expected) == ("outputs from 0.5 to 1.5", "outputs from 0 to 1")
    failure(expect.between, [-1e-3, 0.5], 0, 1)
    assert expect.at_most(1, 1, tried="f(x)") == 1
    assert expect.at_least(1, 1, tried="f(x)") == 1
    assert failure(expect.at_most, 1.234, 1, what="a loss").saw == "a loss of 1.23"
    assert failure(expect.at_least, 0.5, 1).expected == "at least 1"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 1.0),
        (np.int64(3), 3),
        ((1, 2), [1, 2]),
        (np.array([1, 2]), [1, 2]),
        ([np.array([1.0])], [[1]]),
        ({"a": (1,)}, {"a": [1]}),
        ("x", "x"),
        (None, None),
        (True, True),
    ],
)
def test_equal(a: Any, b: Any) -> None:
    expect.equal(a, b, tried="f(x)")


@pytest.mark.parametrize(
    ("a", "b"), [(1, 2), (1.5, 1), ([1], [1, 2]), ("a", "A"), ({"a": 1}, {}), (None, 0), ("1", 1), ([1, 2], [2, 1])]
)
def test_not_equal(a: Any, b: Any) -> None:
    failure(expect.equal, a, b)
    assert failure(expect.equal, a, b, mistakes={"Never.": object(), "This.": a}).likely == "This."


def test_differ_moved_unmoved() -> None:
    expect.differ([1.0], [1.1], tried="f(x)")
    expect.differ([1.0], [1.0, 2.0], tried="f(x)")
    failure(expect.differ, [1.0, 2.0], [1.0, 2.0])
    failure(expect.differ, [1.0], [1.0 + 1e-9])
    failure(expect.differ, [], [])
    failure(expect.differ, [True], [True])
    a, b = {"w": np.ones(2), "b": np.zeros(1)}, {"w": np.ones(2) * 2, "b": np.ones(1)}
    expect.moved(a, b, tried="f(x)")
    expect.unmoved(a, dict(a), tried="f(x)")
    assert failure(expect.moved, a, {**b, "b": a["b"]}).saw == "b unchanged"
    assert failure(expect.moved, {}, {}).saw == "no parameters at all"
    assert failure(expect.unmoved, a, {**a, "w": b["w"]}).saw == "w changed"
    assert failure(expect.unmoved, a, {"w": a["w"]}).saw == "b changed"
    assert (
        "and 2 more"
        in failure(expect.moved, dict.fromkeys("abcde", np.ones(1)), dict.fromkeys("abcde", np.ones(1))).saw
    )


def test_losses() -> None:
    assert expect.losses([3.0, 2.0], 2, tried="f(x)").tolist() == [3, 2]
    assert failure(expect.losses, [3.0], 2).expected == "a list of 2 losses"
    failure(expect.losses, 3.0, 1)
    failure(expect.losses, [[1.0, 2.0]], 2)


def test_best_of_ends_where_no_luck_would_help() -> None:
    made: list[int] = []

    def attempt(number: int) -> None:
        made.append(number)
        expect.at_least([0.6, 0.2, 0.9][number], 0.8, tried="it", hopeless=0.4)

    with pytest.raises(CheckFailed, match=r"saw a value of 0\.2"):
        expect.best_of(3, attempt)
    assert made == [0, 1]


def test_best_of() -> None:
    tries: list[int] = []

    def third(number: int) -> None:
        tries.append(number)
        expect.that(number == 2, tried=f"attempt {number}", saw="a", expected="b")

    expect.best_of(5, third)
    assert tries == [0, 1, 2]
    with pytest.raises(CheckFailed, match="attempt 1"):
        expect.best_of(2, third)


def test_blame() -> None:
    with pytest.raises(StudentError) as caught, expect.blame("Because.", on="shape"):
        raise StudentError("ValueError", "bad shape")
    assert caught.value.likely == "Because."
    for problem in (StudentError("ValueError", "other"), StudentError("NotImplementedError", "shape")):
        with pytest.raises(StudentError) as caught, expect.blame("Because.", on="shape"):
            raise problem
        assert caught.value.likely == ""
    with expect.blame("Because."):
        pass


# Random draws.


def test_draws_repeat_and_differ_between_checks() -> None:
    def first(*names: str, seed: int = 3) -> list[float]:
        return Draw(seed, *names).normal(4).tolist()

    assert first("toy", "a.b") == first("toy", "a.b")
    assert (
        len(
            {
                tuple(each)
                for each in (first("toy", "a.b"), first("toy", "a.c"), first("x", "a.b"), first("toy", "a.b", seed=4))
            }
        )
        == 4
    )


def test_draws_are_what_they_say() -> None:
    draw = Draw(2**32 - 1, "toy")
    assert draw.normal(2, 3).dtype == np.float32
    assert draw.uniform(2, 3, 100).min() >= 2
    assert set(draw.integers(0, 3, 200).tolist()) == {0, 1, 2}
    for _ in range(50):
        assert draw.permutation(2).tolist() == [1, 0]
    assert draw.permutation(1).tolist() == [0]
    assert draw.choice("ab") in "ab"
    assert 0 <= draw.seed() < 2**31
