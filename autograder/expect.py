"""The words that checks are written in.

Every word raises `CheckFailed`, which carries what a student reads: what was tried, what was seen, what was expected, the likely
cause. NaN and infinity are refused by name in every word that takes numbers: NaN compares as neither wrong nor right.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeVar, cast

import numpy as np

from autograder import picture
from autograder.draw import Draw
from autograder.errors import CheckFailed, StudentError
from autograder.result import Measurement
from autograder.student import Remote

Numbers = np.ndarray[Any, Any]
Found = TypeVar("Found")

DIRECTION_STEP = 3e-3
"""Step along a direction of unit entries, in float32: rounding (6e-8 of the loss, averaged over the batch) and the fourth-order
remainder both stay under 1e-4 of the slope."""
DIRECTIONS = 3
"""Of 4,000 right gradients of a ReLU net on 64 samples 6 disagreed along a first set of directions, for kinks within the step,
and 1 along three."""
DIRECTION_TOLERANCE = 0.02
"""Of the gradient's length, beside what the differences say of themselves: for rounding in float32. From 0.01 to 0.05 as few
right gradients fail; at 0.02 1 of 400 that are 1.4 times too large passes, at 0.05 13."""


def that(condition: bool, *, tried: str, saw: str, expected: str, cause: str = "") -> None:
    """Anything that no other word says."""
    if not condition:
        raise CheckFailed(tried, saw, expected, cause)


def array(value: Any, *, tried: str, cause: str = "") -> Numbers:
    """An array of finite numbers: an array, a number, or (nested) lists of numbers. Returned as float64, int64 or bool."""
    try:
        numbers = np.asarray(value)
    except ValueError:
        _fail(tried, f"{_kind(value)} whose rows have different lengths", "an array of numbers", cause)
    if numbers.dtype.kind not in "fiub":
        _fail(tried, _kind(value), "an array of numbers", cause or _forgotten(value))
    _finite(numbers, tried, cause)
    return numbers.astype(np.float64) if numbers.dtype.kind == "f" else numbers


def number(value: Any, *, tried: str, cause: str = "") -> float:
    """One finite number: a Python or NumPy scalar, or a 0-d tensor."""
    found = array(value, tried=tried, cause=cause)
    if found.ndim:
        _fail(tried, f"an array of shape {found.shape}", "one number", cause)
    return float(found)


def text(value: Any, *, tried: str, cause: str = "") -> str:
    """A string."""
    if not isinstance(value, str):
        _fail(tried, _kind(value), "a string", cause or _forgotten(value))
    return value


def mapping(value: Any, *, tried: str, cause: str = "") -> dict[Any, Any]:
    """A dict."""
    if not isinstance(value, dict):
        _fail(tried, _kind(value), "a dict", cause or _forgotten(value))
    return cast(dict[Any, Any], value)


def several(value: Any, count: int, *, tried: str, cause: str = "") -> list[Any]:
    """A tuple or list of `count` things."""
    if isinstance(value, np.ndarray) and value.ndim:
        values = list(cast(Numbers, value))
    elif isinstance(value, list | tuple):
        values = list(cast(list[Any], value))
    else:
        _fail(tried, _kind(value), f"{count} things, as a tuple or a list", cause or _forgotten(value))
    if len(values) != count:
        _fail(tried, f"{len(values)} of them", f"{count} things, as a tuple or a list", cause)
    return values


def remote(value: Any, *, tried: str, cause: str = "") -> Remote:
    """A model, or another object that stays on the student's side."""
    if not isinstance(value, Remote):
        _fail(tried, _kind(value), "a model", cause or _forgotten(value))
    return value


def shape(
    actual: Any,
    wanted: Sequence[int],
    *,
    tried: str,
    cause: str = "",
    mistakes: Mapping[str, Sequence[int]] | None = None,
) -> Numbers:
    """An array of that shape; returned."""
    found = array(actual, tried=tried, cause=cause)
    if found.shape != tuple(wanted):
        likely = next((say for say, wrong in (mistakes or {}).items() if tuple(wrong) == found.shape), cause)
        _fail(tried, f"shape {_tuple(found.shape)}", f"shape {_tuple(wanted)}", likely)
    return found


