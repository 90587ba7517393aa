"""The explanation of an exception that a student reads."""

from __future__ import annotations

from typing import get_args

import pytest

from autograder.errors import LimitExceeded, LimitName, Place, StudentError
from autograder.grading import diagnose

LAYER = "Exception encountered when calling Dense.call()."
GIVEN = "\n\nArguments received by Dense.call():\n  • inputs=tf.Tensor(shape=(2, 7), dtype=float32)"


def test_the_first_line_of_a_message() -> None:
    assert diagnose.first_line("") == diagnose.first_line("\n \n") == ""
    assert diagnose.first_line("\n  bad shape \nand more") == "bad shape"
    assert diagnose.first_line("\x1b[31mred\x1b[0m\nand more") == "red"
    assert diagnose.first_line("x" * 300) == "x" * 237 + "…"


@pytest.mark.parametrize("limit", get_args(LimitName))
def test_every_limit_is_explained(limit: LimitName) -> None:
    """`GPU memory` once had no explanation, and crashed the grading of a class."""
    said = diagnose.past_limit(LimitExceeded(limit, "9,000 MB of GPU memory used", "4000 MB"), "It learns")
    assert said.tried == "your code, to check: It learns" and "9,000 MB" in said.saw and said.likely
    assert ("within the limit" in said.expected) is (limit not in ("process", "wire"))


def test_keras_wraps_the_reason_in_the_layer() -> None:
    for said, reason in {
        "The batch size must be\nthe same.": "The batch size must be the same.",
        "{{function_node __wrapped__MatMul_device_/job:a/task:0}} Matrix size-incompatible": "Matrix size-incompatible",
        "Could not infer the shape. Error encountered:\n\nDimensions must be equal": "Dimensions must be equal",
    }.items():
        assert diagnose.first_line(f"{LAYER}\n\n\x1b[1m{said}\x1b[0m{GIVEN}") == f"{LAYER} {reason}"
    # Cut off within the reason, like long messages.
    assert diagnose.first_line(f"{LAYER}\n\n\x1b[1mThe batch size") == f"{LAYER} The batch size"
    # Without colours, the end of the reason is unknown.
    assert diagnose.first_line(f"{LAYER}\n\nThe batch size{GIVEN}") == LAYER


def test_what_was_seen_holds_the_reason_and_the_place() -> None:
    problem = StudentError(
        "ValueError", f"{LAYER}\n\n\x1b[1mNo weights.\x1b[0m{GIVEN}", Place("cell 3, line 2", "model(x)")
    )
    assert diagnose.raised(problem, "Runs.").saw == f"ValueError: {LAYER} No weights. in cell 3, line 2: `model(x)`"
