"""`autograder new`: a small working exercise as a starting point for a new one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from autograder.authoring.loading import load_exercise
from autograder.commands.options import Config, Json, governing_policy, out, print_json, spinner
from autograder.course.grading_file import load_policy
from autograder.errors import GraderError
from autograder.execution.zygote_client import Zygotes
from autograder.release import notebooks, scaffold, verify
from autograder.worker.names import FRAMEWORKS, FrameworkName

GUIDE = "docs/adding-an-exercise.md"


class Choice(StrEnum):
    """The values of `--framework`."""

    TORCH = "torch"
    KERAS = "keras"
    BOTH = "both"


_FRAMEWORKS: dict[Choice, tuple[FrameworkName, ...]] = {
    Choice.TORCH: ("torch",),
    Choice.KERAS: ("keras",),
    Choice.BOTH: FRAMEWORKS,
}


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of its folders and files, in lower case.")],
    framework: Annotated[
        Choice, typer.Option("--framework", metavar="|".join(Choice), help="The frameworks of the exercise.")
    ] = Choice.BOTH,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Start the exercise NAME from a small working one.

    Writes assignments/NAME, solutions/NAME and a block of grading.yml, creates the notebooks
    and grades them: the solution must get full marks and the stub none.
    Then change it, file by file, into the exercise that you want.
    """
    policy = governing_policy(config)
    with scaffold.created(policy, name, _FRAMEWORKS[framework]) as folders:
        proofs = _proved(policy.file, name, _FRAMEWORKS[framework])
    if as_json:
        written = [str(path) for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
        print_json({"written": written, "changed": [str(policy.file)], "proofs": proofs})
        return
    for folder in folders:
        out.print(Text(f"{folder}  written"), soft_wrap=True)
    out.print(Text(f"{policy.file}  has a block for {name}"), soft_wrap=True)
    for proof in proofs:
        out.print(Text(proof.sentence()), soft_wrap=True)
    out.print(Text(f"What to change in which file: {GUIDE}"), soft_wrap=True)


def _proved(file: Path, name: str, frameworks: tuple[FrameworkName, ...]) -> list[verify.Proof]:
    """Release the new exercise. Raises `GraderError` if it does not work on this machine."""
    policy = load_policy(file)
    exercise = load_exercise(policy, name)
    notebooks.release_readmes([exercise])
    notebooks.release(policy.root_of(name), [name])
    with Zygotes() as zygotes, spinner(f"grading {name}"):
        proofs = list(verify.prove(exercise, zygotes.of, frameworks))
    if problems := [problem for proof in proofs for problem in proof.problems]:
        raise GraderError("; ".join(problems))
    return proofs