def close(
    actual: Any,
    wanted: Any,
    *,
    tried: str,
    cause: str = "",
    mistakes: Mapping[str, Any] | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-5,
    expected: str = "",
) -> Numbers:
    """The same shape, and values within atol + rtol·|wanted|; `mistakes` maps a sentence to the value it leads to."""
    # `wanted` may come from the student too: one answer held against another.
    target = array(wanted, tried=tried, cause=cause)
    found = array(actual, tried=tried, cause=cause)

    def alike(other: Any) -> bool:
        wrong = np.asarray(other, dtype=np.float64)
        return wrong.shape == found.shape and np.allclose(found, wrong, rtol=rtol, atol=atol)

    if alike(target):
        return found
    likely = next((say for say, wrong in (mistakes or {}).items() if alike(wrong)), cause)
    if found.shape != target.shape:
        _fail(tried, f"shape {_tuple(found.shape)}", expected or f"shape {_tuple(target.shape)}", likely)
    seen, want = _where_they_differ_most(found.astype(np.float64), target.astype(np.float64))
    raise CheckFailed(tried, seen, expected or want, likely)


def between(actual: Any, low: float, high: float, *, tried: str, cause: str = "", what: str = "values") -> Numbers:
    """Every entry in [low, high]; returned."""
    found = array(actual, tried=tried, cause=cause)
    if found.size and (found.min() < low or found.max() > high):
        saw = f"{what} from {_round(found.min())} to {_round(found.max())}"
        _fail(tried, saw, f"{what} from {_round(low)} to {_round(high)}", cause)
    return found


_measured: ContextVar[list[Measurement] | None] = ContextVar("measured", default=None)


@contextmanager
def measuring() -> Generator[list[Measurement]]:
    """Collect what `at_most` and `at_least` measure inside."""
    found: list[Measurement] = []
    token = _measured.set(found)
    try:
        yield found
    finally:
        _measured.reset(token)


def _measure(what: str, value: float, bound: float, wanted: Literal["at most", "at least"]) -> None:
    found = _measured.get()
    if found is not None:
        found.append(Measurement(what, value, float(bound), wanted))


def at_most(value: Any, bound: float, *, tried: str, cause: str = "", what: str = "a value") -> float:
    """One number, no more than the bound; returned."""
    found = number(value, tried=tried, cause=cause)
    _measure(what, found, bound, "at most")
    if found > bound:
        _fail(tried, f"{what} of {_round(found)}", f"at most {_round(bound)}", cause)
    return found


def at_least(value: Any, bound: float, *, tried: str, cause: str = "", what: str = "a value") -> float:
    """One number, no less than the bound; returned."""
    found = number(value, tried=tried, cause=cause)
    _measure(what, found, bound, "at least")
    if found < bound:
        _fail(tried, f"{what} of {_round(found)}", f"at least {_round(bound)}", cause)
    return found


def equal(actual: Any, wanted: Any, *, tried: str, cause: str = "", mistakes: Mapping[str, Any] | None = None) -> None:
    """Exactly the same: integers, strings, lists, dicts. Arrays count as lists, a whole float as its integer."""
    found, target = _plain(actual), _plain(wanted)
    if found == target:
        return
    likely = next((say for say, wrong in (mistakes or {}).items() if _plain(wrong) == found), cause)
    _fail(tried, _brief(found), _brief(target), likely or _forgotten(actual))


def differ(a: Any, b: Any, *, tried: str, cause: str = "", by: float = 1e-6) -> None:
    """Two arrays of one shape that differ somewhere by more than `by`."""
    first, second = array(a, tried=tried, cause=cause), array(b, tried=tried, cause=cause)
    if first.shape == second.shape and (not first.size or np.max(np.abs(first * 1.0 - second)) <= by):
        _fail(tried, "twice the same", "something that changes", cause)


def moved(before: Mapping[str, Any], after: Mapping[str, Any], *, tried: str, cause: str = "") -> None:
    """Every array of `before` has changed in `after`."""
    still = [name for name, value in before.items() if not _changed(value, after.get(name))]
    if still or not before:
        saw = f"{_names(still)} as before" if before else "no parameters at all"
        _fail(tried, saw, "every parameter moved", cause)
    for name, value in after.items():
        _finite(np.asarray(value), f"{tried}: {name}", cause)


def unmoved(before: Mapping[str, Any], after: Mapping[str, Any], *, tried: str, cause: str = "") -> None:
    """No array of `before` has changed in `after`."""
    changed = [name for name, value in before.items() if _changed(value, after.get(name))]
    if changed:
        _fail(tried, f"{_names(changed)} changed", "all of them as before", cause)


def losses(value: Any, count: int, *, tried: str, cause: str = "") -> Numbers:
    """A list of `count` finite numbers. What they claim is evidence of nothing: evaluate the model yourself."""
    found = array(value, tried=tried, cause=cause)
    if found.shape != (count,):
        _fail(tried, f"shape {_tuple(found.shape)}", f"a list of {count} losses", cause)
    return found


