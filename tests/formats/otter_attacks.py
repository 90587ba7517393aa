"""Attack ideas that get full marks on stock otter: a submission's code, or the files of a submission's zip.

Each attacks a question `q` that tests `one() == 1`, `double(3) == 6` and `three() == 3`; none of them solves it.
"""

from __future__ import annotations

import json
import pickle

ALWAYS_EQUAL = """
class Yes:
    __eq__ = __ge__ = __le__ = __bool__ = lambda self, *other: True
    __hash__ = None

one = double = three = lambda *given: Yes()
"""

NO_TEST_RUNS = """
from otter.test_files.exception_test import test_case
test_case.call_func = lambda self, environment: None
"""

NO_TEST_IS_MARKED_FAILED = """
import otter.test_files.exception_test as tests
real = tests.TestCaseResult
tests.TestCaseResult = lambda test_case, message, passed: real(test_case=test_case, message="", passed=True)
"""

RESULTS_ARE_CHANGED_ON_THEIR_WAY = """
import pickle
real = pickle.dump

def dump(results, file, *more):
    for question in getattr(results, "results", {}).values():
        question.update_score(question.possible)
    real(results, file, *more)

pickle.dump = dump
"""

THE_GRADER_LOOKS_FOR_NOTHING = """
from otter.execute import Checker
from otter.test_files import ExceptionTestFile, TestCase
from otter.test_files.abstract_test import TestCaseResult

def forged(path, *more):
    case = TestCase("q", "", False, 20, None, None)
    question = ExceptionTestFile("q", path, [case], all_or_nothing=False)
    question.test_case_results = [TestCaseResult(case, "", True)]
    Checker._test_files.append(question)

Checker.check_if_not_already_checked = forged
"""

ANSWERS_ARE_READ_FROM_THE_TESTS = """
import ast

def answer(name):
    for path in ("tests/q.py", "../source/tests/q.py"):
        for node in ast.walk(ast.parse(open(path).read())):
            if isinstance(node, ast.Compare) and isinstance(node.left, ast.Call) and node.left.func.id == name:
                return ast.literal_eval(node.comparators[0])

answers = {name: answer(name) for name in ("one", "double", "three")}

def one():
    return answers["one"]

def double(x):
    return answers["double"]

def three():
    return answers["three"]
"""

# Jupyter starts a kernel as a module in the submission's folder: the student's module of that name is found first.
KERNEL = """
import runpy
import sys

sys.path.pop(0)
from otter.test_files.exception_test import test_case
test_case.call_func = lambda self, environment: None
runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
"""

NOTEBOOK: dict[str, object] = {
    "cells": [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": "FRAMEWORK = 'torch'"}
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 4,
}


class Pickle:
    """A log entry that runs code in otter's own process when it is read, before anything is graded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        source = (
            "from otter.test_files import GradingResults\n"
            "GradingResults.total = property(lambda self: self.possible)\n"
            "GradingResults.to_gradescope_dict = lambda self, config: {'score': 20, 'tests': [{'score': 20, 'max_score': 20}]}\n"
        )
        return exec, (source,)


SUBMISSIONS = {
    "an object that equals everything": {"toy.py": ALWAYS_EQUAL},
    "the call of each test does nothing": {"toy.py": NO_TEST_RUNS},
    "every result says passed": {"toy.py": NO_TEST_IS_MARKED_FAILED},
    "the results are changed on their way": {"toy.py": RESULTS_ARE_CHANGED_ON_THEIR_WAY},
    "the list of tests is one's own": {"toy.py": THE_GRADER_LOOKS_FOR_NOTHING},
    "answers are read from the tests": {"toy.py": ANSWERS_ARE_READ_FROM_THE_TESTS},
    "a module takes the kernel's place": {"toy.ipynb": NOTEBOOK, "ipykernel_launcher.py": KERNEL},
    "a log of pickles": {"toy.py": "", ".OTTER_LOG": Pickle},
}
"""Idea → the submitted files."""


def content(made: object) -> bytes:
    """The bytes of a file of `SUBMISSIONS`."""
    if isinstance(made, dict):
        return json.dumps(made).encode()
    if isinstance(made, str):
        return f'FRAMEWORK = "torch"\n{made}'.encode()
    return pickle.dumps(Pickle())
