"""Disguise: functions, methods, keywords and independent statements in another order."""

from __future__ import annotations

import ast
import builtins
import random

from tests.similarity.renaming import unparsed


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
    return unparsed(tree)


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
    if any(_is_barrier(each) for each in (first, second)):
        return False
    wanted = [_reads_and_writes(each) for each in (first, second)]
    (reads, writes), (other_reads, other_writes) = wanted
    return not (writes & (other_reads | other_writes) or reads & other_writes)


_BARRIERS = {"__init__", "backward", "step", "zero_grad", "manual_seed", "seed", "set_random_seed", "compile"}


def _is_barrier(node: ast.stmt) -> bool:
    """Whether it changes what no name in it says: parameters, gradients, global generators."""
    return any(isinstance(each, ast.Attribute) and each.attr in _BARRIERS for each in ast.walk(node))


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
