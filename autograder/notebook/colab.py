"""Google Colab, which keeps the open notebook in the browser and not in a file of the kernel's machine."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

SECONDS = 20
"""How long Colab may take: the browser sends the whole notebook, with its outputs."""


def notebook() -> dict[str, Any] | None:
    """The open notebook as a dict in nbformat's form; `None` outside of Colab, or if the browser does not answer."""
    if "google.colab" not in sys.modules:
        return None
    try:
        message = importlib.import_module("google.colab._message")
        # `None` after that time.
        answer: Any = message.blocking_request("get_ipynb", request="", timeout_sec=SECONDS)
        return answer["ipynb"]
    except Exception:  # noqa: BLE001 - Colab's own module: it is not documented, and raises errors of its own
        return None


def name(found: dict[str, Any]) -> str:
    """The name of the notebook's file in Drive; `notebook.ipynb` if Colab does not say."""
    try:
        named = str(found["metadata"]["colab"]["name"])
    except (KeyError, TypeError):
        return "notebook.ipynb"
    return named if named.endswith(".ipynb") else f"{named}.ipynb"


def download(path: Path) -> bool:
    """Let the browser download a file of the kernel's machine; whether this is Colab, which can be asked to."""
    if "google.colab" not in sys.modules:
        return False
    try:
        importlib.import_module("google.colab.files").download(str(path))
    except Exception:  # noqa: BLE001 - Colab's own module; the file can still be found among its files
        return False
    return True
