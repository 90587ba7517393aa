"""Disguise a program: six ways in which students hide that they copied one. Each is a seeded transformation.

A disguised program still defines what the exercise asks for, under the names that the exercise gives.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Sequence

from tests.similarity.adding import dead_code
from tests.similarity.formatting import notebook, reformatted
from tests.similarity.independent import GIVEN, File, framework_of
from tests.similarity.renaming import renamed, renamed_tree, unparsed
from tests.similarity.reordering import reordered

Disguise = Callable[[str, random.Random], str]
WHOLE: dict[str, Disguise] = {
    "renamed": renamed,
    "reordered": reordered,
    "reformatted": reformatted,
    "notebook for .py": notebook,
    "dead code added": dead_code,
}
"""The disguises of a whole program."""
HALF = "half copied"
ALL = "all of the first five"


def disguised(name: str, text: str, other: str, rng: random.Random) -> File:
    """The program in that disguise. `other`: a program of the copying student's own, for `HALF`."""
    if name == HALF:
        return File("copy.py", half_copied(text, other, rng))
    if name == ALL:
        return File("copy.ipynb", notebook(reformatted(dead_code(reordered(renamed(text, rng), rng), rng), rng), rng))
    changed = WHOLE[name](text, rng)
    return File("copy.ipynb" if WHOLE[name] is notebook else "copy.py", changed)


def half_copied(text: str, other: str, rng: random.Random) -> str:
    """Half of the functions that the exercise asks for, with other names; the rest is the student's own program."""
    copied = renamed_tree(ast.parse(text), rng)
    own = ast.parse(other)
    wanted = rng.sample(GIVEN[:-2] if framework_of(text) != framework_of(other) else GIVEN, 4 - rng.randrange(2))
    parts = {name: copied if name in wanted else own for name in GIVEN}
    heads = [each for tree in (copied, own) for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
    body: list[ast.stmt] = [*heads]
    for tree in (copied, own):
        kept = needed(tree, [name for name, source in parts.items() if source is tree])
        body += [each for each in tree.body if id(each) in kept]
    return f'FRAMEWORK = "{framework_of(other)}"\n' + unparsed(ast.Module(body, []))


def needed(tree: ast.Module, names: Sequence[str]) -> set[int]:
    """The top-level statements that define these names, and what they use; not what else the exercise asks for."""
    pending, found = list(names), set[int]()
    while pending:
        name = pending.pop()
        for each in tree.body:
            if id(each) not in found and _binds(each, name):
                found.add(id(each))
                used = {node.id for node in ast.walk(each) if isinstance(node, ast.Name)}
                pending += sorted(used - set(GIVEN))
    return found


def _binds(node: ast.stmt, name: str) -> bool:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return node.name == name
        case ast.Assign():
            return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))
        case _:
            return False