def settles(build: Callable[[], Remote], train: Callable[[Remote, int], object], ways: Any, *, tried: str) -> None:
    """Steps that each follow the gradient of their own batch bring an output's bias to its best value, and leave it there.

    `build()`: a new model; `train(model, steps)`: so many steps on one batch. Where all of the model's parameters are 0 but the
    bias of its output, of as many numbers as `ways`, its best value along `ways` is to be 0, and nothing else is to have a
    gradient. A model with no bias of that size, or with two, passes.

    Steps that follow the sum of all gradients so far run past 0 and swing, mostly farther and farther. Started as far away as
    ten steps lead, the right ones of Adam (β₁ up to 0.99), RMSprop, SGD with and without momentum and their kin, at rates from
    10⁻⁴ to ½, lie between −0.15 and 0.9 of the start after 50 steps, and no farther out after 78.
    """
    along: Numbers = np.asarray(ways, dtype=np.float32)

    def after(steps: int, start: float) -> float:
        model = build()
        values = {name: 0 * value for name, value in model.parameters().items()}
        biases = [name for name, value in values.items() if value.size == along.size]
        if len(biases) != 1:
            return start
        (bias,) = biases
        values[bias] = start * along.reshape(values[bias].shape)
        model.set_parameters(values)
        train(model, steps)
        return float(np.mean(model.parameters()[bias].ravel() * along))

    farthest = 0.5
    way = abs(farthest - after(10, farthest))
    if way == 0:
        return  # It does not move: for others to say.
    start = min(max(way, 2e-3), farthest)
    early, late = (after(steps, start) / start for steps in (50, 78))
    if not (min(early, late) >= -0.2 and max(early, late) <= 1.05 and abs(late) <= abs(early) + 0.1):
        _fail(
            f"{tried}, from {_round(start)} beside the best value of an output bias",
            f"{_round(early)} times as far from it after 50 steps, {_round(late)} times after 78",
            "a bias that comes to rest there",
            "It swings: gradients of earlier steps are still there and are added up. Zero them in each step.",
        )


def gradients(
    loss_of: Callable[[dict[str, Numbers]], float],
    parameters: Mapping[str, Any],
    claimed: Any,
    draw: Draw,
    *,
    tried: str,
    cause: str = "",
    factors: Mapping[str, float] | None = None,
) -> None:
    """The claimed gradients against central differences of `loss_of`, along directions drawn only now.

    One direction in each parameter and one in all together; `factors` maps a sentence to what the gradients are then
    too large by.
    """
    slopes = mapping(claimed, tried=tried, cause=cause)
    start = {name: np.asarray(value, dtype=np.float64) for name, value in parameters.items()}
    missing = [name for name in start if slopes.get(name) is None]
    if missing:
        _fail(tried, f"no gradient for {_names(missing)}", f"one for each of {_names(list(start))}", cause)
    extra = [name for name in slopes if name not in start]
    if extra:
        _fail(tried, f"gradients for {_names(extra)}", f"one for each of {_names(list(start))}", cause)
    for name, value in start.items():
        shape(slopes[name], value.shape, tried=f"{tried}: {name}", cause=cause)

    here = float(loss_of(start))

    def pairs() -> list[_Slopes]:
        whole = {name: draw.rng.standard_normal(value.shape) for name, value in start.items()}
        found: list[_Slopes] = []
        for about in [*start, "all parameters together"]:
            direction = {
                name: step if about in (name, "all parameters together") else 0 * step for name, step in whole.items()
            }
            seen = sum(float(np.sum(np.asarray(slopes[name]) * direction[name])) for name in start)
            length = np.sqrt(sum(np.sum(np.square(slopes[name])) for name in start if np.any(direction[name])))
            true, unsure = _slope(loss_of, start, direction, here)
            found.append(_Slopes(about, seen, true, DIRECTION_TOLERANCE * float(length) + unsure + 2e-4))
        return found

    # Two kinks may hide each other along one direction, hardly along three; what is wrong is wrong along all of them.
    along = wrong = list[_Slopes]()
    for _ in range(DIRECTIONS):
        along = pairs()
        wrong = [each for each in along if not each.agree(1.0)]
        if not wrong:
            return
    likely = next((say for say, factor in (factors or {}).items() if all(each.agree(factor) for each in along)), cause)
    _fail(
        f"{tried}, along a random direction in {wrong[0].about}",
        f"a slope of {_round(wrong[0].claimed)} by your gradients",
        f"{_round(wrong[0].true)}, by differences of the loss",
        likely,
    )


