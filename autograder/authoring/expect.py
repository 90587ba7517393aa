"""Assertion helpers for checks.

Each helper raises `CheckFailed`, which holds what the student reads: what was tried, what was seen, what was expected,
and the likely cause. All helpers that take numbers reject NaN and infinity explicitly, because comparisons with NaN are
always false.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, NoReturn, cast

import numpy as np

from autograder.authoring import figures
from autograder.authoring.student import Remote
from autograder.authoring.wording import (
    apart,
    briefly_apart,
    forgotten_return,
    kind_of,
    listed,
    plain,
    sides_of,
    where_they_differ_most,
)
from autograder.errors import CheckFailed, StudentError
from autograder.results.form import Measurement
from autograder.worker.arrays import Numbers


def that(condition: bool, *, tried: str, saw: str, expected: str, cause: str = "") -> None:
    """A condition that no other helper covers."""
    if not condition:
        raise CheckFailed(tried, saw, expected, cause)


def array(value: Any, *, tried: str, cause: str = "") -> Numbers:
    """Finite numbers: an array, a number, or (nested) lists. Returns a float64, int64 or bool array."""
    try:
        numbers = np.asarray(value)
    except ValueError:
        _fail(tried, f"{kind_of(value)} whose rows have different lengths", "an array of numbers", cause)
    if numbers.dtype.kind not in "fiub":
        _fail(tried, kind_of(value), "an array of numbers", cause or forgotten_return(value))
    _finite(numbers, tried, cause)
    return numbers.astype(np.float64) if numbers.dtype.kind == "f" else numbers


def number(value: Any, *, tried: str, cause: str = "") -> float:
    """One finite number: a Python or NumPy scalar, or a 0-d tensor."""
    numbers = array(value, tried=tried, cause=cause)
    if numbers.ndim:
        _fail(tried, f"an array of shape {numbers.shape}", "one number", cause)
    return float(numbers)


def text(value: Any, *, tried: str, cause: str = "") -> str:
    """A string."""
    if not isinstance(value, str):
        _fail(tried, kind_of(value), "a string", cause or forgotten_return(value))
    return value


def mapping(value: Any, *, tried: str, cause: str = "") -> dict[Any, Any]:
    """A dict."""
    if not isinstance(value, dict):
        _fail(tried, kind_of(value), "a dict", cause or forgotten_return(value))
    return cast(dict[Any, Any], value)


def several(value: Any, count: int, *, tried: str, cause: str = "") -> list[Any]:
    """A tuple or list of `count` values."""
    if isinstance(value, np.ndarray) and value.ndim:
        values = list(cast(Numbers, value))
    elif isinstance(value, list | tuple):
        values = list(cast(list[Any], value))
    else:
        _fail(tried, kind_of(value), f"{count} values, as a tuple or a list", cause or forgotten_return(value))
    if len(values) != count:
        _fail(tried, f"{len(values)} values", f"{count} values, as a tuple or a list", cause)
    return values


def remote(value: Any, *, tried: str, cause: str = "") -> Remote:
    """A model, or another object that stays in the student's worker."""
    if not isinstance(value, Remote):
        _fail(tried, kind_of(value), "a model", cause or forgotten_return(value))
    return value


def shape(
    actual: Any,
    wanted: Sequence[int],
    *,
    tried: str,
    cause: str = "",
    mistakes: Mapping[str, Sequence[int]] | None = None,
) -> Numbers:
    """An array of the given shape. Returns it."""
    numbers = array(actual, tried=tried, cause=cause)
    if numbers.shape != tuple(wanted):
        likely = next((say for say, wrong in (mistakes or {}).items() if tuple(wrong) == numbers.shape), cause)
        _fail(tried, f"shape {sides_of(numbers.shape)}", f"shape {sides_of(wanted)}", likely)
    return numbers


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
    """The same shape, and values within atol + rtol·|wanted|. Returns the actual array.

    `mistakes` maps a likely cause to the wrong value that it would produce.
    """
    # `wanted` may come from the student too: one answer is compared with another.
    target = array(wanted, tried=tried, cause=cause)
    numbers = array(actual, tried=tried, cause=cause)

    def alike(other: Any) -> bool:
        wrong = np.asarray(other, dtype=np.float64)
        return wrong.shape == numbers.shape and np.allclose(numbers, wrong, rtol=rtol, atol=atol)

    if alike(target):
        return numbers
    likely = next((say for say, wrong in (mistakes or {}).items() if alike(wrong)), cause)
    if numbers.shape != target.shape:
        _fail(tried, f"shape {sides_of(numbers.shape)}", expected or f"shape {sides_of(target.shape)}", likely)
    seen, want = where_they_differ_most(numbers.astype(np.float64), target.astype(np.float64))
    raise CheckFailed(tried, seen, expected or want, likely)


def between(actual: Any, low: float, high: float, *, tried: str, cause: str = "", what: str = "values") -> Numbers:
    """Every entry is in [low, high]. Returns the array."""
    numbers = array(actual, tried=tried, cause=cause)
    if numbers.size and (numbers.min() < low or numbers.max() > high):
        least, lowest = apart(float(numbers.min()), low)
        most, highest = apart(float(numbers.max()), high)
        _fail(tried, f"{what} from {least} to {most}", f"{what} from {lowest} to {highest}", cause)
    return numbers


