"""The words of checks: each passes and fails as it says, refuses NaN by name, and names the nearest known mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder import expect
from autograder.authoring.challenges import Draw
from autograder.authoring.probes.gradient_check import gradients_match
from autograder.authoring.student import Remote, Student
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


def test_text_mapping_several_remote() -> None:
    assert expect.text("", tried="f(x)") == ""
    assert expect.mapping({}, tried="f(x)") == {}
    assert expect.several((1, [2]), 2, tried="f(x)") == [1, [2]]
    assert len(expect.several(np.ones((3, 2)), 3, tried="f(x)")) == 3
    assert expect.remote(REMOTE, tried="f(x)") is REMOTE
    assert "int 3" in failure(expect.text, 3).saw
    assert "list" in failure(expect.mapping, []).saw
    assert failure(expect.several, [1], 2).saw == "1 of them"
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
    assert failure(expect.moved, a, {**b, "b": a["b"]}).saw == "b as before"
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


# Gradients, in NumPy alone: a small network with tanh and one with ReLU.

RNG = np.random.default_rng(7)
X, Y = RNG.normal(size=(16, 3)), RNG.normal(size=(16, 1))
START = {
    "w1": RNG.normal(size=(3, 5)),
    "b1": RNG.normal(size=5),
    "w2": RNG.normal(size=(5, 1)),
    "b2": RNG.normal(size=1),
}


def forward(p: dict[str, Any], bend: Callable[[Any], Any]) -> tuple[Any, Any]:
    hidden = bend(X @ p["w1"] + p["b1"])
    return hidden, hidden @ p["w2"] + p["b2"]


def loss_with(bend: Callable[[Any], Any]) -> Callable[[dict[str, Any]], float]:
    # float32, as from a worker.
    return lambda p: float(np.float32(np.mean((forward(p, bend)[1] - Y) ** 2)))


def slopes_with(bend: Callable[[Any], Any], slope: Callable[[Any], Any]) -> dict[str, Any]:
    hidden, out = forward(START, bend)
    back = 2 * (out - Y) / len(X)
    inner = (back @ START["w2"].T) * slope(hidden)
    return {"w1": X.T @ inner, "b1": inner.sum(0), "w2": hidden.T @ back, "b2": back.sum(0)}


def relu(z: Any) -> Any:
    return np.maximum(z, 0)


TANH = slopes_with(np.tanh, lambda h: 1 - h**2)
RELU = slopes_with(relu, lambda h: (h > 0) * 1.0)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize(("bend", "slopes"), [(np.tanh, TANH), (relu, RELU)], ids=["tanh", "relu"])
def test_right_gradients_pass(bend: Callable[[Any], Any], slopes: dict[str, Any], seed: int) -> None:
    rounded = {name: np.float32(value) for name, value in slopes.items()}
    gradients_match(loss_with(bend), START, rounded, Draw(seed), tried="f(x)")


FACTORS = {"Twice.": 2.0, "The sum.": 16.0, "Uphill.": -1.0}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("change", "likely"),
    [
        (lambda s: {name: 16 * value for name, value in s.items()}, "The sum."),
        (lambda s: {name: 2 * value for name, value in s.items()}, "Twice."),
        (lambda s: {name: -value for name, value in s.items()}, "Uphill."),
        (lambda s: {name: 0 * value for name, value in s.items()}, "Other."),
        (lambda s: {name: value.T.reshape(value.shape) for name, value in s.items()}, "Other."),
        (lambda s: {**s, "b2": 0 * s["b2"]}, "Other."),
        (lambda s: {**s, "w1": s["w1"] * 0.7}, "Other."),
        (lambda s: {name: np.ones_like(value) for name, value in s.items()}, "Other."),
    ],
    ids=["sum", "twice", "sign", "zero", "turned", "one missing", "one too small", "ones"],
)
def test_wrong_gradients_fail(change: Callable[[Any], Any], likely: str, seed: int) -> None:
    found = failure(
        gradients_match, loss_with(np.tanh), START, change(TANH), Draw(seed), cause="Other.", factors=FACTORS
    )
    assert found.likely == likely
    assert "along a random direction" in found.tried


def test_gradients_of_a_wrong_form() -> None:
    loss = loss_with(np.tanh)
    assert "no gradient for b2" in failure(gradients_match, loss, START, {**TANH, "b2": None}, Draw(1)).saw
    assert (
        "no gradient for w2"
        in failure(gradients_match, loss, START, {name: TANH[name] for name in ("w1", "b1", "b2")}, Draw(1)).saw
    )
    assert "gradients for other" in failure(gradients_match, loss, START, {**TANH, "other": 1.0}, Draw(1)).saw
    found = failure(gradients_match, loss, START, {**TANH, "w1": TANH["w1"].T}, Draw(1))
    assert (found.saw, found.expected) == ("shape (5, 3)", "shape (3, 5)")
    failure(gradients_match, loss, START, list(TANH.values()), Draw(1))


# Draws.


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


def relu_net(seed: int) -> tuple[Callable[[dict[str, Any]], float], dict[str, Any], dict[str, Any]]:
    """The cross-entropy of a ReLU net on 64 samples in float32, its weights, and its gradients by hand."""
    draw = Draw(seed, "relu")
    start = {name: 0.5 * draw.normal(*shape) for name, shape in {"w1": (2, 6), "b1": (6,), "w2": (6, 1)}.items()}
    x, y = draw.normal(64, 2), draw.integers(0, 2, 64, 1).astype(np.float32)

    def forward(weights: dict[str, Any]) -> tuple[Any, Any]:
        single = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items()}
        hidden = np.maximum(x @ single["w1"] + single["b1"], 0)
        return hidden, 1 / (1 + np.exp(-hidden @ single["w2"]))

    def loss(weights: dict[str, Any]) -> float:
        p = forward(weights)[1].astype(np.float64)
        return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))

    hidden, p = forward(start)
    error = (p - y) / len(x)
    below = error @ start["w2"].T * (hidden > 0)
    return loss, start, {"w1": x.T @ below, "b1": below.sum(0), "w2": hidden.T @ error}


def test_the_kinks_of_relu_cost_no_right_gradient_its_points() -> None:
    for seed in range(300):
        loss, start, slopes = relu_net(seed)
        gradients_match(loss, start, slopes, Draw(seed), tried="f(x)")


@pytest.mark.parametrize("factor", [0.7, 1.4, 2.0, -1.0])
def test_the_kinks_of_relu_hide_no_wrong_gradient(factor: float) -> None:
    caught = 0
    for seed in range(100):
        loss, start, slopes = relu_net(seed)
        try:
            gradients_match(loss, start, {k: factor * v for k, v in slopes.items()}, Draw(seed), tried="f(x)")
        except CheckFailed:
            caught += 1
    assert caught >= 99
