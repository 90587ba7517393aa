"""The directive `result-form`: the types and fields of a result, from its JSON Schema."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from autograder.results import form


def type_of(schema: dict[str, Any]) -> str:
    """The type of a value as a reader writes it, in Markdown."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[`{name}`](#{name.lower()})"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(type_of(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"array of {type_of(schema['items'])}"
    if schema.get("type") == "object":
        return f"object, values: {type_of(schema.get('additionalProperties', {}))}"
    lowest = f", at least {schema['minimum']:g}" if "minimum" in schema else ""
    encoding = f" ({schema['contentEncoding']})" if "contentEncoding" in schema else ""
    return f"{schema.get('type', 'any')}{encoding}{lowest}"


def documented() -> str:
    """A section for each type, with a table of its fields."""
    schema = form.schema()
    definitions: dict[str, Any] = schema["$defs"]
    first = schema["$ref"].rpartition("/")[2]
    lines: list[str] = []
    for name in [first, *(each for each in definitions if each != first)]:
        type_ = definitions[name]
        required = set(type_.get("required", ()))
        lines += [f"## `{name}`", "", type_.get("description", ""), "", "| field | type | required |", "|---|---|---|"]
        lines += [
            f"| `{field}` | {type_of(value)} | {'yes' if field in required else 'no'} |"
            for field, value in type_["properties"].items()
        ]
        lines.append("")
    return "\n".join(lines)


class ResultForm(SphinxDirective):
    """`result-form`: the sections, in the order in which a result contains them."""

    def run(self) -> list[nodes.Node]:
        """The sections, parsed as the page's own text."""
        return self.parse_text_to_nodes(documented(), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("result-form", ResultForm)
    return {"parallel_read_safe": True}
