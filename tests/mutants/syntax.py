"""Reading and writing pieces of a syntax tree as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import libcst as cst

_NO_MODULE = cst.Module([])


def code(node: cst.CSTNode) -> str:
    """The text of a node."""
    return _NO_MODULE.code_for_node(node)


def expression(text: str) -> cst.BaseExpression:
    """The expression that a text stands for, in parentheses, so that it fits everywhere."""
    return cst.parse_expression(f"({text}\n)")


def statements(text: str) -> list[cst.BaseStatement]:
    """The statements of a text."""
    return [each for each in cst.parse_module(text).body if isinstance(each, cst.BaseStatement)]


def last_name(node: cst.CSTNode) -> str:
    """The last part of a dotted name: `Linear` of `nn.Linear`. Empty if the node is no name."""
    if isinstance(node, cst.Name):
        return node.value
    return node.attr.value if isinstance(node, cst.Attribute) else ""


def owner(node: cst.CSTNode) -> str:
    """The text before the last dot of a dotted name: `nn.functional` of `nn.functional.relu`."""
    return code(node.value) if isinstance(node, cst.Attribute) else ""


def renamed(call: cst.Call, name: str) -> cst.Call:
    """The call of another function of the same module or object."""
    func = call.func
    new = func.with_changes(attr=cst.Name(name)) if isinstance(func, cst.Attribute) else cst.Name(name)
    return call.with_changes(func=new)


def keyword(call: cst.Call, *names: str) -> cst.Arg | None:
    """The argument that is given by one of these names."""
    return next((each for each in call.args if each.keyword and each.keyword.value in names), None)


def with_keyword(call: cst.Call, name: str, value: str) -> cst.Call:
    """The call with one more argument, or with another value of it."""
    others = [each for each in call.args if not (each.keyword and each.keyword.value == name)]
    return with_arguments(call, [*others, cst.Arg(expression(value), keyword=cst.Name(name))])


def with_arguments(call: cst.Call, arguments: Iterable[cst.Arg]) -> cst.Call:
    """The call with other arguments; their commas are written anew."""
    return call.with_changes(args=[each.with_changes(comma=cst.MaybeSentinel.DEFAULT) for each in arguments])


def positional(call: cst.Call) -> list[cst.Arg]:
    """The arguments without name and star."""
    return [each for each in call.args if each.keyword is None and not each.star]


def parameters(function: cst.FunctionDef) -> list[cst.Param]:
    """The parameters of a function that may be given by position."""
    return [*function.params.posonly_params, *function.params.params]


def is_docstring(statement: cst.CSTNode) -> bool:
    """Whether the statement is a text alone."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    only = statement.body[0]
    return isinstance(only, cst.Expr) and isinstance(only.value, cst.SimpleString | cst.ConcatenatedString)


def first(body: Sequence[cst.BaseStatement], text: str) -> list[cst.BaseStatement]:
    """A function's statements with more before them, after its docstring."""
    start = 1 if body and is_docstring(body[0]) else 0
    return [*body[:start], *statements(text), *body[start:]]


def only(statement: cst.CSTNode) -> cst.BaseSmallStatement | None:
    """The small statement that is alone in a line."""
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None
