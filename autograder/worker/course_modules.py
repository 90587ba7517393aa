"""The course's package `shared`, which students import and which a wheel keeps inside this package.

`shared` is a common name: at the top level of an environment it could overwrite another project's package.
"""

from __future__ import annotations

import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parents[1] / "course_data"
"""The students' half of the course: in a wheel, and not in a checkout, where it is beside `autograder/`."""


def make_importable() -> None:
    """Let this process import the course's `shared`, before any other package of that name; in a checkout a no-op."""
    modules = str(COURSE / "modules")
    if Path(modules).is_dir() and modules not in sys.path:
        sys.path.insert(0, modules)
