# tries: import the grader, its checks, the reference and the tests
import importlib

for name in (
    "autograder.grading.grader",
    "autograder.authoring.exercise",
    "autograder.authoring.expect",
    "autograder.grading.engine",
    "solutions.xor.checks",
    "assignments.xor.checks",
    "solutions.xor.xor_torch",
    "tests.catalogue",
):
    attempt(f"imported {name}", lambda: importlib.import_module(name))
