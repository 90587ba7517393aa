"""A digest of each check: of everything that decides its outcome, apart from its points and its texts.

That is the statement that registers the check; the functions and constants that it uses, directly or indirectly, in its
own file, in the exercise's `probes.py`, in `autograder.authoring.probes` and in `shared`; the thresholds that these
read; the exercise's limits; the reference solution, if the check asks it. Comments and docstrings do not count. What is
found is found by reading the code, and where that cannot be told exactly, more of the code counts.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import io
import tokenize
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from autograder.authoring.exercise import Check
from autograder.authoring.thresholds import LIMITS
from autograder.course import definitions
from autograder.course.policy import ExercisePolicy

FOLLOWED = ("autograder.authoring.probes", "shared")
"""Packages whose functions are part of the checks that use them. All others are covered by their versions."""
_PROBES = "probes"
WHOLE = "*"
"""Stands for all names of a module."""


def check_digests(
    checks: Iterable[Check], policy: ExercisePolicy, folders: Sequence[Path], references: Sequence[Path]
) -> dict[str, str]:
    """Check id → SHA-256. `folders`: those of the exercise's check files; `references`: its reference solutions."""
    checks = list(checks)
    files = {folder / "checks.py": f"checks.{number}" for number, folder in enumerate(folders)}
    registered: dict[Path, set[int]] = {}
    for check in checks:
        registered.setdefault(check.file, set()).add(check.line)
    modules = {path: _Module(path, label, registered.get(path, ())) for path, label in files.items()}
    reading = _Reading(folders[0] / f"{_PROBES}.py")
    answers = [path.read_bytes() for path in references]
    digests: dict[str, str] = {}
    for check in checks:
        whole = hashlib.sha256(f"{check.id}\0{policy.limits.model_dump_json()}".encode())
        code = reading.code_of(check, modules[check.file]) if check.file in modules else {}
        for label, text in sorted(code):
            whole.update(f"{label}\0{text}\0".encode())
        for name in sorted(_thresholds(code.values())):
            whole.update(f"{name}={policy.thresholds.get(name)}\0".encode())
        for need in check.needs:
            whole.update(f"{need}\0".encode())
        for answer in answers if "reference" in check.takes else ():
            whole.update(hashlib.sha256(answer).digest())
        digests[check.id] = whole.hexdigest()
    return digests


@dataclass(frozen=True, eq=False)
class _Statement:
    """A statement at the top level of a file."""

    node: ast.stmt
    lines: Sequence[str]
    """Of the whole file, without comments."""

    @property
    def span(self) -> range:
        """The numbers of its lines, those of decorators included."""
        decorators: list[ast.expr] = getattr(self.node, "decorator_list", [])
        return range(min([self.node.lineno, *(each.lineno for each in decorators)]), (self.node.end_lineno or 0) + 1)

    @cached_property
    def text(self) -> str:
        """Its code, without comments, docstrings and empty lines."""
        loose = {number for node in ast.walk(self.node) for number in _lines_of_docstring(node)}
        kept = (self.lines[number - 1].rstrip() for number in self.span if number not in loose)
        return "\n".join(line for line in kept if line)

    @cached_property
    def used(self) -> dict[str, set[str]]:
        """The names that it reads → the attributes it takes of each; `*` if it also uses the name by itself."""
        used: dict[str, set[str]] = {}
        owners: set[ast.Name] = set()
        for node in ast.walk(self.node):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used.setdefault(node.value.id, set()).add(node.attr)
                owners.add(node.value)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in owners:
                used.setdefault(node.id, set()).add(WHOLE)
        return used

    @cached_property
    def inner_imports(self) -> list[ast.Import | ast.ImportFrom]:
        """The imports inside a function, a class or a block."""
        return [
            node for node in ast.walk(self.node) if isinstance(node, ast.Import | ast.ImportFrom) and node != self.node
        ]


class _Module:
    """A file's statements, by the names that they define. `registrations`: the lines on which it registers checks."""

    def __init__(self, path: Path, label: str, registrations: Collection[int] = ()) -> None:
        self.label = label
        self.statements = _statements(path.read_text(encoding="utf-8"))
        self.by_name: dict[str, list[_Statement]] = {}
        self.nameless: list[_Statement] = []
        """Statements that may change anything: they count whenever one of the module's names does."""
        self.registering: dict[int, _Statement] = {}
        """Line on which a check is registered → the statement that contains it."""
        for statement in self.statements:
            registers = [line for line in registrations if line in statement.span]
            self.registering |= dict.fromkeys(registers, statement)
            names = definitions.names(statement.node) - ({"_"} if registers else set())
            for name in names:
                self.by_name.setdefault(name, []).append(statement)
            if not names and not registers and not _is_text(statement.node):
                self.nameless.append(statement)

    def of(self, name: str) -> Sequence[_Statement]:
        """The statements that define a name, or all."""
        return self.statements if name == WHOLE else self.by_name.get(name, ())


