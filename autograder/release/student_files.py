"""The files of the course that students receive. It imports nothing else of the package: `setup.py` uses it, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_GENERATED = {"__pycache__", ".ipynb_checkpoints"}


def of_assignment(folder: Path) -> Iterator[Path]:
    """The files of a folder `assignments/<exercise>`, sorted.

    Only the notebooks that `release` writes are among them. An author may have solved a copy in the same folder:
    `xor.ipynb`, `xor_torch.py`.
    """
    handed_out = {f"{folder.name}_{framework}.ipynb" for framework in ("torch", "keras")}
    solved = re.compile(rf"{re.escape(folder.name)}(_torch|_keras)?\.py")
    for path in of_package(folder):
        if path.suffix == ".ipynb" and path.name not in handed_out:
            continue
        if not solved.fullmatch(path.name):
            yield path


def of_package(folder: Path) -> Iterator[Path]:
    """The files of a Python package or another folder, sorted, without what Python and Jupyter generate."""
    for path in sorted(folder.rglob("*")):
        names = path.relative_to(folder).parts
        hidden = any(name.startswith(".") for name in names)
        if path.is_file() and not path.is_symlink() and not hidden and not _GENERATED & set(names):
            yield path
