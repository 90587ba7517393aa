"""Lines that only instructors have: of solutions, hidden checks, mistakes and variants."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.catalogue import ROOT

SHORTEST = 30
"""Characters: a shorter line, such as `optimizer.step()`, may be anywhere."""


def lines_of(name: str, content: bytes) -> set[str]:
    """The lines of a text file without indentation; of a notebook those of its cells."""
    text = content.decode("utf-8", errors="replace")
    if name.endswith(".ipynb"):
        cells: Any = json.loads(text)["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
    return {line.strip() for line in text.splitlines()}


def secret() -> set[str]:
    """The lines under `solutions/` that are in no text or module that students receive."""
    ours: set[str] = set()
    known: set[str] = set()
    for path in _texts(ROOT / "solutions"):
        lines = path.read_text(encoding="utf-8").splitlines()
        inside = path.name == "checks.py" or path.name == "mistakes.yml" or path.parent.name == "variants"
        is_solution = not inside and path.suffix == ".py"
        for line in lines:
            if is_solution and "### END SOLUTION" in line:
                inside = False
            (ours if inside else known).add(line.strip())
            if is_solution and "### BEGIN SOLUTION" in line:
                inside = True
    for folder in ("assignments", "autograder", "shared"):
        for path in _texts(ROOT / folder):
            known |= lines_of(path.name, path.read_bytes()) if path.suffix != ".ipynb" else set()
    secret = {line for line in ours - known if len(line) >= SHORTEST}
    assert len(secret) > 1_000
    return secret


def _texts(folder: Path) -> Iterable[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix in (".py", ".md", ".yml", ".ipynb"))


def leaked(files: Mapping[str, bytes]) -> dict[str, set[str]]:
    """The secret lines in these files, by file."""
    wanted = secret()
    found = {name: lines_of(name, content) & wanted for name, content in files.items()}
    return {name: lines for name, lines in found.items() if lines}
