"""Disguise: every name that a program gives has another one."""

from __future__ import annotations

import ast
import builtins
import keyword
import random
import re
from collections.abc import Iterator

from tests.similarity.independent import GIVEN

WORDS = re.findall(
    r"\w+",
    "data item value result current output entry thing part piece store acc helper holder block unit temp obj state "
    "buffer record node slot chunk total base frame memo field stack queue token sign symbol mark scan walk sweep",
)


def renamed(text: str, rng: random.Random) -> str:
    """Every name that the program gives has another one; comments and docstrings are gone."""
    return unparsed(renamed_tree(ast.parse(text), rng))


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


def renamed_tree(tree: ast.Module, rng: random.Random) -> ast.Module:
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
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=arguments)) if name in GIVEN:
                keywords |= {each.arg for each in arguments.args}
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
    fresh = fresh_names(rng, taken | attributes)
    names = {name: next(fresh) for name in sorted(own)}
    return _Renaming(names, {name: next(fresh) for name in sorted(attributes)}, parameters).visit(bare(tree))


def fresh_names(rng: random.Random, taken: set[str]) -> Iterator[str]:
    style = rng.choice(("snake", "short", "camel"))
    while True:
        first, second = rng.sample(WORDS, 2)
        name = {
            "snake": f"{first}_{second}",
            "short": f"{first[:3]}{rng.randrange(99)}",
            "camel": first + second.title(),
        }
        if name[style] not in taken:
            taken.add(name[style])
            yield name[style]


def bare(tree: ast.Module) -> ast.Module:
    """Without docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            kept = [
                each for each in node.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ]
            node.body = kept or [ast.Pass()]
    return tree


def unparsed(tree: ast.Module) -> str:
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
