"""The directive `command-line`: the commands and their options, as Typer itself documents them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PROGRAM, MODULE = "autograder", "autograder.commands.app"


def documented() -> str:
    """What `typer … utils docs` writes about the program, without the title."""
    written = subprocess.run(
        [sys.executable, "-m", "typer", MODULE, "utils", "docs", "--name", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return written.split("\n", 1)[1].strip()


class CommandLine(SphinxDirective):
    """`command-line`: a section for each command."""

    def run(self) -> list[nodes.Node]:
        """The sections, parsed as the page's own text."""
        return self.parse_text_to_nodes(documented(), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("command-line", CommandLine)
    return {"parallel_read_safe": True}
