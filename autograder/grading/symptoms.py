"""What is wrong with a new model of the student's, asked after a check has failed: initial weights that are all equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from autograder.errors import LimitExceeded, NotAskedAgain, StudentError
from autograder.grading.session import Session
from autograder.worker import wire
from autograder.worker.arrays import Numbers


class Symptoms:
    """Those of one submission. Each way to make a model is asked about once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, str] = {}

    def first(self) -> str:
        """A sentence about the first model with a symptom that the present check has made; empty if there is none."""
        for remote, path in self._session.made_now().items():
            if path not in self._known:
                self._known[path] = self._of(remote)
            if self._known[path]:
                return self._known[path]
        return ""

    def _of(self, remote: str) -> str:
        try:
            parameters = self._session.ask("parameters", target=self._session.make_again(remote))
        except (StudentError, LimitExceeded, NotAskedAgain):
            # It is no model, or cannot be made again: no symptom is seen.
            return ""
        arrays = cast(Mapping[str, Any], parameters).items() if isinstance(parameters, Mapping) else ()
        return equal_weights({name: value.values for name, value in arrays if isinstance(value, wire.Array)})


def equal_weights(parameters: Mapping[str, Numbers]) -> str:
    """A sentence if the weights of a layer are all equal, before the output layer; empty if not.

    Biases, and the scales of normalisation, are vectors: they may start equal. An output layer may start at 0.
    """
    matrices = [(name, value) for name, value in parameters.items() if value.ndim > 1 and value.size > 1]
    for name, value in matrices[:-1]:
        if np.all(value == value.flat[0]):
            return (
                f"The initial weights `{name[:60]}` of a new model are all {value.flat[0]:g}, so that its units stay alike, or "
                "that nothing passes: draw them at random."
            )
    return ""
