"""A course of nbgrader's whose submissions this grader grades.

    course        what `autograder nbgrader init` writes
    preprocessors what nbgrader runs in the place of its own
    gradebook     scores of a result in nbgrader's gradebook
    feedback      what a grade cell shows of a result

Student code runs in the engine's workers and nowhere else: no kernel of nbgrader's is started for these exercises.
"""

from __future__ import annotations

from typing import Any


def configure(c: Any) -> None:
    """Have nbgrader grade the exercises of `grading.yml` with this grader; `c` is what its `get_config()` gives.

    Three of nbgrader's preprocessors are replaced and one is added. On other assignments of the course each of them does
    what nbgrader's own does.
    """
    ours = f"{__name__}.preprocessors"
    c.GenerateAssignment.preprocessors = [
        "nbgrader.preprocessors.IncludeHeaderFooter",
        "nbgrader.preprocessors.InstantiateTests",
        "nbgrader.preprocessors.LockCells",
        f"{ours}.MakeStub",  # for ClearSolutions
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
        "nbgrader.preprocessors.ClearOutput",
        f"{ours}.RestoreCells",  # added
        "nbgrader.preprocessors.DeduplicateIds",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{ours}.Grade",  # for Execute
        "nbgrader.preprocessors.IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        f"{ours}.SaveScores",  # for SaveAutoGrades
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
