"""Which checks run which of a student's functions: a mistake cannot affect a check that never runs the mistaken code.

The reference prints its functions' names as they run. Each check is graded alone in its own worker, so that no earlier
check has traced anything; with the same seed, it makes the same requests again.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from autograder.authoring.catalogue import Mistake
from autograder.course.submission import Submission
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.results.form import CheckResult
from autograder.worker.names import FrameworkName
from tests import catalogue

SAYS = """
_said = set()
def _ran(name):
    if name not in _said:
        _said.add(name)
        print(f"<ran {name}>", flush=True)
"""
FEW = 6
"""For so few mistakes, running every check takes less time than learning which functions each of them runs."""
MODULE = "the module itself"
"""The name for edits outside all functions: every check may depend on them."""


def functions(source: str) -> dict[str, ast.FunctionDef]:
    """The functions of a file and the methods of its classes (`GAN.fit`), including everything nested in them."""
    found: dict[str, ast.FunctionDef] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}": each for each in node.body if isinstance(each, ast.FunctionDef)}
    return found


def says_what_runs(source: str) -> str:
    """The source, changed so that each function prints its name when it first runs."""
    lines = source.split("\n")
    for name, node in sorted(functions(source).items(), key=lambda item: -item[1].lineno):
        first = next((each for each in node.body if not _is_docstring(each)), None)
        call = f"_ran({name!r})"
        if first is None:
            last = node.body[-1]
            lines.insert(last.end_lineno or last.lineno, " " * last.col_offset + call)
        elif first.lineno == node.body[0].lineno == node.lineno:
            line = lines[first.lineno - 1]
            lines[first.lineno - 1] = f"{line[: first.col_offset]}{call}; {line[first.col_offset :]}"
        else:
            decorators = getattr(first, "decorator_list", [])
            start = min([first.lineno, *(each.lineno for each in decorators)])
            lines.insert(start - 1, " " * first.col_offset + call)
    whole = "\n".join(lines)
    return re.sub(r"^FRAMEWORK = .*$", lambda found: found[0] + SAYS, whole, count=1, flags=re.MULTILINE)


def edited(mistake: Mistake) -> set[str]:
    """The functions that a mistake's edits change."""
    source = catalogue.reference_source(mistake.exercise, mistake.framework)
    spans = {name: _span(node) for name, node in functions(source).items()}
    found: set[str] = set()
    for old, _ in mistake.edits:
        start = source[: source.index(old)].count("\n") + 1
        end = start + old.rstrip("\n").count("\n")
        inside = [name for name, (first, last) in spans.items() if first <= start and end <= last]
        found.add(inside[0] if inside else MODULE)
    return found


def repeats_itself(mistake: Mistake, others: Iterable[Mistake]) -> bool:
    """Whether a Keras mistake is the same edit as in PyTorch. Such a function uses NumPy only: one test is enough."""
    twin = _twin(mistake, others)
    return (
        bool(twin) and twin.edits == mistake.edits and _texts(twin) == _texts(mistake) and MODULE not in edited(mistake)
    )


def has_a_twin(mistake: Mistake, others: Iterable[Mistake]) -> bool:
    """Whether it is a mistake in Keras that can be made in PyTorch too, with the same effect on the same checks."""
    twin = _twin(mistake, others)
    return bool(twin) and (twin.fails, twin.also_fails) == (mistake.fails, mistake.also_fails)


def only_chooses_the_cpu(mistake: Mistake) -> bool:
    """Whether it is the reference but for scopes that name the CPU, or for a GPU that is hidden.

    Where nothing but a CPU computes, such code does what the reference does: only a pretended GPU tells them apart.
    """
    reference = catalogue.reference_source(mistake.exercise, mistake.framework)
    return mistake.fails.startswith("gpu.") and _on_any_device(mistake.source()) == _on_any_device(reference)


def _on_any_device(source: str) -> str:
    return ast.dump(_ChosenDevices().visit(ast.parse(source)))


