"""`autograder handin`: one file, checked and packed for the instructor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from autograder.authoring.loading import load_exercise
from autograder.commands.options import (
    Config,
    ExerciseName,
    Json,
    exercise_of_file,
    governing_policy,
    out,
    print_json,
    spinner,
)
from autograder.execution.zygote_client import Zygotes
from autograder.release import handin as release
from autograder.reports import safe_text


def handin(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Your notebook (.ipynb) or Python file (.py), saved.")],
    name: Annotated[str, typer.Option("--name", "-n", metavar="NAME", help="Your name, as your instructor knows it.")],
    folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where to write the zip. Default: here.")
    ] = Path(),
    exercise_name: ExerciseName = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Pack FILE for your instructor: <exercise>_<name>.zip, with the notebook and the result of the visible checks.

    The visible checks run once more, and what is missing is named. You can hand in a file that is not complete.
    The grade comes from your notebook alone, whatever the result in the zip says.
    """
    policy = governing_policy(config)
    loaded = load_exercise(policy, exercise_of_file(file, policy, exercise_name))
    with Zygotes() as zygotes, spinner("checking") as say:
        done = release.hand_in(
            loaded,
            release.read(loaded, file, name),
            name,
            folder=folder,
            zygote_of=zygotes.of,
            upload=policy.upload,
            progress=say,
        )
    if as_json:
        result = done.result
        print_json(
            {
                "written": str(done.path),
                "file": done.file,
                "saved": done.saved.isoformat(timespec="seconds") if done.saved else None,
                "missing": list(done.missing),
                "score": result.score if result else None,
                "maximum": result.maximum if result else None,
                "not_run": done.why_not_run,
                "upload": done.upload,
            }
        )
        return
    out.print(Text(safe_text.inert(done.summary())), soft_wrap=True)
