"""A class in which all that a student decides is an attack on whoever looks at the pages."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.results.files import file_name
from tests.pages import sample

TEXTS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</style></title></template></table></pre><script>alert(1)</script>",
    "</span></code><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% include 'x' %}",
    "<svg onload=alert(1)><link rel=stylesheet href=https://example.org/x.css>",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<form action=https://example.org><button>Copy</button></form>",
    "#failed=toy:gates.and&q=<b>",
    "x\u202egnp\x1b'; touch /tmp/owned; '",
    "'; alert(1); '",
    "__proto__",
    "index-9.html",
)


def make(folder: Path) -> None:
    """The course and its pages."""
    sample.write(folder / "grading.yml", sample.GRADING)
    rows = [
        f'"{_cell(text)}","{_cell(text)}",,"{_cell(text)}",' for text in TEXTS if "/" not in text and "\\" not in text
    ]
    sample.write(folder / "roster.csv", "\n".join([sample.ROSTER_HEAD, *rows]) + "\n")
    for number, text in enumerate(TEXTS):
        check = sample.check("gates.and", 2, False)
        attacked = type(check)(
            **{
                **{name: getattr(check, name) for name in check.__struct_fields__},
                **dict.fromkeys(("saw", "tried", "expected", "likely", "printed"), text),
                "place": "cell 1, line 2",
            }
        )
        content = sample.notebook([f'FRAMEWORK = "torch"\n# {text}\nx = """{text}\n"""', text])
        shown = json.loads(content)
        for output in shown["cells"][-1]["outputs"]:
            for key in output.keys() & {"text", "ename", "evalue"}:
                output[key] = text
            output.get("data", {}).update({"text/plain": text, "image/svg+xml": text, "image/png": text})
        content = json.dumps(shown).encode()
        whose = text.replace("/", "\u2215").replace("\\", "")
        given = {"file": f"{text.replace('/', '')}.ipynb", "notes": [text], "output": text, "seed": number}
        result = sample.result(whose, "toy", [attacked], content, versions={text: text}, **given)
        sample.record(folder / "results", [result], content)
        sample.decide(folder, whose, "comment", "", text)
    sample.write_pages(folder)


def page_of(results: Path, text: str) -> Path:
    """The page of the student who is called so."""
    return results / file_name(text.replace("/", "\u2215").replace("\\", "")) / "toy.html"


def _cell(text: str) -> str:
    return text.replace('"', '""')
