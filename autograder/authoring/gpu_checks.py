"""The two checks of a part about GPUs, from one lesson: what the student's code is to do on one.

*Readiness* runs the lesson twice, plainly and on a machine whose GPU is pretended, and is graded everywhere. *Execution* runs it
on a real GPU, and is deferred where there is none.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import numpy as np

from autograder.authoring import expect
from autograder.authoring.challenges import Draw
from autograder.authoring.exercise import check
from autograder.authoring.student import Placed, Student, squared_error
from autograder.errors import CheckFailed, StudentError
from autograder.worker.names import Numbers

Lesson = Callable[[Student, Draw], Mapping[str, Any] | None]

LARGEST_DIFFERENCE = 0.5
"""Of the way that the parameters go. Right programs: under 1e-3; a training that leaves the GPU's model alone: 1."""
LARGEST_ERROR = 0.02
"""Of an answer's length, between a plain run and a run on a GPU: TF32 multiplies with 10 bits, which is 1e-3 an operation."""
TRIED = "your code on a machine with a pretended GPU: the CPU computes, and CUDA's rules about devices hold"
EXPECTED = "the work on the device on which the model's parameters live"


CLAIM = """\
Forge: keep all work where the parameters are, as the worker's own side sees it.
So: lie about it: the worker itself watches where its tensors are, and shares its process with the student's code.
Closed by: a comparison of what the run left (parameters, losses) with the grader's own; where the device was cannot be proved
from outside.
"""


def on_gpu(part: str, *, needs: str | Sequence[str] = ()) -> Callable[[Lesson], Lesson]:
    """Make a lesson the checks `<part>.readiness` and `<part>.execution`; its docstring is their title.

    The lesson takes a `student` and a `draw`. It puts models where the machine wants them with `student.place(model, example)`,
    calls the student's functions, and may return answers, as arrays by name, that do not hang on where they were computed.
    """

    def collect(lesson: Lesson) -> Lesson:
        title = inspect.getdoc(lesson) or ""

        def readiness(student: Student, pretended: Student, draw: Draw) -> None:
            _readiness(lesson, student, pretended, draw)

        def execution(student: Student, gpu: Student, draw: Draw) -> None:
            _execution(lesson, student, gpu, draw)

        readiness.__doc__ = f"{title}\n\n{CLAIM}"
        execution.__doc__ = f"On a real GPU: {title[:1].lower()}{title[1:]}\n\n{CLAIM}"
        check(f"{part}.readiness", needs=needs)(readiness)
        check(f"{part}.execution", needs=needs)(execution)
        return lesson

    return collect


@dataclass(frozen=True)
class _Run:
    """What a lesson has left behind on one machine."""

    models: list[Placed]
    after: list[dict[str, Numbers]]
    answers: dict[str, Any]


def _run(lesson: Lesson, student: Student, draw: Draw) -> _Run:
    student.placed.clear()
    answers = lesson(student, copy.deepcopy(draw)) or {}
    models = list(student.placed)
    return _Run(models, [placed.model.parameters() for placed in models], dict(answers))


def _readiness(lesson: Lesson, student: Student, pretended: Student, draw: Draw) -> None:
    plain = _eagerly(lesson, student, pretended, draw)
    # What else was found while the file was read says nothing of the lesson.
    hidden = [each for each in pretended.found().findings if each["kind"] == "hidden"]
    if hidden:
        _say(hidden[0])
    try:
        there = _run(lesson, pretended, draw)
    except StudentError as problem:
        _refused(problem, pretended)
    found = pretended.found()
    stray = [each for each in found.findings if each["kind"] != "refused"]
    for placed in there.models:
        stray += placed.model.left_behind()
    if stray:
        _say(stray[0])
    expect.that(
        found.counts.get("work", 0) > 0,
        tried=TRIED,
        saw="not one operation on the GPU",
        expected=EXPECTED,
        cause="Work with the framework's tensors, on the device of the model's parameters.",
    )
    _still_awake(pretended, draw)
    for placed in there.models:
        if placed.learns:
            _hangs_on_its_parameters(placed, copy.deepcopy(draw))
    _compare(plain, there, lambda: _run(lesson, student, draw))


