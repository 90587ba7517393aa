"""What the cells of a student's file show, as outputs of a notebook."""

# nbgrader and nbformat have few type annotations.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import base64
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.course import cell_outputs
from autograder.course.cell_outputs import Output
from autograder.reports import safe_text


def plain(outputs: Any) -> list[NotebookNode]:
    """The outputs' text, and their PNG and JPEG pictures. Markup, scripts and widgets are left out."""
    return [_node(each) for each in cell_outputs.kept(outputs)]


def _node(output: Output) -> NotebookNode:
    text = safe_text.output(output.text)
    if output.kind != "value":
        return new_output("stream", name="stderr" if output.kind == "error" else "stdout", text=text)
    shown = {f"image/{output.picture_kind}": base64.b64encode(output.picture).decode()} if output.picture else {}
    # Never an `execute_result`: nbgrader would read it as a score in a grade cell.
    return new_output("display_data", {**shown, **({"text/plain": text} if text else {})})
