"""The two checks of a GPU part, made from one workload: what the student's code must do on a GPU.

*Readiness* runs the workload twice, on the CPU and with a pretended GPU, and is graded everywhere. *Execution* runs it
on a real GPU, and is deferred if there is none.
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
from autograder.worker.arrays import Numbers

Workload = Callable[[Student, Draw], Mapping[str, Any] | None]

LARGEST_DIFFERENCE = 0.5
"""As a fraction of the parameters' change. Correct programs: below 1e-3; training that ignores the GPU's model: 1."""
LARGEST_ERROR = 0.02
"""Between CPU and GPU, relative to an output's norm: TF32 multiplies with 10 bits, which is 1e-3 per operation."""
TRIED = "your code on a machine with a pretended GPU: the CPU computes, but CUDA's rules about devices apply"
EXPECTED = "the work on the device of the model's parameters"


CLAIM = """\
Forge: keep all work where the parameters are, as the worker's own side sees it.
So: lie about it: the worker itself records where its tensors are, and shares its process with the student's code.
Closed by: a comparison of the run's results (parameters, losses) with the grader's own; which device was used cannot be
proved from outside.
"""


def on_gpu(part: str, *, needs: str | Sequence[str] = ()) -> Callable[[Workload], Workload]:
    """Turn a workload into the checks `<part>.readiness` and `<part>.execution`; its docstring is their title.

    The workload takes a `student` and a `draw`. It moves models to the device with `student.place(model, example)`,
    calls the student's functions, and may return outputs, as arrays by name, that do not depend on the device.
    """

    def collect(workload: Workload) -> Workload:
        title = inspect.getdoc(workload) or ""

        def readiness(student: Student, pretended: Student, draw: Draw) -> None:
            _readiness(workload, student, pretended, draw)

        def execution(student: Student, gpu: Student, draw: Draw) -> None:
            _execution(workload, student, gpu, draw)

        readiness.__doc__ = f"{title}\n\n{CLAIM}"
        execution.__doc__ = f"On a real GPU: {title[:1].lower()}{title[1:]}\n\n{CLAIM}"
        check(f"{part}.readiness", needs=needs)(readiness)
        check(f"{part}.execution", needs=needs)(execution)
        return workload

    return collect


@dataclass(frozen=True)
class _Run:
    """The state after running a workload on one device."""

    models: list[Placed]
    after: list[dict[str, Numbers]]
    answers: dict[str, Any]


def _run(workload: Workload, student: Student, draw: Draw) -> _Run:
    student.placed.clear()
    answers = workload(student, copy.deepcopy(draw)) or {}
    models = list(student.placed)
    return _Run(models, [placed.model.parameters() for placed in models], dict(answers))


def _readiness(workload: Workload, student: Student, pretended: Student, draw: Draw) -> None:
    plain = _eagerly(workload, student, pretended, draw)
    # Other findings from loading the file do not concern the workload.
    hidden = [each for each in pretended.found().findings if each["kind"] == "hidden"]
    if hidden:
        _say(hidden[0])
    try:
        gpu_run = _run(workload, pretended, draw)
    except StudentError as problem:
        _refused(problem, pretended)
    report = pretended.found()
    stray = [each for each in report.findings if each["kind"] != "refused"]
    for placed in gpu_run.models:
        stray += placed.model.left_behind()
    if stray:
        _say(stray[0])
    expect.that(
        report.counts.get("work", 0) > 0,
        tried=TRIED,
        saw="no operation on the GPU",
        expected=EXPECTED,
        cause="Compute with the framework's tensors, on the device of the model's parameters.",
    )
    _still_awake(pretended, draw)
    for placed in gpu_run.models:
        if placed.learns and placed.example is not None:
            _hangs_on_its_parameters(placed, copy.deepcopy(draw))
    _compare(plain, gpu_run, lambda: _run(workload, student, draw))


def _eagerly(workload: Workload, student: Student, pretended: Student, draw: Draw) -> _Run:
    """The run on the CPU, eagerly, because tracing costs more than a few steps; traced only if eager code raises."""
    for each in (student, pretended):
        each.eagerly()
    try:
        return _run(workload, student, draw)
    except StudentError:
        for each in (student, pretended):
            each.eagerly(False)
        return _run(workload, student, draw)


def _refused(problem: StudentError, pretended: Student) -> NoReturn:
    """Report an exception that occurs only with the pretended GPU."""
    findings = [each for each in pretended.found().findings if each["kind"] in ("refused", "hidden")]
    if findings:
        _say(findings[-1])
    place = f", at {problem.place.where}: `{problem.place.code}`" if problem.place else ""
    raise CheckFailed(
        TRIED,
        f"{problem}{place}; without the GPU it does not raise",
        EXPECTED,
        problem.likely or "Something here works only on the CPU.",
    )


def _say(finding: Mapping[str, str], tried: str = TRIED) -> NoReturn:
    line = f"{finding['where']}: `{finding['code']}`: " if finding["where"] else ""
    raise CheckFailed(tried, f"{line}{finding['saw']}", EXPECTED, finding["fix"])


def _still_awake(pretended: Student, draw: Draw) -> None:
    """Detect tampering: the device must still find a mistake that the grader makes on purpose."""
    # Not from the workload's stream, which is drawn again from its start.
    sides = [int(side) for side in copy.deepcopy(draw).rng.integers(100, 1000, 2)]
    pretended.provoke(*sides)
    findings = pretended.found().findings
    expect.that(
        any(str(tuple(sides)) in each["saw"] for each in findings),
        tried="a mistake made on purpose on the pretended GPU",
        saw="the mistake is not detected after your code has run",
        expected="a device that your code does not change",
        cause="Your file replaces functions of the framework, or the device itself.",
    )


