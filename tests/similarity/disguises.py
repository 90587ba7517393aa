"""Disguise a program: six ways in which students hide that they copied one. Each is a seeded transformation.

A disguised program still defines what the exercise asks for, under the names that the exercise gives.
"""

from __future__ import annotations

import ast
import builtins
import copy
import io
import json
import keyword
import random
import re
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.catalogue import ROOT

EXERCISE = "char_rnn"
PROGRAMS = Path(__file__).with_name("programs")
GIVEN = (
    "build_vocabulary",
    "make_windows",
    "one_hot_windows",
    "rnn_forward",
    "build_model",
    "train",
    "generate",
)
_WORDS = re.findall(
    r"\w+",
    "data item value result current output entry thing part piece store acc helper holder block unit temp obj state "
    "buffer record node slot chunk total base frame memo field stack queue token sign symbol mark scan walk sweep",
)


@dataclass(frozen=True)
class File:
    """A file that a student hands in."""

    name: str
    text: str


def programs() -> dict[str, str]:
    """The independent right programs, by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(PROGRAMS.glob("p*.py"))}


def framework_of(text: str) -> str:
    return "keras" if 'FRAMEWORK = "keras"' in text else "torch"


# ── renamed ─────────────────────────────────────────────────────────────────────────────────────────────────


def renamed(text: str, rng: random.Random) -> str:
    """Every name that the program gives has another one; comments and docstrings are gone."""
    return _unparsed(_renamed(ast.parse(text), rng))


class _Renaming(ast.NodeTransformer):
    def __init__(self, names: dict[str, str], attributes: dict[str, str], parameters: dict[str, set[str]]) -> None:
        self.names, self.attributes, self.parameters = names, attributes, parameters
        self.kept: list[set[str]] = [set()]

    def _function(self, node: ast.FunctionDef, new: str) -> ast.AST:
        # The grader may call what the exercise gives with keywords.
        self.kept.append(self.kept[-1] | self.parameters.get(node.name, set()))
        self.generic_visit(node)
        self.kept.pop()
        node.name = new
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node, self.attributes.get(node.name, self.names.get(node.name, node.name)))

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.names.get(node.name, node.name)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.kept[-1]:
            node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        self.generic_visit(node)
        if node.arg not in self.kept[-1]:
            node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.attr = self.attributes.get(node.attr, node.attr)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        self.generic_visit(node)
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        bound = node.asname or node.name
        if bound in self.names and self.names[bound] != node.name:
            node.asname = self.names[bound]
        return node


def _renamed(tree: ast.Module, rng: random.Random) -> ast.Module:
    own: set[str] = set()
    attributes: set[str] = set()
    parameters: dict[str, set[str]] = {}
    keywords: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef():
                own.add(node.name)
                if node.name in GIVEN:
                    parameters[node.name] = {each.arg for each in node.args.args}
            case ast.ClassDef():
                own.add(node.name)
                for each in node.body:
                    if isinstance(each, ast.FunctionDef):
                        attributes.add(each.name)
                    elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                        keywords.add(each.target.id)
            case ast.arg():
                own.add(node.arg)
            case ast.Name(ctx=ast.Store()):
                own.add(node.id)
            case ast.Attribute(ctx=ast.Store(), value=ast.Name(id="self")):
                attributes.add(node.attr)
            case ast.keyword(arg=str(name)):
                keywords.add(name)
            case ast.alias(asname=str(name)):
                own.add(name)
            case _:
                pass
    # Names that frameworks call, and that somebody gives as a keyword.
    fixed = {"forward", "call", "FRAMEWORK", "__call__", *GIVEN, *keywords}
    fixed |= {name for name in own | attributes if name.startswith(("__", "on_"))} | {
        "X",
        "y",
        "batch_size",
    } & attributes
    taken = (
        {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | set(dir(builtins)) | set(keyword.kwlist)
    )
    own -= fixed | set(dir(builtins)) | attributes
    attributes -= fixed | {name for name in attributes if name in {"length", "size", "cell", "of", "step"}}
    fresh = _fresh(rng, taken | attributes)
    names = {name: next(fresh) for name in sorted(own)}
    return _Renaming(names, {name: next(fresh) for name in sorted(attributes)}, parameters).visit(_bare(tree))


def _fresh(rng: random.Random, taken: set[str]) -> Iterator[str]:
    style = rng.choice(("snake", "short", "camel"))
    while True:
        first, second = rng.sample(_WORDS, 2)
        name = {
            "snake": f"{first}_{second}",
            "short": f"{first[:3]}{rng.randrange(99)}",
            "camel": first + second.title(),
        }
        if name[style] not in taken:
            taken.add(name[style])
            yield name[style]


def _bare(tree: ast.Module) -> ast.Module:
    """Without docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            kept = [
                each for each in node.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ]
            node.body = kept or [ast.Pass()]
    return tree


def _unparsed(tree: ast.Module) -> str:
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


# ── reordered ───────────────────────────────────────────────────────────────────────────────────────────────