@dataclass(frozen=True)
class _Slopes:
    """The slope of a loss along a direction, as claimed and by differences."""

    about: str
    claimed: float
    true: float
    tolerance: float

    def agree(self, factor: float) -> bool:
        """Do they, if what is claimed is too large by the factor?"""
        return abs(self.claimed / factor - self.true) <= self.tolerance / min(1, abs(factor))


def best_of(attempts: int, attempt: Callable[[int], None]) -> None:
    """Pass where one of the attempts does; else the last failure counts."""
    for number_ in range(attempts):
        # What counts is the last attempt: measurements and pictures of the ones before it would only confuse.
        if (found := _measured.get()) is not None:
            found.clear()
        picture.forget()
        try:
            attempt(number_)
        except CheckFailed:
            if number_ == attempts - 1:
                raise
        else:
            return


@contextmanager
def blame(sentence: str, on: str = "") -> Generator[None]:
    """The likely cause of an exception, with `on` in its text, that the student's code raises inside."""
    try:
        yield
    except StudentError as problem:
        if on in f"{problem.kind}: {problem.message}" and problem.kind not in ("NotThere", "NotImplementedError"):
            problem.likely = sentence
        raise


def _slope(
    loss_of: Callable[[dict[str, Numbers]], float],
    start: dict[str, Numbers],
    direction: dict[str, Numbers],
    here: float,
) -> tuple[float, float]:
    """Central difference of fourth order at `start`, where the loss is `here`, and how far it may be off: by rounding, and by
    kinks (of a ReLU, say) within the step.

    A kink away from the start moves the two differences that it is made of apart. One at the very start moves both alike, but
    it shows in the second differences: those of a smooth loss double with the step, that of a kink does not.
    """

    def at(step: float) -> float:
        return float(loss_of({name: value + step * direction[name] for name, value in start.items()}))

    h = DIRECTION_STEP
    at_h, at_minus_h, at_2h, at_minus_2h = at(h), at(-h), at(2 * h), at(-2 * h)
    near, far = (at_h - at_minus_h) / (2 * h), (at_2h - at_minus_2h) / (4 * h)
    bend_near, bend_far = (at_h + at_minus_h - 2 * here) / h, (at_2h + at_minus_2h - 2 * here) / (2 * h)
    return (4 * near - far) / 3, 2 * abs(near - far) + abs(2 * bend_near - bend_far)


def _fail(tried: str, saw: str, expected: str, cause: str) -> NoReturn:
    raise CheckFailed(tried, saw, expected, cause)


def _finite(numbers: Numbers, tried: str, cause: str) -> None:
    if numbers.dtype.kind == "f" and not np.all(np.isfinite(numbers)):
        bad = int(np.sum(~np.isfinite(numbers)))
        name = "NaN" if np.any(np.isnan(numbers)) else "infinity"
        saw = name if numbers.ndim == 0 else f"{name} in {bad} of {numbers.size} entries"
        likely = (
            cause or "0/0, the logarithm of 0 or of a negative number, or a learning rate that makes training diverge."
        )
        _fail(tried, saw, "finite numbers", likely)


def _changed(before: Any, after: Any) -> bool:
    return after is None or not np.array_equal(np.asarray(before), np.asarray(after))


def _where_they_differ_most(found: Numbers, target: Numbers) -> tuple[str, str]:
    if found.ndim == 0:
        return _round(float(found)), _round(float(target))
    if found.size <= 6:
        return _entries(found), _entries(target)
    index = np.unravel_index(int(np.argmax(np.abs(found - target))), found.shape)
    place = ", ".join(map(str, index))
    return f"{_round(found[index])} at [{place}]", f"{_round(target[index])} there"


def _entries(values: Numbers) -> str:
    return "[" + ", ".join(_round(float(value)) for value in values.ravel()) + "]"


def _round(value: float) -> str:
    """As a person would: three digits that count; whole numbers whole."""
    if float(value).is_integer() and abs(value) < 1e7:
        return str(int(value))
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e7 else f"{value:.2g}"


def _tuple(sides: Sequence[int]) -> str:
    return str(tuple(int(side) for side in sides))


def _names(names: Sequence[Any]) -> str:
    shown = ", ".join(str(name)[:80] for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, Remote):
        return repr(value)
    if isinstance(value, np.ndarray):
        return f"an array of {cast(Numbers, value).dtype}"
    return f"{type(value).__name__} {_brief(value)}"


def _brief(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 160 else f"{shown[:120]} … ({len(shown)} characters)"


def _forgotten(value: Any) -> str:
    return "The function ends without a `return`." if value is None else ""


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _plain(cast(Numbers, value).tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast(list[Any], value)]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast(dict[Any, Any], value).items()}
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
