"""The directive `import-layers`: the packages of `autograder/` as a graph, from the contract that `lint-imports` enforces."""

from __future__ import annotations

import ast
import html
import itertools
import json
import textwrap
import tomllib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.ext.graphviz import figure_wrapper, graphviz
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]


def layers() -> list[list[str]]:
    """The layers of the contract, from the top; each is a list of packages that do not import each other."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (contract,) = (each for each in contracts if each["type"] == "layers")
    return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]


def purpose(name: str) -> str:
    """The first sentence of a package's or module's docstring."""
    package = ROOT / "autograder" / name / "__init__.py"
    source = package if package.is_file() else ROOT / "autograder" / f"{name}.py"
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    sentence = text.split("\n\n")[0].replace("\n", " ").split(". ")[0]
    # An example after the sentence has no place in a box.
    return sentence.split(": `")[0].replace("`", "").rstrip(".")


def graph() -> str:
    """The layers from top to bottom in Graphviz's language."""
    lines = [
        "digraph layers {",
        '  bgcolor="transparent"; rankdir=TB; nodesep=0.3; ranksep=0.22;',
        '  node [shape=box, style="rounded,filled", fillcolor="#f4f6fb", fontname="sans-serif", fontsize=11, margin="0.2,0.08"];',
        "  edge [arrowsize=0.6];",
    ]
    found = layers()
    for layer in found:
        lines += [f"  {json.dumps(name)} [label=<{_label(name)}>];" for name in layer]
        lines.append(f"  {{ rank=same; {' '.join(json.dumps(name) + ';' for name in layer)} }}")
    for above, below in itertools.pairwise(found):
        lines += [f"  {json.dumps(one)} -> {json.dumps(other)};" for one in above for other in below]
    return "\n".join([*lines, "}"])


def _label(name: str) -> str:
    rows = textwrap.wrap(purpose(name), 52)
    return "<br/>".join([f"<b>{html.escape(name)}</b>", *(html.escape(row) for row in rows)])


class ImportLayers(SphinxDirective):
    """`import-layers`: the graph, with the directive's argument as its caption."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The graph as a node that `sphinx.ext.graphviz` renders."""
        self.env.note_dependency(str(ROOT / "pyproject.toml"))
        node = graphviz()
        node["code"], node["options"], node["alt"] = graph(), {"docname": self.env.docname}, self.arguments[0]
        return [figure_wrapper(self, node, self.arguments[0])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("import-layers", ImportLayers)
    return {"parallel_read_safe": True}
