"""An nbgrader course whose submissions this grader grades.

    course        the files written by `autograder nbgrader init`
    preprocessors replacements for nbgrader's own preprocessors
    gradebook     scores in nbgrader's gradebook
    feedback      the display of a result in grade cells

Student code runs only in the engine's workers: nbgrader does not start a kernel for these exercises.
"""

from __future__ import annotations

from typing import Any


def configure(c: Any) -> None:
    """Make nbgrader grade the exercises of `grading.yml` with this grader; `c` is the result of its `get_config()`.

    This replaces four of nbgrader's preprocessors and adds one. For other assignments of the course, they behave like
    nbgrader's own.
    """
    ours = f"{__name__}.preprocessors"
    c.GenerateAssignment.preprocessors = [
        "nbgrader.preprocessors.IncludeHeaderFooter",
        "nbgrader.preprocessors.InstantiateTests",
        "nbgrader.preprocessors.LockCells",
        f"{ours}.MakeStub",  # replaces ClearSolutions
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.CheckCellMetadata",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.SaveCells",
        "nbgrader.preprocessors.ClearHiddenTests",
        "nbgrader.preprocessors.ClearMarkScheme",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.sanitize_preprocessors = [
        f"{ours}.RestoreCells",  # added
        f"{ours}.KeepPlainOutputs",  # replaces ClearOutput; after the cells have their own metadata again
        "nbgrader.preprocessors.DeduplicateIds",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{ours}.Grade",  # replaces Execute
        "nbgrader.preprocessors.IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        f"{ours}.SaveScores",  # replaces SaveAutoGrades
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
