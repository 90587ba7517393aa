"""DeepCrime's operators on optimisers, losses, regularisation and validation."""

from __future__ import annotations

from collections.abc import Iterator
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

_OPTIMIZERS = {"Adam", "AdamW", "NAdam", "Nadam", "SGD", "RMSprop", "Adagrad"}
_RATES = ("lr", "learning_rate")
_DECAYS = ("weight_decay", "kernel_regularizer", "embeddings_regularizer", "recurrent_regularizer")
_WEIGHTED = {"Dense", "Conv1D", "Conv2D", "Conv2DTranspose"}
_LOSSES = {
    "mse_loss": ("l1_loss",),
    "binary_cross_entropy": ("mse_loss", "l1_loss"),
    "cross_entropy": ("multi_margin_loss",),
    "BCELoss": ("MSELoss", "L1Loss"),
    "MSELoss": ("L1Loss",),
    "CrossEntropyLoss": ("MultiMarginLoss",),
    "BinaryCrossentropy": ("MeanSquaredError", "MeanAbsoluteError"),
    "CategoricalCrossentropy": ("MeanSquaredError", "MeanAbsoluteError"),
    "MeanSquaredError": ("MeanAbsoluteError",),
    "binary_crossentropy": ("mean_squared_error", "mean_absolute_error"),
    "categorical_crossentropy": ("mean_squared_error", "mean_absolute_error"),
    "mean_squared_error": ("mean_absolute_error",),
    "square": ("abs",),
}
_LOSS_NAMES = {
    "binary_crossentropy": ("mse", "mae"),
    "categorical_crossentropy": ("mse", "mae"),
    "mse": ("mae",),
    "mean_squared_error": ("mae",),
}


def learning_rate(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """HLR: another learning rate."""
    if not _is_optimizer(node):
        return
    given = keyword(node, *_RATES)
    by_place = positional(node)[1 if around.framework == "torch" else 0 :]
    rate = given or next(iter(by_place), None)
    for strength in ("* 100", "* 10", "/ 100"):
        if rate:
            value = expression(f"({code(rate.value)}) {strength}")
            yield strength, node.with_deep_changes(rate, value=value)
        else:
            name = "lr" if around.framework == "torch" else "learning_rate"
            yield strength, with_keyword(node, name, f"0.001 {strength}")


def optimizer(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """OCH: another optimiser, with the same learning rate."""
    if _is_optimizer(node):
        kept = [each for each in node.args if each.keyword is None or each.keyword.value in _RATES]
        for name in ("SGD", "RMSprop", "Adagrad"):
            if name != last_name(node.func):
                yield name, renamed(with_arguments(node, kept), name)


def gradient_clipping(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """OCG: gradients are clipped to a small interval."""
    if around.framework == "keras" and _is_optimizer(node):
        for limit in ("0.1", "0.001"):
            yield limit, with_keyword(node, "clipvalue", limit)
    step = only(node)
    call = step.value if isinstance(step, cst.Expr) else None
    if around.framework == "torch" and isinstance(call, cst.Call) and last_name(call.func) == "step":
        assert isinstance(node, cst.SimpleStatementLine)
        for limit in ("0.1", "0.001"):
            of = f"[p for g in {owner(call.func)}.param_groups for p in g['params'] if p.grad is not None]"
            yield (
                limit,
                cst.FlattenSentinel(
                    [*statements(f"nn.utils.clip_grad_value_({of}, {limit})\n"), node.with_changes(leading_lines=[])]
                ),
            )


def weight_decay(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """RAW: large weights are punished."""
    if _is_optimizer(node) and not keyword(node, "weight_decay"):
        for size in ("0.01", "1.0"):
            yield size, with_keyword(node, "weight_decay", size)
    # Layers of these names are Keras' only.
    if isinstance(node, cst.Call) and last_name(node.func) in _WEIGHTED and not keyword(node, *_DECAYS):
        yield "L2", with_keyword(node, "kernel_regularizer", "'l2'")


def other_weight_decay(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """RCW: another weight of the regularisation."""
    decay = keyword(node, "weight_decay") if isinstance(node, cst.Call) else None
    if decay and isinstance(node, cst.Call):
        for strength in ("* 10", "/ 10"):
            yield strength, node.with_deep_changes(decay, value=expression(f"({code(decay.value)}) {strength}"))


def no_weight_decay(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """RRW: no regularisation."""
    decay = keyword(node, *_DECAYS) if isinstance(node, cst.Call) else None
    if decay and isinstance(node, cst.Call):
        yield "", with_arguments(node, [each for each in node.args if each is not decay])


def loss(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """LCH: another loss."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        for name in _LOSSES.get(last_name(node.func), ()):
            yield name, renamed(node, name)
    # A function of the student's: a loss of another name would not be defined.
    elif isinstance(node, cst.Call) and around.framework == "torch" and last_name(node.func) in _LOSSES:
        for name in ("mse_loss", "l1_loss"):
            yield name, node.with_changes(func=expression(f"nn.functional.{name}"))
    if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str):
        for name in _LOSS_NAMES.get(node.evaluated_value, ()):
            yield name, expression(repr(name))


def patience(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """RCP: another patience of early stopping."""
    waits = keyword(node, "patience") if isinstance(node, cst.Call) else None
    if waits and isinstance(node, cst.Call):
        for value in ("1", "1000"):
            yield value, node.with_deep_changes(waits, value=expression(value))


def no_validation(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """VRM: no validation data."""
    if isinstance(node, cst.Call) and keyword(node, "validation_data", "validation_split"):
        others = [each for each in node.args if not (each.keyword and each.keyword.value.startswith("validation_"))]
        yield "", with_arguments(node, others)


def _is_optimizer(node: cst.CSTNode) -> TypeGuard[cst.Call]:
    return isinstance(node, cst.Call) and last_name(node.func) in _OPTIMIZERS