class _ChosenDevices(ast.NodeTransformer):
    """Removes `with tf.device("/CPU:0")`, `with keras.device("cpu")`, and statements that hide the GPU."""

    def visit_With(self, node: ast.With) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        node.items = [item for item in node.items if not _names_the_cpu(item.context_expr)]
        return node if node.items else node.body

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if ast.unparse(node).endswith(".config.set_visible_devices([], 'GPU')") else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        return None if ast.unparse(node) == "os.environ['CUDA_VISIBLE_DEVICES'] = '-1'" else node

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        return None if ast.unparse(node) == "import os" else node


def _names_the_cpu(scope: ast.expr) -> bool:
    return re.fullmatch(r"(tf|keras)\.device\('/?cpu(:0)?'\)", ast.unparse(scope), re.IGNORECASE) is not None


def _twin(mistake: Mistake, others: Iterable[Mistake]) -> Mistake | None:
    """The same mistake in PyTorch, of a mistake in Keras."""
    if mistake.framework == "torch":
        return None
    return next((each for each in others if each.framework == "torch" and each.title == mistake.title), None)


def _texts(mistake: Mistake) -> list[str]:
    """The source of the functions that it edits, from the reference."""
    source = catalogue.reference_source(mistake.exercise, mistake.framework)
    found = functions(source)
    return sorted(ast.get_source_segment(source, found[name]) or "" for name in edited(mistake) if name in found)


def of_reference(zygotes: Zygotes, name: str, framework: FrameworkName) -> dict[str, list[str]]:
    """Check → the functions that it runs, for checks without a full training."""
    source = catalogue.reference_source(name, framework)
    return of_program(zygotes, name, framework, source, catalogue.exact_checks(name))


def of_program(
    zygotes: Zygotes, name: str, framework: FrameworkName, source: str, ids: Iterable[str]
) -> dict[str, list[str]]:
    """Check → the functions of a right program that it runs, for these checks."""
    file = catalogue.as_submission(name, framework, says_what_runs(source))
    known = {check.id: _passed(name, check.id) for check in catalogue.load(name).checks}
    return {id: _ran(zygotes, file, name, id, known) for id in ids}


def unreached(mistake: Mistake, reach: dict[str, list[str]]) -> dict[str, CheckResult]:
    """Results for the checks that run no function that the mistake edits: those of the reference, which passes them."""
    where = edited(mistake)
    if MODULE in where:
        return {}
    return {
        id: _passed(mistake.exercise, id) for id, ran in reach.items() if id != mistake.fails and not where & set(ran)
    }


def stored(
    once: Callable[[str, Callable[[Path], None]], Path], zygotes: Zygotes, mistake: Mistake
) -> dict[str, list[str]]:
    """`of_reference`, computed by one test process for all."""

    def make(folder: Path) -> None:
        found = of_reference(zygotes, mistake.exercise, mistake.framework)
        (folder / "reach.json").write_text(json.dumps(found))

    folder = once(f"reach-{mistake.exercise}-{mistake.framework}", make)
    return json.loads((folder / "reach.json").read_text())


def _ran(zygotes: Zygotes, file: Submission, name: str, id: str, known: dict[str, CheckResult]) -> list[str]:
    others = {other: result for other, result in known.items() if other != id}
    job = grader.Job(catalogue.load(name), catalogue.SEED, zygotes.of, only=[id], known=others)
    result = grader.grade(file, job)
    check = catalogue.by_id(result)[id]
    assert check.status == "passed", catalogue.not_passed(result)
    return sorted(set(re.findall(r"<ran (\S+)>", result.output)))


def _passed(name: str, id: str) -> CheckResult:
    exercise = catalogue.load(name)
    check = next(each for each in exercise.checks if each.id == id)
    worth = exercise.points(check)
    return CheckResult(id=id, title=check.title, visible=check.visible, points=worth, maximum=worth, status="passed")


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _span(node: ast.FunctionDef) -> tuple[int, int]:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.end_lineno or node.lineno
