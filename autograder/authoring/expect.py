"""The words that checks are written in.

Every word raises `CheckFailed`, which carries what a student reads: what was tried, what was seen, what was expected, the likely
cause. NaN and infinity are refused by name in every word that takes numbers: NaN compares as neither wrong nor right.
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
    brief,
    forgotten_return,
    kind_of,
    listed,
    plain,
    rounded,
    sides_of,
    where_they_differ_most,
)
from autograder.errors import CheckFailed, StudentError
from autograder.results.form import Measurement
from autograder.worker.names import Numbers


def that(condition: bool, *, tried: str, saw: str, expected: str, cause: str = "") -> None:
    """Anything that no other word says."""
    if not condition:
        raise CheckFailed(tried, saw, expected, cause)


def array(value: Any, *, tried: str, cause: str = "") -> Numbers:
    """An array of finite numbers: an array, a number, or (nested) lists of numbers. Returned as float64, int64 or bool."""
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
    found = array(value, tried=tried, cause=cause)
    if found.ndim:
        _fail(tried, f"an array of shape {found.shape}", "one number", cause)
    return float(found)


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
    """A tuple or list of `count` things."""
    if isinstance(value, np.ndarray) and value.ndim:
        values = list(cast(Numbers, value))
    elif isinstance(value, list | tuple):
        values = list(cast(list[Any], value))
    else:
        _fail(tried, kind_of(value), f"{count} things, as a tuple or a list", cause or forgotten_return(value))
    if len(values) != count:
        _fail(tried, f"{len(values)} of them", f"{count} things, as a tuple or a list", cause)
    return values


def remote(value: Any, *, tried: str, cause: str = "") -> Remote:
    """A model, or another object that stays on the student's side."""
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
    """An array of that shape; returned."""
    found = array(actual, tried=tried, cause=cause)
    if found.shape != tuple(wanted):
        likely = next((say for say, wrong in (mistakes or {}).items() if tuple(wrong) == found.shape), cause)
        _fail(tried, f"shape {sides_of(found.shape)}", f"shape {sides_of(wanted)}", likely)
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
        _fail(tried, f"shape {sides_of(found.shape)}", expected or f"shape {sides_of(target.shape)}", likely)
    seen, want = where_they_differ_most(found.astype(np.float64), target.astype(np.float64))
    raise CheckFailed(tried, seen, expected or want, likely)


def between(actual: Any, low: float, high: float, *, tried: str, cause: str = "", what: str = "values") -> Numbers:
    """Every entry in [low, high]; returned."""
    found = array(actual, tried=tried, cause=cause)
    if found.size and (found.min() < low or found.max() > high):
        saw = f"{what} from {rounded(found.min())} to {rounded(found.max())}"
        _fail(tried, saw, f"{what} from {rounded(low)} to {rounded(high)}", cause)
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
        _fail(tried, f"{what} of {rounded(found)}", f"at most {rounded(bound)}", cause)
    return found


def at_least(value: Any, bound: float, *, tried: str, cause: str = "", what: str = "a value") -> float:
    """One number, no less than the bound; returned."""
    found = number(value, tried=tried, cause=cause)
    _measure(what, found, bound, "at least")
    if found < bound:
        _fail(tried, f"{what} of {rounded(found)}", f"at least {rounded(bound)}", cause)
    return found


def equal(actual: Any, wanted: Any, *, tried: str, cause: str = "", mistakes: Mapping[str, Any] | None = None) -> None:
    """Exactly the same: integers, strings, lists, dicts. Arrays count as lists, a whole float as its integer."""
    found, target = plain(actual), plain(wanted)
    if found == target:
        return
    likely = next((say for say, wrong in (mistakes or {}).items() if plain(wrong) == found), cause)
    _fail(tried, brief(found), brief(target), likely or forgotten_return(actual))


def differ(a: Any, b: Any, *, tried: str, cause: str = "", by: float = 1e-6) -> None:
    """Two arrays of one shape that differ somewhere by more than `by`."""
    first, second = array(a, tried=tried, cause=cause), array(b, tried=tried, cause=cause)
    if first.shape == second.shape and (not first.size or np.max(np.abs(first * 1.0 - second)) <= by):
        _fail(tried, "twice the same", "something that changes", cause)


def moved(before: Mapping[str, Any], after: Mapping[str, Any], *, tried: str, cause: str = "") -> None:
    """Every array of `before` has changed in `after`."""
    still = [name for name, value in before.items() if not _changed(value, after.get(name))]
    if still or not before:
        saw = f"{listed(still)} as before" if before else "no parameters at all"
        _fail(tried, saw, "every parameter moved", cause)
    for name, value in after.items():
        _finite(np.asarray(value), f"{tried}: {name}", cause)


def unmoved(before: Mapping[str, Any], after: Mapping[str, Any], *, tried: str, cause: str = "") -> None:
    """No array of `before` has changed in `after`."""
    changed = [name for name, value in before.items() if _changed(value, after.get(name))]
    if changed:
        _fail(tried, f"{listed(changed)} changed", "all of them as before", cause)


def losses(value: Any, count: int, *, tried: str, cause: str = "") -> Numbers:
    """A list of `count` finite numbers. What they claim is evidence of nothing: evaluate the model yourself."""
    found = array(value, tried=tried, cause=cause)
    if found.shape != (count,):
        _fail(tried, f"shape {sides_of(found.shape)}", f"a list of {count} losses", cause)
    return found


def best_of(attempts: int, attempt: Callable[[int], None]) -> None:
    """Pass where one of the attempts does; else the last failure counts."""
    for number_ in range(attempts):
        # What counts is the last attempt: measurements and pictures of the ones before it would only confuse.
        if (found := _measured.get()) is not None:
            found.clear()
        figures.forget()
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