_measured: ContextVar[list[Measurement] | None] = ContextVar("measured", default=None)


@contextmanager
def measuring() -> Generator[list[Measurement]]:
    """Collect what `at_most` and `at_least` measure inside the block."""
    measurements: list[Measurement] = []
    token = _measured.set(measurements)
    try:
        yield measurements
    finally:
        _measured.reset(token)


def _measure(what: str, value: float, bound: float, wanted: Literal["at most", "at least"]) -> None:
    measurements = _measured.get()
    if measurements is not None:
        measurements.append(Measurement(what, value, float(bound), wanted))


def at_most(value: Any, bound: float, *, tried: str, cause: str = "", what: str = "a value") -> float:
    """One number, at most the bound. Returns it."""
    measured = number(value, tried=tried, cause=cause)
    _measure(what, measured, bound, "at most")
    if measured > bound:
        seen, wanted = apart(measured, bound)
        _fail(tried, f"{what} of {seen}", f"at most {wanted}", cause)
    return measured


def at_least(
    value: Any, bound: float, *, tried: str, cause: str = "", what: str = "a value", hopeless: float = -np.inf
) -> float:
    """One number, at least the bound. Returns it. Below `hopeless`, `best_of` makes no further attempt."""
    measured = number(value, tried=tried, cause=cause)
    _measure(what, measured, bound, "at least")
    if measured < bound:
        seen, wanted = apart(measured, bound)
        raise CheckFailed(tried, f"{what} of {seen}", f"at least {wanted}", cause, hopeless=measured < hopeless)
    return measured


def equal(actual: Any, wanted: Any, *, tried: str, cause: str = "", mistakes: Mapping[str, Any] | None = None) -> None:
    """Exact equality of integers, strings, lists and dicts. Arrays count as lists, a whole float as an integer."""
    seen, target = plain(actual), plain(wanted)
    if seen == target:
        return
    likely = next((say for say, wrong in (mistakes or {}).items() if plain(wrong) == seen), cause)
    saw, expected = briefly_apart(seen, target)
    _fail(tried, saw, expected, likely or forgotten_return(actual))


def differ(a: Any, b: Any, *, tried: str, cause: str = "", by: float = 1e-6) -> None:
    """Two arrays that differ by more than `by` in at least one entry, or in their shapes."""
    first, second = array(a, tried=tried, cause=cause), array(b, tried=tried, cause=cause)
    if first.shape == second.shape and (not first.size or np.max(np.abs(first * 1.0 - second)) <= by):
        _fail(tried, "identical results", "different results", cause)


def moved(before: Mapping[str, Any], after: Mapping[str, Any], *, tried: str, cause: str = "") -> None:
    """Every array of `before` has changed in `after`."""
    still = [name for name, value in before.items() if not _changed(value, after.get(name))]
    if still or not before:
        saw = f"{listed(still)} unchanged" if before else "no parameters at all"
        _fail(tried, saw, "a change in every parameter", cause)
    for name, value in after.items():
        _finite(np.asarray(value), f"{tried}: {name}", cause)


def unmoved(before: Mapping[str, Any], after: Mapping[str, Any], *, tried: str, cause: str = "") -> None:
    """No array of `before` has changed in `after`."""
    changed = [name for name, value in before.items() if _changed(value, after.get(name))]
    if changed:
        _fail(tried, f"{listed(changed)} changed", "no changes", cause)


def losses(value: Any, count: int, *, tried: str, cause: str = "") -> Numbers:
    """A list of `count` finite numbers. Reported losses prove nothing: evaluate the model itself."""
    numbers = array(value, tried=tried, cause=cause)
    if numbers.shape != (count,):
        _fail(tried, f"shape {sides_of(numbers.shape)}", f"a list of {count} losses", cause)
    return numbers


def float64(value: Any, *, tried: str) -> None:
    """An array of float64, as the inputs were: nothing was computed in float32 on the way."""
    array(value, tried=tried)
    kind = np.asarray(value).dtype
    that(
        kind == np.float64,
        tried=f"{tried} of float64 tensors",
        saw=f"{kind}",
        expected="float64",
        cause="Compute in the dtype of the inputs: convert nothing to float32.",
    )


def best_of(attempts: int, attempt: Callable[[int], None]) -> None:
    """Pass if one of the attempts passes; otherwise the last failure counts.

    None follows one that failed beyond what luck explains (see `at_least`).
    """
    for number_ in range(attempts):
        # Only the last attempt is reported: discard measurements and pictures of earlier ones.
        if (measurements := _measured.get()) is not None:
            measurements.clear()
        figures.forget()
        try:
            attempt(number_)
        except CheckFailed as failed:
            if failed.hopeless or number_ == attempts - 1:
                raise
        else:
            return


@contextmanager
def blame(sentence: str, on: str = "") -> Generator[None]:
    """Set the likely cause of an exception raised by the student's code inside the block, if its text contains `on`."""
    try:
        yield
    except StudentError as problem:
        if on in f"{problem.kind}: {problem.message}" and problem.kind not in ("NotThere", "NotImplementedError"):
            problem.likely = sentence
        raise


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
