"""Count duplicated lines in the check files: `python -m tests.duplication` shows them.

The count is the sum of two numbers. Namesakes: functions and classes with the same name in several files, without the
longest of each. Shared runs: lines in the hidden checks of an exercise that its visible checks also contain, in runs of
three or more. Blank lines, comments and docstrings do not count, because two checks may have the same claims. An
exercise's `probes.py` counts as a check file, so that moving a copy there does not hide it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

RUN = 3
"""Minimum length of a run: two equal lines are often just the end of a call."""


@dataclass(frozen=True)
class Copy:
    """Lines of a file that also occur elsewhere."""

    path: Path
    first: int
    last: int
    lines: int
    """The number of lines between first and last that count."""
    what: str


def duplicated_lines(root: Path) -> int:
    """The number of duplicated lines in the check files of all exercises under `root`."""
    return sum(copy.lines for copy in [*namesakes(root), *shared_runs(root)])


def namesakes(root: Path) -> list[Copy]:
    """Top-level functions and classes with the same name in several files, without the longest of each."""
    by_name: dict[str, list[Copy]] = defaultdict(list)
    for path in _check_files(root):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            # All checks are called `_`.
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name != "_":
                last = node.end_lineno or node.lineno
                by_name[node.name].append(Copy(path, node.lineno, last, last - node.lineno + 1, node.name))
    copies = (sorted(found, key=lambda copy: copy.lines)[:-1] for found in by_name.values())
    return [copy for shorter in copies for copy in shorter]


def shared_runs(root: Path) -> list[Copy]:
    """Runs of lines that two files of one exercise share, with their position in the second file."""
    found: list[Copy] = []
    for folder in sorted({path.parent.name for path in _check_files(root)}):
        files = [path for path in _check_files(root) if path.parent.name == folder]
        for number, path in enumerate(files[1:], start=1):
            found += _runs(path, files[:number])
    return found


def _check_files(root: Path) -> list[Path]:
    return [
        path
        for pattern in ("assignments/*/probes.py", "assignments/*/checks.py", "solutions/*/checks.py")
        for path in sorted(root.glob(pattern))
    ]


def _runs(path: Path, others: Iterable[Path]) -> Iterable[Copy]:
    known = {window for other in others for window in _windows([text for _, text in _lines(other)])}
    lines = _lines(path)
    windows = _windows([text for _, text in lines])
    shared = [any(window in known for window in windows[max(0, i - RUN + 1) : i + 1]) for i in range(len(lines))]
    start = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or shared[end] != shared[start]:
            if shared[start]:
                yield Copy(path, lines[start][0], lines[end - 1][0], end - start, lines[start][1])
            start = end


def _windows(texts: list[str]) -> list[tuple[str, ...]]:
    return [tuple(texts[i : i + RUN]) for i in range(len(texts) - RUN + 1)]


def _lines(path: Path) -> list[tuple[int, str]]:
    """Number and text of the lines that count, without indentation."""
    text = path.read_text("utf-8")
    prose = {line for node in ast.walk(ast.parse(text)) for line in _docstring_lines(node)}
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    # No run spans a docstring: each of its lines is replaced by a unique one.
    return [
        (number, f"{path}:{number}" if number in prose else line)
        for number, line in stripped
        if line and not line.startswith("#")
    ]


def _docstring_lines(node: ast.AST) -> range:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node) is not None:
        return range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    return range(0)


def main(root: Path) -> None:
    """Print each copy with its position, and the sums."""
    for title, copies in (("Namesakes", namesakes(root)), ("Shared runs", shared_runs(root))):
        print(f"{title}: {sum(copy.lines for copy in copies)} lines")
        for copy in sorted(copies, key=lambda copy: (str(copy.path), copy.first)):
            print(f"  {copy.path.relative_to(root)}:{copy.first}-{copy.last}  {copy.lines}  {copy.what[:60]}")
    print(f"In all: {duplicated_lines(root)} lines")


if __name__ == "__main__":
    main(Path(__file__).resolve().parent.parent)
