"""Disguise: code that does nothing."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator

from tests.similarity.renaming import fresh_names, unparsed

_DEAD = (
    "{a} = 0",
    "{a} = []",
    "{a} = None",
    "{a}, {b} = {n}, {m}",
    "{a} = [{b} * {n} for {b} in range({m})]",
    "print('{a}', {n})",
    "assert {n} < {n} + {m}",
    "if {n} > {n} + {m}:\n    print('never')",
    "for {a} in ():\n    {b} = {a} + {n}",
    "{a} = {{}}\n{a}['{b}'] = {n}\ndel {a}",
    "while False:\n    {a} = {n}",
    "{a} = str({n}) + '{b}'\n{a} = {a}.upper()",
    "try:\n    {a} = int('{n}')\nexcept ValueError:\n    {a} = {m}",
    "{a} = lambda {b}: {b} + {n}",
    "{a} = max({n}, {m})\n{b} = {a} - min({n}, {m})",
)
_DEAD_FUNCTIONS = (
    "def {a}(values):\n    total = 0\n    for value in values:\n        total += value * {n}\n    return total\n",
    "def {a}(first, second={n}):\n    if first > second:\n        return first - second\n    return second * {m}\n",
    "class {a}:\n    def __init__(self, size={n}):\n        self.size = size\n\n    def double(self):\n"
    "        return self.size * {m}\n",
    "def {a}(text):\n    words = text.split()\n    lengths = {{}}\n    for word in words:\n"
    "        lengths[word] = len(word) + {n}\n    return sorted(lengths, key=lengths.get)\n",
    "def {a}(path):\n    with open(path) as file:\n        lines = file.readlines()\n"
    "    return [line.strip() for line in lines if len(line) > {n}]\n",
    "def {a}(matrix):\n    rows = len(matrix)\n    return [[matrix[r][c] for r in range(rows)] for c in range({m})]\n",
)


def dead_code(text: str, rng: random.Random) -> str:
    """A new statement behind every third one, on average, and four functions that nobody calls."""
    tree = ast.parse(text)
    fresh = fresh_names(rng, {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
    # Before anything is added to them: blocks of added code stay as they are.
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for node in list(ast.walk(function)):
            for name in ("body", "orelse"):
                block = getattr(node, name, None)
                if isinstance(block, list) and not isinstance(node, ast.ClassDef):
                    _insert(block, rng, fresh)
    for _ in range(4):
        added = ast.parse(_filled(rng.choice(_DEAD_FUNCTIONS), rng, fresh)).body
        tree.body[(at := rng.randrange(1, len(tree.body) + 1)) : at] = added
    return unparsed(tree)


def _insert(block: list[ast.stmt], rng: random.Random, fresh: Iterator[str]) -> None:
    for at in range(len(block) - 1, -1, -1):
        if rng.random() < 0.33:
            block[at:at] = ast.parse(_filled(rng.choice(_DEAD), rng, fresh)).body


def _filled(template: str, rng: random.Random, fresh: Iterator[str]) -> str:
    return template.format(a=next(fresh), b=next(fresh), n=rng.randrange(2, 90), m=rng.randrange(2, 90))
