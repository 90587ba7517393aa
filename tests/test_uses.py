"""Which functions of a file use which: by name, through others, and within bounds."""

from __future__ import annotations

from autograder.course.definitions import LARGEST
from autograder.course.uses import reaches, uses

FILE = '''
import numpy as np

def noise(n):
    """`fit` is a name in a text."""
    return np.zeros(n)

class GAN:
    def __init__(self):
        self.z = noise(3)

    def step(self):
        return self.z

    def fit(self):
        def inner():
            return self.step()
        return inner()

def alone():
    return alone
'''


def test_names_through_others() -> None:
    found = uses([FILE])
    assert "noise" in reaches(found, "GAN") and "noise" in reaches(found, "__init__")
    assert "step" in reaches(found, "fit") and "noise" not in reaches(found, "fit")
    assert reaches(found, "noise") == {"n", "np", "zeros"}
    assert reaches(found, "alone") == reaches(found, "unknown") == set()


def test_what_is_not_python_or_too_long_is_passed_over() -> None:
    found = uses(["def one():", "def two():\n    one()\n", "#" * LARGEST, "def three():\n    two()\n"])
    assert found == {"two": {"one"}}
