"""Disguises that change no statement: another layout, and a notebook for a `.py` file."""

from __future__ import annotations

import ast
import copy
import io
import json
import random
import re
import tokenize
from collections.abc import Sequence

from tests.catalogue import ROOT
from tests.similarity.independent import EXERCISE, GIVEN, framework_of
from tests.similarity.renaming import WORDS, bare, unparsed


def reformatted(text: str, rng: random.Random) -> str:
    """Other indentation, line breaks, brackets, quotes, blank lines and comments."""
    tree = bare(ast.parse(text))
    lines: list[str] = []
    width = rng.choice((2, 3, 8))
    comments = rng.choice((0.0, 0.2, 0.5))
    for line in _bracketed(tree, rng).split("\n"):
        indent = len(line) - len(line.lstrip())
        here = " " * (indent // 4 * width)
        if line.strip() and rng.random() < comments:
            lines.append(f"{here}# {' '.join(rng.sample(WORDS, rng.randrange(2, 7)))}")
        lines += [here + each for each in _broken(line.strip(), rng)]
        if rng.random() < 0.15:
            lines.append("")
    return "\n".join(lines) + "\n"


def _bracketed(tree: ast.Module, rng: random.Random) -> str:
    """With brackets that change nothing: `unparse` writes what this text of a name says."""
    tree = copy.deepcopy(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.Return | ast.AugAssign) and node.value and rng.random() < 0.3:
            inner = ast.unparse(ast.fix_missing_locations(node.value))
            if "\n" not in inner:
                node.value = ast.Name(f"({inner})", ast.Load())
    return unparsed(tree)


def _broken(line: str, rng: random.Random) -> list[str]:
    """The line, with breaks behind commas in brackets, other quotes and other spaces."""
    try:
        words = list(tokenize.generate_tokens(io.StringIO(line).readline))
    except (tokenize.TokenError, SyntaxError):
        return [line]
    done, depth, last = "", 0, 0
    for word in words:
        if word.type in (tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT):
            continue
        space = line[last : word.start[1]] if word.start[0] == 1 else ""
        if depth and word.type == tokenize.OP and rng.random() < 0.3:
            space = " "
        done += space + _requoted(word.string, rng)
        last = word.end[1]
        if word.type == tokenize.OP:
            depth += (word.string in "([{") - (word.string in ")]}")
            if word.string == "," and depth and rng.random() < 0.3:
                done += "\n" + " " * rng.randrange(40)
    return done.split("\n")


def _requoted(word: str, rng: random.Random) -> str:
    return f'"{word[1:-1]}"' if re.fullmatch(r"'[^'\"\\{}]*'", word) and rng.random() < 0.8 else word


def notebook(text: str, rng: random.Random) -> str:
    """The released notebook, filled in with the program: texts, docstrings, demo cells, outputs with pictures."""
    tree = ast.parse(text)
    whole = json.loads((ROOT / f"assignments/{EXERCISE}/{EXERCISE}_{framework_of(text)}.ipynb").read_text("utf-8"))
    pending = list(tree.body)
    lines = text.split("\n")

    def taken(name: str) -> str:
        """What stands above a function in the program, and the function, with the docstring of the stub."""
        at = next((n for n, each in enumerate(pending) if _defines(each, name)), None)
        if at is None:
            return ""
        piece, pending[: at + 1] = pending[: at + 1], []
        return "\n\n\n".join(_source(each, lines) for each in piece)

    for cell in whole["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        asked = [name for name in GIVEN if re.search(rf"^def {name}\(", source, re.MULTILINE)]
        if asked:
            doc = re.search(r'"""(?:.|\n)*?"""', source)
            code = "\n\n\n".join(filter(None, map(taken, asked)))
            cell["source"] = code + (f"\n\n# {' '.join(doc[0].split())[3:-3]}" if doc and rng.random() < 0.5 else "")
        elif 'FRAMEWORK = "' in source:
            first = [each for each in pending if isinstance(each, ast.Import | ast.ImportFrom | ast.Assign)]
            pending = [each for each in pending if each not in first or "lambda" in _source(each, lines)]
            cell["source"] = (
                source
                + "\n"
                + "\n".join(_source(each, lines) for each in first if "lambda" not in _source(each, lines))
            )
        cell["outputs"] = _outputs(rng)
        cell["execution_count"] = rng.randrange(1, 90)
    if pending:
        rest = "\n\n\n".join(_source(each, lines) for each in pending)
        whole["cells"].append({"cell_type": "code", "metadata": {}, "outputs": [], "source": rest})
    return json.dumps(whole)


def _defines(node: ast.stmt, name: str) -> bool:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return node.name == name
        case ast.Assign(targets=[ast.Name(id=given)]):
            return given == name
        case _:
            return False


def _source(node: ast.stmt, lines: Sequence[str]) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(each.lineno for each in decorators)])
    return "\n".join(lines[first - 1 : node.end_lineno])


def _outputs(rng: random.Random) -> list[dict[str, object]]:
    text = "".join(f"epoch {n}: loss {rng.random():.4f}\n" for n in range(rng.randrange(8)))
    shown: list[dict[str, object]] = [{"output_type": "stream", "name": "stdout", "text": text}]
    if rng.random() < 0.3:
        picture = rng.randbytes(3000).hex()
        shown.append({"output_type": "display_data", "metadata": {}, "data": {"image/png": picture}})
    return shown
