"""`autograder release`: verified notebooks for students."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.text import Text

from autograder.authoring.loading import load_exercises
from autograder.commands.options import (
    FLAG,
    SOMETHING_WRONG,
    Config,
    Json,
    err,
    governing_policy,
    out,
    print_json,
    spinner,
)
from autograder.course.policy import did_you_mean
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.release import notebooks, verify


def release(
    names: Annotated[list[str] | None, typer.Argument(metavar="EXERCISE", help="Default: all.")] = None,
    only_check: Annotated[
        bool, typer.Option("--check", metavar=FLAG, help="Write nothing; fail if a notebook is out of date.")
    ] = False,
    proven: Annotated[
        bool, typer.Option("--prove/--no-prove", metavar=FLAG, help="Grade solution and stub afterwards.")
    ] = True,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Create the students' notebooks from the solutions and the READMEs, and fill in the READMEs' common texts.

    Each release is verified: the solution gets full marks, the stub none,
    every cell of the stub runs, and the README's points match grading.yml.
    """
    policy = governing_policy(config)
    solved = notebooks.solved_exercises(policy)
    if not solved:
        raise notebooks.nothing_to_release(policy.roots[-1])
    if unknown := [name for name in names or () if name not in solved]:
        raise UsageError(*(f"solutions/{name} does not exist{did_you_mean(name, solved)}" for name in unknown))
    wanted = list(dict.fromkeys(names or solved))
    if wrong := [problem for name in wanted for problem in verify.readme_points(policy, name)]:
        raise UsageError(*wrong)
    folders = {name: solved[name] / "solutions" / name for name in wanted}
    exercises = load_exercises(policy, wanted)
    changes = notebooks.release_readmes(exercises.values(), check=only_check)
    changes += notebooks.release_folders(folders.values(), check=only_check)
    proofs: list[verify.Proof] = []
    if proven and not only_check:
        with Zygotes() as zygotes, spinner("verifying") as say:
            for name, folder in folders.items():
                say(name)
                proofs += verify.prove(exercises[name], zygotes.of, notebooks.frameworks_of(folder))
    problems = [problem for proof in proofs for problem in proof.problems]
    if as_json:
        changed = [{"path": str(change.path), "was": change.was} for change in changes]
        print_json({"changes": changed, "problems": problems, "proofs": proofs})
    else:
        for change in changes:
            done = f"is {change.was}" if only_check else "written"
            out.print(f"{escape('/'.join(change.path.parts[-3:]))}  {done}", soft_wrap=True)
        if not changes:
            out.print("All notebooks and READMEs are up to date.")
        for proof in proofs:
            if not proof.problems:
                out.print(Text(proof.sentence()), soft_wrap=True)
        for problem in problems:
            err.print(Text(problem, style="red"), soft_wrap=True)
    if problems or (only_check and changes):
        raise typer.Exit(SOMETHING_WRONG)