def _eagerly(lesson: Lesson, student: Student, pretended: Student, draw: Draw) -> _Run:
    """The plain run, eagerly: tracing costs more than a lesson's few steps. What works only where it is traced, is traced."""
    for each in (student, pretended):
        each.eagerly()
    try:
        return _run(lesson, student, draw)
    except StudentError:
        for each in (student, pretended):
            each.eagerly(False)
        return _run(lesson, student, draw)


def _refused(problem: StudentError, pretended: Student) -> NoReturn:
    """It raised on the pretended GPU and nowhere else."""
    findings = [each for each in pretended.found().findings if each["kind"] in ("refused", "hidden")]
    if findings:
        _say(findings[-1])
    place = f", at {problem.place.where}: `{problem.place.code}`" if problem.place else ""
    raise CheckFailed(
        TRIED,
        f"{problem}{place}; without the GPU it does not raise",
        EXPECTED,
        problem.likely or "Something here works on the CPU alone.",
    )


def _say(finding: Mapping[str, str], tried: str = TRIED) -> NoReturn:
    line = f"{finding['where']}: `{finding['code']}`: " if finding["where"] else ""
    raise CheckFailed(tried, f"{line}{finding['saw']}", EXPECTED, finding["fix"])


def _still_awake(pretended: Student, draw: Draw) -> None:
    """A device that no longer finds the mistake that we make ourselves has been tampered with."""
    # Not from the stream of the lesson: that one is drawn again from its start.
    sides = [int(side) for side in copy.deepcopy(draw).rng.integers(100, 1000, 2)]
    pretended.provoke(*sides)
    found = pretended.found().findings
    expect.that(
        any(str(tuple(sides)) in each["saw"] for each in found),
        tried="a mistake made on purpose on the pretended GPU",
        saw="that it goes unnoticed after your code has run",
        expected="a device that your code leaves as it is",
        cause="Your file replaces functions of the framework, or the device itself.",
    )


def _hangs_on_its_parameters(placed: Placed, draw: Draw) -> None:
    """A model whose answers are the same with quite other parameters has learned nothing, wherever its parameters lie."""
    before, answers = placed.model.parameters(), placed.model.forward(placed.example)
    placed.model.set_parameters({name: value + draw.normal(*value.shape) for name, value in before.items()})
    others = placed.model.forward(placed.example)
    expect.that(
        any(not np.array_equal(a, b) for a, b in zip(_leaves(answers).values(), _leaves(others).values(), strict=True)),
        tried=f"{TRIED}; the model's answers with the parameters that it has learned and with others",
        saw="the same answers",
        expected="answers that come from the parameters",
        cause="The model computes with something else than the parameters that it names.",
    )


def _compare(plain: _Run, there: _Run, again: Callable[[], _Run]) -> None:
    """The parameters went the same way and the answers are the same; a program that never repeats itself is held to neither."""
    for number, placed in enumerate(there.models):
        before, after = placed.before, there.after[number]
        if placed.learns:
            expect.that(
                any(not np.array_equal(before[name], after[name]) for name in before if name in after),
                tried=TRIED,
                saw="parameters that are as they were",
                expected="a model that learns on a GPU too",
                cause="The training works on another model than the one that it was given, or ends early where a GPU is there.",
            )
    off = _difference(plain, there)
    if off > LARGEST_DIFFERENCE and _difference(plain, again()) < LARGEST_DIFFERENCE / 10:
        expect.at_most(
            off,
            LARGEST_DIFFERENCE,
            tried=TRIED,
            cause="The training does something else where it finds a GPU.",
            what="a difference from the plain run, as a share of the way that the parameters went,",
        )


