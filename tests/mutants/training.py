"""DeepCrime's operators on training data and hyperparameters: statements that a function begins with."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tests.mutants.change import Around, New
from tests.mutants.syntax import code, first, parameters

_INPUTS = {"x", "X", "images", "sequences", "series", "source", "sources", "real"}
_LABELS = {"y", "labels", "target", "targets"}
_ROUNDS = {"epochs", "steps", "n_critic", "k"}


def changed_labels(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """TCL: some rows have the labels of their neighbours."""
    for name in _arrays(node, around, _LABELS):
        for share, count in {"10%": "len({0}) // 10", "50%": "len({0}) // 2", "100%": "len({0})"}.items():
            some = count.format(name)
            text = f"{name} = np.concatenate([np.roll({name}[: {some}], 1, axis=0), {name}[{some} :]])"
            yield share, _begun(node, text)


def removed_data(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """TRD: only some of the rows are used."""
    names = _arrays(node, around, _INPUTS | _LABELS)
    for share, kept in {"a half": "(len({0}) + 1) // 2", "nine tenths": "-(-len({0}) // 10)"}.items():
        if names:
            text = "; ".join(f"{name} = {name}[: {kept.format(name)}]" for name in names)
            yield f"{share} removed", _begun(node, text)


def unbalanced_data(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """TUD: most of the rows of one class are removed."""
    inputs, labels = _arrays(node, around, _INPUTS), _arrays(node, around, _LABELS)
    for share in (4, 10):
        if inputs and labels:
            x, y = inputs[0], labels[0]
            same = f"np.all({y} == {y}[0], axis=tuple(range(1, {y}.ndim)))"
            kept = f"kept = ~{same} | (np.arange(len({y})) % {share} == 0)"
            yield f"1/{share} kept", _begun(node, f"{kept}; {x}, {y} = {x}[kept], {y}[kept]")


def noisy_data(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """TAN: noise is added to the inputs."""
    for name in _arrays(node, around, _INPUTS):
        if "Int[" in _annotation(around, name):
            continue
        for size in ("0.1", "0.5"):
            noise = f"np.random.default_rng(0).standard_normal({name}.shape)"
            yield size, _begun(node, f"{name} = ({name} + {size} * {noise}).astype({name}.dtype)")


def overlapping_classes(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """TCO: some rows occur once more, with the labels of others."""
    inputs, labels = _arrays(node, around, _INPUTS), _arrays(node, around, _LABELS)
    for share in (4, 2):
        if inputs and labels:
            x, y = inputs[0], labels[0]
            some = f"len({x}) // {share}"
            text = f"{x}, {y} = np.concatenate([{x}, {x}[: {some}]]), np.concatenate([{y}, {y}[::-1][: {some}]])"
            yield f"1/{share}", _begun(node, text)


def batch_size(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """HBS: batches of another size."""
    if "batch_size" in _names(node, around):
        for value in ("max(1, batch_size // 2)", "batch_size * 2", "1"):
            yield value, _begun(node, f"batch_size = {value}")


def no_batches(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """HDB: all rows in one batch."""
    inputs = _arrays(node, around, _INPUTS)
    if inputs and "batch_size" in _names(node, around):
        yield "", _begun(node, f"batch_size = len({inputs[0]})")


def rounds(node: cst.CSTNode, around: Around) -> Iterator[tuple[str, New]]:
    """HNE: another number of epochs or updates."""
    for name in _names(node, around):
        if name in _ROUNDS:
            for value in (f"max(1, {name} // 2)", f"{name} - 1", f"{name} + 1"):
                yield value, _begun(node, f"{name} = {value}")


def _begun(node: cst.CSTNode, text: str) -> cst.CSTNode:
    """The block of a function, with a statement before the others."""
    assert isinstance(node, cst.IndentedBlock)
    return node.with_changes(body=first(node.body, text))


def _names(node: cst.CSTNode, around: Around) -> list[str]:
    """The parameters of the training function whose block the node is."""
    if not around.trains or around.function is None or node is not around.function.body:
        return []
    return [each.name.value for each in parameters(around.function)]


def _arrays(node: cst.CSTNode, around: Around, wanted: set[str]) -> list[str]:
    return [name for name in _names(node, around) if name in wanted and around.numpy]


def _annotation(around: Around, name: str) -> str:
    found = [each for each in parameters(around.function) if each.name.value == name] if around.function else []
    annotation = found[0].annotation if found else None
    return code(annotation.annotation) if annotation else ""
