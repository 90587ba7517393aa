"""Checks inside a notebook: `grader = Notebook("xor"); grader.check("gates"); grader.check_all()`."""

from autograder.notebook.notebook import Notebook as Notebook
from autograder.notebook.report import Packed as Packed
from autograder.notebook.report import Problem as Problem
from autograder.notebook.report import Report as Report

__all__ = ["Notebook", "Packed", "Problem", "Report"]