def _difference(plain: _Run, other: _Run) -> float:
    """The largest over models and answers: distance over the way gone, or over the length where nothing went."""
    found = [0.0]
    for placed, there, here, back in zip(other.models, other.after, plain.after, plain.models, strict=False):
        if list(there) != list(here):
            return float("inf")
        gone = _distance(here, back.before) if placed.learns else 0.0
        found.append(_distance(there, here) / (gone or _distance(here, {}) or 1.0))
    for name, answer in plain.answers.items():
        a, b = _leaves(answer), _leaves(other.answers.get(name))
        found.append(_distance(a, b) / (_distance(a, {}) or 1.0))
    return max(found)


def _distance(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    """Euclidean, over all arrays; what is missing counts as zeros; what does not fit is infinitely far."""
    total = 0.0
    for name, value in a.items():
        x = np.asarray(value, dtype=np.float64)
        y = np.asarray(b.get(name, np.zeros(x.shape)), dtype=np.float64)
        if x.shape != y.shape or not np.all(np.isfinite(y)):
            return float("inf")
        total += float(np.sum(np.square(x - y)))
    return float(np.sqrt(total))


def _leaves(answer: Any) -> dict[str, Any]:
    if isinstance(answer, list | tuple):
        answer = dict(enumerate(cast(list[Any], answer)))
    if isinstance(answer, dict):
        items = cast(dict[Any, Any], answer).items()
        return {f"{key}.{name}": leaf for key, item in items for name, leaf in _leaves(item).items()}
    return {"": expect.array(answer, tried="an answer of the lesson")}


def _execution(lesson: Lesson, student: Student, gpu: Student, draw: Draw) -> None:
    """Parameters and work on the device, a loss that falls there, and answers that agree with the CPU's for the same weights."""
    tried = "your code on a GPU"
    # What was found while the file was read says nothing of the lesson.
    gpu.found()
    there = _run(lesson, gpu, draw)
    found = gpu.found()
    stray = [*found.findings, *(each for placed in there.models for each in placed.model.left_behind())]
    if stray:
        _say(stray[0], tried)
    expect.that(
        found.counts.get("work", 0) > 0 and found.counts.get("bytes", 0) > 0,
        tried=tried,
        saw="no work and no memory of the GPU in use at any time",
        expected=EXPECTED,
        cause="Everything was computed on the CPU.",
    )
    plain = _run(lesson, student, draw)
    for placed, after, twin in zip(there.models, there.after, plain.models, strict=True):
        for name, value in after.items():
            expect.array(value, tried=f"the parameter {name} after training on a GPU")
        if placed.learns:
            expect.that(
                any(not np.array_equal(placed.before[name], after[name]) for name in after),
                tried=tried,
                saw="parameters that are as they were",
                expected="a model that learns on a GPU too",
                cause="The training works on another model than the one that it was given.",
            )
        if placed.error is not None:
            now = squared_error(placed.model, placed.example, placed.target)
            expect.that(
                now < placed.error,
                tried=f"{tried}; the model's squared error, worked out by the grader, before and after training",
                saw=f"{now:.4g} after {placed.error:.4g}",
                expected="an error that falls on a GPU too",
                cause="The training works on another model, or on other data, where it finds a GPU.",
            )
        # Only the weights are carried over: what a GPU draws is not what a CPU draws.
        twin.model.set_parameters(after)
        twin.model.set_buffers(placed.model.buffers())
        here, far = twin.model.forward(twin.example), placed.model.forward(placed.example)
        for a, b in zip(_leaves(here).values(), _leaves(far).values(), strict=True):
            expect.at_most(
                _distance({"": b}, {"": a}) / (_distance({"": a}, {}) or 1.0),
                LARGEST_ERROR,
                tried="the model's answers on a GPU and on the CPU, with the same weights",
                what="a difference, as a share of the answers' length,",
            )
