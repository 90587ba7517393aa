"""DeepCrime's operators on activations, dropout, weights and biases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeGuard

import libcst as cst

from tests.mutants.change import Around, New
from tests.mutants.syntax import (
    code,
    expression,
    keyword,
    last_name,
    only,
    owner,
    positional,
    renamed,
    statements,
    with_arguments,
    with_keyword,
)

_LAYERS = {"ReLU", "LeakyReLU", "ELU", "Tanh", "Sigmoid", "Softmax"}
_FUNCTIONS = {"relu": ("sigmoid", "tanh"), "leaky_relu": ("sigmoid", "relu"), "tanh": ("sigmoid", "relu")} | {
    "sigmoid": ("tanh", "relu"),
    "softmax": ("sigmoid",),
    "expit": (),
}
_WEIGHTED = {"Linear", "Conv1d", "Conv2d", "ConvTranspose2d", "Dense", "Conv1D", "Conv2D", "Conv2DTranspose"}
_RECURRENT = {"LSTM", "GRU", "RNN", "SimpleRNN", "LSTMCell", "GRUCell", "RNNCell", "SimpleRNNCell"}
_INITIALIZERS = ("kernel_initializer", "embeddings_initializer", "recurrent_initializer", "bias_initializer")


def activation(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """ACH: another activation."""
    if _is_layer(node):
        for name in ("ReLU", "Tanh", "Sigmoid"):
            if name != last_name(node.func):
                yield name, _layer(node, name, around)
    elif _is_function(node):
        for name in _FUNCTIONS[last_name(node.func)]:
            if owner(node.func) != "np":
                yield name, renamed(with_arguments(node, positional(node)), name)
    elif given := _given(node):
        for name in ("relu", "tanh", "sigmoid"):
            if code(given.value).strip("'\"") != name:
                yield name, node.with_deep_changes(given, value=expression(repr(name)))


def no_activation(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """ARM: no activation."""
    if isinstance(node, cst.Call | cst.List):
        whole = node.args if isinstance(node, cst.Call) else node.elements
        for number, each in enumerate(whole):
            if _is_layer(each.value):
                rest = [*whole[:number], *whole[number + 1 :]]
                yield last_name(each.value.func), _with(node, rest)
    if _is_function(node):
        value = node.args[0].value if owner(node.func) in _modules(node) else None
        if value is None and isinstance(node.func, cst.Attribute):
            value = node.func.value
        if value is not None:
            yield last_name(node.func), expression(code(value))
    elif given := _given(node):
        yield code(given.value), node.with_deep_changes(given, value=expression("None"))


def one_more_activation(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """AAL: an activation after a layer that has none."""
    if not isinstance(node, cst.Call | cst.List):
        return
    whole = node.args if isinstance(node, cst.Call) else node.elements
    for number, each in enumerate(whole):
        follows = whole[number + 1].value if number + 1 < len(whole) else None
        if not _is_weighted(each.value) or _given(each.value) or (follows is not None and _is_layer(follows)):
            continue
        name = "nn.ReLU()" if around.framework == "torch" else "keras.layers.ReLU()"
        if isinstance(node, cst.List) or last_name(node.func) == "Sequential":
            added = each.with_changes(value=expression(name), comma=cst.MaybeSentinel.DEFAULT)
            yield f"after {number + 1}", _with(node, [*whole[: number + 1], added, *whole[number + 1 :]])


def dropout(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """RCD: another rate of dropout."""
    if not isinstance(node, cst.Call):
        return
    by_place = positional(node)[:1] if last_name(node.func) == "Dropout" else []
    rate = keyword(node, "dropout", "rate", "p") or next(iter(by_place), None)
    if rate and (by_place or keyword(node, "dropout")):
        for value in (f"({code(rate.value)}) / 2", f"({code(rate.value)}) * 2", "0.0"):
            yield value, node.with_deep_changes(rate, value=expression(value))


def initial_weights(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """WCI: other initial weights."""
    if isinstance(node, cst.Call) and around.framework == "keras" and _is_weighted(node):
        for value in ("'zeros'", "'ones'"):
            yield value, with_keyword(node, "kernel_initializer", value)
    if isinstance(node, cst.Call) and (given := keyword(node, *_INITIALIZERS)) and given.keyword:
        for value in ("'zeros'", "'random_normal'"):
            yield f"{given.keyword.value} {value}", with_keyword(node, given.keyword.value, value)
    if isinstance(node, cst.Call) and owner(node.func).endswith("init") and node.args:
        for name in ("zeros_", "ones_"):
            yield name, renamed(with_arguments(node, node.args[:1]), name)
    small = only(node)
    built = small.value if isinstance(small, cst.Return) else None
    if around.framework == "torch" and isinstance(built, cst.Call) and last_name(built.func) == "Sequential":
        for value in ("0.0", "1.0"):
            text = (
                f"built = {code(built)}\nfor each in built.parameters():\n"
                f"    nn.init.constant_(each, {value})\nreturn built\n"
            )
            yield value, cst.FlattenSentinel(statements(text))


def bias(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """WAB: a bias where there is none."""
    given = keyword(node, "bias", "use_bias") if isinstance(node, cst.Call) else None
    if given and isinstance(node, cst.Call) and code(given.value) == "False":
        yield "", node.with_deep_changes(given, value=expression("True"))


def no_bias(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """WRB: no bias."""
    name = "bias" if around.framework == "torch" else "use_bias"
    if isinstance(node, cst.Call) and last_name(node.func) in _WEIGHTED | _RECURRENT and not keyword(node, name):
        yield "", with_keyword(node, name, "False")


def _is_layer(node: cst.CSTNode) -> TypeGuard[cst.Call]:
    return isinstance(node, cst.Call) and last_name(node.func) in _LAYERS


def _is_function(node: cst.CSTNode) -> TypeGuard[cst.Call]:
    return isinstance(node, cst.Call) and last_name(node.func) in _FUNCTIONS and bool(node.args or owner(node.func))


def _is_weighted(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and last_name(node.func) in _WEIGHTED


def _given(node: cst.CSTNode) -> cst.Arg | None:
    """The argument that names a layer's activation."""
    given = keyword(node, "activation") if isinstance(node, cst.Call) else None
    return given if given and code(given.value) != "None" else None


def _modules(call: cst.Call) -> set[str]:
    """The owners whose functions take the array as an argument; all others are arrays."""
    modules = {
        "torch",
        "nn.functional",
        "F",
        "tf",
        "tf.nn",
        "tf.math",
        "keras.ops",
        "ops",
        "keras.activations",
        "np",
        "",
    }
    return modules if call.args else set()


def _layer(call: cst.Call, name: str, around: Around) -> cst.BaseExpression:
    if around.framework == "torch":
        return with_arguments(renamed(call, name), [])
    return expression(f"keras.layers.Activation({name.lower()!r})")


def _with(node: cst.Call | cst.List, items: Sequence[cst.Arg | cst.BaseElement]) -> cst.CSTNode:
    """A call with these arguments, or a list of these elements; their commas are written anew."""
    plain = [each.with_changes(comma=cst.MaybeSentinel.DEFAULT) for each in items]
    return node.with_changes(**{"args" if isinstance(node, cst.Call) else "elements": plain})