def _hangs_on_its_parameters(placed: Placed, draw: Draw) -> None:
    """The model's outputs must depend on its parameters; otherwise it has learned nothing."""
    before, answers = placed.model.parameters(), placed.model.forward(placed.example)
    placed.model.set_parameters({name: value + draw.normal(*value.shape) for name, value in before.items()})
    others = placed.model.forward(placed.example)
    expect.that(
        any(not np.array_equal(a, b) for a, b in zip(_leaves(answers).values(), _leaves(others).values(), strict=True)),
        tried=f"{TRIED}; the model's outputs with its learned parameters and with others",
        saw="identical outputs",
        expected="outputs that depend on the parameters",
        cause="The model computes with something other than its registered parameters.",
    )


def _compare(plain: _Run, gpu_run: _Run, again: Callable[[], _Run]) -> None:
    """Parameters and outputs agree with the CPU run; a program that is not reproducible is exempt."""
    for number, placed in enumerate(gpu_run.models):
        before, after = placed.before, gpu_run.after[number]
        if placed.learns:
            expect.that(
                any(not np.array_equal(before[name], after[name]) for name in before if name in after),
                tried=TRIED,
                saw="unchanged parameters",
                expected="a model that learns on a GPU too",
                cause="The training uses another model than the one it was given, or stops early if there is a GPU.",
            )
    off = _difference(plain, gpu_run)
    if off > LARGEST_DIFFERENCE and _difference(plain, again()) < LARGEST_DIFFERENCE / 10:
        expect.at_most(
            off,
            LARGEST_DIFFERENCE,
            tried=TRIED,
            cause="The training does something different if it finds a GPU.",
            what="a difference from the run on the CPU, relative to the change of the parameters,",
        )


def _difference(plain: _Run, other: _Run) -> float:
    """The largest difference over models and outputs, relative to the change, or to the norm if nothing changed."""
    differences = [0.0]
    for placed, there, here, back in zip(other.models, other.after, plain.after, plain.models, strict=False):
        if len(there) != len(here):
            return float("inf")
        gone = _distance(here, back.before) if placed.learns else 0.0
        differences.append(_distance(_named_like(here, there), here) / (gone or _distance(here, {}) or 1.0))
    for name, answer in plain.answers.items():
        a, b = _leaves(answer), _leaves(other.answers.get(name))
        differences.append(_distance(a, _named_like(a, b)) / (_distance(a, {}) or 1.0))
    return max(differences)


def _named_like(those: Mapping[str, Any], others: Mapping[str, Any]) -> Mapping[str, Any]:
    """The others under the names of those: Keras numbers its layers, in each process from where it is."""
    if those.keys() == others.keys() or len(those) != len(others):
        return others
    return dict(zip(those, others.values(), strict=True))


def _distance(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    """Euclidean distance over all arrays; missing arrays count as zeros, mismatched shapes as infinitely far."""
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
    return {"": expect.array(answer, tried="a result of the GPU check")}


def _execution(workload: Workload, student: Student, gpu: Student, draw: Draw) -> None:
    """Parameters and work are on the device, the loss falls there, and outputs agree with those of a CPU."""
    tried = "your code on a GPU"
    # Discard findings from loading the file: they do not concern the workload.
    gpu.found()
    gpu_run = _run(workload, gpu, draw)
    report = gpu.found()
    stray = [*report.findings, *(each for placed in gpu_run.models for each in placed.model.left_behind())]
    if stray:
        _say(stray[0], tried)
    expect.that(
        report.counts.get("work", 0) > 0 and report.counts.get("bytes", 0) > 0,
        tried=tried,
        saw="no operations and no memory in use on the GPU at any time",
        expected=EXPECTED,
        cause="Everything was computed on the CPU.",
    )
    plain = _run(workload, student, draw)
    for placed, after, twin in zip(gpu_run.models, gpu_run.after, plain.models, strict=True):
        for name, value in after.items():
            expect.array(value, tried=f"the parameter {name} after training on a GPU")
        if placed.learns:
            expect.that(
                any(not np.array_equal(placed.before[name], after[name]) for name in after),
                tried=tried,
                saw="unchanged parameters",
                expected="a model that learns on a GPU too",
                cause="The training uses another model than the one it was given.",
            )
        if placed.error is not None:
            now = squared_error(placed.model, placed.example, placed.target)
            expect.that(
                now < placed.error,
                tried=f"{tried}; the model's squared error, computed by the grader, before and after training",
                saw=f"{placed.error:.4g} before, {now:.4g} after",
                expected="an error that falls on a GPU too",
                cause="The training uses another model, or other data, if it finds a GPU.",
            )
        if placed.example is None:
            continue
        # Only the weights are copied: random draws differ between GPU and CPU.
        twin.model.set_parameters(_named_like(twin.model.parameters(), after))
        twin.model.set_buffers(_named_like(twin.model.buffers(), placed.model.buffers()))
        here, far = twin.model.forward(twin.example), placed.model.forward(placed.example)
        for a, b in zip(_leaves(here).values(), _leaves(far).values(), strict=True):
            expect.at_most(
                _distance({"": b}, {"": a}) / (_distance({"": a}, {}) or 1.0),
                LARGEST_ERROR,
                tried="the model's outputs on a GPU and on the CPU, with the same weights",
                what="a difference, relative to the outputs' norm,",
            )
