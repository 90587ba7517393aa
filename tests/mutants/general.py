"""Operators on any code: arguments, bounds, statements, axes, gradients, the order of a step, modes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from tests.mutants.change import Around, New
from tests.mutants.syntax import code, expression, keyword, last_name, only, owner, statements, with_arguments

_AXES = ("axis", "dim")
_OUTPUTS = re.compile(r"\b(model|generator|discriminator|critic|sample_fake|\w*loss|\w*entropy)\(")
_STEP = re.compile(r"\.(zero_grad|backward|step)\(")
_OPERATIONS: dict[type[cst.BaseBinaryOp], str] = {cst.Add: "-", cst.Subtract: "+", cst.Multiply: "/", cst.Divide: "*"}
_COMPARED: dict[type[cst.BaseCompOp], tuple[cst.BaseCompOp, ...]] = {
    cst.LessThan: (cst.LessThanEqual(), cst.GreaterThan()),
    cst.LessThanEqual: (cst.LessThan(), cst.GreaterThan()),
    cst.GreaterThan: (cst.GreaterThanEqual(), cst.LessThan()),
    cst.GreaterThanEqual: (cst.GreaterThan(), cst.LessThan()),
    cst.Equal: (cst.NotEqual(),),
    cst.NotEqual: (cst.Equal(),),
}
_REDUCED = {"mean": "sum", "sum": "mean", "reduce_mean": "reduce_sum", "reduce_sum": "reduce_mean"} | {
    "max": "min",
    "min": "max",
    "argmax": "argmin",
}


def swapped_arguments(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """ARG: two neighbouring arguments are swapped."""
    if not isinstance(node, cst.Call):
        return
    for number, (one, other) in enumerate(zip(node.args, node.args[1:], strict=False)):
        if not (one.keyword or other.keyword or one.star or other.star):
            new = list(node.args)
            new[number : number + 2] = one.with_changes(value=other.value), other.with_changes(value=one.value)
            yield f"{number + 1}", node.with_changes(args=new)


def off_by_one(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """OBO: a number, or the bound of a slice or of a range, is one more or one less."""
    if isinstance(node, cst.Integer) and not _is_given_as(node, around, (*_AXES, "verbose")):
        for value in (node.evaluated_value + 1, node.evaluated_value - 1):
            yield f"{node.value} → {value}", expression(str(value))
    if isinstance(node, cst.Slice):
        for bound in ("lower", "upper"):
            value = getattr(node, bound)
            if value is not None and not isinstance(value, cst.Integer):
                for change in ("+ 1", "- 1"):
                    yield change, node.with_changes(**{bound: expression(f"({code(value)}) {change}")})
    if isinstance(node, cst.Call) and last_name(node.func) == "range" and len(node.args) == 1:
        yield "- 1", with_arguments(node, [cst.Arg(expression(f"({code(node.args[0].value)}) - 1"))])


def operation(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """ROP: the opposite operation, or no sign."""
    if isinstance(node, cst.BinaryOperation) and type(node.operator) in _OPERATIONS:
        new = _OPERATIONS[type(node.operator)]
        yield new, expression(f"({code(node.left)}) {new} ({code(node.right)})")
    if not isinstance(node, cst.UnaryOperation) or isinstance(node.expression, cst.Integer):
        return
    if isinstance(node.operator, cst.Minus):
        yield "no sign", expression(code(node.expression))


def comparison(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """CMP: another comparison, or the opposite condition."""
    if isinstance(node, cst.ComparisonTarget):
        for new in _COMPARED.get(type(node.operator), ()):
            yield type(new).__name__, node.with_changes(operator=new)


def reduction(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """RED: a sum for a mean, a minimum for a maximum, and the reverse."""
    if isinstance(node, cst.Attribute) and node.attr.value in _REDUCED:
        new = _REDUCED[node.attr.value]
        yield new, node.with_changes(attr=cst.Name(new))


def dropped_statement(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """DEL: a statement is dropped, or a condition, whose statements always run."""
    if around.function is None:
        return
    is_elif = isinstance(node, cst.If) and isinstance(around.parents[-1], cst.If)
    if isinstance(node, cst.If) and node.orelse is None and not is_elif:
        yield "statement", _nothing()
        yield "condition", cst.FlattenSentinel(_statements_of(node.body))
    small = only(node)
    if isinstance(small, cst.Expr | cst.AugAssign) and not _is_text(small) and not _says(small, r"\.zero_grad\("):
        yield "statement", _nothing()
    if isinstance(small, cst.Assign) and _is_known(small, around):
        yield "statement", _nothing()


def gradients_kept(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """ZGR: gradients of earlier steps are not set to zero."""
    small = only(node)
    if small is not None and _says(small, r"\.zero_grad\("):
        yield "", _nothing()


def axis(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """AXI: another axis."""
    if not isinstance(node, cst.Call) or not (given := keyword(node, *_AXES)):
        return
    for value in ("0", "1", "-1"):
        if code(given.value) != value:
            yield value, node.with_deep_changes(given, value=expression(value))
    yield "none", with_arguments(node, [each for each in node.args if each is not given])


def detached(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """DET: a gradient is stopped or not stopped."""
    if isinstance(node, cst.Call) and last_name(node.func) == "detach" and isinstance(node.func, cst.Attribute):
        yield "dropped", expression(code(node.func.value))
    if isinstance(node, cst.Call) and last_name(node.func) == "stop_gradient":
        yield "dropped", expression(code(node.args[0].value))
    if isinstance(node, cst.With) and re.search(r"no_grad|inference_mode", code(node.items[0].item)):
        yield "no_grad dropped", cst.FlattenSentinel(_statements_of(node.body))
    small = only(node)
    if around.trains and isinstance(small, cst.Assign) and _is_output(small.value):
        added = "tf.stop_gradient({})" if around.framework == "keras" else "({}).detach()"
        yield "added", node.with_deep_changes(small, value=expression(added.format(code(small.value))))


def order(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """ORD: two neighbouring statements of a step (zero_grad, backward, step) are swapped."""
    if not isinstance(node, cst.IndentedBlock):
        return
    for number, (one, other) in enumerate(zip(node.body, node.body[1:], strict=False)):
        small = only(one), only(other)
        if all(each is not None and _says(each, _STEP.pattern) for each in small):
            body = [*node.body[:number], other, one, *node.body[number + 2 :]]
            yield f"{number + 1}", node.with_changes(body=body)


def mode(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """MOD: training mode for inference mode, and the reverse."""
    if not isinstance(node, cst.Call):
        return
    opposite = {"eval": "train", "train": "eval"}.get(last_name(node.func))
    if opposite and not node.args and owner(node.func):
        yield opposite, expression(f"{owner(node.func)}.{opposite}()")
    given = keyword(node, "training")
    if given and code(given.value) in ("True", "False"):
        new = "False" if code(given.value) == "True" else "True"
        yield new, node.with_deep_changes(given, value=expression(new))
        yield "none", with_arguments(node, [each for each in node.args if each is not given])


def _is_output(value: cst.BaseExpression) -> bool:
    """Whether it is the output of a net, or a loss, through which gradients pass."""
    stopped = isinstance(value, cst.Call) and last_name(value.func) in ("detach", "stop_gradient")
    return isinstance(value, cst.Call) and not stopped and _OUTPUTS.search(code(value)) is not None


def _statements_of(body: cst.BaseSuite) -> list[cst.BaseStatement]:
    return [each for each in body.body if isinstance(each, cst.BaseStatement)]


def _nothing() -> cst.FlattenSentinel[cst.BaseStatement]:
    return cst.FlattenSentinel(statements("pass\n"))


def _says(small: cst.CSTNode, pattern: str) -> bool:
    return re.search(pattern, code(small)) is not None


def _is_text(small: cst.BaseSmallStatement) -> bool:
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString | cst.ConcatenatedString)


def _is_known(assigned: cst.Assign, around: Around) -> bool:
    """Whether what is assigned has a value without it: an item, an attribute, a parameter, or a name assigned before."""
    target = assigned.targets[0].target
    if isinstance(target, cst.Subscript | cst.Attribute):
        return True
    if not isinstance(target, cst.Name) or around.function is None:
        return False
    before = code(around.function).partition(code(assigned))[0]
    return re.search(rf"\b{target.value}\b", before) is not None


def _is_given_as(node: cst.CSTNode, around: Around, names: tuple[str, ...]) -> bool:
    """Whether the node is in an argument of one of these names."""
    closest = next((each for each in reversed(around.parents) if isinstance(each, cst.Arg | cst.Call)), None)
    return isinstance(closest, cst.Arg) and closest.keyword is not None and closest.keyword.value in names