Code = dict[tuple[str, str], _Statement | None]
"""(Label of the module, text) → statement; `None` for what is imported from a package that is not followed."""


class _Reading:
    """Follows names from a check to all the code that they stand for. `probes`: the exercise's own."""

    def __init__(self, probes: Path) -> None:
        self._probes = probes
        self._modules: dict[Path, _Module] = {}

    def code_of(self, check: Check, module: _Module) -> Code:
        """All the code that decides the check's outcome."""
        start = module.registering.get(check.line)
        pending = [(module, statement) for statement in ([start] if start else module.statements)]
        code: Code = {}
        visited: set[str] = set()
        while pending:
            where, statement = pending.pop()
            if (key := (where.label, statement.text)) in code:
                continue
            code[key] = statement
            if where.label not in visited:
                visited.add(where.label)
                pending += [(where, each) for each in where.nameless]
            for name, attributes in statement.used.items():
                for each in where.of(name):
                    if isinstance(each.node, ast.Import | ast.ImportFrom):
                        code[where.label, _import_of(each.node, name)] = None
                        pending += self._imported(each.node, name, attributes)
                    else:
                        pending.append((where, each))
            for each in statement.inner_imports:
                for name in map(_bound, each.names):
                    code[where.label, _import_of(each, name)] = None
                    pending += self._imported(each, name, statement.used.get(name, set()))
        return code

    def _imported(
        self, statement: ast.Import | ast.ImportFrom, name: str, attributes: set[str]
    ) -> Iterator[tuple[_Module, _Statement]]:
        """What an imported name stands for, if its package is followed."""
        for alias in statement.names:
            if name != _bound(alias) and alias.name != WHOLE:
                continue
            if isinstance(statement, ast.Import):
                yield from self._all_of(self._module(alias.name), {WHOLE})
            elif submodule := self._module(_joined(statement, alias.name)):
                yield from self._all_of(submodule, attributes)
            else:
                yield from self._all_of(self._module(_joined(statement)), {alias.name})

    def _all_of(self, module: _Module | None, names: set[str]) -> Iterator[tuple[_Module, _Statement]]:
        if module:
            yield from ((module, statement) for name in names for statement in module.of(name))

    def _module(self, name: str) -> _Module | None:
        """The module of that name, if it is followed. A relative name begins with a point."""
        if name.startswith("."):
            path = self._probes if name == f".{_PROBES}" else None
        else:
            path = _followed(name)
        if path is None or not path.is_file():
            return None
        if path not in self._modules:
            self._modules[path] = _Module(path, name)
        return self._modules[path]


def _thresholds(statements: Iterable[_Statement | None]) -> set[str]:
    """The thresholds that the statements read: `limits.name`."""
    return set[str]().union(*(each.used.get(LIMITS, set[str]()) for each in statements if each)) - {WHOLE}


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _import_of(statement: ast.Import | ast.ImportFrom, name: str) -> str:
    """The import of a single name, so that another name in the same line changes nothing."""
    alias = next((each for each in statement.names if _bound(each) == name), statement.names[0])
    return _joined(statement, alias.name) if isinstance(statement, ast.ImportFrom) else alias.name


def _joined(statement: ast.ImportFrom, name: str = "") -> str:
    """The absolute name of what is imported, or a relative one: `from .probes import x` is `.probes`, `.probes.x`."""
    module = "." * statement.level + (statement.module or "")
    return module + ("" if module.endswith(".") or not name else ".") + name


def _followed(name: str) -> Path | None:
    if not name.startswith(tuple(f"{package}." for package in FOLLOWED)) and name not in FOLLOWED:
        return None
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None  # A name in a module, or nothing: importing the check's file reports that.
    return Path(spec.origin) if spec and spec.origin else None


@cache
def _statements(source: str) -> tuple[_Statement, ...]:
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return tuple(_Statement(node, lines) for node in ast.parse(source).body)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _lines_of_docstring(node: ast.AST) -> range:
    """The lines of the docstring of a function or a class."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and _is_text(node.body[0]):
        return range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    return range(0)