def reordered(text: str, rng: random.Random) -> str:
    """Functions, methods and keywords in another order, and neighbouring statements that do not depend on each other."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            node.body = _shuffled_definitions(node.body, rng)
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list) and not isinstance(node, ast.Module | ast.ClassDef):
                _swap(block, rng)
        if isinstance(node, ast.Call) and not any(each.arg is None for each in node.keywords):
            rng.shuffle(node.keywords)
    return _unparsed(tree)


def _shuffled_definitions(block: list[ast.stmt], rng: random.Random) -> list[ast.stmt]:
    """Runs of definitions, shuffled; a class stays behind the classes before it, and what runs stays where it is."""
    done: list[ast.stmt] = []
    run: list[ast.stmt] = []
    for each in [*block, None]:
        if isinstance(each, ast.FunctionDef) and not each.decorator_list:
            run.append(each)
            continue
        if each is not None and isinstance(each, ast.ClassDef | ast.FunctionDef) and rng.random() < 0.7:
            # A function may move over a class: it is called later.
            done.append(each)
            continue
        rng.shuffle(run)
        done += run
        run = []
        if each is not None:
            done.append(each)
    return done


def _swap(block: list[ast.stmt], rng: random.Random) -> None:
    for _ in range(3):
        for here in range(len(block) - 1):
            if rng.random() < 0.7 and _independent(block[here], block[here + 1]):
                block[here], block[here + 1] = block[here + 1], block[here]


def _independent(first: ast.stmt, second: ast.stmt) -> bool:
    if not all(isinstance(each, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr) for each in (first, second)):
        return False
    wanted = [_reads_and_writes(each) for each in (first, second)]
    (reads, writes), (other_reads, other_writes) = wanted
    return not (writes & (other_reads | other_writes) or reads & other_writes)


def _reads_and_writes(node: ast.stmt) -> tuple[set[str], set[str]]:
    """The names that a statement reads, and those that it may change: also what a method is called on."""
    reads = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    writes = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute | ast.Subscript) and isinstance(each.ctx, ast.Store):
            writes |= {inner.id for inner in ast.walk(each) if isinstance(inner, ast.Name)}
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            inner = each.func.value
            if not (isinstance(inner, ast.Name) and inner.id in {"np", "torch", "nn", "F", "th", "keras", "ops"}):
                writes |= {each.id for each in ast.walk(inner) if isinstance(each, ast.Name)}
        elif isinstance(each, ast.Call):
            writes |= {inner.id for inner in ast.walk(each) if isinstance(inner, ast.Name)} - set(dir(builtins))
        if isinstance(each, ast.Yield | ast.Await):
            writes.add("yield")
            reads.add("yield")
    return reads, writes


# ── reformatted ─────────────────────────────────────────────────────────────────────────────────────────────


def reformatted(text: str, rng: random.Random) -> str:
    """Other indentation, line breaks, brackets, quotes, blank lines and comments."""
    tree = _bare(ast.parse(text))
    lines: list[str] = []
    width = rng.choice((2, 3, 8))
    comments = rng.choice((0.0, 0.2, 0.5))
    for line in _bracketed(tree, rng).split("\n"):
        indent = len(line) - len(line.lstrip())
        here = " " * (indent // 4 * width)
        if line.strip() and rng.random() < comments:
            lines.append(f"{here}# {' '.join(rng.sample(_WORDS, rng.randrange(2, 7)))}")
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
    return _unparsed(tree)


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


# ── notebook for .py ────────────────────────────────────────────────────────────────────────────────────────


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


# ── dead code added ─────────────────────────────────────────────────────────────────────────────────────────

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
    fresh = _fresh(rng, {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
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
    return _unparsed(tree)


def _insert(block: list[ast.stmt], rng: random.Random, fresh: Iterator[str]) -> None:
    for at in range(len(block) - 1, -1, -1):
        if rng.random() < 0.33:
            block[at:at] = ast.parse(_filled(rng.choice(_DEAD), rng, fresh)).body


def _filled(template: str, rng: random.Random, fresh: Iterator[str]) -> str:
    return template.format(a=next(fresh), b=next(fresh), n=rng.randrange(2, 90), m=rng.randrange(2, 90))


# ── half copied ─────────────────────────────────────────────────────────────────────────────────────────────


def half_copied(text: str, other: str, rng: random.Random) -> str:
    """Half of the functions that the exercise asks for, with other names; the rest is the student's own program."""
    copied = _renamed(ast.parse(text), rng)
    own = ast.parse(other)
    wanted = rng.sample(GIVEN[:-2] if framework_of(text) != framework_of(other) else GIVEN, 4 - rng.randrange(2))
    parts = {name: copied if name in wanted else own for name in GIVEN}
    heads = [each for tree in (copied, own) for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
    body: list[ast.stmt] = [*heads]
    for tree in (copied, own):
        kept = needed(tree, [name for name, source in parts.items() if source is tree])
        body += [each for each in tree.body if id(each) in kept]
    return f'FRAMEWORK = "{framework_of(other)}"\n' + _unparsed(ast.Module(body, []))


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
