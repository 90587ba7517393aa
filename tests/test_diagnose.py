"""The explanation of an exception that a student reads."""

from __future__ import annotations

from typing import get_args

import pytest

from autograder.errors import LimitExceeded, LimitName, Place, StudentError
from autograder.grading import diagnose
from autograder.grading.diagnose import Raised

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


CELLS = [("cell 1", "import nunpy as np\nfrom shared.plots import (\n    curve,\n)"), ("cell 2", "def f(:\n    pass")]
NUNPY = Raised("cell 1", "ModuleNotFoundError", "No module named 'nunpy'", "cell 1, line 1", "import nunpy as np")
PLOTS = Raised("cell 1", "ImportError", "cannot import name 'curve'", "cell 1, line 2", "from shared.plots import (")
SYNTAX = Raised("cell 2", "SyntaxError", "invalid syntax", "cell 2, line 1", "def f(:")


def test_an_import_that_failed_comes_first() -> None:
    problem = StudentError("NameError", "name 'np' is not defined", Place("cell 3, line 2", "return np.ones(2)"))
    said = diagnose.raised(problem, "Runs.", [NUNPY], CELLS)
    assert said.saw == (
        "cell 1, line 1 raised ModuleNotFoundError: No module named 'nunpy', at `import nunpy as np`; "
        "so name 'np' is not defined in cell 3, line 2: `return np.ones(2)`"
    )
    assert (said.place, said.likely.partition(",")[0]) == ("cell 1, line 1", "Only NumPy")
    curve = StudentError("NameError", "name 'curve' is not defined")
    assert diagnose.raised(curve, "Runs.", [PLOTS], CELLS).saw.startswith("cell 1, line 2 raised ImportError")


def test_a_cell_that_is_not_python_comes_first() -> None:
    said = diagnose.raised(StudentError("NotThere", "f"), "Runs.", [NUNPY, SYNTAX], CELLS)
    assert said.saw.startswith("cell 2, line 1 raised SyntaxError") and said.saw.endswith("; so there is no `f`")
    assert said.likely == "Python cannot read this cell."


def test_the_first_of_several_reasons_comes_first() -> None:
    cells = [*CELLS, ("cell 3", "table = np.ones(3)"), ("cell 4", "def g(x=table):\n    return x")]
    table = Raised("cell 3", "NameError", "name 'np' is not defined", "cell 3, line 1", "table = np.ones(3)")
    g = Raised("cell 4", "NameError", "name 'table' is not defined", "cell 4, line 1", "def g(x=table):")
    for problem in (StudentError("NotThere", "g"), StudentError("NotThere", "g.step")):
        assert "'nunpy'" in diagnose.raised(problem, "Runs.", [NUNPY, table, g], cells).saw


def test_cells_of_a_python_file_are_told_apart_by_their_lines() -> None:
    cells = [("a.py", "def f():\n    return 1 +"), ("a.py", "\n\n\nimport nunpy")]
    nunpy = Raised("a.py", "ModuleNotFoundError", "No module named 'nunpy'", "a.py, line 4", "import nunpy")
    syntax = Raised("a.py", "SyntaxError", "invalid syntax", "a.py, line 2", "return 1 +")
    said = diagnose.raised(StudentError("NotThere", "f"), "Runs.", [nunpy, syntax], cells)
    assert said.saw.startswith("a.py, line 2 raised SyntaxError")


def test_what_raised_is_no_reason_for_a_name_that_it_was_not_to_define() -> None:
    said = diagnose.raised(StudentError("NotThere", "other"), "Runs.", [SYNTAX], CELLS, [f"{SYNTAX.said()}."])
    assert said.saw == "nothing called `other`"
    assert "cell 2, line 1 raised SyntaxError" in said.likely
    undefined = StudentError("NameError", "name 'x' is not defined", Place("cell 3, line 2", "return x"))
    assert diagnose.raised(undefined, "Runs.", [NUNPY], CELLS).saw.startswith("NameError: name 'x'")


def test_what_was_seen_holds_the_reason_and_the_place() -> None:
    problem = StudentError(
        "ValueError", f"{LAYER}\n\n\x1b[1mNo weights.\x1b[0m{GIVEN}", Place("cell 3, line 2", "model(x)")
    )
    assert diagnose.raised(problem, "Runs.").saw == f"ValueError: {LAYER} No weights. in cell 3, line 2: `model(x)`"


TRACED = (
    'in user code:\n\n    File "cell 2", line 4, in train  *\n        loss = step(x)\n'
    '    File "cell 1", line 7, in step  *\n        raise MemoryError(shape)\n    File "/lib/tf.py", line 9, in run  **\n'
    "        run()\n\n    MemoryError: (4, 4)\n"
)


def test_a_traced_function_s_exception_is_shown_as_it_was_raised() -> None:
    problem = StudentError("MemoryError", TRACED, Place("cell 2, line 9", "train(x)"))
    said = diagnose.raised(problem, "Runs.", cells=CELLS)
    assert said.saw == "MemoryError: (4, 4) in cell 1, line 7: `raise MemoryError(shape)`"
    assert (said.place, said.likely) == ("cell 1, line 7", "An array far larger than the exercise needs.")
    elsewhere = diagnose.raised(problem, "Runs.", cells=[("cell 9", "")])
    assert elsewhere.saw == "MemoryError: (4, 4) in cell 2, line 9: `train(x)`"


@pytest.mark.parametrize("end", [20, 60, len(TRACED) - 22])
def test_a_traced_function_s_exception_may_be_cut_off(end: int) -> None:
    said = diagnose.raised(StudentError("MemoryError", TRACED[:end]), "Runs.", cells=CELLS)
    assert said.saw.startswith("MemoryError: in user")
