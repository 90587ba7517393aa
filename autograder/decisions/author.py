"""Who decides."""

from __future__ import annotations

import getpass
import os

AUTHOR = "AUTOGRADER_AUTHOR"
"""The variable with the name of the person who decides; by default, the user's name on this machine."""


def author(named: str | None = None) -> str:
    """The name that a decision is recorded under."""
    return named or os.environ.get(AUTHOR) or getpass.getuser()
